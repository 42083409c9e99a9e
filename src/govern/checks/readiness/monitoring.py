"""`readiness.monitoring_plan`: each metric that a policy names will be measured, with a limit, often enough."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.checks.readiness.evidence import judged, record_evidence, record_place
from govern.checks.readiness.params import MonitoringParams
from govern.diagnostics import plain
from govern.policy.durations import compare_iso, is_iso
from govern.policy.evidence_schema import suggest
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, Finding, Outcome

if TYPE_CHECKING:
    from govern.bundle.record import MonitoringItem

__all__ = ["CHECK"]


class _Judge:
    """Collects what one rule finds in the plan of one record."""

    def __init__(self, params: MonitoringParams, context: CheckContext) -> None:
        self.params = params
        self.context = context
        self.plan = context.bundle.record.spec.monitoring
        self.wrong: list[Finding] = []
        self.unclear: list[Finding] = []

    def metric(self, name: str) -> None:
        """Look at every item of the plan that measures a metric; there must be one."""
        items = [(index, item) for index, item in enumerate(self.plan) if item.metric == name]
        if not items:
            near = suggest(name, [item.metric for item in self.plan])
            hint = f"Did you mean '{plain(near)}'?" if near else "Add an item for it to spec.monitoring in govern.yaml."
            detail = f"the monitoring plan does not measure {plain(name)}"
            self.wrong.append(self._finding("C121", name, None, None, detail, hint))
        for index, item in items:
            for part in self.params.each:
                if not _has(item, part):
                    detail = f"the plan for {plain(name)} has no {part}"
                    hint = f"Add it to spec.monitoring[{index}] in govern.yaml."
                    self.wrong.append(self._finding("C122", name, index, part, detail, hint))
            if self.params.max_cadence is not None:
                self._cadence(name, index, item.cadence, self.params.max_cadence)

    def _cadence(self, name: str, index: int, cadence: str, limit: str) -> None:
        order = compare_iso(cadence, limit) if is_iso(cadence) else 1
        if order is not None and order <= 0:
            return
        hint = "Measure more often, and write the new cadence into govern.yaml."
        if order is None:
            detail = f"whether {plain(name)} is measured every {limit} depends on the month"
            hint = f"Write the cadence in the unit of the policy's {limit}."
        else:
            detail = f"{plain(name)} is not measured every {limit}"
        finding = self._finding("C123", name, index, "cadence", detail, hint)
        finding = replace(finding, observed=cadence, required=f"at most {limit}")
        (self.unclear if order is None else self.wrong).append(finding)

    def _finding(self, code: str, name: str, index: int | None, part: str | None, detail: str, hint: str) -> Finding:
        steps: tuple[str | int, ...] = ("spec", "monitoring")
        steps += () if index is None else (index,)
        steps += () if part in (None, "threshold") else (str(part),)
        return Finding(
            code=code,
            detail=detail,
            location=record_place(self.context, *steps),
            remediation=hint,
            discriminator=f"{name}:{'' if index is None else index}:{part or ''}",
        )


def _has(item: MonitoringItem, part: str) -> bool:
    if part == "threshold":
        return item.at_least is not None or item.at_most is not None
    if part == "cadence":
        return is_iso(item.cadence)
    return bool(str(getattr(item, part)).strip())


def _evaluate(params: MonitoringParams, context: CheckContext) -> CheckResult:
    evidence = record_evidence(params, context)
    if isinstance(evidence, CheckResult):
        return evidence
    judge = _Judge(params, context)
    lacking: list[Finding] = []
    if "monitoring" not in context.bundle.record.spec.model_fields_set:
        finding = Finding(
            code="C120",
            detail="the model has no monitoring plan",
            required=", ".join(params.metrics),
            location=record_place(context, "spec", "monitoring"),
            remediation="Add spec.monitoring to govern.yaml: metric, source, a limit, cadence, owner and escalation of "
            "each measurement.",
            discriminator="monitoring",
        )
        lacking.append(finding)
    else:
        for name in params.metrics:
            judge.metric(name)
    result = judged(
        wrong=judge.wrong,
        lacking=[*lacking, *judge.unclear],
        notes=(),
        good=f"All {len(params.metrics)} metrics that are asked for are measured.",
        evidence=evidence,
        required=", ".join(params.metrics),
    )
    unclear = judge.unclear and not (judge.wrong or lacking)
    return replace(result, outcome=Outcome.INCONCLUSIVE) if unclear else result


CHECK = Check(
    spec=CheckSpec(
        kind="readiness.monitoring_plan",
        version=1,
        summary="Passes when the plan measures each metric that is asked for, with a limit, an owner and an "
        "escalation, and often enough.",
        cannot_show="That anything is measured: a plan is a promise. What was measured in operation is judged by other "
        "kinds.",
        params=MonitoringParams,
        needs=lambda _params: (EvidenceNeed("model_record", ("model.monitoring",)),),
        default_remediation="Complete spec.monitoring in govern.yaml.",
    ),
    evaluate=_evaluate,
)
