"""What every `lineage.*` check kind does first: read the records, bind them to the model, make findings of remarks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from govern.canonical import Json, instant_text, parse_instant
from govern.checks.context import CheckContext
from govern.diagnostics import Diagnostic
from govern.policy.interface import CheckParams
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location, Outcome

if TYPE_CHECKING:
    from govern.lineage.load import Lineage
    from govern.lineage.verdicts import Remark

__all__ = [
    "MOST_FINDINGS",
    "RANK",
    "asked",
    "binding_of",
    "evidence_of",
    "fault_finding",
    "fresh",
    "graded",
    "judged",
    "lineage_of",
    "model_grade",
    "no_record",
    "ready",
    "undated_result",
    "unreadable",
]

MOST_FINDINGS = 100
_ABSENT = "L110"


def lineage_of(context: CheckContext) -> Lineage | None:
    """Give the bundle's lineage with whatever faults its records have, read once a run; None without any record."""
    from govern.lineage.load import load_graph

    return context.once("lineage", lambda: load_graph(context.bundle))


def binding_of(context: CheckContext, lineage: Lineage, artefacts: Sequence[str] = ()) -> tuple[Remark, ...]:
    """Say whether the records speak of this model; judged once a run for each set of required files."""
    from govern.lineage.binding import judge_binding

    required = tuple(artefacts) or lineage.files.weights
    return context.once(("lineage-bound", required), lambda: judge_binding(lineage.records, lineage.files, required))


def evidence_of(context: CheckContext, lineage: Lineage) -> tuple[EvidenceRef, ...]:
    """Give the records as evidence of an outcome, bound when the lineage names the model by digest."""
    from govern.lineage.verdicts import Verdict, worst

    bound = worst(binding_of(context, lineage)) is Verdict.PASS
    return tuple(
        EvidenceRef(name="lineage", file=record.file, digest=record.digest, bound=bound)
        for record in lineage.records
        if record.digest
    )


def fault_finding(item: Diagnostic) -> Finding:
    """Make a finding of a reader's diagnostic."""
    span = item.span
    location = Location(file=span.file, line=span.line, column=span.column) if span else None
    return Finding(
        code=item.code, detail=item.message, location=location, remediation=item.hint, discriminator=item.message
    )


def remark_finding(remark: Remark) -> Finding:
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


def no_record() -> CheckResult:
    """Give the result for a bundle without any lineage record."""
    text = "The bundle has no lineage record: nothing says what the model was made from."
    remedy = "Add lineage.yaml, or the OpenLineage events of the training run under lineage/."
    return CheckResult(
        outcome=Outcome.MISSING_EVIDENCE,
        summary=text,
        findings=(Finding(code="L201", detail=text, remediation=remedy, discriminator="lineage"),),
    )


def unreadable(faults: Sequence[Diagnostic], evidence: tuple[EvidenceRef, ...]) -> CheckResult:
    """Give the result for what cannot be read: `missing_evidence` when a declared record is absent, else `error`."""
    absent = all(item.code == _ABSENT for item in faults)
    return CheckResult(
        outcome=Outcome.MISSING_EVIDENCE if absent else Outcome.ERROR,
        summary=f"The lineage cannot be read: {faults[0].message}.",
        findings=tuple(fault_finding(item) for item in faults[:MOST_FINDINGS]),
        evidence=evidence,
    )


def judged(remarks: Sequence[Remark], good: str, evidence: tuple[EvidenceRef, ...], **more: Any) -> CheckResult:
    """Turn remarks into a result; the summary is the first of the worst."""
    from govern.lineage.verdicts import Verdict, worst

    verdict = worst(remarks)
    outcome = {
        Verdict.PASS: Outcome.PASS,
        Verdict.UNDETERMINED: Outcome.INCONCLUSIVE,
        Verdict.FAIL: Outcome.FAIL,
    }[verdict]
    ordered = sorted(remarks, key=lambda item: (RANK[item.verdict.value], item.code, item.about, item.text))
    telling = [item for item in ordered if item.verdict is verdict]
    if verdict is Verdict.PASS:
        summary = good
    else:
        rest = f" ({len(telling) - 1} more)" if len(telling) > 1 else ""
        summary = f"{telling[0].text}{rest}"
    return CheckResult(
        outcome=outcome,
        summary=summary,
        findings=tuple(remark_finding(item) for item in ordered[:MOST_FINDINGS]),
        evidence=evidence,
        **more,
    )


RANK = {"fail": 0, "undetermined": 1, "pass": 2}


def ready(params: CheckParams, context: CheckContext) -> Lineage | CheckResult:
    """Give the lineage, or the result that says why nothing can be asked of it."""
    from govern.lineage.verdicts import Verdict, worst

    lineage = lineage_of(context)
    if lineage is None:
        return no_record()
    evidence = evidence_of(context, lineage)
    binding = binding_of(context, lineage)
    verdict = worst(binding)
    if verdict is Verdict.FAIL or (params.bound and verdict is not Verdict.PASS):
        why = "speaks of another model" if verdict is Verdict.FAIL else "does not say which model file it speaks of"
        first = next(item for item in binding if item.verdict is verdict)
        return CheckResult(
            outcome=Outcome.MISSING_EVIDENCE,
            summary=f"Not asked: the lineage record {why} (see lineage.bound).",
            findings=(remark_finding(first),),
            evidence=evidence,
        )
    if lineage.faults:
        return unreadable(lineage.faults, evidence)
    return lineage


def fresh(params: CheckParams, lineage: Lineage) -> tuple[tuple[Holds, ...], Finding | None]:
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


def asked(
    params: CheckParams, context: CheckContext, judge: Callable[[Lineage], tuple[Sequence[Remark], str]]
) -> CheckResult:
    """Run one question over the lineage, once it is readable, bound and recent."""
    lineage = ready(params, context)
    if isinstance(lineage, CheckResult):
        return lineage
    evidence = evidence_of(context, lineage)
    holds, undated = fresh(params, lineage)
    if undated is not None:
        return undated_result(undated, evidence)
    remarks, good = judge(lineage)
    paths: list[Json] = [[str(key) for key in item.path] for item in remarks if item.path and is_bad(item)]
    facts: Json = {"kind": "lineage-verdict", "witnesses": paths, "roots": []}
    return judged(graded(params, model_grade(lineage), remarks), good, evidence, holds=holds, facts=facts)


def is_bad(remark: Remark) -> bool:
    return remark.verdict.value != "pass"


def graded(params: CheckParams, grade: str, remarks: Sequence[Remark]) -> Sequence[Remark]:
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


def undated_result(finding: Finding, evidence: tuple[EvidenceRef, ...]) -> CheckResult:
    """Give the result for a lineage whose age is asked for and not known."""
    return CheckResult(outcome=Outcome.MISSING_EVIDENCE, summary=finding.detail, findings=(finding,), evidence=evidence)


def model_grade(lineage: Lineage) -> str:
    """Give the lowest grade of the edges that lead into the model."""
    graph = lineage.graph
    return min((edge.grade for key in graph.subjects for edge in graph.incoming[key]), default="E0")
