"""Check kind `artefacts.present`: the model's files are there, whole, and what they claim to be.

A Git LFS pointer, prose and an empty file have the right name and hold no weights; one sound shard of three is no
model; an MLmodel that names an absent file cannot be loaded. None of that is seen by a look at formats alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from govern.bundle.lfs import FETCH, is_lfs_pointer, lfs_pointer
from govern.canonical import Json
from govern.checks.artefacts.evidence import model_files, refs, scan_of
from govern.checks.artefacts.params import PresentParams
from govern.checks.artefacts.references import bill_remarks, reference_remarks
from govern.checks.artefacts.remarks import Grade, Remark, place_of
from govern.checks.artefacts.shards import index_files, shard_remarks
from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, EvidenceRef, Location, Outcome

if TYPE_CHECKING:
    from govern.security.artefacts import FileReport

__all__ = ["CHECKS"]

MOST_FINDINGS = 500
_STRUCTURE = frozenset({"S301", "S304", "S305", "S307", "S308", "S309", "S405", "S408"})
"""Reasons of the scan that say whether a file is whole; what it would load is asked by `artefacts.pickle`."""
_OUTCOMES = {
    Grade.FAIL: Outcome.FAIL,
    Grade.ERROR: Outcome.ERROR,
    Grade.MISSING: Outcome.MISSING_EVIDENCE,
    Grade.DOUBT: Outcome.INCONCLUSIVE,
    Grade.NOTE: Outcome.PASS,
}
_AGAIN = "Copy or export the file again."


def _present(params: PresentParams, context: CheckContext) -> CheckResult:
    bundle = context.bundle
    reports = scan_of(context)
    weights = model_files(context)
    remarks = [*_pointers(params, context), *_weights(params, context, reports)]
    if params.shards_complete:
        remarks += shard_remarks(bundle)
    if params.references_exist:
        remarks += reference_remarks(bundle, reports)
        remarks += bill_remarks(context)
    remarks += _missing(params, context)
    remarks.sort(key=lambda remark: -remark.grade)  # stable: within a grade in the order of the looks
    worst = remarks[0].grade if remarks else Grade.NOTE
    there = [path for path in weights if not is_lfs_pointer(bundle.files[path])]
    return CheckResult(
        outcome=_OUTCOMES[worst],
        summary=_summary(len(weights), len(there), remarks),
        findings=tuple(remark.finding for remark in remarks[:MOST_FINDINGS]),
        evidence=(*refs(context, weights), *_beside(context)),
        observed=f"{len(there)} of {len(weights)} model files",
        required="every model file, whole",
        fields={"files": str(len(weights)), "findings": str(len(remarks))},
        facts=_facts(context, reports),
    )


def _summary(weights: int, there: int, remarks: list[Remark]) -> str:
    told = f"{there} of {weights} model files are there"
    grades = [remark.grade for remark in remarks]
    bad, doubtful = grades.count(Grade.FAIL), sum(Grade.NOTE < grade < Grade.FAIL for grade in grades)
    return f"{told}; {bad} findings block, {doubtful} are open." if bad or doubtful else f"{told}, whole and named."


# --- what is asked of each file


def _pointers(params: PresentParams, context: CheckContext) -> Iterator[Remark]:
    """Tell every pointer of the bundle, model file or not: what it stands for was not judged by anybody."""
    grade = Grade.FAIL if params.lfs_pointers == "refuse" else Grade.NOTE
    weights = set(model_files(context))
    for path, entry in context.bundle.files.items():
        pointer = lfs_pointer(entry)
        if pointer is not None:
            what = "weights absent" if path in weights else "its content is absent"
            yield Remark(grade, "S220", f"{path}: git-lfs pointer, {what}; {pointer}", Location(path, 1), FETCH, path)


def _weights(params: PresentParams, context: CheckContext, reports: Mapping[str, FileReport]) -> Iterator[Remark]:
    referred = {path for report in reports.values() for path in report.external}
    for path in model_files(context):
        entry = context.bundle.files[path]
        if is_lfs_pointer(entry):
            continue
        if entry.size < params.min_bytes:
            text = f"{path}: {'the file is empty' if not entry.size else f'{entry.size} bytes'}"
            required = f">= {params.min_bytes} bytes"
            yield Remark(Grade.FAIL, "S221", text, Location(path), _AGAIN, path, str(entry.size), required)
            continue
        yield from _content(path, reports[path], referred=path in referred)


def _content(path: str, report: FileReport, *, referred: bool) -> Iterator[Remark]:
    from govern.security.artefacts.identify import contradiction

    lie = contradiction(path, report.kind)
    if lie is not None or _only_data(report):
        text = f"{path}: no weights: {lie or f'the content is {report.kind}'}"
        yield Remark(Grade.FAIL, "S222", text, Location(path), _AGAIN, path, report.kind)
        return
    if report.kind == "safetensors" and not report.reasons and not report.spans.get("tensor"):
        yield Remark(Grade.FAIL, "S221", f"{path}: a safetensors file without a tensor", Location(path), _AGAIN, path)
    if referred and report.kind == "unknown":
        return  # tensors of another file, whose size was held against the reference
    for part in report.flat():
        for reason in part.reasons:
            if reason.code in _STRUCTURE:
                grade = Grade.FAIL if str(reason.verdict) == "blocked" else Grade.DOUBT
                text = f"{part.path}: not shown to be whole: {reason.text}"
                yield Remark(grade, "S223", text, Location(path), _AGAIN, f"{part.path}:{reason.text[:80]}")


def _only_data(report: FileReport) -> bool:
    """Whether there is only text, a picture or the like in a file, or in a plain archive."""
    from govern.security.artefacts.identify import DATA_KINDS

    if report.kind == "zip" and report.members:
        return all(member.kind == "folder" or _only_data(member) for member in report.members)
    return report.kind in DATA_KINDS


def _missing(params: PresentParams, context: CheckContext) -> Iterator[Remark]:
    files = context.bundle.files
    if not any(not is_lfs_pointer(files[path]) for path in model_files(context)):
        hint = "Add the model's files, or name them under `spec.artefacts` of govern.yaml."
        text = "the bundle holds no model file, only what stands in its place"
        text = text if model_files(context) else "the bundle holds no model artefact"
        yield Remark(Grade.MISSING, "S219", text, None, hint, "artefacts", required="a model file")
    if not params.references_exist:
        for note in context.bundle.notes:
            if note.code == "B117" and note.span is not None and note.span.file == context.bundle.record_file:
                yield Remark(Grade.MISSING, "S213", note.message, place_of(note.span), "Add the file.", note.message)
    if params.max_age is not None:
        text, hint = "an artefact has no date of its own", "Leave `max_age` out."
        required = f"max_age: {params.max_age}"
        yield Remark(Grade.MISSING, "S218", text, None, hint, "max_age", required=required)


# --- what is recorded


def _beside(context: CheckContext) -> tuple[EvidenceRef, ...]:
    """Give the indexes that were read; they are part of the model, as the artefacts are."""
    files = context.bundle.files
    return tuple(
        EvidenceRef(name="shard_index", file=path, digest=files[path].sha256, bound=True)
        for path in index_files(context.bundle)
    )


def _facts(context: CheckContext, reports: Mapping[str, FileReport]) -> Json:
    pointers = {path: lfs_pointer(entry) for path, entry in context.bundle.files.items()}
    weights = model_files(context)
    return {
        "kind": "artefact-presence",
        "files": [{"path": path, "kind": reports[path].kind, "size": reports[path].size} for path in weights[:200]],
        "files_in_all": len(weights),
        "lfs_pointers": [
            {"path": path, "oid_claim": pointer.oid_claim, "size_claim": pointer.size_claim}
            for path, pointer in pointers.items()
            if pointer is not None
        ][:200],
    }


def _needs(_params: Any) -> tuple[EvidenceNeed, ...]:
    return (EvidenceNeed("artefacts"),)


CHECKS: tuple[Check, ...] = (
    Check(
        CheckSpec(
            kind="artefacts.present",
            version=1,
            summary="Passes when each model file is there and whole, with every shard and every file that is named.",
            cannot_show="That the weights are the ones that were trained, or that they do what the card says.",
            params=PresentParams,
            needs=_needs,
            message_fields=("files", "findings"),
            default_remediation="Fetch the files that are absent (`git lfs pull`), and export the bundle again.",
        ),
        _present,
    ),
)
