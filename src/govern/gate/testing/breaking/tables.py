"""Prediction tables: columns gone or blank, groups dropped or harmed, labels flipped, other digests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from govern.checks.fairness.declared import DECLARED, expanded
from govern.checks.performance.measures import COMPUTABLE, SCORE_METRICS
from govern.gate.testing.breaking.facts import reads_of
from govern.gate.testing.breaking.interface import ZEROS, Break, Operation, Target, remove, replace
from govern.gate.testing.writing import TIMES
from govern.policy.testing.patches import Value, pointer_of

__all__ = ["SCORED", "Row", "Table", "tables"]

Row = dict[str, Value]
_POSITIVE_IS_HARM = ("false_positive_rate",)
_RAISED = ("selection_rate", "true_positive_rate", "false_positive_rate")
"""Rates that rise with every positive decision."""
_LOWERED = ("true_negative_rate", "false_negative_rate")
_NOT_OF_VALUES = ("fairness.coverage", "drift.fairness")
"""Kinds that do not fail when the evaluated decisions harm a group: one asks whether it is there, one takes them as the
yardstick."""
_FLIPS = frozenset(COMPUTABLE)
SCORED = ("fairness.calibration_gap", "fairness.ranking_gap", "fairness.score_gap")
"""Kinds on scores, numbers or ranks: see `breaking.scores`."""


def tables(target: Target) -> Iterator[Break]:
    """Spoil the predictions that a rule rests on."""
    if target.rule.check in SCORED or not (target.cites("predictions") or target.cites("fairness_rows")):
        return
    if getattr(target.params, "backed", None) == "none":
        return  # figures of a card that need nothing behind them
    table = Table(target)
    yield from table.gone()
    yield from table.unbound()
    yield from table.undeclared()
    if table.rows:
        yield from table.columns_gone()
        yield from table.cells()
        yield from table.groups()


class Table:
    """A table, what its columns mean, and what the rule takes from it."""

    def __init__(self, target: Target) -> None:
        self.target = target
        held = target.document.get("predictions")
        self.rows: list[Row] = [dict(row) for row in held if isinstance(row, dict)] if isinstance(held, list) else []
        if isinstance(held, dict):
            self.rows = _from_columns(held)
        self.fairness = hasattr(target.params, "tables")
        self.judged = self._judged() if self.fairness else ()
        self.metric = str(getattr(target.params, "metric", ""))
        decided = "score" if getattr(target.params, "method", "") == "scoring" else "y_pred"
        self.y_pred = self._column(decided) or decided
        self.y_true = self._column("y_true")
        self.score = self._column("score")

    def _judged(self) -> tuple[tuple[str, ...], ...]:
        """The tables that a rule compares, with what the model record declares written out."""
        groups = self.target.at("/model/spec/groups")
        held = groups if isinstance(groups, dict) else {}
        attributes, crossed = held.get("attributes"), held.get("intersections")
        names = [str(name) for name in attributes] if isinstance(attributes, list) else []
        tables = (
            [[str(name) for name in one] for one in crossed if isinstance(one, list)]
            if isinstance(crossed, list)
            else []
        )
        return expanded(self.target.params.tables, names, tables)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the rule compares."""
        return tuple(sorted({name for table in self.judged for name in table}))

    def _column(self, role: str) -> str | None:
        if self.target.has("/fairness_rows/columns"):
            found = self.target.at(f"/fairness_rows/columns/{role}")
            return found if isinstance(found, str) else None
        return role if any(role in row for row in self.rows) else None

    @property
    def first(self) -> tuple[Operation, ...]:
        """Without what else could give the rule its figure, and without the number of rows that would disagree."""
        made: list[str] = []
        for path in reads_of(self.target):
            if path[0] == "metrics" and len(path) > 1 and self.target.has(pointer_of(*path)):
                made.append(pointer_of(*path))
        if self.target.has("/fairness_rows/file/rows"):
            made.append("/fairness_rows/file/rows")
        return remove(*made)

    def _put(self, name: str, told: str, rows: Sequence[Row], *, elsewhere: bool = False) -> Break:
        value: Value = [dict(row) for row in rows]
        return Break(name=name, told=told, patch=(*self.first, *replace("/predictions", value)), elsewhere=elsewhere)

    def gone(self) -> Iterator[Break]:
        """Take the predictions away, or what they are bound to."""
        held = [name for name in ("predictions", "fairness_rows") if self.target.document.get(name) is not None]
        patch = (*self.first, *remove(*map(pointer_of, held)))
        yield Break(name="removed:predictions", told="there are no predictions", patch=patch, elsewhere=True)
        if self.rows:
            names = dict.fromkeys(name for row in self.rows for name in row if name != TIMES)
            empty: Value = {name: [] for name in names}
            patch = (*self.first, *replace("/predictions", empty))
            yield Break(name="empty:predictions", told="the table has a header and no rows", patch=patch)
        if self.target.has("/fairness_rows/file/sha256"):
            told = "the table is another one than its document was written for"
            yield self._digest("other-table:predictions", told, "/fairness_rows/file/sha256")
        if self.target.has("/fairness_rows/model/files/0/sha256"):
            told = "the predictions were made with another model"
            yield self._digest("other-model:predictions", told, "/fairness_rows/model/files/0/sha256")

    def _digest(self, name: str, told: str, pointer: str) -> Break:
        return Break(name=name, told=told, patch=(*self.first, *replace(pointer, ZEROS)))

    def unbound(self) -> Iterator[Break]:
        """Take away what says which model the predictions speak of."""
        pointers = ("/fairness_rows/model/files", "/model/spec/evidence/predictions/envelope")
        held = [pointer for pointer in pointers if self.target.has(pointer)]
        if self.target.params.bound and held:
            told = "the predictions no longer say which model they speak of"
            yield Break(name="unbound:predictions", told=told, patch=(*self.first, *remove(*held)))

    def undeclared(self) -> Iterator[Break]:
        """Leave out the groups that a rule takes from the model record, or declare that there are none."""
        for name in self.target.params.columns if self.fairness else ():
            pointer = f"/model/spec/{name.removeprefix('model.').replace('.', '/')}"
            if name in DECLARED and self.target.has(pointer):
                yield Break(name=f"removed:{name}", told=f"{name} is not declared", patch=remove(pointer))
                yield Break(name=f"empty:{name}", told=f"{name} is declared as empty", patch=replace(pointer, []))

    # --- columns and cells

    def columns_gone(self) -> Iterator[Break]:
        """Take away, or blank, each column that the rule needs."""
        for name in self._needed():
            rows = [{key: value for key, value in row.items() if key != name} for row in self.rows]
            told = f"the table has no column {name}"
            yield self._put(f"removed:column:{name}", told, rows, elsewhere=not self.fairness)
            blank = [{**row, name: ""} for row in self.rows]
            yield self._put(f"blank:column:{name}", f"the column {name} is blank", blank, elsewhere=not self.fairness)

    def _needed(self) -> list[str]:
        """The columns that the rule cannot do without."""
        params = self.target.params
        if self.fairness:
            from govern.fairness import needs_labels

            metrics = getattr(params, "metrics", (self.metric,))
            labelled = hasattr(params, "utility") or any(map(needs_labels, metrics))
            labels = [self.y_true] if self.y_true and labelled else []
            return [*self.columns, self.y_pred, *labels]
        if self.metric in SCORE_METRICS:
            return [name for name in (self.score, self.y_true) if name]
        return [name for name in (self.y_pred, self.y_true) if name] if self.metric in COMPUTABLE else []

    def cells(self) -> Iterator[Break]:
        """Spoil one cell: a single decision or score that is not there makes the figure one of other rows."""
        tolerant = getattr(self.target.params, "max_missing", 0)
        column = self.score if self.metric in SCORE_METRICS else self.y_pred
        if column is not None and not tolerant and (self.fairness or self.metric in COMPUTABLE):
            yield self._put(f"null:{column}", f"one row has no {column}", self._one(column, ""))
        if self.score is not None and self.metric in SCORE_METRICS:
            yield self._put("nan:score", "one score is NaN", self._one(self.score, "nan"))
            yield self._put("text:score", "one score is a text", self._one(self.score, "high"))
        if not self.fairness and self.metric in _FLIPS and self.y_true is not None:
            yield from self._flipped(self.y_true)

    def _one(self, column: str, value: str) -> list[Row]:
        """One row of the table changed; a record that stands for several rows is parted."""
        head, rest = self.rows[0], self.rows[1:]
        times = head.get(TIMES, 1)
        more = [{**head, TIMES: times - 1}] if isinstance(times, int) and times > 1 else []
        return [{**head, TIMES: 1, column: value}, *more, *rest]

    def _flipped(self, column: str) -> Iterator[Break]:
        values = sorted({str(row.get(column)) for row in self.rows})
        if len(values) == 2:
            other = {values[0]: values[1], values[1]: values[0]}
            rows = [{**row, column: other[str(row.get(column))]} for row in self.rows]
            yield self._put("flipped:labels", "every label is the other one", rows)

    # --- groups

    def groups(self) -> Iterator[Break]:
        """Leave a group out, or decide against everybody of it."""
        if not self.fairness:
            return
        for attribute in self.columns:
            sizes = self._sizes(attribute)
            if len(sizes) < 2:
                continue
            _largest, *others = sizes.most_common()
            if len(others) == 1 or self.target.has(f"/fairness_rows/groups/{attribute}"):
                smallest = others[-1][0]
                rows = [row for row in self.rows if str(row.get(attribute)) != smallest]
                yield self._put(f"dropped:{attribute}", f"nobody is of {attribute} {smallest}", rows)
            if (attribute,) in self.judged:
                yield from self._harmed(attribute, others[0][0])

    def _sizes(self, attribute: str) -> Counter[str]:
        unknown = self.target.at("/fairness_rows/unknown")
        left = {"", *(str(item) for item in (unknown if isinstance(unknown, list) else []))}
        sizes: Counter[str] = Counter()
        for row in self.rows:
            value = str(row.get(attribute, ""))
            times = row.get(TIMES, 1)
            if value not in left and isinstance(times, int):
                sizes[value] += times
        return sizes

    def _harmed(self, attribute: str, group: str) -> Iterator[Break]:
        """Decide against everybody of a group."""
        values = sorted({str(row.get(self.y_pred)) for row in self.rows})
        positive = self.target.at("/fairness_rows/positive/y_pred")
        if len(values) != 2:
            return
        chosen = str(positive) if positive is not None else next((v for v in values if v in ("1", "true")), None)
        if chosen not in values:
            return
        against = next(value for value in values if value != chosen)
        mark = self._harm(chosen, against)
        if mark is None:
            return
        rows = [{**row, self.y_pred: mark} if str(row.get(attribute)) == group else row for row in self.rows]
        told = f"everybody of {attribute} {group} gets {self.y_pred} {mark}"
        yield self._put(f"harmed:{attribute}", told, rows)

    def _harm(self, chosen: str, against: str) -> str | None:
        """The decision that takes a group to the wrong side; None where neither does for certain."""
        params, kind = self.target.params, self.target.rule.check
        if kind in _NOT_OF_VALUES:
            return None
        if kind != "fairness.group_floor":
            return chosen if self.metric in _POSITIVE_IS_HARM else against
        if self.metric not in (*_RAISED, *_LOWERED):
            return None
        falls = params.at_least is not None
        return against if falls == (self.metric in _RAISED) else chosen


def _from_columns(columns: dict[str, Value]) -> list[Row]:
    lists = {name: values for name, values in columns.items() if isinstance(values, list)}
    size = min((len(values) for values in lists.values()), default=0)
    return [{name: values[row] for name, values in lists.items()} for row in range(size)]
