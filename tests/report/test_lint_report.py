"""Diagnostics for people, scanners and workflow runners: whole, placed, and harmless whatever a file says."""

from __future__ import annotations

import json

from govern.canonical import canonical_bytes
from govern.diagnostics import Diagnostic, Edit, Related, Severity, Span
from govern.report.lint import counted, render_github, render_json, render_sarif, render_text

HOSTILE = "x\x1b[31m\u202e\r\n::error::y ##[set-env] 100%, a:b"
PLACE = Span("policies/a b.yaml", 3, 5, 3, 9)
FOUND = [
    Diagnostic("P201", "there is no key 'chekc' here", PLACE, "Did you mean 'check'?", fix=(Edit(PLACE, "check"),)),
    Diagnostic("P604", HOSTILE, Span("p.yaml", 1, 1), severity=Severity.WARNING, related=(Related(PLACE, HOSTILE),)),
    Diagnostic("P808", "note", None, severity=Severity.NOTE),
]
FILES = {"policies/a b.yaml": b"a\nb\n    chekc: x\n", "p.yaml": b"x\n"}


def harmless(text: str) -> bool:
    return not any(char in text for char in "\x1b\u202e\r")


def test_text_ends_with_the_count():
    text = render_text(FOUND, FILES)
    assert text.splitlines()[:3] == [
        "policies/a b.yaml:3:5: error P201 unknown-key: there is no key 'chekc' here",
        "  3 |     chekc: x",
        "    |     ^^^^",
    ]
    assert text.endswith("2 files, 1 error, 1 warning, 1 note\n")
    assert counted([], {"a": b""}) == "1 file, 0 errors, 0 warnings, 0 notes"
    assert harmless(text)


def test_json_carries_every_field_and_is_canonical():
    text = render_json(FOUND, FILES)
    document = json.loads(text)
    assert canonical_bytes(document).decode() + "\n" == text
    assert document["errors"] == 1
    assert document["files"] == sorted(FILES)
    first, second, third = document["diagnostics"]
    assert (first["code"], first["slug"], first["severity"]) == ("P201", "unknown-key", "error")
    assert first["span"] == {"file": PLACE.file, "line": 3, "column": 5, "end_line": 3, "end_column": 9}
    assert first["fix"] == [{"span": first["span"], "text": "check"}]
    assert first["doc"] == "docs/reference/diagnostics.md#p201"
    assert second["related"][0]["span"]["line"] == 3
    assert third["span"] is None
    assert harmless(text)
    assert "\\u001b" not in text


def test_sarif_is_placed_and_carries_fixes():
    text = render_sarif(FOUND, version="1.2.3")
    document = json.loads(text)
    (run,) = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["P201", "P604", "P808"]
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 2}]
    first, second, third = run["results"]
    assert [item["level"] for item in (first, second, third)] == ["error", "warning", "note"]
    assert all(rules[item["ruleIndex"]] == item["ruleId"] for item in run["results"])
    region = {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 9}
    place = first["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "policies/a%20b.yaml", "uriBaseId": "%SRCROOT%"}, "region": region}
    replacement = first["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert replacement == {"deletedRegion": region, "insertedContent": {"text": "check"}}
    assert second["relatedLocations"][0]["physicalLocation"]["region"] == region
    assert "locations" not in third
    assert harmless(text)
    assert "\\u001b" not in text
    assert json.loads(render_sarif([], version="1"))["runs"][0]["invocations"][0]["exitCode"] == 0


def test_sarif_fingerprints_do_not_follow_lines():
    def marks(line: int) -> str:
        found = [Diagnostic("P201", "m", Span("p.yaml", line, 1))]
        run = json.loads(render_sarif(found, version="1"))["runs"][0]
        return run["results"][0]["partialFingerprints"]["govern/v1"]

    assert marks(1) == marks(2)


def test_a_command_a_line_and_no_command_of_a_file():
    lines = render_github(FOUND).split("\n")
    assert lines.pop() == ""
    assert lines[0] == (
        "::error file=policies/a b.yaml,line=3,col=5,endLine=3,endColumn=9,title=P201 unknown-key"
        "::there is no key 'chekc' here%0ADid you mean 'check'?"
    )
    assert [line.split(" ")[0] for line in lines] == ["::error", "::warning", "::notice"]
    assert all(harmless(line) for line in lines)
    assert "##[" not in "".join(lines)
    assert "100%25" in lines[1]


def test_a_name_of_a_file_cannot_end_its_property():
    found = [Diagnostic("P201", "m", Span("a,line=9::x%0A.yaml", 1, 1))]
    (line, _end) = render_github(found).split("\n")
    assert line.startswith("::error file=a%2Cline=9%3A%3Ax%250A.yaml,line=1,col=1,title=")
