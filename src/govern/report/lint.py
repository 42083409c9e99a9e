"""Diagnostics of policies for people and machines: text, JSON, SARIF 2.1.0, and commands of a workflow runner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from govern.canonical import Json, canonical_bytes, digest_of
from govern.diagnostics import Diagnostic, Edit, Severity, Span, plain
from govern.diagnostics.catalogue import lookup
from govern.policy.render import render

__all__ = ["FORMATS", "LINT_SCHEMA", "counted", "render_github", "render_json", "render_sarif", "render_text"]

FORMATS = ("text", "json", "sarif", "github")
LINT_SCHEMA = "urn:govern:lint:v1"
_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
_LONGEST = 1000


def counted(diagnostics: Sequence[Diagnostic], files: Mapping[str, bytes]) -> str:
    """Give the last line of the text: how many files, errors, warnings and notes."""
    numbers = {level: sum(item.severity is level for item in diagnostics) for level in Severity}
    parts = [(len(files), "file"), *((numbers[level], level.value) for level in Severity)]
    return ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in parts)


def render_text(diagnostics: Sequence[Diagnostic], files: Mapping[str, bytes]) -> str:
    """Write every diagnostic with its source line and a caret, then the count."""
    return "\n".join([*(render(item, files) for item in diagnostics), counted(diagnostics, files)]) + "\n"


# --- JSON


def render_json(diagnostics: Sequence[Diagnostic], files: Mapping[str, bytes]) -> str:
    """Write one line of canonical JSON; texts are as they are, for JSON escapes what a terminal would obey."""
    document: dict[str, Json] = {
        "schema": LINT_SCHEMA,
        "files": sorted(files),
        "errors": sum(item.severity is Severity.ERROR for item in diagnostics),
        "diagnostics": [_json(item) for item in diagnostics],
    }
    return canonical_bytes(document).decode() + "\n"


def _json(item: Diagnostic) -> Json:
    return {
        "code": item.code,
        "slug": item.slug,
        "severity": item.severity.value,
        "message": plain(item.message, limit=_LONGEST),
        "hint": None if item.hint is None else plain(item.hint, limit=_LONGEST),
        "span": None if item.span is None else _span(item.span),
        "related": [{"span": _span(other.span), "message": plain(other.message)} for other in item.related],
        "fix": [{"span": _span(edit.span), "text": edit.text} for edit in item.fix],
        "doc": f"docs/reference/diagnostics.md#{item.code.lower()}",
    }


def _span(span: Span) -> Json:
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


# --- SARIF


def render_sarif(diagnostics: Sequence[Diagnostic], *, version: str) -> str:
    """Write SARIF: one rule a code, one result a diagnostic, with the fix where there is a certain one."""
    codes = sorted({item.code for item in diagnostics})
    failed = any(item.severity is Severity.ERROR for item in diagnostics)
    run: dict[str, Json] = {
        "tool": {
            "driver": {"name": "govern", "semanticVersion": version, "rules": [_sarif_rule(code) for code in codes]}
        },
        "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": "govern/policy-lint/"},
        "invocations": [{"executionSuccessful": True, "exitCode": 2 if failed else 0}],
        "results": [_sarif_result(item, codes) for item in diagnostics],
    }
    return canonical_bytes({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}).decode() + "\n"


def _sarif_rule(code: str) -> Json:
    entry = lookup(code)
    return {
        "id": code,
        "name": entry.slug,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.why},
        "help": {"text": entry.fix},
        "properties": {"tags": ["policy"], "precision": "very-high"},
    }


def _sarif_result(item: Diagnostic, codes: list[str]) -> Json:
    text = f"{item.message}. {item.hint}" if item.hint else item.message
    where = item.span.file if item.span else ""
    made: dict[str, Json] = {
        "ruleId": item.code,
        "ruleIndex": codes.index(item.code),
        "level": item.severity.value,
        "message": {"text": plain(text, limit=_LONGEST)},
        "partialFingerprints": {"govern/v1": digest_of(["lint", item.code, where, item.message])},
    }
    if item.span is not None:
        made["locations"] = [_sarif_place(item.span)]
    if item.related:
        made["relatedLocations"] = [
            {**_sarif_place(other.span), "message": {"text": plain(other.message)}} for other in item.related
        ]
    if item.fix:
        made["fixes"] = [_sarif_fix(item.fix)]
    return made


def _sarif_place(span: Span) -> dict[str, Json]:
    place: dict[str, Json] = {"artifactLocation": _artefact(span.file)}
    if span.line is not None:
        place["region"] = _region(span)
    return {"physicalLocation": place}


def _artefact(file: str) -> Json:
    if file.startswith("/"):
        return {"uri": f"file://{quote(file, safe='/')}"}
    return {"uri": quote(file, safe="/"), "uriBaseId": "%SRCROOT%"}


def _region(span: Span) -> Json:
    members = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    return {name: value for name, value in members.items() if value is not None}


def _sarif_fix(edits: Sequence[Edit]) -> Json:
    by_file: dict[str, list[Json]] = {}
    for edit in edits:
        change: Json = {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
        by_file.setdefault(edit.span.file, []).append(change)
    return {
        "description": {"text": "Write what was meant."},
        "artifactChanges": [
            {"artifactLocation": _artefact(file), "replacements": changes} for file, changes in sorted(by_file.items())
        ],
    }


# --- workflow commands

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render_github(diagnostics: Sequence[Diagnostic]) -> str:
    """Write one workflow command a diagnostic, which the runner turns into an annotation at the line.

    Every line begins with a command of ours; what came from a file can neither end it nor begin another.
    """
    return "".join(f"{_command(item)}\n" for item in diagnostics)


def _command(item: Diagnostic) -> str:
    span = item.span
    members: list[tuple[str, str | int | None]] = []
    if span is not None:
        members += [("file", span.file), ("line", span.line), ("col", span.column), ("endLine", span.end_line)]
        if span.end_line == span.line:
            members.append(("endColumn", span.end_column))
    members.append(("title", f"{item.code} {item.slug}"))
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in members if value is not None)
    text = f"{item.message}\n{item.hint}" if item.hint else item.message
    return f"::{_LEVELS[item.severity]} {properties}::{_data(text)}"


def _data(text: str) -> str:
    lines = (plain(line, limit=_LONGEST).replace("%", "%25") for line in text.split("\n"))
    return "%0A".join(lines).replace("##[", "#\u2060#[")


def _property(text: str) -> str:
    return _data(plain(text, limit=_LONGEST)).replace(":", "%3A").replace(",", "%2C")
