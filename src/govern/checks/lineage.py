"""Check kinds `lineage.*`: what the model was made from, and whether each source is approved for it.

Three values become outcomes here: `undetermined` is `inconclusive`, no record at all `missing_evidence`, an unreadable
one `error`. Whether a record speaks of this model file at all comes first: of one that does not, nothing else is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from govern.canonical import Json, instant_text, parse_instant
from govern.checks.context import CheckContext, Root
from govern.checks.interface import Check
from govern.checks.lineage_params import AcyclicParams, BoundParams, ClosedParams, PresentParams, SourcesParams
from govern.diagnostics import Diagnostic, InputError
from govern.policy.interface import CheckParams, CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location, Outcome

if TYPE_CHECKING:
    from govern.lineage.graph import Graph
    from govern.lineage.load import Lineage
    from govern.lineage.sources import SourceVerdict
    from govern.lineage.verdicts import Remark

__all__ = ["CHECKS", "graph_of", "lineage_of", "lineage_root"]

_MOST_FINDINGS = 100
_ABSENT = "L110"


def lineage_of(context: CheckContext) -> Lineage | None:
    """Give the bundle's lineage with whatever faults its records have, read once a run; None without any record."""
    from govern.lineage.load import load_graph

    return context.once("lineage", lambda: load_graph(context.bundle))


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
    if graph is None or lineage is None or worst(_binding(context, lineage)) is Verdict.FAIL:
        return None
    roots = [graph.nodes[key] for key in described_roots(graph)]
    value = {
        "roots": [node.key.uri for node in roots if node.key.kind is NodeKind.DATASET],
        "models": [node.key.uri for node in roots if node.key.kind is NodeKind.MODEL],
        "complete": False,
    }
    return Root(value, _evidence(context, lineage))


def _binding(context: CheckContext, lineage: Lineage, artefacts: Sequence[str] = ()) -> tuple[Remark, ...]:
    from govern.lineage.binding import judge_binding

    required = tuple(artefacts) or lineage.files.weights
    return context.once(("lineage-bound", required), lambda: judge_binding(lineage.records, lineage.files, required))


def _evidence(context: CheckContext, lineage: Lineage) -> tuple[EvidenceRef, ...]:
    from govern.lineage.verdicts import Verdict, worst

    bound = worst(_binding(context, lineage)) is Verdict.PASS
    return tuple(
        EvidenceRef(name="lineage", file=record.file, digest=record.digest, bound=bound)
        for record in lineage.records
        if record.digest
    )


def _fault(item: Diagnostic) -> Finding:
    span = item.span
    location = Location(file=span.file, line=span.line, column=span.column) if span else None
    return Finding(
        code=item.code, detail=item.message, location=location, remediation=item.hint, discriminator=item.message
    )


def _finding(remark: Remark) -> Finding:
    by = remark.by
    location = Location(by.file, by.line or None, by.column or None, by.pointer or None) if by else None
    return Finding(
        code=remark.code,
        detail=f"{remark.text} (said by {remark.said_by})" if remark.said_by else remark.text,
        observed=remark.observed,
        required=remark.required,
        location=location,
        remediation=remark.remedy,
        discriminator=remark.about,
    )


def _no_record() -> CheckResult:
    text = "The bundle has no lineage record: nothing says what the model was made from."
    remedy = "Add lineage.yaml, or the OpenLineage events of the training run under lineage/."
    return CheckResult(
        outcome=Outcome.MISSING_EVIDENCE,
        summary=text,
        findings=(Finding(code="L201", detail=text, remediation=remedy, discriminator="lineage"),),
    )


def _unreadable(faults: Sequence[Diagnostic], evidence: tuple[EvidenceRef, ...]) -> CheckResult:
    absent = all(item.code == _ABSENT for item in faults)
    return CheckResult(
        outcome=Outcome.MISSING_EVIDENCE if absent else Outcome.ERROR,
        summary=f"The lineage cannot be read: {faults[0].message}.",
        findings=tuple(_fault(item) for item in faults[:_MOST_FINDINGS]),
        evidence=evidence,
    )


def _judged(remarks: Sequence[Remark], good: str, evidence: tuple[EvidenceRef, ...], **more: Any) -> CheckResult:
    """Turn remarks into a result; the summary is the first of the worst."""
    from govern.lineage.verdicts import Verdict, worst

    verdict = worst(remarks)
    outcome = {
        Verdict.PASS: Outcome.PASS,
        Verdict.UNDETERMINED: Outcome.INCONCLUSIVE,
        Verdict.FAIL: Outcome.FAIL,
    }[verdict]
    ordered = sorted(remarks, key=lambda item: (_RANK[item.verdict.value], item.code, item.about, item.text))
    telling = [item for item in ordered if item.verdict is verdict]
    if verdict is Verdict.PASS:
        summary = good
    else:
        rest = f" ({len(telling) - 1} more)" if len(telling) > 1 else ""
        summary = f"{telling[0].text}{rest}"
    return CheckResult(
        outcome=outcome,
        summary=summary,
        findings=tuple(_finding(item) for item in ordered[:_MOST_FINDINGS]),
        evidence=evidence,
        **more,
    )


_RANK = {"fail": 0, "undetermined": 1, "pass": 2}


def _ready(params: CheckParams, context: CheckContext) -> Lineage | CheckResult:
    """Give the lineage, or the result that says why nothing can be asked of it."""
    from govern.lineage.verdicts import Verdict, worst

    lineage = lineage_of(context)
    if lineage is None:
        return _no_record()
    evidence = _evidence(context, lineage)
    binding = _binding(context, lineage)
    verdict = worst(binding)
    if verdict is Verdict.FAIL or (params.bound and verdict is not Verdict.PASS):
        why = "speaks of another model" if verdict is Verdict.FAIL else "does not say which model file it speaks of"
        first = next(item for item in binding if item.verdict is verdict)
        return CheckResult(
            outcome=Outcome.MISSING_EVIDENCE,
            summary=f"Not asked: the lineage record {why} (see lineage.bound).",
            findings=(_finding(first),),
            evidence=evidence,
        )
    if lineage.faults:
        return _unreadable(lineage.faults, evidence)
    return lineage


def _fresh(params: CheckParams, lineage: Lineage) -> tuple[tuple[Holds, ...], Finding | None]:
    """Give until when the lineage is recent enough: `max_age` after the last recorded time of its runs."""
    if params.max_age is None:
        return (), None
    from govern.policy.durations import add

    times = sorted(
        value
        for node in lineage.graph.nodes.values()
        for name in ("started", "ended")
        if isinstance(value := node.attributes.get(name), str)
    )
    try:
        until = instant_text(add(parse_instant(times[-1]), params.max_age)) if times else None
    except ValueError:
        until = None
    if until is None:
        text = "No run of the lineage says when it ran, so its age is not known."
        return (), Finding(code="L224", detail=text, required=f"at most {params.max_age} old", discriminator="age")
    reason = f"lineage older than {params.max_age}"
    return (Holds(otherwise=Outcome.MISSING_EVIDENCE, reason=reason, until=until),), None


def _asked(
    params: CheckParams, context: CheckContext, judge: Callable[[Lineage], tuple[Sequence[Remark], str]]
) -> CheckResult:
    """Run one question over the lineage, once it is readable, bound and recent."""
    lineage = _ready(params, context)
    if isinstance(lineage, CheckResult):
        return lineage
    evidence = _evidence(context, lineage)
    holds, undated = _fresh(params, lineage)
    if undated is not None:
        return _undated(undated, evidence)
    remarks, good = judge(lineage)
    paths: list[Json] = [[str(key) for key in item.path] for item in remarks if item.path and _is_bad(item)]
    facts: Json = {"kind": "lineage-verdict", "witnesses": paths, "roots": []}
    return _judged(_graded(params, _model_grade(lineage), remarks), good, evidence, holds=holds, facts=facts)


def _is_bad(remark: Remark) -> bool:
    return remark.verdict.value != "pass"


def _graded(params: CheckParams, grade: str, remarks: Sequence[Remark]) -> Sequence[Remark]:
    """Add that the records are of a lower grade than is asked."""
    from govern.lineage.verdicts import Remark, Verdict

    if grade >= params.min_grade:
        return remarks
    low = Remark(
        code="L220",
        verdict=Verdict.UNDETERMINED,
        text=f"the lineage of the model rests on evidence of grade {grade}",
        observed=grade,
        required=f">= {params.min_grade}",
        about="grade",
        remedy="hand in a record of a higher grade",
    )
    return (*remarks, low)


def _undated(finding: Finding, evidence: tuple[EvidenceRef, ...]) -> CheckResult:
    return CheckResult(outcome=Outcome.MISSING_EVIDENCE, summary=finding.detail, findings=(finding,), evidence=evidence)


def _bound(params: BoundParams, context: CheckContext) -> CheckResult:
    lineage = lineage_of(context)
    if lineage is None:
        return _no_record()
    evidence = _evidence(context, lineage)
    remarks = _graded(params, _claim_grade(lineage), _binding(context, lineage, params.artefacts))
    holds, undated = _fresh(params, lineage)
    named = ", ".join(params.artefacts or lineage.files.weights) or "the model"
    result = _judged(remarks, f"The lineage names {named} by the sha256 that the bundle has.", evidence, holds=holds)
    if result.outcome is Outcome.FAIL or not (lineage.faults or undated or params.bound):
        return replace(result, findings=(*result.findings, *map(_fault, lineage.faults[:_MOST_FINDINGS])))
    if lineage.faults:
        unreadable = _unreadable(lineage.faults, evidence)
        return replace(unreadable, findings=(*result.findings, *unreadable.findings))
    if undated is not None:
        return _undated(undated, evidence)
    # `bound` asks for bound evidence, and whether it is bound is the very question of this kind.
    unbound = result.outcome is Outcome.INCONCLUSIVE
    return replace(result, outcome=Outcome.MISSING_EVIDENCE) if unbound else result


def _claim_grade(lineage: Lineage) -> str:
    """Give the best grade of a record that names the model."""
    return max((claim.by.grade for record in lineage.records for claim in record.claims), default="E0")


def _model_grade(lineage: Lineage) -> str:
    """Give the lowest grade of the edges that lead into the model."""
    graph = lineage.graph
    return min((edge.grade for key in graph.subjects for edge in graph.incoming[key]), default="E0")


def _present(params: PresentParams, context: CheckContext) -> CheckResult:
    from govern.lineage.structure import described_roots, judge_present

    def judge(lineage: Lineage) -> tuple[Sequence[Remark], str]:
        count = len(described_roots(lineage.graph))
        return judge_present(lineage, params.min_data_roots), f"{_count(count, 'source')} recorded above the model."

    return _asked(params, context, judge)


def _acyclic(params: AcyclicParams, context: CheckContext) -> CheckResult:
    from govern.lineage.structure import judge_acyclic

    return _asked(params, context, lambda it: (judge_acyclic(it), "Nothing in the lineage is its own ancestor."))


def _closed(params: ClosedParams, context: CheckContext) -> CheckResult:
    from govern.lineage.structure import judge_closed

    good = "Everything that the lineage mentions is described, and every step on the way to the model completed."
    return _asked(
        params,
        context,
        lambda it: (judge_closed(it, max_dangling=params.max_dangling, require_runs=params.require_runs), good),
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _sources(params: SourcesParams, context: CheckContext) -> CheckResult:
    lineage = _ready(params, context)
    if isinstance(lineage, CheckResult):
        return lineage
    from govern.lineage.graph import Strength
    from govern.lineage.sources import Asked, judge_sources
    from govern.lineage.structure import judge_present

    evidence = _evidence(context, lineage)
    registry = context.registries.get(params.registry)
    if registry is None:
        text = f"The source registry '{params.registry}' was not loaded."
        finding = Finding(code="L225", detail=text, discriminator=params.registry)
        return CheckResult(outcome=Outcome.ERROR, summary=text, findings=(finding,), evidence=evidence)
    holds, undated = _fresh(params, lineage)
    if undated is not None:
        return _undated(undated, evidence)
    asked = Asked(
        as_of=frozenset(params.as_of),
        min_digest=Strength(params.min_digest),
        roles=params.roles,
        accept_used_before_approval=params.accept_used_before_approval,
        min_grade=params.min_grade,
    )
    verdicts = judge_sources(lineage, registry, asked)
    remarks = [
        *(judge_present(lineage, 1) if not verdicts else ()),
        *(item for one in verdicts for item in one.remarks),
    ]
    approved = sum(one.status == "approved" for one in verdicts)
    good = f"{_count(approved, 'source')} of {len(verdicts)} approved in {registry.name} {registry.version}."
    return _judged(
        remarks,
        good,
        evidence,
        holds=(*holds, *_decision_half(verdicts, asked.as_of)),
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

    ranked = sorted(verdicts, key=lambda one: (_RANK[one.verdict.value], one.key))
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
