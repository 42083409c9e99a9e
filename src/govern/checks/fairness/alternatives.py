"""`fairness.alternatives`: a search for a less discriminatory alternative is recorded, and it found none."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from govern.canonical import decimal_text
from govern.checks.binding import lineage_digests
from govern.checks.fairness.alternatives_words import AlternativesWords
from govern.checks.fairness.evidence import Counted, counted
from govern.checks.fairness.group_words import OUTCOMES
from govern.checks.fairness.params import ComparedParams, Tables, needs_of, smaller_groups_left_out
from govern.checks.fairness.searched import Searched, searched
from govern.checks.interface import Check
from govern.checks.performance.params import UNBOUNDED_ABOVE
from govern.checks.performance.params import MetricName as UtilityName
from govern.checks.predictions import finding_of, missing, terms_of
from govern.diagnostics import Diagnostic
from govern.fairness import Verdict
from govern.fairness.alternatives import Standing
from govern.fairness.rate_tables import strongest
from govern.fairness.rates import MetricName
from govern.policy.interface import CheckSpec, EvidenceNeed, parameter
from govern.policy.outcomes import CheckResult, EvidenceRef, Holds, Outcome
from govern.policy.types import Count, Number

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.evidence.alternatives import Alternatives

__all__ = ["CHECKS", "AlternativesParams"]


class AlternativesParams(ComparedParams):
    """Parameters of `fairness.alternatives`."""

    attributes: Tables = parameter(
        "Columns, and lists of columns to cross, as in fairness.disparity. An alternative must be as even in each.",
    )
    metric: MetricName = parameter("Rate that is compared; equalized_odds is two rates.")
    compare: Literal["ratio", "difference"] = parameter("How two rates are compared.")
    utility: UtilityName = parameter("Figure of how well a model does its work.")
    at_least_compared: Count = parameter(
        "Fewest alternatives beside the chosen model, each with counts of its own.", tighten="up", default=2
    )
    max_utility_loss: Number = parameter(
        "How much less useful than the chosen model an alternative may be and still count.",
        tighten="up",
        default=Decimal("0.01"),
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> AlternativesParams:
        if self.at_least_compared < 1:
            raise PydanticCustomError("bad_value", "at_least_compared is at least 1")
        if self.max_utility_loss < 0 or (self.max_utility_loss > 1 and self.utility not in UNBOUNDED_ABOVE):
            raise PydanticCustomError("bad_value", "max_utility_loss is at least 0 and, for this figure, at most 1")
        return self

    @property
    def required(self) -> str:
        """What is asked, in words."""
        loss = decimal_text(self.max_utility_loss)
        return f">= {self.at_least_compared} alternatives, none more even with a loss of {self.utility} <= {loss}"


def _needs(params: AlternativesParams) -> tuple[EvidenceNeed, ...]:
    return (*needs_of(params), EvidenceNeed("fairness_alternatives", ()))


def _evaluate(params: AlternativesParams, context: CheckContext) -> CheckResult:
    from govern.evidence.alternatives import find_alternatives

    found = counted(params, context, labels=f"the {params.utility} of the candidates")
    if isinstance(found, CheckResult):
        return found
    params = found.params
    record = context.once(
        "fairness.alternatives", lambda: find_alternatives(context.bundle, lineage=lineage_digests(context))
    )
    if isinstance(record, Diagnostic):
        return missing("There is no search for alternatives.", [finding_of(record)], found.evidence, params.required)
    ref = EvidenceRef(name="alternatives", file=record.file, digest=record.digest, bound=record.bound)
    evidence = (*found.evidence, ref)
    terms = terms_of(
        params,
        name="alternatives",
        file=record.file,
        bound=record.bound,
        produced_at=record.produced_at,
        tool=record.tool,
        how_to_bind="List every model file with its digest, and give data.sha256, or add an evidence envelope.",
    )
    if terms.unmet:
        text = "The search for alternatives does not meet the terms of the rule."
        return missing(text, terms.unmet, evidence, params.required)
    return _judged(params, found, record, evidence, (*found.holds, *terms.holds))


def _judged(
    params: AlternativesParams,
    found: Counted[AlternativesParams],
    record: Alternatives,
    evidence: tuple[EvidenceRef, ...],
    holds: tuple[Holds, ...],
) -> CheckResult:
    search = searched(params, found.counts, record)
    words = AlternativesWords(params, search, record, found)
    if search.lacks:
        text = "The search for alternatives cannot be judged."
        return missing(text, words.lacking(), evidence, params.required)
    outcome = _outcome(params, search)
    findings = words.findings()
    gone = words.gone()
    if gone is not None:
        findings.insert(0, gone)
        outcome = Outcome.INCONCLUSIVE
    return CheckResult(
        outcome=outcome,
        summary=words.summary(),
        findings=tuple(dict.fromkeys(findings)),
        evidence=evidence,
        observed=f"{len(search.compared)} alternatives",
        required=params.required,
        fields=words.fields(),
        holds=holds,
        facts=words.facts(),
    )


def _outcome(params: AlternativesParams, search: Searched) -> Outcome:
    """A less discriminatory alternative fails whatever else is open; too few compared is no search."""
    standings = [item.standing for item in search.compared]
    if Standing.BETTER in standings:
        return Outcome.FAIL
    population = strongest([Verdict.PASS, *(note.verdict for note in search.notes)])
    if population is Verdict.ABSENT or len(search.compared) < params.at_least_compared:
        return Outcome.MISSING_EVIDENCE
    if Standing.PERHAPS in standings:
        return Outcome.INCONCLUSIVE
    return OUTCOMES[population]


CHECKS: tuple[Check, ...] = (
    Check(
        spec=CheckSpec(
            kind="fairness.alternatives",
            not_tighter=smaller_groups_left_out,
            version=1,
            summary="Passes when alternatives were compared on the same people, and none is as useful and more even.",
            cannot_show="That there is no less discriminatory alternative: it judges those that somebody recorded. "
            "Their counts are the submitter's word, except the chosen model's, which must be those of its predictions; "
            "figures of usefulness that counts do not give are as stated.",
            params=AlternativesParams,
            needs=_needs,
            message_fields=("compared", "alternative", "utility", "chosen_utility", "not_assessable"),
            default_remediation="Use the less discriminatory alternative, or say in a waiver why it cannot be used.",
        ),
        evaluate=_evaluate,
    ),
)
"""The family's kinds."""
