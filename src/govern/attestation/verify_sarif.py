"""A verification as SARIF 2.1.0 (OASIS), for code-scanning views: one rule a step, one result a line that is not ok."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from govern.attestation.verification import Line, Result, Status
from govern.attestation.verify import STEPS
from govern.canonical import Json, canonical_bytes, digest_of
from govern.diagnostics import plain

__all__ = ["render_sarif"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HELP = "Run govern verify on the file for the whole answer and for commands of other tools that check the same."


def render_sarif(result: Result, *, file: str, version: str) -> str:
    """Write a result as one line of SARIF.

    Args:
        result: what `verify` gave.
        file: path of the certificate, relative to the repository's root.
        version: of govern.
    """
    rules = list(dict.fromkeys(step.id for step in STEPS))
    about = {step.id: (step.run.__doc__ or step.id).partition("\n")[0] for step in reversed(STEPS)}
    run: dict[str, Json] = {
        "tool": {
            "driver": {
                "name": "govern",
                "semanticVersion": version,
                "rules": [_rule(name, about[name]) for name in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": f"govern/verify/{plain(result.subject or 'unknown')}/"},
        "invocations": [{"executionSuccessful": True, "exitCode": result.exit_code}],
        "results": [
            _result(line, rules, file, result.subject) for line in result.lines if line.status is not Status.OK
        ],
    }
    return canonical_bytes({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}).decode() + "\n"


def _rule(name: str, about: str) -> Mapping[str, Json]:
    return {
        "id": f"verify/{name}",
        "name": name,
        "shortDescription": {"text": about},
        "fullDescription": {"text": about},
        "help": {"text": _HELP, "markdown": _HELP},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["attestation"], "precision": "very-high"},
    }


def _result(line: Line, rules: list[str], file: str, subject: str | None) -> Mapping[str, Json]:
    parts = [line.text]
    parts += [f"{label}: {text}" for label, text in (("expected", line.expected), ("found", line.found)) if text]
    level = "error" if line.status is Status.FAIL else "warning" if line.exit else "note"
    return {
        "ruleId": f"verify/{line.step}",
        "ruleIndex": rules.index(line.step),
        "level": level,
        "message": {"text": plain(f"{line.status.value}: {'; '.join(parts)}", limit=1000)},
        "partialFingerprints": {"govern/v1": digest_of(["verify", line.step, subject or "", line.text])},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(file.lstrip("/"), safe="/"), "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 1},
                }
            }
        ],
    }
