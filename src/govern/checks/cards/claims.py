"""Check kind `model_card.claims`: the figures that a card declares, each beside the measured one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from govern.canonical import Json, decimal_text
from govern.checks.cards.evidence import Ready, cards_of, place_of, ready_card
from govern.checks.cards.figures import Evaluations, Found, evaluations_of, find_figure
from govern.checks.cards.metrics import Figure, agrees, decimals_of, figure_of, is_share
from govern.checks.cards.rule_params import ClaimsParams
from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.checks.predictions import figure as shown_figure
from govern.checks.predictions import finding_of, prediction_refs, terms_of
from govern.diagnostics import plain
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location, Outcome

if TYPE_CHECKING:
    from govern.evidence.cards import Card, Metric

__all__ = ["CHECKS"]

_MOST_CLAIMS = 500
"""More figures than a person reads are not compared one by one; a card with more is undecided."""

Result = Literal["agrees", "disagrees", "unbacked", "ambiguous", "unreadable", "unit_unknown"]


@dataclass(frozen=True, slots=True)
class _Claim:
    """A declared figure and what came of it."""

    figure: Figure
    result: Result
    found: Found

    @property
    def name(self) -> str:
        """The metric with its average and slice, safe to print."""
        declared = self.figure.declared
        parts = [f"{self.figure.average} " if self.figure.average else "", self.figure.metric]
        return plain("".join(parts) + (f" of {declared.slice}" if declared.slice else ""))


def _evaluate(params: ClaimsParams, context: CheckContext) -> CheckResult:
    ready = ready_card(params, context, cards_of(context))
    if isinstance(ready, CheckResult):
        return ready
    figures = [figure_of(item) for item in _distinct(ready.card)]
    asked = [item for item in figures if not params.metrics or item.metric in params.metrics]
    absent = [name for name in params.metrics if name not in {item.metric for item in asked}]
    if not asked:
        return _nothing(params, ready)
    held = evaluations_of(context)
    unmet, holds, evidence = _terms(params, held)
    if unmet:
        return CheckResult(
            outcome=Outcome.MISSING_EVIDENCE,
            summary="What the claims would be compared with does not meet the terms of the rule.",
            findings=(*unmet, *ready.notes),
            evidence=(*ready.evidence, *evidence),
            required=_required(params),
        )
    claims = [_judged(item, params, held, context) for item in asked[:_MOST_CLAIMS]]
    findings = [*_findings(claims, params), *(_absent(name, ready.card) for name in absent)]
    if len(asked) > _MOST_CLAIMS:
        text = f"{len(asked) - _MOST_CLAIMS} more figures were not compared"
        findings.append(Finding(code="E255", detail=text, discriminator="claims:more"))
    measured = held.predictions is not None or held.metrics is not None
    outcome = _outcome(claims, params, absent, cut=len(asked) > _MOST_CLAIMS, measured=measured)
    if held.unusable and outcome in (Outcome.PASS, Outcome.INCONCLUSIVE):
        outcome = Outcome.MISSING_EVIDENCE  # evidence of another model is never passed over for a figure beside it
    counted = {name: sum(item.result == name for item in claims) for name in ("agrees", "disagrees", "unbacked")}
    other = len(claims) - sum(counted.values())
    observed = f"{counted['agrees']} agree, {counted['disagrees']} disagree, {counted['unbacked']} unbacked"
    observed += f", {other} cannot be compared" if other else ""
    return CheckResult(
        outcome=outcome,
        summary=f"Of {len(claims)} figures that the card declares {observed}.",
        findings=(*findings, *(finding_of(item) for item in held.unusable), *ready.notes),
        evidence=(*ready.evidence, *evidence),
        observed=observed,
        required=_required(params),
        fields={
            "claims": str(len(claims)),
            "claims.agreeing": str(counted["agrees"]),
            "claims.disagreeing": str(counted["disagrees"]),
            "claims.unbacked": str(counted["unbacked"]),
        },
        holds=(*ready.holds, *holds),
        facts=_facts(claims, params),
    )


def _distinct(card: Card) -> list[Metric]:
    """The card's figures once each: one that stands in a table under two headings is one claim."""
    return list(dict.fromkeys(card.metrics))


def _required(params: ClaimsParams) -> str:
    backed = {"none": "", "any": ", at least one backed", "all": ", all backed"}[params.backed]
    tolerance = f" within {decimal_text(params.tolerance)}" if params.tolerance else ""
    return f"no disagreement{tolerance}{backed}"


def _nothing(params: ClaimsParams, ready: Ready) -> CheckResult:
    named = f" of {', '.join(map(plain, params.metrics))}" if params.metrics else ""
    finding = Finding(
        code="E259",
        detail=f"the card declares no figure{named}",
        required=_required(params),
        location=Location(ready.card.sources[0].file, 1),
        remediation="Write the measured figures into the card: a table with metric, data set and value.",
        discriminator="no-claims",
    )
    return CheckResult(
        outcome=Outcome.MISSING_EVIDENCE,
        summary=f"The card declares no figure{named}.",
        findings=(finding, *ready.notes),
        evidence=ready.evidence,
        required=_required(params),
    )


def _terms(params: ClaimsParams, held: Evaluations) -> tuple[list[Finding], tuple[Holds, ...], tuple[EvidenceRef, ...]]:
    """Hold what the claims are compared with against `bound`, `min_grade` and `max_age`."""
    unmet: list[Finding] = []
    holds: list[Holds] = []
    evidence: list[EvidenceRef] = []
    for name, item in (("predictions", held.predictions), ("metrics", held.metrics)):
        if item is None or (name == "metrics" and held.predictions is not None and params.same_data):
            continue  # with `same_data` a metrics file backs nothing, and predictions do
        terms = terms_of(
            params, name=name, file=item.file, bound=item.bound, produced_at=item.produced_at, tool=item.tool
        )
        unmet += terms.unmet
        holds += terms.holds
    if held.predictions is not None:
        evidence += prediction_refs(held.predictions)
    if held.metrics is not None:
        metrics = held.metrics
        evidence.append(EvidenceRef(name="metrics", file=metrics.file, digest=metrics.digest, bound=metrics.bound))
    return unmet, tuple(holds), tuple(evidence)


def _judged(figure: Figure, params: ClaimsParams, held: Evaluations, context: CheckContext) -> _Claim:
    declared = figure.declared
    if declared.value is None:
        return _Claim(figure, "unreadable", Found(None, why="it is not a plain number"))
    if declared.unit is None and is_share(figure.metric):
        return _Claim(figure, "unit_unknown", Found(None, why="it has no unit: percent, or a fraction of one"))
    found = find_figure(figure, held, context, same_data=params.same_data)
    written = figure.written
    if found.ambiguous:
        return _Claim(figure, "ambiguous", found)
    if found.value is None or written is None:
        return _Claim(figure, "unbacked", found)
    decimals = decimals_of(declared)
    if not agrees(written, decimals, found.value, params.tolerance):
        return _Claim(figure, "disagrees", found)
    if decimals == 0 and is_share(figure.metric) and written != found.value:
        # A whole number agrees with half of all shares: that says nothing.
        text = "it is written without decimals"
        return _Claim(figure, "ambiguous", Found(None, found.source, text, ambiguous=True, candidate=found.value))
    return _Claim(figure, "agrees", found)


def _outcome(
    claims: Sequence[_Claim], params: ClaimsParams, absent: Sequence[str], *, cut: bool, measured: bool
) -> Outcome:
    results = {item.result for item in claims}
    if "disagrees" in results:
        return Outcome.FAIL
    if "unit_unknown" in results:
        return Outcome.ERROR
    backed = "agrees" in results
    if absent or (params.backed == "all" and "unbacked" in results):
        return Outcome.MISSING_EVIDENCE
    if results & {"ambiguous", "unreadable"} or cut:
        return Outcome.INCONCLUSIVE
    if not measured:  # nothing was compared with anything, however little must be backed
        return Outcome.MISSING_EVIDENCE
    return Outcome.PASS if backed or params.backed == "none" else Outcome.MISSING_EVIDENCE


_CODES: dict[Result, str] = {
    "disagrees": "E253",
    "unbacked": "E254",
    "ambiguous": "E255",
    "unreadable": "E255",
    "unit_unknown": "E256",
}


def _findings(claims: Sequence[_Claim], params: ClaimsParams) -> Iterator[Finding]:
    for number, item in enumerate(claims):
        if item.result == "agrees":
            continue
        declared = item.figure.declared
        measured = _measured_text(item)
        what = {
            "disagrees": f"{measured} from the {item.found.source}",
            "ambiguous": f"{f'{measured} measured, and ' if measured else ''}{plain(item.found.why, limit=400)}",
        }.get(item.result, plain(item.found.why, limit=400))
        yield Finding(
            code=_CODES[item.result],
            detail=f"{item.name} is {plain(declared.raw)} in the card: {what}",
            observed=plain(declared.raw),
            required=measured or _required(params),
            location=place_of(declared.locator),
            remediation=_REMEDIES[item.result],
            discriminator=f"claim:{item.name}:{declared.locator.file}:{number}",
        )


_REMEDIES: dict[Result, str] = {
    "disagrees": "Write the measured figure into the card, or evaluate again.",
    "unbacked": "Add predictions or an evaluation on that data to the bundle.",
    "ambiguous": "Say in the card on which data set and split it was measured, and with two decimals or more.",
    "unreadable": "Write a plain number such as 0.912, or 91.2%.",
    "unit_unknown": "Write 0.912 or 91.2%.",
}


def _absent(name: str, card: Card) -> Finding:
    return Finding(
        code="E259",
        detail=f"the card declares no figure of {plain(name)}",
        location=Location(card.sources[0].file, 1),
        remediation="Write the measured figure into the card.",
        discriminator=f"no-claim:{name}",
    )


def _measured_text(item: _Claim) -> str | None:
    value = item.found.value if item.found.value is not None else item.found.candidate
    return None if value is None else _text(value)


def _text(value: Fraction) -> str:
    return shown_figure(value)


def _facts(claims: Sequence[_Claim], params: ClaimsParams) -> Json:
    return {
        "kind": "card-claims",
        "tolerance": decimal_text(params.tolerance),
        "claims": [
            {
                "metric": item.figure.metric,
                "average": item.figure.average,
                "dataset": item.figure.declared.dataset,
                "split": item.figure.declared.split,
                "slice": item.figure.declared.slice,
                "claimed": item.figure.declared.raw,
                "measured": _measured_text(item),
                "source": item.found.source,
                "result": item.result,
                "file": item.figure.declared.locator.file,
                "line": item.figure.declared.locator.line,
                "pointer": item.figure.declared.locator.pointer,
            }
            for item in claims
        ],
    }


def _not_tighter(old: ClaimsParams, new: ClaimsParams) -> tuple[str, str] | None:
    """A named metric must be declared; of all metrics only those that are declared are compared."""
    if old.metrics and not new.metrics:
        return "metrics", "a card that does not declare the named figures would pass"
    return None


def _needs(_params: ClaimsParams) -> tuple[EvidenceNeed, ...]:
    return (EvidenceNeed("card"), EvidenceNeed("predictions"))


CHECKS: tuple[Check, ...] = (
    Check(
        CheckSpec(
            kind="model_card.claims",
            version=1,
            summary="No figure that the card declares disagrees with the measured one, and as many as asked have one.",
            cannot_show="Figures in words ('comparable to'), and whether the data are like the cases the model meets.",
            params=ClaimsParams,
            needs=_needs,
            not_tighter=_not_tighter,
            message_fields=("claims", "claims.agreeing", "claims.disagreeing", "claims.unbacked"),
            default_remediation="Write the measured figures into the card.",
        ),
        _evaluate,
    ),
)
"""The family's kinds."""
