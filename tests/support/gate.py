"""Judge a bundle through the public Python API and look at every face of the answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from govern.decision.exit_codes import FailOn, exit_code
from govern.diagnostics import Diagnostic, UsageError
from govern.gate.check import CheckRequest, Refused, check
from govern.gate.result import refused_document, result_document
from govern.gate.sources.interface import Source
from govern.gate.sources.opening import Places, opened_source
from govern.policy.outcomes import Stage
from govern.report.render import renderers

CLOCK = datetime(2026, 5, 1, tzinfo=UTC)

Rules = Mapping[str, Mapping[str, Any]]
"""Check kinds with their parameters; each becomes one blocking rule."""

INVISIBLE = frozenset(
    map(
        chr,
        [
            *(code for code in range(0x20) if code != 0x0A),
            *range(0x7F, 0xA0),
            0x061C,
            *range(0x200B, 0x2010),
            *range(0x2028, 0x202F),
            *range(0x2066, 0x206A),
            0xFEFF,
            *range(0xD800, 0xE000),
        ],
    )
)
"""Characters that may reach no output: they steer a terminal, reorder what is read, or cannot be encoded."""

CONTROLS = frozenset(char for char in INVISIBLE if char < " " or "\ud800" <= char <= "\udfff")
"""What JSON cannot hold as it is. RFC 8785 has it escape these and nothing else, so the rest stands there raw."""

ELEMENTS = frozenset(
    """html head meta title style body div span header p h1 h2 h3 dl dt dd main section ul ol li a nav article code b
    strong em pre details summary table caption thead tbody tr th td figure figcaption footer small time br hr
    svg g path rect line circle text tspan title desc polyline polygon defs marker use symbol pattern""".split()  # noqa: SIM905
)
"""What a report is made of. No script, no image, no form, no frame."""


@dataclass(frozen=True)
class Judged:
    """What came of a bundle: the exit code and, unless the call itself was at fault, the result document."""

    code: int
    document: dict[str, Any] | None
    diagnostics: tuple[Diagnostic, ...] = ()

    def outcomes(self) -> dict[str, str]:
        """Outcome by check kind; `bundle` when the folder was not opened."""
        if self.document is None or self.document["refused"] is not None:
            return {"bundle": "error"}
        return {item["check"]: item["outcome"] for item in self.document["outcomes"]}

    def words(self) -> str:
        """Everything it says to a person, one finding or diagnostic a line."""
        if self.document is None:
            return "\n".join(str(item) for item in self.diagnostics)
        if self.document["refused"] is not None:
            return "\n".join(f"{item['file']}: {item['message']} | {item['hint']}" for item in self._faults())
        lines = []
        for outcome in self.document["outcomes"]:
            lines.append(f"{outcome['check']} {outcome['outcome']}: {outcome['summary']}")
            for item in outcome["findings"]:
                place = item["location"]["pointer"] if item["location"] else None
                lines.append(f"{item['detail']} | {item['observed']} | {item['remediation']} | {place}")
        return "\n".join(lines)

    def places(self) -> set[str]:
        """Every place named, as `file`, `file:line` and `file:line:column`."""
        found: set[str] = set()
        locations = [item["location"] for item in self._findings() if item["location"]] + self._faults()
        for item in locations:
            parts = [item["file"], item["line"], item["column"]]
            known = [str(part) for part in parts if part is not None]
            found |= {":".join(known[: size + 1]) for size in range(len(known))}
        return found

    def _findings(self) -> list[dict[str, Any]]:
        outcomes = [] if self.document is None else self.document["outcomes"]
        return [finding for item in outcomes for finding in item["findings"]]

    def _faults(self) -> list[dict[str, Any]]:
        refused = None if self.document is None else self.document["refused"]
        return [] if refused is None else list(refused["diagnostics"])


def write_policy(folder: Path, rules: Rules, *, more: Mapping[str, str] | None = None) -> Path:
    """Write a folder with one policy, a blocking rule a kind, and other documents beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        "apiVersion: govern/v1",
        "kind: Policy",
        "metadata: {name: p, version: '1', title: P, owner: o@example.com}",
    ]
    lines += ["spec:", "  rules:"]
    for number, (kind, values) in enumerate(rules.items()):
        lines += [f"    - id: r{number}", "      title: Rule", "      severity: high", "      enforcement: block"]
        lines += [f"      check: {kind}", f"      with: {json.dumps(values)}"]
    (folder / "policy.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name, text in (more or {}).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def judge(bundle: Path, policies: Path, *, advisories: Path | None = None) -> Judged:
    """Check a bundle as `govern check --no-issue` does. Anything but a usage error is a crash, and raised."""
    try:
        return _judged(bundle, policies, advisories, None)
    except UsageError as fault:
        return Judged(fault.exit_code, None, fault.diagnostics)


def judge_source(given: Path, policies: Path, *, scratch: Path) -> Judged:
    """The same of an archive, which is unpacked below `scratch`."""
    try:
        with opened_source(given, Places(scratch=scratch, beside=scratch)) as source:
            return _judged(source.folder, policies, None, source)
    except UsageError as fault:
        return Judged(fault.exit_code, None, fault.diagnostics)


def _judged(bundle: Path, policies: Path, advisories: Path | None, source: Source | None) -> Judged:
    request = CheckRequest(
        bundle=bundle,
        stage=Stage.PRE_REGISTRATION,
        policies=[policies],
        clock=CLOCK,
        advisories=advisories,
        source=source,
    )
    made = check(request)
    if isinstance(made, Refused):
        return Judged(3, refused_document(made, exit_code=3))
    code = exit_code(made.decision, FailOn.FAIL)
    return Judged(code, result_document(made, exit_code=code))


def faces(document: dict[str, Any]) -> dict[str, str]:
    """The document in every format, text also as a workflow runner gets it."""
    options: dict[str, Any] = {"width": 120, "color": False, "quiet": False, "verbose": True}
    plain, runner = renderers(document, github=False, **options), renderers(document, github=True, **options)
    made = {name: plain[name]() for name in ("text", "json", "html")} | {"github": runner["text"]()}
    return {name: value if isinstance(value, str) else value.decode("utf-8") for name, value in made.items()}


def dangers(made: Mapping[str, str]) -> Iterator[str]:
    """Say what in the faces of a document could act on a reader's terminal, browser or workflow runner."""
    for name, text in made.items():
        for char in sorted((CONTROLS if name == "json" else INVISIBLE) & set(text)):
            yield f"{name}: U+{ord(char):04X} in {_around(text, char)}"
    for line in made["github"].splitlines():
        if line.lstrip().startswith("::"):
            yield f"github: a command line {line[:80]!r}"
    if "##[" in made["github"]:
        yield f"github: {_around(made['github'], '##[')}"
    json.loads(made["json"])
    if made["json"].count("\n") != 1 or not made["json"].startswith("{"):
        yield "json: more than one line"
    yield from (f"html: {item}" for item in _page_faults(made["html"]))


def _around(text: str, what: str) -> str:
    place = text.index(what)
    return repr(text[max(0, place - 60) : place + 60])


def _page_faults(text: str) -> list[str]:
    reader = _Page()
    reader.feed(text)
    reader.close()
    if reader.open:
        reader.faults.append(f"left open: {reader.open}")
    return reader.faults


class _Page(HTMLParser):
    """Walks a page and notes elements, attributes and addresses that a report has no use for."""

    VOID = ("meta", "br", "hr", "link", "img", "input")

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ELEMENTS:
            self.faults.append(f"element {tag}")
        for name, value in attrs:
            if name.startswith("on") or name in ("src", "action", "formaction", "srcdoc", "style"):
                self.faults.append(f"attribute {name}={value!r} of {tag}")
            if name in ("href", "xlink:href") and not (value or "").startswith("#"):
                self.faults.append(f"address {value!r} of {tag}")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")
