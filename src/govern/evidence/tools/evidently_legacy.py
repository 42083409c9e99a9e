"""Reports and test suites of Evidently 0.4, which 0.7 still writes as `evidently.legacy`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from govern.diagnostics import Diagnostic, plain
from govern.evidence.tools.drift import Drift, DriftColumn, DriftTest, direction_of
from govern.evidence.tools.evidently_columns import (
    MOST_ROWS,
    Steps,
    agreed,
    disagree,
    number,
    number_or_none,
    same_columns,
    status_of,
    tool_and_time,
    warned,
    whole,
    worst,
)
from govern.evidence.tools.interface import Document, Readout, Verdict

__all__ = ["read_report", "read_suite"]

_ROUNDED_TO = Decimal("0.0005")
"""Suites round scores to three digits."""
_GROUP = "data_drift"
_BY_STATUS = ("summary", "by_status")
_PER_COLUMN = "Drift per Column"
_TOGETHER = ("Share of Drifted Columns", "Number of Drifted Features")


@dataclass(frozen=True, slots=True)
class _Totals:
    """What a metric counts over all columns."""

    drifted: int
    of: int
    share: Decimal
    dataset_drift: bool
    limit: Decimal | None
    steps: Steps


# --- reports


def read_report(document: Document) -> Readout:
    """Read a report. Raises InputError: E102 and E103 for another shape, E171 where it contradicts itself."""
    columns: list[DriftColumn] = []
    tables: list[_Totals] = []
    datasets: list[_Totals] = []
    tests: list[DriftTest] = []
    rows: dict[str, list[int]] = {"reference": [], "current": []}
    for place, item in enumerate(document.get(list, "metrics")):
        document.of_type(item, dict, "metrics", place)
        name = document.get(str, "metrics", place, "metric")
        steps: Steps = ("metrics", place, "result")
        if name not in ("DatasetDriftMetric", "DataDriftTable", "ColumnDriftMetric"):
            continue
        if "result" not in item and "error" in item:
            tests.append(DriftTest(name=name, verdict="error", about="nothing", steps=("metrics", place)))
        elif name == "ColumnDriftMetric":
            columns.append(_column(document, document.get(str, *steps, "column_name"), steps))
            _count_rows(document, steps, rows)
        elif name == "DatasetDriftMetric":
            datasets.append(_totals(document, steps))
        else:
            found = list(_table(document, steps, rows))
            columns += found
            tables.append(_counted(document, _totals(document, steps), found))
    for totals in datasets:
        if tables and not any((totals.drifted, totals.of) == (table.drifted, table.of) for table in tables):
            raise disagree(document, "two metrics of the report count different columns", *totals.steps)
    first = next(iter((*datasets, *tables)), None)
    verdicts: list[Verdict] = ["fail" if totals.dataset_drift else "pass" for totals in (*datasets, *tables)]
    return _readout(
        document,
        Drift(
            columns=same_columns(document, columns),
            drifted=None if first is None else first.drifted,
            of=None if first is None else first.of,
            share=None if first is None else first.share,
            limit_of_tool=None if first is None else first.limit,
            verdict_of_tool=worst([*verdicts, *(test.verdict for test in tests)]),
            tests=tuple(tests),
            rows_reference=max(rows["reference"], default=None),
            rows_current=max(rows["current"], default=None),
        ),
    )


def _table(document: Document, steps: Steps, rows: dict[str, list[int]]) -> Iterator[DriftColumn]:
    for name in document.get(dict, *steps, "drift_by_columns"):
        below: Steps = (*steps, "drift_by_columns", name)
        stated = document.get(dict, *below).get("column_name", name)
        if stated != name:
            raise disagree(document, f"the entry of column {plain(name)} names another column", *below)
        _count_rows(document, below, rows)
        yield _column(document, name, below)


def _column(document: Document, name: str, steps: Steps) -> DriftColumn:
    method = document.get(str, *steps, "stattest_name")
    detected = document.get(bool, *steps, "drift_detected")
    column = DriftColumn(
        name=name,
        method=method,
        direction=direction_of(method),
        score=number(document, *steps, "drift_score"),
        threshold_of_tool=number_or_none(document, *steps, "stattest_threshold"),
        verdict_of_tool="fail" if detected else "pass",
        steps=steps,
    )
    agreed(document, column, detected)
    return column


def _count_rows(document: Document, steps: Steps, rows: dict[str, list[int]]) -> None:
    """Note how many rows a categorical column shows: its distribution is counts, those of numbers are densities."""
    item = document.get(dict, *steps)
    if item.get("column_type") != "cat":
        return
    for side, found in rows.items():
        part = item.get(side)
        shown = part.get("small_distribution") if isinstance(part, dict) else None
        counts = shown.get("y") if isinstance(shown, dict) else None
        if not isinstance(counts, list) or not all(type(count) is int and count >= 0 for count in counts):
            continue
        if sum(counts) < MOST_ROWS:
            found.append(sum(counts))


def _totals(document: Document, steps: Steps) -> _Totals:
    totals = _Totals(
        drifted=whole(document, *steps, "number_of_drifted_columns"),
        of=whole(document, *steps, "number_of_columns"),
        share=number(document, *steps, "share_of_drifted_columns"),
        dataset_drift=document.get(bool, *steps, "dataset_drift"),
        limit=number_or_none(document, *steps, "drift_share"),
        steps=steps,
    )
    if totals.drifted > totals.of or not _is_share(totals.share, totals.drifted, totals.of):
        raise disagree(document, "count and share of drifted columns do not fit", *steps)
    if totals.limit is not None and (totals.share >= totals.limit) != totals.dataset_drift:
        raise disagree(document, "dataset_drift is not what share and limit come to", *steps)
    return totals


def _is_share(share: Decimal, count: int, of: int) -> bool:
    return abs(Fraction(share) * of - count) <= Fraction(1, 10**6)


def _counted(document: Document, totals: _Totals, columns: list[DriftColumn]) -> _Totals:
    drifted = sum(column.verdict_of_tool == "fail" for column in columns)
    if (totals.drifted, totals.of) != (drifted, len(columns)):
        message = f"{totals.drifted} of {totals.of} columns are counted as drifted, {drifted} of {len(columns)} listed"
        raise disagree(document, message, *totals.steps)
    return totals


# --- test suites


@dataclass(slots=True)
class _Suite:
    columns: list[DriftColumn] = field(default_factory=list)
    tests: list[DriftTest] = field(default_factory=list)
    notes: list[Diagnostic] = field(default_factory=list)
    listed: list[tuple[int, int]] = field(default_factory=list)
    """(drifted, of) of each test on all columns together."""


def read_suite(document: Document) -> Readout:
    """Read a test suite. One without tests has evaluated nothing, whatever `all_passed` says.

    Raises InputError: E102 and E103 for another shape, E171 where it contradicts itself.
    """
    tests = document.get(list, "tests")
    for place, item in enumerate(tests):
        document.of_type(item, dict, "tests", place)
        status_of(document, "tests", place, "status")
    statuses = Counter(document.get(str, "tests", place, "status") for place in range(len(tests)))
    _hold_summary(document, statuses)
    suite = _Suite()
    about_drift = 0
    for place in range(len(tests)):
        document.get(str, "tests", place, "name")
        if document.get(str, "tests", place, "group") == _GROUP:
            about_drift += 1
            _test(document, ("tests", place), suite)
    if tests and not about_drift:
        return _readout(document, None)
    drifted, of = suite.listed[0] if suite.listed else (None, None)
    return _readout(
        document,
        Drift(
            columns=same_columns(document, suite.columns),
            drifted=drifted,
            of=of,
            verdict_of_tool=worst(test.verdict for test in suite.tests),
            tests=tuple(suite.tests),
        ),
        suite.notes,
    )


def _hold_summary(document: Document, statuses: Counter[str]) -> None:
    total = statuses.total()
    if whole(document, "summary", "total_tests") != total:
        raise disagree(document, f"the summary counts other tests than the {total} that are listed", "summary")
    by_status = {name: whole(document, "summary", "by_status", name) for name in document.get(dict, *_BY_STATUS)}
    if Counter(by_status) != statuses:
        raise disagree(document, "the summary's by_status is not what the tests come to", "summary", "by_status")
    failed = whole(document, "summary", "failed_tests")
    if failed not in (statuses["FAIL"], statuses["FAIL"] + statuses["ERROR"]):
        raise disagree(document, "the summary counts other failed tests than are listed", "summary", "failed_tests")
    if document.get(bool, "summary", "all_passed") and (statuses["FAIL"] or statuses["ERROR"]):
        raise disagree(document, "all_passed is true, and a test has failed", "summary", "all_passed")


def _test(document: Document, steps: Steps, suite: _Suite) -> None:
    name = document.get(str, *steps, "name")
    verdict = status_of(document, *steps, "status")
    if document.get(str, *steps, "status") == "WARNING":
        suite.notes.append(warned(document, name, *steps))
    parameters = document.get(dict, *steps).get("parameters")
    if verdict in ("error", "not_evaluated") and not parameters:
        suite.tests.append(DriftTest(name=name, verdict=verdict, about="nothing", steps=steps))
    elif name == _PER_COLUMN:
        suite.columns.append(_tested_column(document, steps, verdict))
    elif name in _TOGETHER:
        _together(document, steps, name, verdict, suite)
    else:
        # A drift test of another sort, such as one on embeddings: it says nothing of a column.
        known: Verdict = verdict if verdict == "error" else "not_evaluated"
        suite.tests.append(DriftTest(name=name, verdict=known, about="nothing", steps=steps))


def _tested_column(document: Document, steps: Steps, verdict: Verdict) -> DriftColumn:
    below: Steps = (*steps, "parameters")
    column = _rounded(document, document.get(str, *below, "column_name"), below)
    plainly = document.get(str, *steps, "status") in ("SUCCESS", "FAIL")
    if plainly and column.verdict_of_tool != verdict:
        raise disagree(document, "the status of the test is not what it detected", *steps)
    if verdict in ("error", "not_evaluated"):
        return DriftColumn(
            name=column.name,
            method=column.method,
            direction=None,
            score=column.score,
            verdict_of_tool=verdict,
            steps=steps,
        )
    return column


def _rounded(document: Document, name: str, steps: Steps) -> DriftColumn:
    method = document.get(str, *steps, "stattest")
    detected = document.get(bool, *steps, "detected")
    column = DriftColumn(
        name=name,
        method=method,
        direction=direction_of(method),
        score=number(document, *steps, "score"),
        within=_ROUNDED_TO,
        threshold_of_tool=number_or_none(document, *steps, "threshold"),
        verdict_of_tool="fail" if detected else "pass",
        steps=steps,
    )
    agreed(document, column, detected)
    return column


def _together(document: Document, steps: Steps, name: str, verdict: Verdict, suite: _Suite) -> None:
    """Read a test on the number or share of drifted columns, and reckon its status again from what it lists."""
    below: Steps = (*steps, "parameters", "features")
    columns = [_rounded(document, feature, (*below, feature)) for feature in document.get(dict, *below)]
    drifted = sum(column.verdict_of_tool == "fail" for column in columns)
    suite.columns += columns
    suite.listed.append((drifted, len(columns)))
    suite.tests.append(DriftTest(name=name, verdict=verdict, about="dataset", steps=steps))
    share = name == _TOGETHER[0]
    value = Fraction(drifted, max(len(columns), 1)) if share else Fraction(drifted)
    met = _met(document, (*steps, "parameters", "condition"), value)
    plainly = document.get(str, *steps, "status") in ("SUCCESS", "FAIL")
    if met is not None and plainly and met != (verdict == "pass"):
        raise disagree(document, f"the status of {plain(name)} is not what the listed columns come to", *steps)


def _met(document: Document, steps: Steps, value: Fraction) -> bool | None:
    """Hold a value against a condition of Evidently; None for conditions other than limits."""
    condition = document.get(dict, *steps)
    if not condition or not set(condition) <= {"lt", "lte", "gt", "gte"}:
        return None
    limits = {side: Fraction(number(document, *steps, side)) for side in condition}
    sides = {
        "lt": lambda limit: value < limit,
        "lte": lambda limit: value <= limit,
        "gt": lambda limit: value > limit,
        "gte": lambda limit: value >= limit,
    }
    return all(sides[side](limit) for side, limit in limits.items())


def _readout(document: Document, body: Drift | None, notes: list[Diagnostic] | None = None) -> Readout:
    tool, produced_at, zone_known = tool_and_time(document)
    return Readout(
        bodies=() if body is None else (body,),
        tool=tool,
        produced_at=produced_at,
        zone_known=zone_known,
        notes=tuple(notes or ()),
    )
