"""Which groups public outputs leave out, so that no small group can be worked out from all that is shown.

Protected is how many people a group has and, for rates that use it, how many of them had each true outcome. A group of
1 to `smallest - 1` is hidden with all its numbers; an empty one is shown as 0, for there is nobody to protect. Then
further groups are hidden until nothing gives a hidden one back (complementary suppression; Willenborg and de Waal,
Elements of Statistical Disclosure Control, 2001, chapter 6). The attacker is taken to know the total, how many are of
unknown group, which groups are empty, and every table over fewer of the same attributes, published or not.

What is hidden follows from people and true outcomes alone, never from the model's decisions: two versions of a model on
the same data hide the same groups, so do two rules of one policy, and neither tells what the other does not.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product

from govern.fairness.counts import Counts
from govern.fairness.linear import System
from govern.fairness.rates import Tally

__all__ = ["SMALLEST_SHOWN", "hidden_groups"]

SMALLEST_SHOWN = 11
"""Fewest people of a group whose numbers are shown, unless a policy says otherwise."""

_LARGEST_SYSTEM = 6_000
"""Relations times unknowns that are still solved; a table beyond is hidden whole, once anything in it is small."""

Group = tuple[str, ...]
Cell = tuple[str | None, ...]
"""A value of each attribute, None where it is not known."""
Amounts = Mapping[Cell, int]
Names = tuple[str, ...]


def hidden_groups(counts: Counts, attributes: Names, smallest: int, *, labels: bool) -> frozenset[Group]:
    """Give the groups of a table whose numbers are not shown.

    `smallest` is the fewest people of a shown group; 0 and 1 show all. `labels` says whether the rate uses the true
    outcome: then a group is also hidden when fewer than `smallest`, and not none, of its people had one of the two.
    Raises KeyError for an attribute the counts do not have.
    """
    if smallest <= 1:
        return frozenset()
    names = tuple(sorted(attributes))
    people = _Patterns(counts, smallest, (lambda tally: tally.n,))
    hidden = people.of(names)
    if labels and counts.labelled:
        outcomes = (lambda tally: tally.fn + tally.tp, lambda tally: tally.tn + tally.fp)
        hidden = _Patterns(counts, smallest, outcomes, below=people).of(names)
    order = [names.index(name) for name in attributes]
    return frozenset(tuple(group[place] for place in order) for group in hidden)


class _Patterns:
    """What is hidden in each table over some of the attributes, for one or two ways to count people."""

    def __init__(
        self,
        counts: Counts,
        smallest: int,
        ways: Sequence[Callable[[Tally], int]],
        below: _Patterns | None = None,
    ) -> None:
        self.smallest = smallest
        self._counts = counts
        self._ways = ways
        self._below = below
        self._known: dict[Names, frozenset[Group]] = {}

    def of(self, names: Names) -> frozenset[Group]:
        """Give the hidden groups of the table over `names`, which are sorted."""
        if names not in self._known:
            self._known[names] = self._pattern(names)
        return self._known[names]

    def _pattern(self, names: Names) -> frozenset[Group]:
        amounts = [self._amounts(names, way) for way in self._ways]
        hidden = {
            group for cells in amounts for group in map(_known, cells) if group and self.is_small(cells.get(group, 0))
        }
        if self._below is not None:
            hidden |= self._below.of(names)
        parts = [part for size in range(1, len(names)) for part in combinations(names, size)]
        under = {part: self.of(part) for part in parts}
        if not hidden and not any(under.values()):
            return frozenset()
        people = self._amounts(names, lambda tally: tally.n)
        made = _Table(names, people, amounts, under, self.smallest).closed(hidden)
        return frozenset(self._counts.table(names).groups) if made is None else made

    def is_small(self, amount: int) -> bool:
        """Whether so many people are too few to be shown."""
        return 0 < amount < self.smallest

    def _amounts(self, names: Names, way: Callable[[Tally], int]) -> dict[Cell, int]:
        """Count the people of every cell that holds any."""
        places = {axis.name: place for place, axis in enumerate(self._counts.axes)}
        chosen = [(places[name], self._counts.axes[places[name]].values) for name in names]
        made: dict[Cell, int] = {}
        for key, tally in self._counts.cells.items():
            amount = way(tally)
            if amount:
                cell = tuple(None if key[at] == len(values) else values[key[at]] for at, values in chosen)
                made[cell] = made.get(cell, 0) + amount
        return made


def _known(cell: Cell) -> Group | None:
    """The cell as a group, None when some attribute of it is not known."""
    group = tuple(value for value in cell if value is not None)
    return group if len(group) == len(cell) else None


class _Relation:
    """A sum of cells that the public learns: the total, the unknown, or a shown group of fewer attributes."""

    __slots__ = ("cells", "slice")

    def __init__(self, cells: Iterable[Cell], slice_: frozenset[Group]) -> None:
        self.cells = tuple(cells)
        self.slice = slice_
        """The groups of the table itself that lie in the sum."""


class _Table:
    """One table with all it is summed into, and the search for what else must be hidden in it."""

    def __init__(
        self,
        names: Names,
        people: Amounts,
        amounts: Sequence[Amounts],
        under: Mapping[Names, frozenset[Group]],
        least: int,
    ) -> None:
        self._names = names
        self._people = people
        self._amounts = amounts
        self._least = least
        groups = [group for group in map(_known, people) if group is not None]
        self._values = [frozenset(group[at] for group in groups) for at in range(len(names))]
        self._sums: list[_Relation] = []
        """Sums that are public."""
        self._secrets: list[_Relation] = []
        """Sums that are not: the hidden groups of fewer attributes."""
        self._gather(under)

    def _gather(self, under: Mapping[Names, frozenset[Group]]) -> None:
        cells = sorted(self._people, key=_order)
        public: dict[Names, list[list[Cell]]] = {(): [cells]}
        for part in (*under, self._names):
            held: dict[Cell, list[Cell]] = {}
            for cell in cells:
                held.setdefault(tuple(cell[self._names.index(name)] for name in part), []).append(cell)
            public[part] = [[cell for key, inside in held.items() if _known(key) is None for cell in inside]]
            for key in sorted(held, key=_order) if part != self._names else ():
                group = _known(key)
                if group is None:
                    continue
                if group in under[part]:
                    self._secrets.append(_relation(held[key]))
                else:
                    public[part].append(held[key])
        self._sums = [_relation(inside) for sums in public.values() for inside in sums]

    def closed(self, hidden: set[Group]) -> frozenset[Group] | None:
        """Hide more until nothing hidden can be worked out; the smallest group that helps is hidden first.

        None means that the table is hidden whole: even which of its groups are empty tells too much.
        """
        everybody = {group for group in map(_known, self._people) if group is not None}
        primary = set(hidden)
        while True:
            unknowns = len(self._people) - len(everybody - hidden)
            if unknowns * len(self._sums) > _LARGEST_SYSTEM:
                return None
            chosen: set[Group] = set()
            for amounts, secret, near in (found for held in self._amounts for found in self._exposed(held, hidden)):
                box = self._box(amounts, secret, hidden | chosen)
                if box is not None:
                    chosen |= box - hidden
                    continue
                helpful = near - hidden or everybody - hidden
                if not helpful:
                    return None
                if not near & chosen:
                    chosen.add(min(helpful, key=lambda group: (self._people[group], group)))
            if not chosen:
                return self._needed(hidden, primary)
            hidden |= chosen

    def _is_small(self, amount: int) -> bool:
        return 0 < amount < self._least

    def _box(self, amounts: Amounts, secret: _Relation, taken: set[Group]) -> frozenset[Group] | None:
        """Find the corners that protect one group: people moved round them change no sum over fewer attributes.

        One other value of each attribute makes a box of two, four, eight... groups. Putting people into the group takes
        as many out of every second corner, so those must hold enough. The box that hides fewest more is taken.
        """
        group = _known(secret.cells[0]) if len(secret.cells) == 1 else None
        if group is None:
            return None
        more = self._least - amounts[group]
        found: list[tuple[int, int, list[Group]]] = []
        for other in product(*(self._values[at] - {value} for at, value in enumerate(group))):
            corners = list(product(*zip(group, other, strict=True)))
            held = [amounts.get(corner, 0) for corner in corners]
            odd = [sum(a != b for a, b in zip(corner, group, strict=True)) % 2 for corner in corners]
            if all(amount > (more if turn else 0) for amount, turn in zip(held, odd, strict=True)):
                new = [corner for corner in corners if corner not in taken]
                found.append((len(new), sum(self._people[corner] for corner in new), corners))
        return frozenset(min(found)[2]) if found else None

    def _boxed(self, amounts: Amounts, secret: _Relation, hidden: set[Group]) -> bool:
        """Whether all corners of some box are hidden already: then nothing needs to be solved."""
        box = self._box(amounts, secret, hidden)
        return box is not None and box <= hidden

    def _exposed(self, amounts: Amounts, hidden: set[Group]) -> Iterator[tuple[Amounts, _Relation, frozenset[Group]]]:
        """Give each small secret that public sums keep below the smallest shown, with groups by whose numbers they do.

        What the sums fix they keep there, too.
        """
        own = [_relation([group]) for group in sorted(hidden) if group in amounts]
        sizes = {secret: sum(amounts.get(cell, 0) for cell in secret.cells) for secret in (*own, *self._secrets)}
        small = [secret for secret, amount in sizes.items() if self._is_small(amount)]
        doubtful = [secret for secret in small if not self._boxed(amounts, secret, hidden)]
        if not doubtful:
            return
        system, numbers, least = self._system(amounts, hidden)
        for secret in doubtful:
            amount = sizes[secret]
            held = [cell for cell in secret.cells if cell in numbers]
            certain = amount - sum(amounts[cell] - least[cell] for cell in held)
            if not system.reaches([numbers[cell] for cell in held], self._least - certain):
                yield amounts, secret, self._near(secret, numbers, hidden)

    def _system(self, amounts: Amounts, hidden: set[Group]) -> tuple[System, Mapping[Cell, int], Mapping[Cell, int]]:
        """Give the public sums over the cells that are not shown, their numbers, and the least that each holds.

        Hidden groups are known not to be empty: what is unknown is how many more there are than one.
        """
        unknown = [cell for cell in amounts if (group := _known(cell)) is None or group in hidden]
        numbers = {cell: number for number, cell in enumerate(sorted(unknown, key=_order))}
        least = {cell: 0 if _known(cell) is None else 1 for cell in numbers}
        sums = [[cell for cell in public.cells if cell in numbers] for public in self._sums]
        rests = (
            ([numbers[cell] for cell in cells], sum(amounts[cell] - least[cell] for cell in cells)) for cells in sums
        )
        return System(rests, len(numbers)), numbers, least

    def _needed(self, hidden: set[Group], primary: set[Group]) -> frozenset[Group]:
        """Leave out what was hidden in vain: groups that the public sums fix all the same."""
        system, numbers, _least = self._system(self._people, hidden)
        vain = {group for group in hidden - primary if group in numbers and system.fixes([numbers[group]])}
        return frozenset(hidden - vain)

    def _near(self, secret: _Relation, unknown: Container[Cell], hidden: set[Group]) -> frozenset[Group]:
        """Give the shown groups of the smallest public sum that the secret takes part in and that has any."""
        parts = {cell for cell in secret.cells if cell in unknown}
        slices = [secret.slice, *(public.slice for public in self._sums if parts.intersection(public.cells))]
        shown = [left for groups in slices if (left := groups - hidden)]
        return min(shown, key=lambda groups: (len(groups), sorted(groups)), default=secret.slice)


def _relation(cells: Iterable[Cell]) -> _Relation:
    held = tuple(cells)
    return _Relation(held, frozenset(group for group in map(_known, held) if group is not None))


def _order(cell: Cell) -> tuple[tuple[bool, str], ...]:
    return tuple((value is None, value or "") for value in cell)
