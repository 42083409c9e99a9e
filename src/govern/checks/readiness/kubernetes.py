"""`readiness.kubernetes`: every container of every workload is limited, probed and pinned by digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.checks.readiness.containers import container_findings
from govern.checks.readiness.evidence import MOST_FINDINGS
from govern.checks.readiness.manifests import Files, files_of
from govern.checks.readiness.params import KubernetesParams
from govern.diagnostics import plain
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, Finding, Location, Outcome

if TYPE_CHECKING:
    from govern.evidence.kubernetes.workloads import Object

__all__ = ["CHECK"]


def _evaluate(params: KubernetesParams, context: CheckContext) -> CheckResult:
    files = files_of(params, context)
    if isinstance(files, CheckResult):
        return files
    failed: list[Finding] = []
    unclear: list[Finding] = list(files.unclear)
    workloads = [item for item in files.objects if item.is_workload]
    for item in workloads:
        if all(container.role == "init container" for container in item.containers):
            unclear.append(_no_containers(item))
        for container in item.containers:
            bad, open_ = container_findings(params.require, item, container)
            failed += bad
            unclear += open_
    notes = [_note(item) for item in files.objects if not item.is_workload]
    return _result(params, files, workloads, failed=failed, unclear=unclear, notes=notes)


def _result(
    params: KubernetesParams,
    files: Files,
    workloads: list[Object],
    *,
    failed: list[Finding],
    unclear: list[Finding],
    notes: list[Finding],
) -> CheckResult:
    count = sum(len(item.containers) for item in workloads)
    required = ", ".join(params.require)
    found = [*failed, *unclear]
    if failed:
        outcome = Outcome.FAIL
    elif files.absent:
        outcome, found = Outcome.MISSING_EVIDENCE, [*files.absent, *unclear]
    elif unclear:
        outcome = Outcome.INCONCLUSIVE
    elif not count:
        outcome, found = Outcome.MISSING_EVIDENCE, [_no_workload(params)]
    else:
        outcome = Outcome.PASS
    more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
    good = f"All {count} containers of {len(workloads)} workloads have {required.replace('_', ' ')}."
    listed = [*found, *(files.absent if failed else ()), *notes]
    return CheckResult(
        outcome=outcome,
        summary=good if outcome is Outcome.PASS else f"{found[0].detail}{more}.",
        findings=tuple(listed[:MOST_FINDINGS]),
        evidence=files.evidence,
        required=required,
        holds=files.holds,
    )


def _no_containers(item: Object) -> Finding:
    span = item.document.span(item.steps)
    return Finding(
        code="C134",
        detail=f"{plain(item.label)} runs containers, and the manifest does not list any",
        location=Location(span.file, span.line, span.column),
        remediation="Write its containers out, as they will run.",
        discriminator=f"{item.document.file}:{item.label}",
    )


def _no_workload(params: KubernetesParams) -> Finding:
    return Finding(
        code="C131",
        detail="no manifest holds a workload",
        required="a Deployment, or another kind that runs containers",
        location=Location(params.manifests[0]),
        remediation="Name the manifests that run the model in `manifests`.",
        discriminator="workload",
    )


def _note(item: Object) -> Finding:
    span = item.document.span(item.steps)
    return Finding(
        code="C138",
        detail=f"{plain(item.label)} runs no container that is written here",
        location=Location(span.file, span.line, span.column),
        discriminator=f"{item.document.file}:{item.label}",
    )


CHECK = Check(
    spec=CheckSpec(
        kind="readiness.kubernetes",
        version=1,
        summary="Passes when every container of every workload of the manifests has limits for processor and memory, "
        "probes for being alive and ready, and an image that is named by its digest.",
        cannot_show="That a cluster runs these manifests, or that limits and probes are good ones. Limits that a whole "
        "pod, a LimitRange or a serving runtime sets are not seen. Init containers and jobs need no probes.",
        params=KubernetesParams,
        needs=lambda params: (EvidenceNeed("kubernetes", tuple(params.manifests)),),
        default_remediation="Complete the containers that the findings name.",
    ),
    evaluate=_evaluate,
)
