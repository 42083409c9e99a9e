"""Check kinds `artefacts.*`: is every model file of an allowed format, whole, and free of code; what do pickles load.

Which files are judged: every file of the bundle is identified by its content. Plain data (text, JSON, YAML, CSV,
Markdown, Parquet, Arrow, PDF, images) and Python sources are no model artefacts and are passed over, unless the model
record lists the file as weights; a name that contradicts the content is a finding in any case. Everything else (model
formats, pickles wherever they lie, archives, programs, unknown content) is judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from govern.canonical import Json
from govern.checks.artefacts.evidence import artefacts_root, model_files, refs, scan_of
from govern.checks.artefacts.params import FormatsParams, PickleParams
from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.diagnostics import plain
from govern.policy.interface import CheckParams, CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, Finding, Location, Outcome

if TYPE_CHECKING:
    from govern.security.artefacts import FileReport, Reason

__all__ = ["CHECKS", "artefacts_root"]

MOST_FINDINGS = 500
_FORMAT_OF = {"npz": "npy", "torch-zip": "torch", "torch-legacy": "torch", "xgboost-ubj": "xgboost"}
_CONTAINERS = frozenset({"zip", "gzip", "zlib", "bzip2", "xz", "lzma", "folder"})
_FORMATS_OF_PARTS = frozenset({"torch-zip", "skops", "npz", "keras"})
"""Zip files whose members belong to one format."""
_CLOSED = frozenset({"tar", "7z", "rar", "zstd", "lz4"})
"""Containers that are not opened: anything may lie in them."""
_PICKLES = frozenset({"pickle", "joblib", "torch-legacy"})
_CONTENT_OF_PICKLES = frozenset({"S401", "S402", "S403", "S404", "S407", "S408"})
"""Reasons about what a pickle loads: `artefacts.pickle` asks for them."""


def _undecidable(params: CheckParams, context: CheckContext) -> CheckResult | None:
    """Give the result that absent files or unmet conditions decide: without a model file nothing was looked at."""
    declared = [item.path for item in context.bundle.record.spec.artefacts]
    absent = sorted(path for path in declared if not _there(context, path))
    findings = [
        Finding(
            code="S213",
            detail=f"the artefact {path!r} is not in the bundle",
            location=Location(path),
            discriminator=path,
        )
        for path in absent
    ]
    if not model_files(context) and not absent:
        text = "the bundle holds no model artefact"
        findings.append(Finding(code="S219", detail=text, required="a model file", discriminator="artefacts"))
    if params.max_age is not None:
        text = "an artefact has no date of its own"
        required = f"max_age: {params.max_age}"
        findings.append(Finding(code="S218", detail=text, required=required, discriminator="max_age"))
    if not findings:
        return None
    return CheckResult(
        outcome=Outcome.MISSING_EVIDENCE, summary=f"{plain(findings[0].detail)}.", findings=tuple(findings)
    )


def _there(context: CheckContext, path: str) -> bool:
    folder = path.rstrip("/") + "/"
    return path in context.bundle.files or any(file.startswith(folder) for file in context.bundle.files)


# Formats ----------------------------------------------------------------------------------------------------------


def _formats(params: FormatsParams, context: CheckContext) -> CheckResult:
    missing = _undecidable(params, context)
    if missing is not None:
        return missing
    from govern.security.artefacts import ScanLimits

    limits = ScanLimits(max_expansion=params.max_expansion, max_depth=params.max_depth)
    reports = scan_of(context, None, limits)
    referred = {path for report in reports.values() for path in report.external}
    weights = set(model_files(context))
    failing: list[Finding] = []
    doubtful: list[Finding] = []
    noted: list[Finding] = []
    judged = 0
    for path, report in reports.items():
        judged += path in weights or not _is_data(report)
        for finding, verdict in _format_findings(report, params, is_weights=path in weights, referred=path in referred):
            {"fail": failing, "doubt": doubtful, "note": noted}[verdict].append(finding)
    kinds = sorted({report.kind for path, report in reports.items() if path in weights or not _is_data(report)})
    outcome = Outcome.FAIL if failing else Outcome.INCONCLUSIVE if doubtful else Outcome.PASS
    summary = f"{judged} of {len(reports)} files judged: {', '.join(kinds) or 'none'}"
    summary += f"; {len(failing)} findings block, {len(doubtful)} are open" if failing or doubtful else ""
    return CheckResult(
        outcome=outcome,
        summary=f"{summary}.",
        findings=tuple([*failing, *doubtful, *noted][:MOST_FINDINGS]),
        evidence=refs(context, tuple(path for path in reports if path in weights)),
        observed=", ".join(kinds) or "none",
        required=f"one of {', '.join(params.allowed)}",
        fields={"files": str(judged), "formats": ", ".join(kinds) or "none", "findings": str(len(failing))},
        facts=_facts("artefact-formats", reports, weights),
    )


def _is_data(report: FileReport) -> bool:
    from govern.security.artefacts.identify import DATA_KINDS

    return report.kind in DATA_KINDS


def _format_findings(
    report: FileReport, params: FormatsParams, *, is_weights: bool, referred: bool
) -> Iterator[tuple[Finding, str]]:
    from govern.security.artefacts.identify import contradiction

    lie = contradiction(report.path, report.kind)
    if lie is not None:
        yield _finding("S303", report.path, lie, "Name the file for what it is."), "fail"
    if referred and report.kind == "unknown":
        return  # tensors of another file, judged through the reference
    if _is_data(report) and not is_weights:
        return
    for part, whole in _parts(report):
        if whole and part.kind == "unknown" and len(part.reasons) == 1 and part.reasons[0].code == "S301":
            verdict = {"record": "note", "inconclusive": "doubt", "block": "fail"}[params.unknown_file]
            yield _finding("S301", part.path, "no known format fits the content: not analysed", _EXPORT), verdict
            continue
        if whole and not _allowed(part, params, is_weights=is_weights):
            name = _FORMAT_OF.get(part.kind, part.kind)
            allowed = f"one of {', '.join(params.allowed)}"
            yield _finding("S302", part.path, f"the content is {name}", _EXPORT, name, allowed), "fail"
        for reason in part.reasons:
            if part.kind in _PICKLES and reason.code in _CONTENT_OF_PICKLES:
                continue
            yield _from_reason(part, reason), "fail" if str(reason.verdict) == "blocked" else "doubt"


_EXPORT = "Export the model in an allowed format, or leave the file out."


def _parts(report: FileReport) -> Iterator[tuple[FileReport, bool]]:
    """Give the report and its members, each with whether it is a file of its own, not a part of a format."""
    yield report, True
    for member in report.members:
        if report.kind in _FORMATS_OF_PARTS:
            yield from ((part, False) for part in member.flat())
        else:
            yield from _parts(member)


def _allowed(part: FileReport, params: FormatsParams, *, is_weights: bool) -> bool:
    if part.kind in _CONTAINERS:
        return True
    if _is_data(part):
        return "!" in part.path or not is_weights
    return _FORMAT_OF.get(part.kind, part.kind) in params.allowed


# Pickles ----------------------------------------------------------------------------------------------------------


def _pickle(params: PickleParams, context: CheckContext) -> CheckResult:
    missing = _undecidable(params, context)
    if missing is not None:
        return missing
    reports = scan_of(context, params.profiles)
    weights = set(model_files(context))
    referred = {path for report in reports.values() for path in report.external}
    failing: list[Finding] = []
    doubtful: list[Finding] = []
    pickles: dict[str, FileReport] = {}
    for path, report in reports.items():
        for part in report.flat():
            if part.kind in _PICKLES or part.kind == "torch-zip":
                if part.kind in _PICKLES:
                    pickles[part.path] = part
                for finding, fails in _pickle_findings(part, params, context):
                    (failing if fails else doubtful).append(finding)
            elif part.kind in _CLOSED or (part.kind in _CONTAINERS and part.reasons):
                for reason in part.reasons:
                    (failing if str(reason.verdict) == "blocked" else doubtful).append(_from_reason(part, reason))
        if path in weights - referred and not _read_to_the_end(report):
            text = f"a model file of kind {report.kind} that was not read to its end: it may hold or be a pickle"
            doubtful.append(_finding("S301", path, text, _EXPORT))
    outcome = Outcome.FAIL if failing else Outcome.INCONCLUSIVE if doubtful else Outcome.PASS
    return CheckResult(
        outcome=outcome,
        summary=_pickle_summary(params, len(reports), pickles, failing),
        findings=tuple([*failing, *doubtful][:MOST_FINDINGS]),
        evidence=refs(
            context, tuple(p for p in reports if p in weights or p in {q.partition("!")[0] for q in pickles})
        ),
        observed=f"{len(pickles)} pickles",
        required="no pickle" if params.mode == "forbid" else f"names of {', '.join(params.profiles)}",
        fields={"pickles": str(len(pickles)), "files": str(len(reports)), "findings": str(len(failing))},
        facts=_facts("artefact-pickles", pickles, set(pickles), params.profiles),
    )


def _read_to_the_end(report: FileReport) -> bool:
    """Whether every byte of a model file was explained, pickles or not; what they load is judged apart."""
    if report.kind == "unknown" or _is_data(report):
        return False
    structure = (reason for part in report.flat() for reason in part.reasons if reason.code.startswith("S3"))
    return not any(structure)


def _pickle_summary(params: PickleParams, files: int, pickles: Mapping[str, FileReport], failing: list[Finding]) -> str:
    if not pickles:
        return f"None of {files} files is a pickle or holds one that was found."
    if params.mode == "forbid":
        return f"{len(pickles)} pickles in {files} files."
    names = sum(len(report.globals) for report in pickles.values())
    told = f"{len(pickles)} pickles that use {names} names were followed opcode by opcode"
    return f"{told}; {len(failing)} findings block." if failing else f"{told}; nothing beyond the profiles blocks."


def _pickle_findings(part: FileReport, params: PickleParams, context: CheckContext) -> Iterator[tuple[Finding, bool]]:
    if params.mode == "forbid" and part.kind in _PICKLES:
        yield _finding("S403", part.path, f"the content is a {part.kind} file", _EXPORT, part.kind, "no pickle"), True
    for reason in part.reasons:
        fails = str(reason.verdict) == "blocked"
        if reason.code == "S402" and params.unknown_globals == "inconclusive" and params.mode == "allow_list":
            fails = False
        yield _from_reason(part, reason, _module_note(reason, context)), fails


def _module_note(reason: Reason, context: CheckContext) -> str:
    """Say whether a file of the bundle could hold the module of an unknown name."""
    if reason.code != "S402" or not reason.name:
        return ""
    top = reason.name.partition(".")[0]
    shipped = sorted(
        path
        for path in context.bundle.files
        if path == f"{top}.py" or path.endswith((f"/{top}.py", f"/{top}/__init__.py")) or path == f"{top}/__init__.py"
    )
    if top == "__main__":
        return "; it was defined in a script or notebook: move it to a module"
    return f"; the bundle ships {shipped[0]}" if shipped else "; no file of the bundle holds its module"


# Findings ---------------------------------------------------------------------------------------------------------


def _from_reason(part: FileReport, reason: Reason, note: str = "") -> Finding:
    from govern.diagnostics.catalogue import lookup

    where = f" (byte {reason.offset})" if reason.offset is not None else ""
    critical = "critical: " if reason.critical else ""
    return Finding(
        code=reason.code,
        detail=f"{part.path}: {critical}{reason.text}{where}{note}",
        observed=reason.name,
        location=Location(part.path.partition("!")[0]),
        remediation=lookup(reason.code).fix,
        discriminator=f"{part.path}:{reason.name or reason.text[:80]}",
    )


def _finding(
    code: str, path: str, text: str, remediation: str, observed: str | None = None, required: str | None = None
) -> Finding:
    return Finding(
        code=code,
        detail=f"{path}: {text}",
        observed=observed,
        required=required,
        location=Location(path.partition("!")[0]),
        remediation=remediation,
        discriminator=path,
    )


def _facts(
    kind: str, reports: Mapping[str, FileReport], named: set[str], profiles: tuple[str, ...] | None = None
) -> Json:
    from govern.security.artefacts import builtin_profile_names, load_profiles

    shown = [report for path, report in reports.items() if path in named or not _is_data(report)]
    return {
        "kind": kind,
        "profiles": load_profiles(profiles if profiles is not None else builtin_profile_names()).facts,
        "files": [report.facts() for report in shown[:200]],
        "files_in_all": len(shown),
    }


def _needs(_params: Any) -> tuple[EvidenceNeed, ...]:
    return (EvidenceNeed("artefacts"),)


CHECKS: tuple[Check, ...] = (
    Check(
        CheckSpec(
            kind="artefacts.formats",
            version=1,
            summary="Passes when each model file is, by its content, of an allowed format with every byte explained.",
            cannot_show="That the weights are the ones that were trained, or that they do what the card says.",
            params=FormatsParams,
            needs=_needs,
            message_fields=("files", "formats", "findings"),
            default_remediation=_EXPORT,
        ),
        _formats,
    ),
    Check(
        CheckSpec(
            kind="artefacts.pickle",
            version=1,
            summary="Passes when no pickle is there, or each does only what the named profiles permit.",
            cannot_show="What permitted classes do with the data they are given once a program uses the model.",
            params=PickleParams,
            needs=_needs,
            message_fields=("pickles", "files", "findings"),
            default_remediation="Export the model as safetensors, ONNX or skops.",
        ),
        _pickle,
    ),
)
