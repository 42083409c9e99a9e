"""The desk's own policy tests: every outcome of every blocking rule, on top of the imported pack, and no mutant left."""

from __future__ import annotations

from govern.gate.packs.places import PackPlaces
from govern.gate.policy_tests import TestRequest, test_policies
from support.mortgage import EXAMPLE, LOCK


def test_the_desk_tests_its_policies_with_the_pack_below_them() -> None:
    """A policy that imports is tested with its pack; what the pack itself must show is its maker's business."""
    request = TestRequest(paths=[EXAMPLE / "policies"], places=PackPlaces(lock=LOCK), mutate=True)
    report = test_policies(request)
    assert list(map(str, report.faults)) == []
    assert [str(item) for test in report.tests for item in test.failures] == []
    assert {item.rule.partition("/")[0] for item in report.coverage} == {"lending"}
    assert list(map(str, report.holes)) == []
    assert report.mutation is not None
    assert list(map(str, report.mutation.survivors)) == []
    assert report.mutation.accepted == ()


def test_without_its_lock_nothing_is_tested() -> None:
    """An import that is not pinned is a fault, never a pack picked up from somewhere."""
    report = test_policies(TestRequest(paths=[EXAMPLE / "policies"]))
    assert {item.code for item in report.faults} == {"P301"}
    assert report.tests == ()
    assert report.exit_code == 2
