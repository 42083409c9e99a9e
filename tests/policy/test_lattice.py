"""The order of strictness: one step at a time, and the three laws of the join."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.checks.people.approval import QuorumParams, RoleCount
from govern.policy.overlays.lattice import Direction, IncomparableError, Order, compare, compared, fields_of, join
from support.compiling import specs

UP, DOWN = Direction("up"), Direction("down")
MORE, FEWER = Direction("superset"), Direction("subset")
GRADES = Direction("order", ("none", "any", "all"))
ROLES = fields_of(QuorumParams)["roles"]


def role(name: str, count: int) -> RoleCount:
    return RoleCount(role=name, count=count)


@pytest.mark.parametrize(
    ("direction", "old", "new", "order"),
    [
        (UP, Decimal("0.8"), Decimal("0.85"), Order.TIGHTER),
        (UP, Decimal("0.80"), Decimal("0.8"), Order.EQUAL),
        (UP, 3, 2, Order.LOOSER),
        (UP, None, 2, Order.TIGHTER),
        (UP, 2, None, Order.LOOSER),
        (DOWN, "30d", "7d", Order.TIGHTER),
        (DOWN, "1mo", "30d", Order.INCOMPARABLE),
        (DOWN, "24h", "1d", Order.EQUAL),
        (DOWN, "2026-02-01", "2026-01-31", Order.TIGHTER),
        (MORE, ("a",), ("a", "b"), Order.TIGHTER),
        (MORE, ("a", "b"), ("b", "a"), Order.EQUAL),
        (MORE, ("a",), ("b",), Order.INCOMPARABLE),
        (MORE, ("a", ("a", "b")), (("b", "a"), "a"), Order.EQUAL),
        (FEWER, ("a", "b"), ("a",), Order.TIGHTER),
        (FEWER, None, ("a",), Order.TIGHTER),
        (Direction("superset", unset="strictest"), None, ("a",), Order.LOOSER),
        (GRADES, "none", "all", Order.TIGHTER),
        (GRADES, "all", "any", Order.LOOSER),
        (GRADES, "all", "other", Order.INCOMPARABLE),
        (Direction("order", ("false", "true")), False, True, Order.TIGHTER),
        (Direction(), "a", "b", Order.INCOMPARABLE),
        (Direction(), "a", None, Order.INCOMPARABLE),
        (Direction("with"), "x > 1", "x > 2", Order.INCOMPARABLE),
        (ROLES, (role("approver", 1),), (role("approver", 2),), Order.TIGHTER),
        (ROLES, (role("approver", 2),), (role("approver", 1), role("approver/x", 1)), Order.INCOMPARABLE),
        (UP, {"default": 8, "owner": 1}, {"default": 8, "owner": 1, "evaluation": 20}, Order.TIGHTER),
        (UP, {"default": 8}, {"default": 8, "evaluation": 5}, Order.LOOSER),
        (UP, {"a": 1}, {"a": 2, "b": 1}, Order.TIGHTER),
        (MORE, {"a": ("x",)}, {"a": ("x", "y")}, Order.TIGHTER),
    ],
)
def test_one_step(direction, old, new, order):
    assert compare(direction, old, new) is order
    back = {Order.TIGHTER: Order.LOOSER, Order.LOOSER: Order.TIGHTER}
    assert compare(direction, new, old) is back.get(order, order)


def test_a_whole_that_is_tighter_here_and_looser_there_has_no_order():
    assert compared([Order.EQUAL, Order.TIGHTER]) is Order.TIGHTER
    assert compared([Order.LOOSER, Order.TIGHTER]) is Order.INCOMPARABLE
    assert compared([]) is Order.EQUAL


names = st.lists(st.sampled_from("abcde"), unique=True, max_size=5).map(tuple)
values = st.one_of(
    st.tuples(st.just(UP), st.integers(0, 9) | st.none(), st.integers(0, 9), st.integers(0, 9) | st.none()),
    st.tuples(st.just(DOWN), *[st.sampled_from(["1d", "2d", "36h", "1mo", "30d", "1y"])] * 3),
    st.tuples(st.sampled_from([MORE, FEWER]), names, names, names),
    st.tuples(st.just(GRADES), *[st.sampled_from(["none", "any", "all"])] * 3),
    st.tuples(st.just(UP), *[st.dictionaries(st.sampled_from(["default", "x", "y"]), st.integers(0, 9))] * 3),
    st.tuples(
        st.just(ROLES),
        *[
            st.dictionaries(st.sampled_from(["approver", "approver/a"]), st.integers(1, 3)).map(
                lambda held: tuple(role(name, count) for name, count in held.items())
            )
        ]
        * 3,
    ),
)


def joined(direction, *items):
    try:
        held = items[0]
        for item in items[1:]:
            held = join(direction, held, item)
    except IncomparableError:
        return "incomparable"
    return held


def same(direction, left, right):
    if "incomparable" in (left, right):
        return left == right
    return compare(direction, left, right) is Order.EQUAL


@given(values)
def test_the_join_is_commutative_and_idempotent(case):
    direction, first, second, _third = case
    assert joined(direction, first, second) == joined(direction, second, first)
    assert same(direction, joined(direction, first, first), first)


@given(values)
def test_the_join_is_associative_where_it_exists(case):
    direction, first, second, third = case
    left = joined(direction, first, second, third)
    right = joined(direction, second, third, first)
    if "incomparable" not in (left, right):
        assert same(direction, left, right)


@given(values)
def test_the_join_is_at_least_as_strict_as_both(case):
    direction, first, second, _third = case
    found = joined(direction, first, second)
    if found != "incomparable":
        assert compare(direction, first, found) in (Order.EQUAL, Order.TIGHTER)
        assert compare(direction, second, found) in (Order.EQUAL, Order.TIGHTER)


def test_every_parameter_of_every_kind_has_a_known_direction():
    known = {"up", "down", "superset", "subset", "order", "fixed", "with"}
    for spec in specs().values():
        for name, direction in fields_of(spec.params).items():
            assert direction.tighten in known, (spec.kind, name)
            assert direction.tighten != "order" or direction.order, (spec.kind, name)
