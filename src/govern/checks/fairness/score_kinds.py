"""Check kinds on scores, numeric predictions and ranks: calibration_gap, score_gap and ranking_gap of `fairness`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govern.checks.fairness.gap_findings import FIELDS, result_of_gaps
from govern.checks.fairness.gap_params import CalibrationGapParams, GapParams, RankingGapParams, ScoreGapParams
from govern.checks.fairness.params import needs_of
from govern.checks.interface import Check
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.fairness.measures import Measure

__all__ = ["CHECKS"]

_LABEL_FREE = ("smd",)
_ERRORS = ("mean_residual", "rmse_ratio")


def _calibration(params: CalibrationGapParams, context: CheckContext) -> CheckResult:
    from govern.fairness.measures import calibration_measure

    return _of_scores(params, context, calibration_measure(params.measure, params.bins), labels=True)


def _score(params: ScoreGapParams, context: CheckContext) -> CheckResult:
    from govern.checks.fairness.gap_evidence import held_errors
    from govern.checks.predictions import source_of
    from govern.fairness.gaps import judge_gaps
    from govern.fairness.measures import ERRORS, SCORES

    numeric = getattr(source_of(context), "task", "") == "regression"
    if params.measure in _ERRORS or (numeric and params.measure in ERRORS):
        held = held_errors(params, context)
        if isinstance(held, CheckResult):
            return held
        judgement = judge_gaps(held.params.question(), [ERRORS[params.measure]], held.tables)
        return result_of_gaps(held, judgement, labels=False)
    return _of_scores(params, context, SCORES[params.measure], labels=params.measure not in _LABEL_FREE)


def _of_scores(params: GapParams, context: CheckContext, measure: Measure, *, labels: bool) -> CheckResult:
    from govern.checks.fairness.gap_evidence import held_scores
    from govern.fairness.gaps import judge_gaps

    held = held_scores(params, context, labels=labels)
    if isinstance(held, CheckResult):
        return held
    return result_of_gaps(held, judge_gaps(held.params.question(), [measure], held.tables), labels=labels)


def _ranking(params: RankingGapParams, context: CheckContext) -> CheckResult:
    from govern.checks.fairness.gap_evidence import held_ranks
    from govern.fairness.gaps import judge_gaps
    from govern.fairness.measures import EXPOSURE, top_k_measure

    held = held_ranks(params, context)
    if isinstance(held, CheckResult):
        return held
    measures = [EXPOSURE] if params.measure == "exposure" else [top_k_measure(k) for k in sorted(params.k)]
    return result_of_gaps(held, judge_gaps(held.params.question(), measures, held.tables), labels=False)


def _needs(params: GapParams) -> tuple[EvidenceNeed, ...]:
    column = "rank" if isinstance(params, RankingGapParams) else "score"
    if getattr(params, "measure", "") in _ERRORS:
        column = "y_true"
    *record, predictions = needs_of(params)
    return (*record, EvidenceNeed(predictions.kind, (*predictions.reads, f"columns:{column}")))


CHECKS: tuple[Check, ...] = (
    Check(
        spec=CheckSpec(
            kind="fairness.calibration_gap",
            version=1,
            summary="Passes when the calibration of scores differs between groups by no more than the rule allows.",
            cannot_show="That scores are calibrated: two groups may be off by as much. Nor that error rates are alike, "
            "which with different base rates no calibrated score can have.",
            params=CalibrationGapParams,
            needs=_needs,
            message_fields=FIELDS,
            default_remediation="Recalibrate the score within the groups named, or ask for a waiver.",
        ),
        evaluate=_calibration,
    ),
    Check(
        spec=CheckSpec(
            kind="fairness.ranking_gap",
            version=1,
            summary="Passes when places in ranked lists differ between groups by no more than the rule allows.",
            cannot_show="That places are deserved: relevance is not looked at. Nor what people see who scroll no "
            "further than the first places, unless top_k is asked.",
            params=RankingGapParams,
            needs=_needs,
            message_fields=FIELDS,
            default_remediation="Find out why the group named is placed lower, and mend it, or ask for a waiver.",
        ),
        evaluate=_ranking,
    ),
    Check(
        spec=CheckSpec(
            kind="fairness.score_gap",
            version=1,
            summary="Passes when scores or numeric predictions differ between groups by no more than the rule allows.",
            cannot_show="That decisions made of the scores differ as little: that hangs on the threshold. One measure "
            "is compared, between the groups that are recorded, on the rows that were submitted.",
            params=ScoreGapParams,
            needs=_needs,
            message_fields=FIELDS,
            default_remediation="Find out where the difference comes from and mend it, or ask for a waiver.",
        ),
        evaluate=_score,
    ),
)
"""The family's kinds."""
