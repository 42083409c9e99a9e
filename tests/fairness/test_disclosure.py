"""No small group can be worked out from what is shown: an attacker with exact algebra and linear programming tries."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import combinations, product
from typing import Any

import pytest

from govern.fairness import Axis, Counts, Missing, Tally
from govern.fairness.disclosure import hidden_groups
from govern.fairness.linear import System

K = 11
Way = Callable[[Tally], int]
PEOPLE: Way = lambda tally: tally.n  # noqa: E731
POSITIVES: Way = lambda tally: tally.fn + tally.tp  # noqa: E731
NEGATIVES: Way = lambda tally: tally.tn + tally.fp  # noqa: E731


def counts_of(sizes: dict[tuple[str | None, ...], int | Tally], *names: str, **declared: Sequence[str]) -> Counts:
    """A tensor from cells by value, None for unknown; a number is so many who were refused."""
    found = {name: {key[at] for key in sizes if key[at] is not None} for at, name in enumerate(names)}
    axes = tuple(Axis(name, tuple(sorted({*found[name], *declared.get(name, ())}))) for name in names)
    cells = {}
    for key, held in sizes.items():
        at = [
            len(axis.values) if value is None else axis.values.index(value)
            for value, axis in zip(key, axes, strict=True)
        ]
        cells[tuple(at)] = held if isinstance(held, Tally) else Tally(held, 0, 0, 0)
    return Counts(axes, True, cells, Missing(), sum(cell.n for cell in cells.values()))


def one(**sizes: int) -> Counts:
    return counts_of({(name,): size for name, size in sizes.items()}, "sex")


def hidden(counts: Counts, *names: str, least: int = K, labels: bool = False) -> set[tuple[str, ...]]:
    return set(hidden_groups(counts, names, least, labels=labels))


def test_large_groups_are_shown() -> None:
    assert hidden(one(F=11, M=500), "sex") == set()


def test_a_small_group_is_hidden_and_the_total_does_not_give_it_back() -> None:
    assert hidden(one(F=600, M=500, X=5), "sex") == {("X",), ("M",)}
    assert hidden(one(F=600, M=500, X=5, Y=9), "sex") == {("X",), ("Y",)}


def test_two_hidden_groups_whose_sum_is_small_take_a_third() -> None:
    assert hidden(one(F=600, M=500, X=1, Y=1), "sex") == {("X",), ("Y",), ("M",)}


def test_an_empty_group_is_shown() -> None:
    assert hidden(counts_of({("F",): 20, ("M",): 30}, "sex", sex=("X",)), "sex") == set()


@pytest.mark.parametrize("least", [0, 1])
def test_a_law_that_wants_every_group_gets_it(least: int) -> None:
    assert hidden(one(F=600, X=1), "sex", least=least) == set()


def test_crossings_are_hidden_in_rows_and_columns() -> None:
    counts = counts_of(
        {("F", "A"): 5, ("F", "B"): 40, ("F", "C"): 90, ("M", "A"): 60, ("M", "B"): 70, ("M", "C"): 80}, "sex", "race"
    )
    assert hidden(counts, "sex") == hidden(counts, "race") == set()
    found = hidden(counts, "sex", "race")
    assert ("F", "A") in found
    for row in "FM":
        assert len([group for group in found if group[0] == row]) != 1
    for column in "ABC":
        assert len([group for group in found if group[1] == column]) != 1
    assert hidden(counts, "race", "sex") == {(race, sex) for sex, race in found}


def test_one_small_crossing_costs_a_box_and_not_the_table() -> None:
    cells = {(sex, race): 100 + 10 * j + i for i, sex in enumerate("FMX") for j, race in enumerate("ABCDEF")}
    counts = counts_of({**cells, ("F", "C"): 4}, "sex", "race")
    found = hidden(counts, "sex", "race")
    assert len(found) == 4
    assert found == {("F", "C"), ("F", "A"), ("M", "C"), ("M", "A")}


def test_what_the_rest_gives_back_all_the_same_is_shown() -> None:
    counts = counts_of({("F",): 600, ("M",): 500, ("X",): 5, (None,): 3}, "sex")
    assert hidden(counts, "sex") == {("X",), ("M",)}


def test_a_hidden_margin_is_not_the_sum_of_shown_cells() -> None:
    cells = {("F", "A"): 300, ("F", "B"): 300, ("M", "A"): 200, ("M", "B"): 300, ("X", "A"): 3, ("X", "B"): 2}
    counts = counts_of(cells, "sex", "race")
    assert ("M",) in hidden(counts, "sex")
    assert {group for group in hidden(counts, "sex", "race") if group[0] == "M"}


def test_rates_on_the_true_outcome_protect_it_too() -> None:
    counts = counts_of({("F",): Tally(290, 5, 2, 3), ("M",): Tally(200, 50, 20, 30), ("X",): Tally(30, 5, 9, 9)}, "sex")
    assert hidden(counts, "sex") == set()
    assert hidden(counts, "sex", labels=True) == {("F",), ("X",)}


def test_decisions_do_not_matter() -> None:
    generator = random.Random(3)
    for _ in range(20):
        counts = table(generator, (2, 3))
        turned = Counts(
            counts.axes,
            True,
            {key: Tally(cell.fp, cell.tn, cell.tp, cell.fn) for key, cell in counts.cells.items()},
            counts.missing,
            counts.rows,
        )
        for labels in (False, True):
            assert hidden(counts, "p", "q", labels=labels) == hidden(turned, "p", "q", labels=labels)


def test_a_table_too_large_to_look_through_is_hidden_whole() -> None:
    cells = {(f"{i:02}", f"{j:02}"): 5 if (i + j) % 2 else 50 for i, j in product(range(16), range(16))}
    counts = counts_of(cells, "p", "q")
    found = hidden(counts, "p", "q")
    assert {group for group, size in cells.items() if size == 5} <= found


def table(generator: random.Random, shape: tuple[int, ...]) -> Counts:
    """Any tensor, with many small and some empty cells; p, q, r with values a, b, c..."""
    mean, unknown = generator.choice([3, 6, 12, 30]), generator.choice([0, 0, 2])
    axes = tuple(Axis(name, tuple("abcdefgh"[:size])) for name, size in zip("pqr", shape, strict=False))
    cells = {}
    for key in product(*(range(size + 1) for size in shape)):
        known = all(at < size for at, size in zip(key, shape, strict=True))
        most = mean * generator.choice([0, 0.1, 0.5, 1, 1, 3]) if known else unknown * generator.random()
        cells[key] = Tally(*(int(generator.expovariate(1 / most)) if most else 0 for _ in range(4)))
    return Counts(axes, True, cells, Missing(), sum(cell.n for cell in cells.values()))


def worked_out(counts: Counts, tables: Sequence[tuple[str, ...]], way: Way, *, labels: bool) -> list[Any]:
    """Attack all tables at once: total, unknown and shown groups are known, and no cell is negative."""
    import numpy as np
    from scipy.optimize import linprog

    names = [axis.name for axis in counts.axes]
    sizes = [len(axis.values) for axis in counts.axes]
    keys = list(product(*(range(size + 1) for size in sizes)))
    cells = np.array([way(counts.cells.get(key, Tally(0, 0, 0, 0))) for key in keys], dtype=float)
    known, secret = [[1.0] * len(keys)], []
    for attributes in tables:
        at = [names.index(name) for name in attributes]
        known.append([float(any(key[a] == sizes[a] for a in at)) for key in keys])
        named = cells[[index for index, value in enumerate(known[-1]) if not value]].sum()
        for group in hidden_and_shown(counts, at):
            row = [float(all(key[a] == index for a, index in zip(at, group, strict=True))) for key in keys]
            label = tuple(counts.axes[a].values[index] for a, index in zip(at, group, strict=True))
            if label not in hidden_groups(counts, attributes, K, labels=labels):
                known.append(row)
            elif named >= K and np.array(row) @ cells:  # fewer than K people in all are known from the total
                secret.append((attributes, label, np.array(row)))
    public = np.array(known)
    rank = np.linalg.matrix_rank(public)
    found = []
    for attributes, label, row in secret:
        amount = row @ cells
        if amount >= K:
            continue  # hidden to protect another; that one is asked about itself
        if np.linalg.matrix_rank(np.vstack([public, row])) == rank:
            found.append((attributes, label, "fixed"))
        else:
            most = -linprog(-row, A_eq=public, b_eq=public @ cells, bounds=(0, None), method="highs").fun
            if most < K - 1e-6:
                found.append((attributes, label, f"at most {most}"))
    return found


def hidden_and_shown(counts: Counts, at: Sequence[int]) -> list[tuple[int, ...]]:
    return list(product(*(range(len(counts.axes[place].values)) for place in at)))


@pytest.mark.parametrize("seed", range(40))
def test_an_attacker_with_every_table_of_two_attributes_works_out_nothing(seed: int) -> None:
    generator = random.Random(seed)
    shape = generator.choice([(3,), (4,), (2, 3), (3, 3), (2, 5)])
    counts = table(generator, shape)
    names = tuple("pqr"[: len(shape)])
    tables = [part for size in range(1, len(names) + 1) for part in combinations(names, size)]
    assert worked_out(counts, tables, PEOPLE, labels=False) == []
    assert worked_out(counts, tables, POSITIVES, labels=True) == []
    assert worked_out(counts, tables, NEGATIVES, labels=True) == []


@pytest.mark.parametrize("seed", range(12))
def test_an_attacker_with_one_table_of_three_attributes_works_out_nothing(seed: int) -> None:
    counts = table(random.Random(100 + seed), (2, 2, 3))
    assert worked_out(counts, [("p", "q", "r"), ("p", "q"), ("p",), ("q",), ("r",)], PEOPLE, labels=False) == []


@pytest.mark.parametrize("seed", range(12))
def test_an_attacker_with_every_pair_of_three_attributes_works_out_nothing(seed: int) -> None:
    counts = table(random.Random(200 + seed), random.Random(seed).choice([(2, 2, 2), (2, 3, 3)]))
    pairs = [("p", "q"), ("p", "r"), ("q", "r")]
    for way, labels in ((PEOPLE, False), (POSITIVES, True)):
        assert worked_out(counts, [("p",), ("q",), ("r",), *pairs], way, labels=labels) == []


def test_what_sums_tell() -> None:
    # x0 + x1 = 12, x1 + x2 = 5, x3 alone
    system = System([([0, 1], 12), ([1, 2], 5)], 4)
    assert system.fixes([0, 1])
    assert not system.fixes([0])
    assert system.reaches([1], 5)
    assert not system.reaches([1], 6)
    assert system.reaches([0, 2], 17)
    assert not system.reaches([0, 2], 18)
    assert system.reaches([3], 10**9)


@pytest.mark.parametrize("seed", range(30))
def test_bounds_are_those_of_linear_programming(seed: int) -> None:
    import numpy as np
    from scipy.optimize import linprog

    generator = random.Random(seed)
    size = generator.randint(2, 7)
    values = [generator.randint(0, 9) for _ in range(size)]
    sums = [sorted(generator.sample(range(size), generator.randint(1, size))) for _ in range(generator.randint(1, 5))]
    system = System([(held, sum(values[at] for at in held)) for held in sums], size)
    public = np.array([[float(at in held) for at in range(size)] for held in sums])
    for at in range(size):
        row = np.eye(size)[at]
        told = linprog(-row, A_eq=public, b_eq=public @ np.array(values), bounds=(0, None), method="highs")
        fixed = np.linalg.matrix_rank(np.vstack([public, row])) == np.linalg.matrix_rank(public)
        assert system.fixes([at]) is bool(fixed)
        if told.status == 3:
            assert system.reaches([at], 10**6)
        else:
            most = round(-told.fun * 420) // 420
            assert system.reaches([at], most)
            assert not system.reaches([at], most + 1)
