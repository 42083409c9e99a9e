"""`drift.fairness`: groups are no farther apart in production than they were when the model was evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from govern.checks.fairness.baseline import Baseline
from govern.checks.fairness.change import WorseningParams
from govern.checks.fairness.change_judging import judged_change, worst_change
from govern.checks.fairness.change_words import ChangeWords
from govern.checks.fairness.evidence import Counted, counted, refuse_many_groups
from govern.checks.fairness.group_words import OUTCOMES
from govern.checks.fairness.params import needs_of, smaller_groups_left_out
from govern.checks.interface import Check
from govern.checks.predictions import (
    counts_of,
    finding_of,
    missing,
    prediction_refs,
    predictions_of,
    source_of,
    terms_of,
)
from govern.diagnostics import Diagnostic, Span, plain
from govern.fairness import Counts, needs_labels
from govern.fairness.rate_tables import strongest
from govern.policy.interface import CheckSpec, EvidenceNeed, parameter
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location, Outcome
from govern.policy.types import Text

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.evidence.predictions import Predictions, PredictionSource

__all__ = ["CHECKS", "ProductionParams"]


class ProductionParams(WorseningParams):
    """Parameters of `drift.fairness`."""

    window: Text = parameter(
        "Name, in the record, of the predictions that the model made in production; max_age is of them.",
        default="production",
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> ProductionParams:
        if self.window in ("predictions", "metrics"):
            raise PydanticCustomError("bad_value", "the window is of production, not the evaluation's own predictions")
        return self


def _needs(params: ProductionParams) -> tuple[EvidenceNeed, ...]:
    return (*needs_of(params), EvidenceNeed(params.window, ()))


def _evaluate(params: ProductionParams, context: CheckContext) -> CheckResult:
    labels = params.metric if needs_labels(params.metric) else None
    found = counted(params.model_copy(update={"max_age": None}), context, labels=labels)
    if isinstance(found, CheckResult):
        return found
    params = found.params.model_copy(update={"max_age": params.max_age})
    window = _window(params, context, found, labels)
    if isinstance(window, CheckResult):
        return window
    counts, file, evidence, holds = window
    yardstick = Baseline(
        "the evaluation", found.counts, found.file, evidence, holds, "other cases: those of production"
    )
    pairs = judged_change(params, counts, found.counts)
    teller = ChangeWords(params, counts, yardstick, pairs, file)
    findings = [finding for pair in pairs for finding in teller.findings(pair)]
    outcome = OUTCOMES[strongest([pair.result.verdict for pair in pairs])]
    gone = teller.gone()
    if gone:
        findings[:0] = gone
        outcome = Outcome.INCONCLUSIVE
    worst = worst_change(pairs)
    return CheckResult(
        outcome=outcome,
        summary=teller.summary(worst),
        findings=tuple(dict.fromkeys(findings)),
        evidence=evidence,
        observed=None if worst is None else teller.by(worst),
        required=params.required,
        fields=teller.fields(worst),
        holds=holds,
        facts=teller.facts(),
    )


_Window = tuple[Counts, str, tuple[EvidenceRef, ...], tuple[Holds, ...]]


def _window(
    params: ProductionParams, context: CheckContext, found: Counted[ProductionParams], labels: str | None
) -> _Window | CheckResult:
    """Count the predictions of production. A CheckResult is `missing_evidence`."""
    name = plain(params.window, limit=80)

    def lacking(finding: Finding, evidence: tuple[EvidenceRef, ...] = found.evidence) -> CheckResult:
        text = f"The predictions of {name} cannot be judged."
        return missing(text, [finding], evidence, params.required)

    source = _source(params, context)
    if isinstance(source, Diagnostic):
        return lacking(finding_of(source))
    refs = [
        EvidenceRef(name=params.window, file=r.file, digest=r.digest, bound=r.bound) for r in prediction_refs(source)
    ]
    evidence = (*found.evidence, *refs)
    terms = terms_of(
        params,
        name=params.window,
        file=source.file,
        bound=source.bound,
        produced_at=source.produced_at,
        tool=source.tool,
    )
    if terms.unmet:
        return missing(f"The predictions of {name} do not meet the terms of the rule.", terms.unmet, evidence)
    columns = params.columns
    predictions = predictions_of(context, source, columns)
    if isinstance(predictions, Diagnostic):
        return lacking(finding_of(predictions), evidence)
    absent = _absent(predictions, labels)
    if absent is not None:
        return lacking(absent, evidence)
    counts = context.once(("predictions.tensor", source.file, columns), lambda: counts_of(predictions))
    refuse_many_groups(params, counts.axes, source.file)
    return counts, source.file, evidence, (*found.holds, *terms.holds)


def _source(params: ProductionParams, context: CheckContext) -> PredictionSource | Diagnostic:
    from govern.evidence.predictions import find_predictions

    name = params.window
    found = context.once(("predictions.source", name), lambda: find_predictions(context.bundle, name))
    if isinstance(found, Diagnostic):
        return found
    own = source_of(context)
    place = Span(found.described_by or found.file)
    if isinstance(own, Diagnostic) or own.digest == found.digest:
        hint = "Name what the model decided in production."
        return Diagnostic("E149", f"{plain(name, limit=80)} is the evaluation's own evidence", place, hint)
    if found.model == "mismatch":
        hint = "Give what the model in the bundle decided."
        return Diagnostic("E107", f"{plain(name, limit=80)} speaks of another model", place, hint)
    return found


def _absent(predictions: Predictions, labels: str | None) -> Finding | None:
    place = Location(predictions.source.file)
    if predictions.rows == 0:
        return Finding(
            code="E104", detail="the table has a header and no rows", location=place, discriminator="no-rows"
        )
    if labels is not None and not predictions.labelled:
        detail = f"{labels} needs the true outcome, and the table has no column of it"
        return Finding(code="F112", detail=detail, location=place, discriminator="labels")
    return None


CHECKS: tuple[Check, ...] = (
    Check(
        spec=CheckSpec(
            kind="drift.fairness",
            not_tighter=smaller_groups_left_out,
            version=1,
            summary="Passes when groups are no farther apart in production than at the evaluation, within a limit.",
            cannot_show="Why groups moved apart: other people may apply, or the model may have aged. It compares what "
            "was seen, without an interval, so that among few people a change may be chance, and it takes the "
            "submitter's word for what was decided in production.",
            params=ProductionParams,
            needs=_needs,
            message_fields=("baseline", "metric", "worsening", "value", "before", "not_assessable"),
            default_remediation="Find out what sets the groups farther apart than at the evaluation.",
        ),
        evaluate=_evaluate,
    ),
)
"""The family's kinds."""
