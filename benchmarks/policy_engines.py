"""Compiling rules and judging evidence by them: against Rego, plain Python and cel-python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

from measuring import Peer, Row, heading, paired, show, spent
from policy_inputs import FLOOR, LATENCY, Said, evidence, rego, said
from policy_texts import expression_files, mixed_files

from govern.bundle import Bundle
from govern.checks.context import CheckContext, Root
from govern.checks.registry import builtin_checks, builtin_specs
from govern.decision.evaluation import Evaluation, Subject
from govern.decision.run import run_plan
from govern.evidence.schema import evidence_schema
from govern.policy.cel.bind import Bound
from govern.policy.cel.evaluation import Expression, evaluate, judge
from govern.policy.compile import Compiled, compile_policies
from govern.policy.expressions import TRUE, engine_for
from govern.policy.interface import CompiledText
from govern.policy.outcomes import EvidenceRef, Outcome, Stage
from govern.policy.plan import Plan

SEED = 7
SIZES = (100, 300, 1000)
STAGE = Stage.PRE_REGISTRATION
DIGEST = "0" * 64
SUBJECT = Subject(name="m", version="1", digest=DIGEST, model_digest=DIGEST, layout="plain", files=1, bytes=1)


def measure(rego_home: Path | None, cel_home: Path | None) -> None:
    """Print the part of the table."""
    heading("compiling mixed rules, per rule / per rule of the 100 (does it grow faster than the rules?)")
    for size in SIZES[1:]:
        growth(size)
    if rego_home is not None:
        with Peer(rego_home, "policy_rego.py") as peer:
            against_rego(peer)
    for length in (2, 20, 200):
        one_expression(length, cel_home)


def compiled(files: Mapping[str, bytes]) -> Compiled:
    """Compile with nothing kept from earlier work."""
    engine_for.cache_clear()
    return compile_policies(files, stage=STAGE, checks=builtin_specs(), evidence_schema=evidence_schema())


def growth(rules: int) -> None:
    few, many = mixed_files(SIZES[0], SEED), mixed_files(rules, SEED)
    row = paired(
        "", lambda: spent(lambda: compiled(many)) / rules, lambda: spent(lambda: compiled(few)) / SIZES[0], runs=5
    )
    show(Row(f"{rules} rules", row.ratios, None, row.unit))


# --- Rego


def against_rego(peer: Peer) -> None:
    heading("the same expressions as one Rego module in regopy, the same evidence")
    facts = evidence(SEED)
    for size in SIZES:
        rules = said(size, SEED)
        module, files = rego(rules), expression_files(rules)
        peer.ask(do="build", module=module, evidence=facts)
        plan = _plan(compiled(files))
        _agree(rules, facts, _judged(plan, facts), peer.ask(do="ask", evidence=facts)["denied"])
        build = partial(peer.seconds, do="build")
        runs = 7 if size < 500 else 3
        show(paired(f"{size} rules compiled", lambda: spent(lambda: compiled(files)), build, runs=runs))  # noqa: B023
        first = paired(
            f"{size} rules judged, once after compiling",
            partial(_first, files, facts),
            partial(_asked, peer),
            runs=runs,
        )
        show(first)
        again = partial(spent, partial(_judged, plan, facts))
        row = paired(f"{size} rules judged, for one bundle more", again, partial(peer.seconds, do="ask"), runs=runs)
        show(row)
        late, early = ((item.unit or 0) / size * 1e6 for item in (row, first))
        print(f"    per rule: {late:.0f} us, the first time {early:.0f} us")
    _without_evidence(peer, rules, plan)


def _plan(found: Compiled) -> Plan:
    assert found.plan is not None, [str(item) for item in found.diagnostics[:3]]
    return found.plan


def _first(files: Mapping[str, bytes], facts: Mapping[str, Any]) -> float:
    plan = _plan(compiled(files))
    return spent(lambda: _judged(plan, facts))


def _asked(peer: Peer) -> float:
    peer.ask(do="build")
    return peer.seconds(do="ask")


def _judged(plan: Plan, facts: Mapping[str, Any]) -> Evaluation:
    """Run a plan as the gate does, on evidence that needs no reading."""
    context = CheckContext(bundle=cast("Bundle", None), stage=STAGE.value)
    for name in ("model", "card", "metrics", "dependencies"):
        root = (
            Root(facts[name], (EvidenceRef(name=name, file=f"{name}.json", digest=DIGEST, bound=True),))
            if name in facts
            else None
        )
        context.once(("expression.root", name), lambda root=root: root)  # type: ignore[misc]
    return run_plan(
        plan, builtin_checks(), context, subject=SUBJECT, not_assessed=(), advisories=None, lineage_digest=None
    )


def _agree(rules: list[Said], facts: Mapping[str, Any], found: Evaluation, denied: list[str]) -> None:
    """Three engines, one answer."""
    outcomes = {item.rule.rpartition("/")[2]: item.result.outcome.value for item in found.outcomes}
    assert outcomes == {rule.id: rule.python()(facts) for rule in rules}, "govern and Python disagree"
    assert set(denied) == {name for name, outcome in outcomes.items() if outcome == Outcome.FAIL}, "Rego disagrees"
    assert len(set(outcomes.values())) == 3, "the rules are too much alike"


def _without_evidence(peer: Peer, rules: list[Said], plan: Plan) -> None:
    denied = peer.ask(do="ask", evidence={})["denied"]
    ours = Counter(item.result.outcome.value for item in _judged(plan, {}).outcomes)
    told = ", ".join(f"{count} {name}" for name, count in sorted(ours.items()))
    print(f"    on no evidence at all: govern says {told};")
    print(f"    Rego denies {len(denied)} of {len(rules)} and is silent about the rest, which reads as a pass")


# --- one expression


def _example(length: int) -> tuple[str, Callable[[Any], bool], Callable[[Any], bool]]:
    """Give one requirement in CEL, in plain Python, and in Python that looks at presence and types as we do."""
    if length == 2:
        return (
            "metrics.auc >= 0.8 && size(card.owners) > 0",
            lambda e: e["metrics"]["auc"] >= 0.8 and len(e["card"]["owners"]) > 0,
            careful_limits,
        )
    return (
        "size(dependencies) > 0 && dependencies.all(d, d.pinned)",
        lambda e: len(e["dependencies"]) > 0 and all(d["pinned"] for d in e["dependencies"]),
        careful_pins,
    )


def careful_limits(e: Any) -> bool:
    auc, owners = (e.get("metrics") or {}).get("auc"), (e.get("card") or {}).get("owners")
    if auc is None or owners is None:
        raise LookupError("missing evidence")
    if not isinstance(auc, int | float) or isinstance(auc, bool) or not abs(auc) < 2**53:
        raise TypeError("metrics.auc is not a number")
    if not isinstance(owners, list) or not all(isinstance(item, str) for item in owners):
        raise TypeError("card.owners is not a list of texts")
    return auc >= 0.8 and len(owners) > 0


def careful_pins(e: Any) -> bool:
    found = e.get("dependencies")
    if found is None:
        raise LookupError("missing evidence")
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise TypeError("dependencies is not a list of mappings")
    for item in found:
        if not isinstance(item.get("pinned"), bool):
            raise TypeError("pinned is not true or false")
    return len(found) > 0 and all(item["pinned"] for item in found)


def one_expression(length: int, cel_home: Path | None) -> None:
    source, plain, careful = _example(length)
    facts = evidence(SEED)
    facts["metrics"]["auc"] = 0.91
    facts["dependencies"] = [{"name": f"package-{number}", "pinned": True} for number in range(length)]
    heading(f"{source}" + ("" if length == 2 else f", {length} of them"))
    expression = _expression(source)
    bound = Bound(evidence_schema(), {**facts, "stage": STAGE.value, "params": {}})
    assert judge(expression, bound) == evaluate(expression, bound).verdict == TRUE
    assert plain(facts) is careful(facts) is True
    times = 20_000 // length
    ours = partial(spent, partial(judge, expression, bound), times)
    show(paired("the same in plain Python", ours, partial(spent, partial(plain, facts), times), aim=8))
    show(
        paired(
            "the same in Python that looks at presence and types", ours, partial(spent, partial(careful, facts), times)
        )
    )
    told = partial(spent, partial(evaluate, expression, bound), max(3, times // 50))
    show(
        paired(
            "plain Python, with the value of every part for the report",
            told,
            partial(spent, partial(plain, facts), times),
        )
    )
    for flags, name, aim in (
        ((), "cel-python, as it comes", 0.01),
        (("--compiled",), "cel-python, compiled to Python", None),
    ):
        if cel_home is not None:
            with Peer(cel_home, "policy_cel.py", flags) as peer:
                assert peer.ask(sources=[source], evidence=facts)["answers"] == [True]
                show(paired(name, ours, partial(peer.seconds, times=max(3, 200 // length)), aim=aim))


def _expression(source: str) -> Expression:
    rule = f"  rules:\n    - {{id: r, check: expression, with: {{assert: '{source}'}}}}\n"
    text = f"apiVersion: govern/v1\nkind: Policy\nmetadata: {{name: p, version: '1'}}\nspec:\n{rule}"
    (made,) = _plan(compiled({"p.yaml": text.encode()})).rules
    held = made.params.assert_  # type: ignore[attr-defined]
    assert isinstance(held, CompiledText)
    return held.expression


assert (FLOOR, LATENCY) == ("0.8", "450"), "the Rego and Python forms write these parameters out"
