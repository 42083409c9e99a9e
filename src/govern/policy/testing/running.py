"""Policy tests: does every case come to what it is expected to come to.

Nothing is evaluated here. `policy` may know neither checks nor the decision, so a `Runner` is handed in that compiles,
opens evidence and decides with the very functions of the gate; this module only compares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from govern.diagnostics import Diagnostic, InputError, Span
from govern.inputs.yaml import MapNode
from govern.policy.outcomes import CheckResult, Decision, Enforcement, Finding, Outcome, Stage
from govern.policy.plan import Plan, PlanRule
from govern.policy.testing.cases import Case, CaseFile, unknown_name
from govern.policy.testing.documents import FindingDocument

__all__ = [
    "AnyTested",
    "CaseRun",
    "Compiled",
    "RuleRun",
    "Runner",
    "Tested",
    "every_expected",
    "expected_outcomes",
    "failures",
    "named",
    "run_cases",
    "unknown_rules",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRun:
    """What one rule came to in one case, after waivers, votes and the clock."""

    outcome: Outcome
    evaluated: Outcome
    """Before waivers and the clock."""
    why: str | None
    enforcement: Enforcement
    result: CheckResult
    rulings: tuple[str, ...] = ()
    """What became of each waiver that names the rule, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRun:
    """What a case came to. A bundle that is refused is undecided, and no rule was asked."""

    decision: Decision
    rules: Mapping[str, RuleRun]
    """By qualified id."""
    refused: tuple[Diagnostic, ...] = ()


class Compiled(Protocol):
    """Policies compiled for one stage, as the runner keeps them."""

    @property
    def plan(self) -> Plan:
        """The plan."""
        ...


Ready = TypeVar("Ready", bound=Compiled)
"""Compiled policies as the runner keeps them."""
Opened = TypeVar("Opened")
"""The evidence of a case, opened once and shared by everything that is run on it."""


class Runner(Protocol[Ready, Opened]):
    """What the gate hands in."""

    def compiled(self, files: Mapping[str, bytes], stage: Stage) -> Ready | None:
        """Compile policy files for a stage; None when they do not compile."""
        ...

    def opened(self, case: Case) -> Opened:
        """Make the evidence of a case and open it, once. Raises InputError P706 or P707 for a case that cannot be."""
        ...

    def run(self, compiled: Ready, opened: Opened, *, only: str | None = None) -> CaseRun:
        """Decide. `only` asks one rule and leaves out the others."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested(Generic[Ready, Opened]):
    """A case that was run."""

    case: Case
    compiled: Ready
    opened: Opened
    run: CaseRun
    failures: tuple[Diagnostic, ...]
    """P701, one for each expectation that was not met."""


AnyTested = Tested[Any, Any]


def run_cases(
    file: CaseFile, compiled: Mapping[Stage, Ready], runner: Runner[Ready, Opened]
) -> tuple[tuple[Tested[Ready, Opened], ...], tuple[Diagnostic, ...]]:
    """Run every case of a file. Cases that name unknown rules or whose evidence cannot be made are faults."""
    done: list[Tested[Ready, Opened]] = []
    faults: list[Diagnostic] = []
    for case in file.cases:
        ready = compiled[case.stage]
        wrong = unknown_rules(case, ready.plan)
        if wrong:
            faults += wrong
            continue
        try:
            opened = runner.opened(case)
            run = runner.run(ready, opened)
        except InputError as fault:
            faults += fault.diagnostics
            continue
        found = tuple(failures(case, run, ready.plan))
        done.append(Tested(case=case, compiled=ready, opened=opened, run=run, failures=found))
    return tuple(done), tuple(faults)


def named(name: str, plan: Plan) -> PlanRule | None:
    """Give the rule that a test means: its qualified id, or its short one where only one policy has it."""
    found = [rule for rule in plan.rules if rule.id == name]
    found = found or [rule for rule in plan.rules if rule.id.partition("/")[2] == name]
    return found[0] if len(found) == 1 else None


def unknown_rules(case: Case, plan: Plan) -> list[Diagnostic]:
    """Find every name in a case that means no rule of the stage, or more than one."""
    expect = case.expect
    places: list[tuple[str, Span]] = [(name, _key(case, "outcomes", name)) for name in expect.outcomes]
    places += [(name, _key(case, "rulings", name)) for name in expect.rulings]
    places += [
        (one.rule, case.expected("findings", index, "rule"))
        for index, one in enumerate(expect.findings)
        if one.rule is not None
    ]
    return [_unknown(name, span, plan, case) for name, span in places if named(name, plan) is None]


def _key(case: Case, part: str, name: str) -> Span:
    held = case.node.get("expect")
    below = held.get(part) if isinstance(held, MapNode) else None
    return below.key_span(name) if isinstance(below, MapNode) else case.span


def _unknown(name: str, span: Span, plan: Plan, case: Case) -> Diagnostic:
    several = [rule.id for rule in plan.rules if rule.id.partition("/")[2] == name]
    if several:
        message = f"several policies have a rule '{name}'"
        return Diagnostic("P705", message, span, f"Write {' or '.join(several)}.")
    known = [rule.id for rule in plan.rules]
    short = [one.partition("/")[2] for one in known]
    return unknown_name(name, known if "/" in name else short, span, f"rule at {case.stage.value} that is called")


# --- expectations


def failures(case: Case, run: CaseRun, plan: Plan) -> Iterator[Diagnostic]:
    """Yield a P701 for each expectation that was not met, at its line, with why it came out otherwise."""
    expect = case.expect
    if expect.decision is not None and run.decision is not expect.decision:
        yield _failed(
            case, ("decision",), f"expected {expect.decision.value}, found {run.decision.value}", _blocking(run)
        )
    listed: set[str] = set()
    for name, wanted in expect.outcomes.items():
        rule = named(name, plan)
        if rule is None:
            yield _failed(case, ("outcomes", name), f"expected {name} to be {wanted.value}, and there is no such rule")
            continue
        listed.add(rule.id)
        found = run.rules.get(rule.id)
        if found is None:
            text = f"expected {name} to be {wanted.value}, and no rule was asked"
            yield _failed(case, ("outcomes", name), text, _blocking(run))
        elif found.outcome is not wanted:
            text = f"expected {name} to be {wanted.value}, found {found.outcome.value}"
            yield _failed(case, ("outcomes", name), text, _because(found))
    for rule_id, found in run.rules.items():
        if rule_id in listed:
            continue
        if expect.others is not None and found.outcome is not expect.others:
            text = f"expected every other rule to be {expect.others.value}, found {rule_id} to be {found.outcome.value}"
            yield _failed(case, ("others",), text, _because(found))
        elif expect.others is None and found.outcome is Outcome.ERROR:
            yield _failed(case, ("outcomes",), f"{rule_id} came to error, which a case must expect", _because(found))
    yield from _findings(case, run, plan)
    yield from _rulings(case, run, plan)


def _findings(case: Case, run: CaseRun, plan: Plan) -> Iterator[Diagnostic]:
    for index, wanted in enumerate(case.expect.findings):
        if wanted.rule is None:
            if not any(_fits_refusal(wanted, item) for item in run.refused):
                said = "; ".join(f"{item.code} {item.message}" for item in run.refused) or "the bundle was opened"
                yield _failed(case, ("findings", index), f"expected a refusal with {_told(wanted)}", said)
            continue
        rule = named(wanted.rule, plan)
        found = run.rules.get(rule.id) if rule is not None else None
        if found is None:
            yield _failed(case, ("findings", index), f"expected {wanted.rule} to find {_told(wanted)}", _blocking(run))
        elif not any(_fits(wanted, item) for item in found.result.findings):
            said = "; ".join(_one(item) for item in found.result.findings[:5]) or "it has no finding"
            yield _failed(case, ("findings", index), f"expected {wanted.rule} to find {_told(wanted)}", said)


def _rulings(case: Case, run: CaseRun, plan: Plan) -> Iterator[Diagnostic]:
    for name, wanted in case.expect.rulings.items():
        rule = named(name, plan)
        found = run.rules.get(rule.id) if rule is not None else None
        rulings = () if found is None else found.rulings
        if tuple(sorted(wanted)) != rulings:
            text = f"expected the waivers of {name} to be {', '.join(wanted) or 'none'}, found"
            yield _failed(case, ("rulings", name), f"{text} {', '.join(rulings) or 'none'}")


def _failed(case: Case, path: tuple[str | int, ...], message: str, why: str | None = None) -> Diagnostic:
    text = f"case '{case.name}': {message}" + (f" ({why})" if why else "")
    return Diagnostic("P701", text, case.expected(*path))


def _because(found: RuleRun) -> str:
    said = [found.why] if found.why else []
    said.append(found.result.summary)
    first = next(iter(found.result.findings), None)
    if first is not None and first.detail.rstrip(".") not in found.result.summary:
        said.append(_one(first))
    return "; ".join(item.rstrip(".") for item in said if item)


def _one(item: Finding) -> str:
    place = (
        f" at {item.location.file}" + (f":{item.location.line}" if item.location.line else "") if item.location else ""
    )
    return f"{item.code} {item.detail.rstrip('.')}{place}"


def _blocking(run: CaseRun) -> str:
    if run.refused:
        return "the bundle was refused: " + "; ".join(f"{item.code} {item.message}" for item in run.refused[:3])
    held = [
        f"{rule} is {found.outcome.value}: {_because(found)}"
        for rule, found in run.rules.items()
        if found.enforcement is Enforcement.BLOCK
        and found.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.WAIVED)
    ]
    return "; ".join(held[:3]) + (f"; and {len(held) - 3} more" if len(held) > 3 else "") if held else "nothing blocks"


def _told(wanted: FindingDocument) -> str:
    given = {"path": wanted.path, "code": wanted.code, "file": wanted.file}
    return ", ".join(f"{key} {value}" for key, value in given.items() if value is not None) or "anything"


def _fits(wanted: FindingDocument, item: Finding) -> bool:
    about = {item.discriminator, item.discriminator.rpartition(":")[2], item.discriminator.partition(":")[0]}
    about.update(text for text in (item.required, item.location and item.location.pointer) if text)
    return (
        (wanted.path is None or wanted.path in about)
        and (wanted.code is None or wanted.code == item.code)
        and (wanted.file is None or (item.location is not None and wanted.file == item.location.file))
    )


def _fits_refusal(wanted: FindingDocument, item: Diagnostic) -> bool:
    return (
        (wanted.code is None or wanted.code == item.code)
        and (wanted.file is None or (item.span is not None and wanted.file == item.span.file))
        and wanted.path is None
    )


def every_expected(tests: Sequence[AnyTested]) -> Iterator[tuple[AnyTested, str, Outcome]]:
    """Yield (case, rule, outcome) for each outcome that a case expects and got."""
    for one in tests:
        for rule, wanted in expected_outcomes(one.case, one.compiled.plan).items():
            found = one.run.rules.get(rule)
            if found is not None and found.outcome is wanted:
                yield one, rule, wanted


def expected_outcomes(case: Case, plan: Plan) -> dict[str, Outcome]:
    """Give what a case expects of each rule, by qualified id, `others` written out."""
    listed = {rule.id: wanted for name, wanted in case.expect.outcomes.items() if (rule := named(name, plan))}
    if case.expect.others is None:
        return listed
    return {rule.id: listed.get(rule.id, case.expect.others) for rule in plan.rules}
