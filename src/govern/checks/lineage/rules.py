"""Check kinds `lineage.*`: what the model was made from, and whether each source is approved for it.

Three values become outcomes here: `undetermined` is `inconclusive`, no record at all `missing_evidence`, an unreadable
one `error`. Whether a record speaks of this model file at all comes first: of one that does not, nothing else is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from govern.canonical import Json, instant_text
from govern.checks.context import CheckContext, Root
from govern.checks.interface import Check
from govern.checks.lineage.evidence import (
    MOST_FINDINGS,
    RANK,
    asked,
    binding_of,
    evidence_of,
    fault_finding,
    fresh,
    graded,
    judged,
    lineage_of,
    no_record,
    ready,
    undated_result,
    unreadable,
)
from govern.checks.lineage.params import (
    AcyclicParams,
    AgreementParams,
    BoundParams,
    ClosedParams,
    PresentParams,
    SingleProducerParams,
    SourcesParams,
)
from govern.diagnostics import InputError
from govern.policy.interface import CheckParams, CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, Finding, Holds, Outcome

if TYPE_CHECKING:
    from govern.lineage.graph import Graph
    from govern.lineage.load import Lineage
    from govern.lineage.sources import SourceVerdict
    from govern.lineage.verdicts import Remark

__all__ = ["CHECKS", "graph_of", "lineage_of", "lineage_root"]


def graph_of(context: CheckContext) -> Graph | None:
    """Give the lineage graph, or None when there is no record. Raises InputError when a record cannot be read."""
    lineage = lineage_of(context)
    if lineage is None:
        return None
    if lineage.faults:
        raise InputError(lineage.faults)
    return lineage.graph


def lineage_root(context: CheckContext) -> Root | None:
    """Give the root `lineage` of expressions, or None when there is no record or it speaks of another model.

    `labels` is absent: nothing has propagated labels yet, and an empty list would say that there are none. `complete`
    is false: no record of the grades read here can show that nothing was left out of it.
    """
    from govern.lineage.graph import NodeKind
    from govern.lineage.structure import described_roots
    from govern.lineage.verdicts import Verdict, worst

    graph, lineage = graph_of(context), lineage_of(context)
    if graph is None or lineage is None or worst(binding_of(context, lineage)) is Verdict.FAIL:
        return None
    roots = [graph.nodes[key] for key in described_roots(graph)]
    value = {
        "roots": [node.key.uri for node in roots if node.key.kind is NodeKind.DATASET],
        "models": [node.key.uri for node in roots if node.key.kind is NodeKind.MODEL],
        "complete": False,
    }
    return Root(value, evidence_of(context, lineage))


def _bound(params: BoundParams, context: CheckContext) -> CheckResult:
    lineage = lineage_of(context)
    if lineage is None:
        return no_record()
    evidence = evidence_of(context, lineage)
    remarks = graded(params, _claim_grade(lineage), binding_of(context, lineage, params.artefacts))
    holds, undated = fresh(params, lineage)
    named = ", ".join(params.artefacts or lineage.files.weights) or "the model"
    result = judged(remarks, f"The lineage names {named} by the sha256 that the bundle has.", evidence, holds=holds)
    if result.outcome is Outcome.FAIL or not (lineage.faults or undated or params.bound):
        return replace(result, findings=(*result.findings, *map(fault_finding, lineage.faults[:MOST_FINDINGS])))
    if lineage.faults:
        failed = unreadable(lineage.faults, evidence)
        return replace(failed, findings=(*result.findings, *failed.findings))
    if undated is not None:
        return undated_result(undated, evidence)
    # `bound` asks for bound evidence, and whether it is bound is the very question of this kind.
    unbound = result.outcome is Outcome.INCONCLUSIVE
    return replace(result, outcome=Outcome.MISSING_EVIDENCE) if unbound else result


def _claim_grade(lineage: Lineage) -> str:
    """Give the best grade of a record that names the model."""
    return max((claim.by.grade for record in lineage.records for claim in record.claims), default="E0")


def _present(params: PresentParams, context: CheckContext) -> CheckResult:
    from govern.lineage.structure import described_roots, judge_present

    def judge(lineage: Lineage) -> tuple[Sequence[Remark], str]:
        count = len(described_roots(lineage.graph))
        return judge_present(lineage, params.min_data_roots), f"{_count(count, 'source')} recorded above the model."

    return asked(params, context, judge)


def _acyclic(params: AcyclicParams, context: CheckContext) -> CheckResult:
    from govern.lineage.structure import judge_acyclic

    return asked(params, context, lambda it: (judge_acyclic(it), "Nothing in the lineage is its own ancestor."))


def _closed(params: ClosedParams, context: CheckContext) -> CheckResult:
    from govern.lineage.structure import judge_closed

    good = "Everything that the lineage mentions is described, and every step on the way to the model completed."
    return asked(
        params,
        context,
        lambda it: (judge_closed(it, max_dangling=params.max_dangling, require_runs=params.require_runs), good),
    )


def _single_producer(params: SingleProducerParams, context: CheckContext) -> CheckResult:
    from govern.lineage.structure import judge_single_producer

    return asked(params, context, lambda it: (judge_single_producer(it), "Each version was made by one run."))


def _agreement(params: AgreementParams, context: CheckContext) -> CheckResult:
    from govern.lineage.structure import judge_agreement

    rehash = params.rehash == "reachable"
    return asked(
        params,
        context,
        lambda it: (judge_agreement(it, max_conflicts=params.max_conflicts, rehash=rehash), "The records agree."),
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _sources(params: SourcesParams, context: CheckContext) -> CheckResult:
    lineage = ready(params, context)
    if isinstance(lineage, CheckResult):
        return lineage
    from govern.lineage.graph import Strength
    from govern.lineage.sources import Asked, judge_sources
    from govern.lineage.structure import judge_present

    evidence = evidence_of(context, lineage)
    registry = context.registries.get(params.registry)
    if registry is None:
        text = f"The source registry '{params.registry}' was not loaded."
        finding = Finding(code="L225", detail=text, discriminator=params.registry)
        return CheckResult(outcome=Outcome.ERROR, summary=text, findings=(finding,), evidence=evidence)
    holds, undated = fresh(params, lineage)
    if undated is not None:
        return undated_result(undated, evidence)
    question = Asked(
        as_of=frozenset(params.as_of),
        min_digest=Strength(params.min_digest),
        roles=params.roles,
        accept_used_before_approval=params.accept_used_before_approval,
        min_grade=params.min_grade,
    )
    verdicts = judge_sources(lineage, registry, question)
    remarks = [
        *(judge_present(lineage, 1) if not verdicts else ()),
        *(item for one in verdicts for item in one.remarks),
    ]
    approved = sum(one.status == "approved" for one in verdicts)
    good = f"{_count(approved, 'source')} of {len(verdicts)} approved in {registry.name} {registry.version}."
    return judged(
        remarks,
        good,
        evidence,
        holds=(*holds, *_decision_half(verdicts, question.as_of)),
        facts=_facts(verdicts),
        observed=f"{approved} of {len(verdicts)}",
        required="every source approved",
        fields=_fields(verdicts),
    )


def _facts(verdicts: Sequence[SourceVerdict]) -> Json:
    from govern.lineage.document import VERDICT_KIND
    from govern.lineage.verdicts import Verdict

    bad = [one for one in verdicts if one.verdict is not Verdict.PASS]
    return {
        "kind": VERDICT_KIND,
        "witnesses": [[str(key) for key in one.path] for one in bad],
        "roots": [one.document() for one in verdicts],
    }


def _fields(verdicts: Sequence[SourceVerdict]) -> dict[str, str]:
    from govern.lineage.verdicts import Verdict

    ranked = sorted(verdicts, key=lambda one: (RANK[one.verdict.value], one.key))
    if not ranked or ranked[0].verdict is Verdict.PASS:
        return {}
    return {"source.name": ranked[0].name, "source.status": ranked[0].status.replace("_", " ")}


def _decision_half(verdicts: Sequence[SourceVerdict], as_of: frozenset[str]) -> tuple[Holds, ...]:
    """Give for each source the interval in which the decision must lie; only `decide` has a clock.

    Where only training counts, the end of an approval still matters: the date of a run is its own claim, so after the
    end an unsigned record may have been dated back.
    """
    holds: list[Holds] = []
    for one in verdicts:
        if one.window is None:
            continue
        start = instant_text(one.window.start)
        until = instant_text(one.window.end) if one.window.end else None
        ended = f" ({one.window.why} {until})" if until else ""
        if "decision" in as_of:
            reason = (
                f"approved_then_not_now: the approval of {one.name}, from {start}, does not cover the decision{ended}"
            )
            holds.append(Holds(otherwise=Outcome.FAIL, reason=reason, start=start, until=until))
        elif until is not None:
            reason = f"the approval of {one.name} ended{ended}, and the record of its use is unsigned"
            holds.append(Holds(otherwise=Outcome.INCONCLUSIVE, reason=reason, until=until))
    return tuple(holds)


def _needs(_params: CheckParams) -> tuple[EvidenceNeed, ...]:
    return (EvidenceNeed("lineage"),)


_CANNOT_SHOW = "A source that every record leaves out: no graph can show what is not in it. It never reads complete."

CHECKS: tuple[Check, ...] = (
    Check(
        CheckSpec(
            kind="lineage.bound",
            version=1,
            summary="The lineage names every model file by the sha256 that the bundle has.",
            cannot_show="That the recorded run really made the file: the digest ties the record to the file only.",
            params=BoundParams,
            needs=_needs,
            default_remediation="Record the lineage of exactly this model file, with its sha256.",
        ),
        _bound,
    ),
    Check(
        CheckSpec(
            kind="lineage.present",
            version=1,
            comes_to=(Outcome.PASS, Outcome.MISSING_EVIDENCE, Outcome.INCONCLUSIVE),
            summary="At least `min_data_roots` data sources are recorded above the model.",
            cannot_show=_CANNOT_SHOW,
            params=PresentParams,
            needs=_needs,
            default_remediation="Record the datasets that each run used, up to where they entered the organisation.",
        ),
        _present,
    ),
    Check(
        CheckSpec(
            kind="lineage.acyclic",
            version=1,
            comes_to=(Outcome.PASS, Outcome.FAIL, Outcome.MISSING_EVIDENCE),
            summary="Nothing in the lineage is its own ancestor, version by version.",
            cannot_show="Whether versions were recorded truthfully.",
            params=AcyclicParams,
            needs=_needs,
            default_remediation="Give each version of the data its own digest or version.",
        ),
        _acyclic,
    ),
    Check(
        CheckSpec(
            kind="lineage.closed",
            version=1,
            summary="Everything mentioned is described; every step on the way to the model has inputs and completed.",
            cannot_show=_CANNOT_SHOW,
            params=ClosedParams,
            needs=_needs,
            default_remediation="Describe what is mentioned, and record inputs and status of every run.",
        ),
        _closed,
    ),
    Check(
        CheckSpec(
            kind="lineage.single_producer",
            version=1,
            summary="Each version of data was made by one run.",
            cannot_show="Which of two runs made it, or whether two records tell of one run.",
            params=SingleProducerParams,
            needs=_needs,
            default_remediation="Record each output with its own digest, and one run under one id.",
        ),
        _single_producer,
    ),
    Check(
        CheckSpec(
            kind="lineage.agreement",
            version=1,
            comes_to=(Outcome.PASS, Outcome.FAIL, Outcome.MISSING_EVIDENCE),
            summary="The records agree with each other, and with the files of the bundle, on every digest.",
            cannot_show="Data outside the bundle: their recorded digests are compared, not computed again.",
            params=AgreementParams,
            needs=_needs,
            default_remediation="Correct the record that is wrong.",
        ),
        _agreement,
    ),
    Check(
        CheckSpec(
            kind="lineage.sources",
            version=1,
            summary="Every data source and base model is registered, pinned by digest, and approved when used and now.",
            cannot_show=_CANNOT_SHOW,
            params=SourcesParams,
            needs=_needs,
            message_fields=("source.name", "source.status"),
            registry_params=("registry",),
            default_remediation="Use registered sources, or have data governance approve the source first.",
        ),
        _sources,
    ),
)
