"""One rule on one bundle in words: every comparison with its values, the evidence, and the smallest change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from govern.diagnostics import plain
from govern.report.groups import place_text

if TYPE_CHECKING:
    from govern.checks.changes import SmallestChange
    from govern.decision.decide import Settled
    from govern.policy.outcomes import EvidenceRef, Finding, Location

__all__ = ["explanation_text"]

_MOST = 30
_LONG = 600


def explanation_text(settled: Settled, change: SmallestChange, *, model: str, stage: str) -> str:
    """Write what a rule came to on a bundle and why. Every word from a file is made harmless."""
    return "\n".join(_lines(settled, change, model, stage)) + "\n"


def _lines(settled: Settled, change: SmallestChange, model: str, stage: str) -> Iterator[str]:
    rule, result = settled.rule, settled.rule.result
    words = settled.outcome.value.replace("_", " ")
    stops = ", which keeps the model from passing" if settled.blocks else ""
    yield f"{plain(rule.rule)} on {plain(model)} at {stage}: {words} ({rule.enforcement.value}){stops}"
    yield f"  {plain(result.summary, limit=_LONG)}"
    if settled.why is not None:
        yield f"  {plain(settled.why)}"
    told = [*_comparisons(result.facts, result.evidence), *(_finding(item) for item in result.findings[:_MOST])]
    if len(result.findings) > _MOST:
        told.append(f"{len(result.findings) - _MOST} more findings: see govern check -v")
    yield from _section("What was compared", told)
    yield from _section("Evidence", [_evidence(item) for item in result.evidence])
    yield from _section("Smallest change that passes", list(_changes(settled, change)))


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield f"{title}:"
        yield from (f"  {line}" for line in lines)


def _evidence(item: EvidenceRef) -> str:
    digest = "" if item.digest in item.file else f" sha256:{item.digest[:16]}"
    said = "says" if item.bound else "does not say"
    signed = f"; signed by {plain(item.signed_by.owner)}" if item.signed_by else "; unsigned" if item.bound else ""
    return f"{plain(item.name)}: {plain(item.file)}{digest}, {said} which model and data it speaks of{signed}"


def _finding(item: Finding) -> str:
    figures = [f"observed {plain(item.observed)}"] if item.observed else []
    figures += [f"required {plain(item.required)}"] if item.required else []
    told = f"{item.code} {plain(item.detail, limit=_LONG)}{_at(item.location)}"
    return f"{told} [{', '.join(figures)}]" if figures else told


def _at(location: Location | None) -> str:
    return "" if location is None else f" ({plain(place_text(location))})"


def _changes(settled: Settled, change: SmallestChange) -> Iterator[str]:
    for item in change.changes[:_MOST]:
        yield f"{plain(item.text, limit=_LONG)}{_at(item.location)}"
    if len(change.changes) > _MOST:
        yield f"and {len(change.changes) - _MOST} more"
    if change.changes and not change.complete:
        yield "and what the findings above name besides, for which no smallest change can be derived"
    if not change.changes and settled.blocks:
        yield "none can be derived from what was measured"


# --- comparisons out of the facts of a kind


def _comparisons(facts: Any, evidence: Sequence[EvidenceRef]) -> Iterator[str]:
    if not isinstance(facts, Mapping):
        return
    kind = facts.get("kind")
    if kind == "expressions":
        for item in facts["assertions"]:
            yield from _comparisons(item, evidence)
    elif kind == "expression":
        for item in facts["conjuncts"]:
            values = ", ".join(_value(pair, evidence) for pair in item["values"])
            yield f"{plain(item['text'], limit=_LONG)} is {item['result']}{': ' if values else ''}{values}"
    elif isinstance(kind, str) and kind in _TELLERS:
        yield from _TELLERS[kind](facts)


def _metric(facts: Mapping[str, Any]) -> Iterator[str]:
    sign = ">=" if facts["direction"] == "at_least" else "<="
    value = facts["value"] if facts["value"] is not None else f"undefined ({facts['undefined']})"
    on = f", on {facts['n']} cases" if facts["n"] is not None else ""
    yield f"{facts['metric']} is {value}, {sign} {facts['threshold']} asked, from the {facts['source']}{on}"


def _models(facts: Mapping[str, Any]) -> Iterator[str]:
    for item in facts["comparisons"]:
        two = f"{item['candidate_value']} against {item['baseline_value']} of {plain(item['baseline'])}"
        sure = f", {item['low']} to {item['high']}" if item["low"] is not None else ""
        yield f"{facts['metric']} is {two}: better by {item['better_by']}{sure}, on {item['same_data']}"


def _importances(facts: Mapping[str, Any]) -> Iterator[str]:
    for table in facts["tables"]:
        weights = ", ".join(f"{plain(item['name'])} {item['value']}" for item in table["features"][:_MOST])
        yield f"{plain(table['method'])} in {plain(table['file'])}: {weights}"


def _value(pair: Mapping[str, str], evidence: Sequence[EvidenceRef]) -> str:
    from govern.checks.expression.places import place_of_path

    return f"{plain(pair['of'])} = {plain(pair['value'])}{_at(place_of_path(pair['of'], evidence))}"


def _groups(facts: Mapping[str, Any]) -> Iterator[str]:
    sign = ">=" if facts["direction"] == "at_least" else "<="
    for table in facts["tables"]:
        metric, names = table["metric"].replace("_", " "), " x ".join(map(plain, table["attributes"]))
        yield f"{metric} by {names}: {facts['compare']} {sign} {facts['threshold']}, {table['verdict']}"
        for line in table["groups"][:_MOST]:
            if line["shown"] is False:
                yield f"  {plain(line['label'])}: not shown"
                continue
            ratio = f", {facts['compare']} {line[facts['compare']]}" if line[facts["compare"]] is not None else ""
            small = ", too small to judge" if line["small"] else ""
            yield f"  {plain(line['label'])}: {line['numerator']} of {line['denominator']}{ratio}{small}"


_STANDINGS = {
    None: "chosen",
    "better": "a less discriminatory alternative",
    "perhaps": "perhaps a less discriminatory alternative",
    "not": "no less discriminatory alternative",
}


def _group_rates(facts: Mapping[str, Any]) -> Iterator[str]:
    """The rates of kinds that judge groups otherwise than by one disparity."""
    for item in facts.get("candidates", [])[:_MOST]:
        which = _STANDINGS[None if item["chosen"] else item["standing"]]
        yield f"{plain(item['name'])} ({which}): {facts['utility']} {item['utility']}"
    for table in facts["tables"]:
        metric, names = table["metric"].replace("_", " "), " x ".join(map(plain, table["attributes"]))
        yield f"{metric} by {names}: {table['verdict']}, {facts['required']} asked"
        for line in table["groups"][:_MOST]:
            if line["shown"] is False:
                yield f"  {plain(line['label'])}: not shown"
                continue
            small = ", too small to judge" if line["small"] else ""
            rate = f" ({line['rate']})" if line["rate"] is not None else ""
            yield f"  {plain(line['label'])}: {line['numerator']} of {line['denominator']}{rate}{small}"


def _scores(facts: Mapping[str, Any]) -> Iterator[str]:
    """The figures of scores, errors and ranks."""
    sign = ">=" if facts["direction"] == "at_least" else "<="
    for table in facts["tables"]:
        names = " x ".join(map(plain, table["attributes"]))
        asked = f"{table['compare']} {sign} {facts['threshold']}"
        yield f"{table['measure'].replace('_', ' ')} by {names}: {asked}, {table['verdict']}"
        for line in table["groups"][:_MOST]:
            if line["shown"] is False:
                yield f"  {plain(line['label'])}: not shown"
                continue
            value = line["value"] if line["value"] is not None else f"undefined ({line['undefined']})"
            sure = f", {line['low']} to {line['high']}" if line["low"] is not None else ""
            small = ", too small to judge" if line["small"] else ""
            yield f"  {plain(line['label'])}: {value}{sure}, on {line['n']} people{small}"


def _drift(facts: Mapping[str, Any]) -> Iterator[str]:
    for result in facts["results"]:
        yield f"columns of {plain(result['file'])}, {facts['source']}"
        for line in result["columns"][:_MOST]:
            asked = f", {line['required']} asked" if line["required"] else ""
            score = "" if line["score"] is None else f" {line['score']}"
            yield f"  {plain(line['name'])}: {plain(line['method'])}{score}{asked}, {line['state']}"


def _sections(facts: Mapping[str, Any]) -> Iterator[str]:
    for item in facts["sections"]:
        if item["required"]:
            place = f" ({plain(item['file'])}:{item['line']})" if item["file"] and item["line"] else ""
            yield f"section '{plain(item['id'])}' is {item['state'].replace('_', ' ')}, {item['words']} words{place}"


def _claims(facts: Mapping[str, Any]) -> Iterator[str]:
    for item in facts["claims"][:_MOST]:
        place = f" ({plain(item['file'])}:{item['line']})" if item["line"] else f" ({plain(item['file'])})"
        measured = f", measured {item['measured']}" if item["measured"] is not None else ""
        result = item["result"].replace("_", " ")
        yield f"{plain(item['metric'])} is {plain(item['claimed'])} in the card{place}{measured}: {result}"


_TELLERS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "metric": _metric,
    "metric-comparison": _models,
    "global-importance": _importances,
    "fairness-table": _groups,
    "fairness-groups": _group_rates,
    "fairness-scores": _scores,
    "card-scorecard": _sections,
    "card-claims": _claims,
    "drift": _drift,
}
"""Who tells the facts of each kind."""
