"""What Evidently 0.7 saves with `save_json`: values by metric, and tests only where the report was asked for them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from govern.diagnostics import Diagnostic, plain
from govern.evidence.tools.drift import Drift, DriftColumn, DriftTest, direction_of
from govern.evidence.tools.evidently_columns import (
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

__all__ = ["read_snapshot"]

_COLUMN = ":ValueDrift"
_TOGETHER = ":DriftedColumnsCount"
_OWN_TEST = ":ValueDriftTest"


def read_snapshot(document: Document) -> Readout:
    """Read a report of 0.7. What is measured, by which method, is read from `config`; the printed name is not.

    Raises InputError: E102 and E103 for another shape, E171 where it contradicts itself.
    """
    kinds: dict[str, tuple[str, int]] = {}
    for place, item in enumerate(document.get(list, "metrics")):
        document.of_type(item, dict, "metrics", place)
        name = document.get(str, "metrics", place, "id")
        if name in kinds:
            raise disagree(document, "two metrics have one id", "metrics", place)
        kinds[name] = (document.get(str, "metrics", place, "config", "type"), place)
    notes: list[Diagnostic] = []
    verdicts, tests = _tests(document, kinds, notes)
    columns = same_columns(
        document,
        [
            _column(document, place, worst(verdicts.get(name, ())))
            for name, (kind, place) in kinds.items()
            if kind.endswith(_COLUMN)
        ],
    )
    together = [place for kind, place in kinds.values() if kind.endswith(_TOGETHER)]
    tool, produced_at, zone_known = tool_and_time(document)
    if kinds and not columns and not together and not tests:
        return Readout(bodies=(), tool=tool, produced_at=produced_at, zone_known=zone_known)
    counts = [_counted(document, place, columns) for place in together]
    drifted, of, share = counts[0] if counts else (None, None, None)
    return Readout(
        bodies=(
            Drift(
                columns=columns,
                drifted=drifted,
                of=of,
                share=share,
                limit_of_tool=number_or_none(document, "metrics", together[0], "config", "drift_share")
                if together
                else None,
                verdict_of_tool=worst(test.verdict for test in tests),
                tests=tuple(tests),
            ),
        ),
        tool=tool,
        produced_at=produced_at,
        zone_known=zone_known,
        notes=tuple(notes),
    )


def _tests(
    document: Document, kinds: dict[str, tuple[str, int]], notes: list[Diagnostic]
) -> tuple[dict[str, list[Verdict]], list[DriftTest]]:
    """Give the verdicts by metric, and the tests that are about no single column."""
    verdicts: dict[str, list[Verdict]] = {}
    tests: list[DriftTest] = []
    for place, item in enumerate(document.get(list, "tests")):
        document.of_type(item, dict, "tests", place)
        steps: Steps = ("tests", place)
        name = document.get(str, *steps, "name")
        verdict = status_of(document, *steps, "status")
        metric = document.get(str, *steps, "metric_config", "metric_id")
        if metric not in kinds:
            raise disagree(document, f"the test {plain(name)} is about a metric that is not in the file", *steps)
        kind, at = kinds[metric]
        if not kind.endswith((_COLUMN, _TOGETHER)):
            continue
        if document.get(str, *steps, "status") == "WARNING":
            notes.append(warned(document, name, *steps))
        elif kind.endswith(_COLUMN) and _is_own_test(item) and verdict in ("pass", "fail"):
            agreed(document, _column(document, at, verdict), verdict == "fail")
        if kind.endswith(_COLUMN):
            verdicts.setdefault(metric, []).append(verdict)
        else:
            tests.append(DriftTest(name=name, verdict=verdict, about="dataset", steps=steps))
    return verdicts, tests


def _is_own_test(item: dict[str, object]) -> bool:
    """Say whether a test asks what the metric's own threshold asks; others put a bound of their own on the score."""
    config = item.get("test_config")
    bound = item.get("bound_test")
    inner = bound.get("test") if isinstance(bound, dict) else None
    kind = inner.get("type") if isinstance(inner, dict) else None
    if isinstance(kind, str):
        return kind.endswith(_OWN_TEST)
    return config == {}


def _column(document: Document, place: int, verdict: Verdict) -> DriftColumn:
    steps: Steps = ("metrics", place)
    config = document.get(dict, *steps, "config")
    method = config.get("method")
    if method is not None:
        document.of_type(method, str, *steps, "config", "method")
    return DriftColumn(
        name=document.get(str, *steps, "config", "column"),
        method=method,
        direction=direction_of(method),
        score=number(document, *steps, "value"),
        threshold_of_tool=number_or_none(document, *steps, "config", "threshold"),
        verdict_of_tool=verdict,
        steps=steps,
    )


def _counted(document: Document, place: int, columns: tuple[DriftColumn, ...]) -> tuple[int, int | None, Decimal]:
    """Give (drifted, of, share) as the tool counts them, held against the columns that are listed.

    The file says how many columns there were only through the share: where nothing drifted it does not.
    """
    steps: Steps = ("metrics", place, "value")
    count, share = whole(document, *steps, "count"), number(document, *steps, "share")
    of = round(Fraction(count) / Fraction(share)) if share > 0 else None
    if (of is None) != (count == 0) or (of is not None and (count > of or abs(Fraction(share) * of - count) > 1e-6)):
        raise disagree(document, "count and share of drifted columns do not fit", *steps)
    if not columns:
        return count, of, share
    if of is not None and of != len(columns):
        raise disagree(document, f"the share is one of {of} columns, and {len(columns)} are listed", *steps)
    found = [None if item.threshold_of_tool is None else item.beyond(item.threshold_of_tool) for item in columns]
    if not found.count(True) <= count <= len(found) - found.count(False):
        message = f"{count} columns are counted as drifted, and {found.count(True)} by their scores"
        raise disagree(document, message, *steps)
    return count, of if of is not None else len(columns), share
