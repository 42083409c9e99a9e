"""The report of policy tests: a matrix for people, JSON and JUnit for machines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from govern.canonical import Json
from govern.diagnostics import Diagnostic, in_order, plain
from govern.policy.mutation.document import Mutation
from govern.policy.outcomes import Outcome
from govern.policy.render import render
from govern.policy.testing.coverage import RuleCoverage
from govern.policy.testing.running import AnyTested

__all__ = ["FORMATS", "PolicyTestReport", "renderers"]

FORMATS = ("text", "json", "junit")

_SHORT = {
    Outcome.PASS: "pass",
    Outcome.FAIL: "fail",
    Outcome.INCONCLUSIVE: "incon.",
    Outcome.MISSING_EVIDENCE: "missing",
    Outcome.NOT_APPLICABLE: "n/a",
    Outcome.WAIVED: "waived",
    Outcome.ERROR: "error",
}
_SCHEMA = "urn:govern:policy-test-report:v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTestReport:
    """What policy tests came to."""

    tests: tuple[AnyTested, ...]
    coverage: tuple[RuleCoverage, ...]
    holes: tuple[Diagnostic, ...]
    """P702."""
    faults: tuple[Diagnostic, ...]
    """What is wrong with the files themselves."""
    mutation: Mutation | None
    """None when no mutants were asked for, or when a test fails without them."""
    not_mutated: bool
    """Whether mutants were asked for and could not be tried."""
    sources: Mapping[str, bytes]
    """Every file that a diagnostic may point into."""

    @property
    def failures(self) -> tuple[Diagnostic, ...]:
        """Every expectation that was not met (P701), by place."""
        return in_order(item for one in self.tests for item in one.failures)

    @property
    def survivors(self) -> tuple[Diagnostic, ...]:
        """Every mutant that no test noticed (P703)."""
        return () if self.mutation is None else self.mutation.survivors

    @property
    def exit_code(self) -> int:
        """0 all good, 1 a test failed, an outcome is not covered or a mutant survived, 2 a fault in the files."""
        return 2 if self.faults else 1 if self.failures or self.holes or self.survivors else 0


def renderers(report: PolicyTestReport) -> dict[str, Callable[[], str]]:
    """Give a writer for each format."""
    return {
        "text": lambda: _text(report),
        "json": lambda: json.dumps(_document(report), indent=2, sort_keys=True, ensure_ascii=False) + "\n",
        "junit": lambda: _junit(report),
    }


# --- text


def _text(report: PolicyTestReport) -> str:
    lines = [render(item, report.sources) for item in (*report.failures, *report.holes, *report.survivors)]
    if lines:
        lines.append("")
    if report.coverage:
        lines += [*_matrix(report.coverage), ""]
    if report.mutation is not None:
        lines += [*report.mutation.lines(), ""]
    if report.not_mutated:
        lines += ["mutants: none was tried, for the cases must hold without them first", ""]
    failed = sum(bool(item.failures) for item in report.tests)
    told = [f"{len(report.tests)} cases, {failed} failed", f"{len(report.holes)} rules with uncovered outcomes"]
    if report.mutation is not None:
        told.append(f"{len(report.survivors)} of {report.mutation.tried} mutants survived")
    if report.faults:
        told.append(f"{len(report.faults)} faults in the files")
    return "\n".join([*lines, ", ".join(told)]) + "\n"


def _matrix(coverage: Sequence[RuleCoverage]) -> Iterator[str]:
    """Yield the matrix: how many cases expect each outcome of each rule and get it.

    `!` is an outcome that is demanded and not shown, `~` one that is excused, `.` one that nobody asks for.
    """
    width = max([len("rule"), *(len(plain(item.rule)) for item in coverage)])
    yield "  ".join(["rule".ljust(width), *(name.rjust(7) for name in _SHORT.values())]).rstrip()
    for item in coverage:
        cells = [_cell(item, outcome).rjust(7) for outcome in _SHORT]
        note = "" if item.demanded else f"  ({item.enforcement.value})"
        yield "  ".join([plain(item.rule).ljust(width), *cells]) + note
    for item in coverage:
        for outcome, reason in item.excused.items():
            yield f"excused: {plain(item.rule)} is never {outcome.value}: {plain(reason)}"


def _cell(item: RuleCoverage, outcome: Outcome) -> str:
    count = item.counts.get(outcome, 0)
    if count:
        return str(count)
    if outcome in item.missing:
        return "!"
    return "~" if outcome in item.excused else "."


# --- JSON


def _document(report: PolicyTestReport) -> dict[str, Json]:
    made: dict[str, Json] = {
        "schema": _SCHEMA,
        "exit_code": report.exit_code,
        "cases": [_case(item) for item in report.tests],
        "coverage": [_covered(item) for item in report.coverage],
        "faults": [_diagnostic(item) for item in report.faults],
        "uncovered": [_diagnostic(item) for item in report.holes],
    }
    if report.mutation is not None:
        made["mutation"] = {
            **report.mutation.document(),
            "survivors": [_diagnostic(item) for item in report.survivors],
        }
    return made


def _covered(item: RuleCoverage) -> dict[str, Json]:
    return {
        "rule": item.rule,
        "enforcement": item.enforcement.value,
        "counts": {outcome.value: item.counts.get(outcome, 0) for outcome in Outcome},
        "demanded": [outcome.value for outcome in item.demanded],
        "missing": [outcome.value for outcome in item.missing],
        "excused": {outcome.value: reason for outcome, reason in item.excused.items()},
    }


def _case(item: AnyTested) -> dict[str, Json]:
    return {
        "file": item.case.file,
        "line": item.case.span.line,
        "name": item.case.name,
        "stage": item.case.stage.value,
        "passed": not item.failures,
        "decision": item.run.decision.value,
        "outcomes": {rule: found.outcome.value for rule, found in item.run.rules.items()},
        "failures": [_diagnostic(one) for one in item.failures],
    }


def _diagnostic(item: Diagnostic) -> dict[str, Json]:
    span = item.span
    return {
        "code": item.code,
        "slug": item.slug,
        "message": item.message,
        "hint": item.hint,
        "file": None if span is None else span.file,
        "line": None if span is None else span.line,
        "column": None if span is None else span.column,
    }


# --- JUnit


def _junit(report: PolicyTestReport) -> str:
    """A suite a file, a case a test; faults, uncovered outcomes and survivors are suites of their own."""
    root = Element("testsuites", name="govern policy test")
    by_file: dict[str, list[AnyTested]] = {}
    for item in report.tests:
        by_file.setdefault(item.case.file, []).append(item)
    for file, held in by_file.items():
        failed = sum(bool(item.failures) for item in held)
        suite = SubElement(root, "testsuite", name=_xml(file), tests=str(len(held)), failures=str(failed), errors="0")
        for item in held:
            case = SubElement(suite, "testcase", classname=_xml(file), name=_xml(item.case.name))
            case.set("file", _xml(file))
            case.set("line", str(item.case.span.line or 0))
            for one in item.failures:
                failure = SubElement(case, "failure", type=one.code, message=_xml(one.message))
                failure.text = _xml(str(one))
    _extra(root, "files", report.faults, "error")
    _extra(root, "coverage", report.holes, "failure")
    _extra(root, "mutation", report.survivors, "failure")
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _extra(root: Element, name: str, found: Sequence[Diagnostic], tag: str) -> None:
    if not found:
        return
    suite = SubElement(root, "testsuite", name=name, tests=str(len(found)), failures="0", errors="0")
    suite.set(f"{tag}s", str(len(found)))
    for item in found:
        case = SubElement(suite, "testcase", classname=name, name=_xml(f"{item.code} {item.span or ''}".strip()))
        SubElement(case, tag, type=item.code, message=_xml(item.message)).text = _xml(str(item))


def _xml(text: str) -> str:
    """Write control and other hostile characters as escapes, and leave out what XML 1.0 cannot hold at all."""
    return plain(text, limit=10_000).replace("\ufffe", "").replace("\uffff", "")
