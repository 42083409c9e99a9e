"""The smallest change that would let a rule pass, read off what the check found; nothing where that does not show it.

A change is derived from typed figures only: an observed value and its limit, the counts of a table, the words of a
section, the version that clears an advisory. It says what the gate would accept, not what is right to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from govern.canonical import decimal_text
from govern.policy.interface import CheckParams
from govern.policy.outcomes import CheckResult, Finding, Location, Outcome

__all__ = ["SmallChange", "SmallestChange", "smallest_change"]


@dataclass(frozen=True, slots=True)
class SmallChange:
    """One change, and where it is made."""

    text: str
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class SmallestChange:
    """What would have to change. The changes are asked for together."""

    changes: tuple[SmallChange, ...] = ()
    complete: bool = True
    """Whether they are enough; False where something lacks that shows no change of its own."""


def smallest_change(kind: str, params: CheckParams, result: CheckResult) -> SmallestChange:
    """Give the smallest change that would let a rule pass; empty when it passes or when none can be derived."""
    derive = _KINDS.get(kind)
    if derive is None or result.outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.ERROR):
        return SmallestChange()
    found = dict.fromkeys(derive(params, result))
    return SmallestChange(tuple(item for item in found if item is not None), complete=None not in found)


_Changes = Iterator["SmallChange | None"]
"""None stands for something that lacks and shows no change."""


def _facts(result: CheckResult, kind: str) -> Mapping[str, Any]:
    facts = result.facts
    return facts if isinstance(facts, Mapping) and facts.get("kind") == kind else {}


def _place(result: CheckResult) -> Location | None:
    return next((item.location for item in result.findings if item.location is not None), None)


# --- performance


def _threshold(params: Any, result: CheckResult) -> _Changes:
    facts = _facts(result, "metric")
    value, n = facts.get("value"), facts.get("n")
    for item in result.findings:
        if item.code == "E137":
            yield SmallChange(f"no {params.metric} -> {params.required}", item.location)
        elif item.code == "E139" and n is not None:
            yield SmallChange(f"{params.min_n - n} more records to decide ({n} -> {params.min_n})", item.location)
        elif item.code != "E140":
            yield None
    if value is not None and _met(params, str(value)) is False:
        yield SmallChange(f"{params.metric} {value} -> {decimal_text(params.limit)}", _place(result))


def _met(params: Any, value: str) -> bool | None:
    try:
        return bool(params.met(Fraction(Decimal(value))))
    except InvalidOperation:
        return None


# --- fairness


def _disparity(params: Any, result: CheckResult) -> _Changes:
    from govern.checks.fairness.changes import disparity_changes

    place = _place(result)
    return (None if text is None else SmallChange(text, place) for text in disparity_changes(params, result))


def _groups(name: str) -> Callable[[Any, CheckResult], _Changes]:
    """A kind on groups whose counts tell what is lacking."""

    def derive(params: Any, result: CheckResult) -> _Changes:
        from govern.checks.fairness import group_changes

        place = _place(result)
        found = getattr(group_changes, name)(params, result)
        return (None if text is None else SmallChange(text, place) for text in found)

    return derive


# --- model cards


def _sections(params: Any, result: CheckResult) -> _Changes:
    listed = _facts(result, "card-scorecard").get("sections")
    if listed is None:
        yield from _each_finding(params, result)
        return
    states = {item["id"]: item for item in listed}
    places = {item.discriminator: item.location for item in result.findings}
    for name in params.required:
        held = states.get(name)
        if held is None or held["state"] in ("complete", "not_applicable"):
            continue
        words = params.min_words.get(name, params.min_words["default"])
        yield SmallChange(f"section '{name}': {_section_change(held, words)}", places.get(f"section:{name}"))


def _section_change(held: Mapping[str, Any], words: int) -> str:
    if held["state"] == "absent":
        return f"write it, in {words} words or more"
    if held["state"] == "too_short":
        return f"{words - held['words']} more words ({held['words']} -> {words})"
    if held["state"] == "missing_facts":
        return f"add what it lacks: {held['missing']}"
    return f"replace the {held['state']} by {words} words or more"


def _present(params: Any, result: CheckResult) -> _Changes:
    for item in result.findings:
        words = (item.observed or "").removesuffix(" words")
        if item.code == "E213" and words.isdigit():
            less = params.min_words - int(words)
            yield SmallChange(f"{less} more words ({words} -> {params.min_words})", item.location)
        elif item.remediation is not None:
            yield SmallChange(item.remediation, item.location)


def _placeholders(params: Any, result: CheckResult) -> _Changes:
    left = result.observed or ""
    if left.isdigit() and int(left) > params.at_most:
        less = int(left) - params.at_most
        yield SmallChange(f"fill in {less} of the placeholders ({left} -> {params.at_most})", _place(result))
    else:
        yield from _each_finding(params, result)


_BESIDE = frozenset(["E203", "E206", "E207", "E208"])
"""What card rules show and do not judge: READMEs that are no cards, spellings, fields that were not asked for."""


def _declared(params: Any, result: CheckResult) -> _Changes:
    judged = tuple(item for item in result.findings if item.code not in _BESIDE)
    yield from _each_finding(params, replace(result, findings=judged))


# --- dependencies, artefacts, lineage: each finding is a change of its own


def _vulnerabilities(params: Any, result: CheckResult) -> _Changes:
    listed = _facts(result, "dependency-findings").get("findings", [])
    matches = {f"{item['package']}:{item['ids'][0]}": item for item in listed}
    for item in result.findings:
        held = matches.get(item.discriminator)
        if item.code == "S202":
            yield SmallChange(f"remove {item.discriminator.partition(':')[0]}", item.location)
        elif item.code != "S201" or held is None:
            yield None if item.remediation is None else SmallChange(item.remediation, item.location)
        elif _above(item, params):
            clears = held["clears_all"]
            text = f"{held['package']} {held['version']} -> {clears}"
            yield SmallChange(text, item.location) if clears else None


def _above(item: Finding, params: Any) -> bool:
    from govern.security.advisories import Band

    return params.max_severity == "none" or Band(item.observed or "critical").rank > Band(params.max_severity).rank


def _each_finding(_params: Any, result: CheckResult) -> _Changes:
    for item in result.findings:
        if item.remediation is None:
            yield None
        else:
            yield SmallChange(f"{_subject(item)}{item.remediation}", item.location)


def _subject(item: Finding) -> str:
    said = item.location is not None and item.discriminator == item.location.file
    return f"{item.discriminator}: " if item.discriminator and len(item.discriminator) <= 80 and not said else ""


# --- expressions


def _expression(params: Any, result: CheckResult) -> _Changes:
    if result.outcome is Outcome.MISSING_EVIDENCE:
        for item in result.findings:
            lacks = item.code == "C102" and item.required is not None
            yield SmallChange(f"no {item.required} -> a value", item.location) if lacks else None
        return
    from govern.checks.expression.places import place_of_path
    from govern.checks.expression.stored import stored_conjuncts, stored_values
    from govern.policy.cel.lexer import respell
    from govern.policy.comparisons import assertions_of, conjuncts_of, subject_of, value_text

    values = stored_values(result.facts)
    false = {respell(item["text"]) for item in stored_conjuncts(result.facts) if item["result"] == "false"}
    for conjunct in (item for expression in assertions_of(params) for item in conjuncts_of(expression)):
        if respell(conjunct.text) not in false:
            continue
        subject, limit = subject_of(conjunct), conjunct.limit
        value = None if subject is None else values.get(respell(subject))
        if limit is None or value is None or limit.side == "is not":
            yield None
            continue
        words = {"low": "more than ", "high": "less than "}.get(limit.side, "") if limit.strict else ""
        place = place_of_path(str(subject), result.evidence)
        yield SmallChange(f"{subject} {value} -> {words}{value_text(limit.value)}", place)


_KINDS: Mapping[str, Callable[[Any, CheckResult], _Changes]] = {
    "performance.threshold": _threshold,
    "fairness.disparity": _disparity,
    "fairness.group_floor": _groups("floor_changes"),
    "fairness.robustness": _groups("robustness_changes"),
    "fairness.coverage": _groups("coverage_changes"),
    "fairness.alternatives": _groups("alternatives_changes"),
    "model_card.sections": _sections,
    "model_card.present": _present,
    "model_card.placeholders": _placeholders,
    "model_card.claims": _declared,
    "model_card.consistent": _declared,
    "model_card.fields": _declared,
    "model_card.fresh": _declared,
    "model_card.licence": _declared,
    "model_card.original": _declared,
    "dependencies.vulnerabilities": _vulnerabilities,
    "dependencies.pinned": _each_finding,
    "artefacts.formats": _each_finding,
    "artefacts.pickle": _each_finding,
    "lineage.bound": _each_finding,
    "lineage.present": _each_finding,
    "lineage.closed": _each_finding,
    "lineage.sources": _each_finding,
    "expression": _expression,
}
