"""`fairness.change`: groups are no farther apart than by another model on the same cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from govern.canonical import decimal_text
from govern.checks.fairness.baseline import baseline_of
from govern.checks.fairness.change_judging import judged_change, same_people, worst_change
from govern.checks.fairness.change_words import ChangeWords
from govern.checks.fairness.evidence import counted
from govern.checks.fairness.group_words import OUTCOMES
from govern.checks.fairness.params import ComparedParams, needs_of, smaller_groups_left_out
from govern.checks.interface import Check
from govern.fairness import needs_labels
from govern.fairness.rate_tables import strongest
from govern.fairness.rates import MetricName
from govern.policy.interface import CheckSpec, parameter
from govern.policy.outcomes import CheckResult, Outcome
from govern.policy.types import Flag, Number, Text

if TYPE_CHECKING:
    from govern.checks.context import CheckContext

__all__ = ["CHECKS", "ChangeParams", "WorseningParams"]


class WorseningParams(ComparedParams):
    """Parameters of kinds that ask whether a disparity became larger."""

    metric: MetricName = parameter("Rate that is compared; equalized_odds is two rates.")
    compare: Literal["ratio", "difference"] = parameter("How two rates are compared.")
    max_worsening: Number = parameter(
        "By how much the worst ratio may be lower, or the worst difference larger, than before.", tighten="down"
    )

    @model_validator(mode="after")
    def _worsening_makes_sense(self) -> WorseningParams:
        if not -1 <= self.max_worsening <= 1:
            raise PydanticCustomError("bad_value", "max_worsening lies between -1 and 1; below 0 a gain is asked")
        return self

    @property
    def required(self) -> str:
        """What is asked, in words."""
        what = "ratio lower" if self.compare == "ratio" else "difference larger"
        return f"{what} by <= {decimal_text(self.max_worsening)}"


class ChangeParams(WorseningParams):
    """Parameters of `fairness.change`."""

    baseline: Text = parameter(
        "What it is compared with: the name of another model's predictions in the record, such as champion, or "
        "previous_certified."
    )
    same_data: Flag = parameter(
        "Both must be shown to be measured on the same cases.",
        tighten="order",
        default=True,
        order=("false", "true"),
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> ChangeParams:
        if self.baseline in ("predictions", "metrics"):
            raise PydanticCustomError("bad_value", "the baseline is another model's evidence, not the candidate's own")
        return self


def _evaluate(params: ChangeParams, context: CheckContext) -> CheckResult:
    labels = params.metric if needs_labels(params.metric) else None
    found = counted(params, context, labels=labels)
    if isinstance(found, CheckResult):
        return found
    params = found.params
    base = baseline_of(
        found,
        context,
        name=params.baseline,
        columns=params.columns,
        same_data=params.same_data,
        required=params.required,
        labels=labels,
    )
    if isinstance(base, CheckResult):
        return base
    pairs = judged_change(params, found.counts, base.counts)
    teller = ChangeWords(params, found.counts, base, pairs, found.file)
    findings = [finding for pair in pairs for finding in teller.findings(pair)]
    outcome = OUTCOMES[strongest([pair.result.verdict for pair in pairs])]
    gone = teller.gone()
    if gone:
        findings[:0] = gone
        outcome = Outcome.INCONCLUSIVE
    elif params.same_data and not same_people(params, found.counts, base.counts):
        findings.insert(0, teller.other_people())
        outcome = Outcome.MISSING_EVIDENCE
    worst = worst_change(pairs)
    return CheckResult(
        outcome=outcome,
        summary=teller.summary(worst),
        findings=tuple(dict.fromkeys(findings)),
        evidence=base.evidence,
        observed=None if worst is None else teller.by(worst),
        required=params.required,
        fields=teller.fields(worst),
        holds=base.holds,
        facts=teller.facts(),
    )


CHECKS: tuple[Check, ...] = (
    Check(
        spec=CheckSpec(
            kind="fairness.change",
            not_tighter=smaller_groups_left_out,
            version=1,
            summary="Passes when groups are no farther apart than by another model on the same cases, within a limit.",
            cannot_show="That the disparity is small: the other model's may be large. It compares what was seen, "
            "without an interval, so that among few people a change may be chance; nor does it show that the other "
            "model's evidence is of the model in production.",
            params=ChangeParams,
            needs=needs_of,
            message_fields=("baseline", "metric", "worsening", "value", "before", "not_assessable"),
            default_remediation="Find out what the change did to the groups, or keep the model that is in production.",
        ),
        evaluate=_evaluate,
    ),
)
"""The family's kinds."""
