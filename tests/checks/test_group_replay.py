"""Kinds on groups by other limits, from the counts that a result keeps; and what would let a rule pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.checks.changes import SmallestChange, smallest_change
from govern.checks.context import CheckContext
from govern.checks.replay import NotReplayable
from govern.policy.outcomes import Outcome
from support.bundles import PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder
from support.group_tables import bare, params_of, run, table_of
from support.replaying import context_of, replayed

ROWS = {"F": (60, 20, 30, 40), "M": (50, 40, 20, 70), "X": (9, 4, 3, 9), "unknown": (2, 1, 1, 2)}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> CheckContext:
    builder = BundleBuilder(tmp_path_factory.mktemp("bundle")).file(PREDICTIONS, table_of(**ROWS) + "F,1,\n")
    text = builder.content(PREDICTIONS_MANIFEST).decode()
    text = text.replace("  score: score\n", "").replace("  - F\n  - M\n", "  - F\n  - M\n  - X\n")
    return context_of(builder.file(PREDICTIONS_MANIFEST, text).build())


LIMITS = st.integers(0, 20).map(lambda number: number / 20)
SHARED = {
    "min_n": st.sampled_from([1, 20, 30, 100]),
    "small_groups": st.sampled_from(["exclude", "inconclusive"]),
    "max_missing": st.sampled_from([0, 0.1]),
    "missing_bounds": st.sampled_from(["none", "worst_case"]),
}
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "fairness.group_floor": (
        {"metric": "true_positive_rate", "attributes": ["sex"]},
        {
            "at_least": LIMITS,
            "decide": st.sampled_from(["evidence_of_harm", "point", "demonstrated"]),
            "alpha": st.sampled_from([0.05, 0.2]),
            **SHARED,
        },
    ),
    "fairness.significance": (
        {"metric": "selection_rate", "attributes": ["sex"]},
        {
            "test": st.sampled_from(["auto", "z", "permutation"]),
            "alpha": st.sampled_from([0.001, 0.01, 0.05, 0.2]),
            "practical": st.sampled_from([0.5, 0.8, 1]),
            **SHARED,
        },
    ),
    "fairness.robustness": (
        {"metric": "selection_rate", "compare": "ratio", "attributes": ["sex"]},
        {"at_least": LIMITS, "flips": st.integers(1, 40), **SHARED},
    ),
    "fairness.coverage": (
        {"attributes": ["sex"]},
        {
            "metrics": st.sampled_from([["selection_rate"], ["selection_rate", "precision"]]),
            "min_group": st.sampled_from([0, 1, 25, 26, 200]),
            "max_unknown_share": st.sampled_from([0, 0.01, 0.5]),
            "max_missing": st.sampled_from([0, 0.1]),
        },
    ),
}


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.data())
def test_it_replays_as_it_runs(bundle: CheckContext, kind: str, data: st.DataObject) -> None:
    fixed, free = KINDS[kind]
    rules = [{**fixed, **{name: data.draw(values) for name, values in free.items()}} for _ in range(2)]
    found, truth = replayed(bundle, kind, *rules)
    assert isinstance(found, NotReplayable) or found is truth


def test_a_stored_failure_passes_by_a_lower_limit(bundle: CheckContext) -> None:
    """Otherwise the test above could be met by replaying nothing."""
    fixed, _free = KINDS["fairness.group_floor"]
    loose = {"decide": "point", "max_missing": 0.1, "missing_bounds": "none", "min_n": 1}
    rules = [{**fixed, **loose, "at_least": limit} for limit in (0.9, 0.5)]
    assert replayed(bundle, "fairness.group_floor", *rules) == (Outcome.PASS, Outcome.PASS)
    assert replayed(bundle, "fairness.group_floor", *reversed(rules)) == (Outcome.FAIL, Outcome.FAIL)


def test_a_table_that_was_not_counted_is_not_replayed(bundle: CheckContext) -> None:
    fixed = {"metric": "selection_rate", "at_least": 0.1, "max_missing": 0.1}
    found, _truth = replayed(
        bundle, "fairness.group_floor", {**fixed, "attributes": ["sex"]}, {**fixed, "attributes": ["sex", "race"]}
    )
    assert isinstance(found, NotReplayable)


def change(folder: Path, kind: str, table: str, given: dict[str, Any]) -> SmallestChange:
    builder = bare(folder, table)
    return smallest_change(kind, params_of(kind, given), run(kind, builder, given))


FLOOR = {"metric": "selection_rate", "at_least": "0.4", "attributes": ["sex"], "decide": "point"}


class TestSmallestChange:
    def test_of_a_floor(self, tmp_path: Path) -> None:
        table = table_of(F=(30, 100), M=(39, 100), X=(60, 100))
        found = change(tmp_path, "fairness.group_floor", table, FLOOR)
        assert [item.text for item in found.changes] == [
            "selection rate: 10 more counted in sex=F (30 -> 40 of 100) to meet the limit",
            "selection rate: 1 more counted in sex=M (39 -> 40 of 100) to meet the limit",
        ]
        assert found.complete
        made = table_of(F=(40, 100), M=(40, 100), X=(60, 100))
        assert run("fairness.group_floor", bare(tmp_path, made), FLOOR).outcome is Outcome.PASS
        shown = change(tmp_path, "fairness.group_floor", table, {**FLOOR, "decide": "evidence_of_harm", "alpha": "0.3"})
        assert not shown.complete

    def test_of_a_ceiling(self, tmp_path: Path) -> None:
        asked = {**FLOOR, "at_least": None, "at_most": "0.4"}
        found = change(tmp_path, "fairness.group_floor", table_of(F=(45, 100), M=(40, 100)), asked)
        assert [item.text for item in found.changes] == [
            "selection rate: 5 fewer counted in sex=F (45 -> 40 of 100) to meet the limit"
        ]

    def test_nothing_of_a_group_that_is_not_shown(self, tmp_path: Path) -> None:
        found = change(tmp_path, "fairness.group_floor", table_of(F=(1, 7), M=(50, 100)), {**FLOOR, "min_n": 5})
        assert (found.changes, found.complete) == ((), False)

    def test_of_a_missed_threshold_and_of_a_weak_one(self, tmp_path: Path) -> None:
        asked = {"metric": "selection_rate", "compare": "ratio", "at_least": "0.8", "attributes": ["sex"]}
        missed = change(tmp_path, "fairness.robustness", table_of(F=(30, 100), M=(60, 100)), asked)
        assert "18 more counted in sex=F" in missed.changes[0].text
        assert not missed.complete
        weak = change(tmp_path, "fairness.robustness", table_of(F=(48, 100), M=(60, 100)), asked)
        assert (weak.changes, weak.complete) == ((), False)

    def test_of_coverage(self, tmp_path: Path) -> None:
        asked = {"attributes": ["sex"], "min_group": 50, "max_unknown_share": "0.01"}
        table = table_of(F=(10, 20), M=(50, 100), unknown=(5, 10))
        found = change(tmp_path, "fairness.coverage", table, asked)
        assert [item.text for item in found.changes] == [
            "30 more people of sex=F (20 -> 50)",
            "people of unknown sex: 10 -> 1",
        ]
        assert found.complete
        made = table_of(F=(10, 50), M=(50, 100), unknown=(0, 1))
        assert run("fairness.coverage", bare(tmp_path, made), asked).outcome is Outcome.PASS

    def test_what_shows_no_change(self, tmp_path: Path) -> None:
        asked = {"metric": "selection_rate", "attributes": ["sex"]}
        assert change(tmp_path, "fairness.significance", table_of(F=(12, 40), M=(48, 80)), asked) == SmallestChange()
