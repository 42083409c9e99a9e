"""The count tensor: sums over axes, and the whole lattice of crossed attributes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.fairness import MAX_GROUPS, Axis, Counts, Missing, Tally

AXES = (Axis("age", ("18", "55"), declared=True), Axis("race", ("A", "B", "C")), Axis("sex", ("F", "M", "X")))
CELL = st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 3))
TALLY = st.builds(Tally, *[st.integers(0, 10**12)] * 4)


def counts(cells: dict[tuple[int, int, int], Tally]) -> Counts:
    return Counts(AXES, True, cells, Missing(), sum(tally.n for tally in cells.values()))


@given(st.dictionaries(CELL, TALLY, max_size=30), st.permutations(["age", "race", "sex"]))
@settings(max_examples=80, deadline=None)
def test_the_lattice_holds_every_table(cells: dict[tuple[int, int, int], Tally], order: list[str]) -> None:
    tensor = counts(cells)
    lattice = tensor.lattice(tuple(order))
    one, two, three = order
    assert list(lattice) == [(one,), (two,), (three,), (one, two), (one, three), (two, three), (one, two, three)]
    for attributes, table in lattice.items():
        assert table == tensor.table(attributes)
        assert list(table.groups) == list(tensor.table(attributes).groups)
        total = table.unknown
        for tally in table.groups.values():
            total = total.plus(tally)
        assert total == tensor.total


def test_one_attribute_is_a_lattice_of_one() -> None:
    tensor = counts({(0, 0, 0): Tally(1, 2, 3, 4)})
    assert dict(tensor.lattice(("sex",))) == {("sex",): tensor.table(("sex",))}
    assert tensor.lattice(("age",))[("age",)].absent == (("55",),)


def test_perfect_margins_and_unequal_cells() -> None:
    """50 of 100 selected in every group of sex and of race, and 40, 10, 10, 40 of 50 where they cross."""
    axes = (Axis("race", ("A", "B")), Axis("sex", ("F", "M")))
    cells = {(r, s): Tally(50 - k, k, 0, 0) for (r, s), k in {(0, 0): 40, (0, 1): 10, (1, 0): 10, (1, 1): 40}.items()}
    lattice = Counts(axes, False, cells, Missing(), 200).lattice(("race", "sex"))
    assert {tally.fp for table in (("race",), ("sex",)) for tally in lattice[table].groups.values()} == {50}
    assert {tally.fp for tally in lattice["race", "sex"].groups.values()} == {10, 40}


def test_a_crossing_of_too_many_groups() -> None:
    axes = (Axis("a", tuple(map(str, range(10, 30)))), Axis("b", tuple(map(str, range(10, 30)))))
    tensor = Counts(axes, False, {}, Missing(), 0)
    assert MAX_GROUPS < 20 * 20
    with pytest.raises(ValueError, match="400 groups"):
        tensor.lattice(("a", "b"))
    with pytest.raises(KeyError):
        tensor.lattice(("c",))
