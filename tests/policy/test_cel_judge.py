"""The verdict without words: the same as with them, whatever the evidence holds and whatever was asked before."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from govern.policy.cel.bind import Bound
from govern.policy.cel.evaluation import Expression, evaluate, judge
from govern.policy.expressions import FALSE, TRUE
from support.compiling import expression, open_schema

SOURCES = (
    "metrics.auc >= 0.8 && size(card.owners) > 0",
    "metrics.auc == metrics.f1 || metrics.brier < 0.1",
    "size(card.owners) > 0 && card.owners.all(o, o != 'x') && metrics.auc > 0.5",
    "size(dependencies) > 0 && dependencies.all(d, d.pinned && d.name != 'x')",
    "has(metrics.auc) && metrics.auc / metrics.f1 > 0.5",
    "model.tags.exists(t, t == 'credit')",
    "model.version in ['1', '2'] && model.third_party == false",
)


@cache
def compiled() -> tuple[Expression, ...]:
    made = [expression(source, may_be_absent=("metrics.auc",) if "has(" in source else ()) for source in SOURCES]
    assert all(item is not None for item, _faults in made), made
    return tuple(item for item, _faults in made if item is not None)


numbers = st.one_of(
    st.sampled_from([0, 1, 0.8, 0.1, -1, Decimal("0.8"), Decimal("0.1000000000000000000001"), 2**53 + 1]),
    st.sampled_from([float("nan"), float("inf"), None, "0.9", True, [], 2**70]),
)
texts = st.sampled_from(["x", "credit", "1", "", None, 3, "\ud800"])
members = st.lists(texts, max_size=3)


def mapping(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.fixed_dictionaries({}, optional=fields), st.sampled_from([None, [], "text"]))


bundles = st.fixed_dictionaries(
    {},
    optional={
        "metrics": mapping(auc=numbers, f1=numbers, brier=numbers),
        "card": mapping(owners=st.one_of(members, texts)),
        "model": mapping(tags=members, version=texts, third_party=st.sampled_from([True, False, None, "no"])),
        "dependencies": st.lists(mapping(name=texts, pinned=st.sampled_from([True, False, None, 1])), max_size=3),
    },
)


@given(bundles, st.permutations(range(len(SOURCES))), st.booleans())
def test_the_short_way_comes_to_the_same_verdict(bundle: dict[str, Any], order: list[int], unreadable: bool) -> None:
    faults = {"metrics": "cut off"} if unreadable else {}
    shared = Bound(open_schema(), bundle, faults)
    for index in (*order, *order):
        made = compiled()[index]
        assert judge(made, shared) == evaluate(made, Bound(open_schema(), bundle, faults)).verdict


def test_a_true_whole_and_a_false_conjunct_are_told_apart() -> None:
    made = compiled()[0]
    assert judge(made, Bound(open_schema(), {"metrics": {"auc": 0.8}, "card": {"owners": ["a"]}})) is TRUE
    assert judge(made, Bound(open_schema(), {"metrics": {"auc": 0.8}, "card": {"owners": []}})) is FALSE


def test_what_is_remembered_belongs_to_one_evidence() -> None:
    made = compiled()[0]
    full = Bound(open_schema(), {"metrics": {"auc": 0.9}, "card": {"owners": ["a"]}})
    assert judge(made, full) is TRUE
    bare = Bound(open_schema(), {"metrics": {}, "card": {"owners": ["a"]}})
    assert evaluate(made, bare).missing == ("metrics.auc",)
    assert judge(made, bare) == evaluate(made, bare).verdict
