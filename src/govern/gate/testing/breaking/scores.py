"""Tables of scores, numeric predictions and ranks: values gone, and a group put last."""

from __future__ import annotations

from collections.abc import Iterator

from govern.gate.testing.breaking.interface import Break, Target
from govern.gate.testing.breaking.tables import SCORED, Row, Table
from govern.policy.testing.patches import Value

__all__ = ["scores"]

_LABEL_FREE = ("smd",)
_OF_ERRORS = ("mean_residual", "rmse_ratio")


def scores(target: Target) -> Iterator[Break]:
    """Spoil the scores, numbers or ranks that a rule rests on."""
    if target.rule.check not in SCORED or not (target.cites("predictions") or target.cites("fairness_rows")):
        return
    table = _Scored(target)
    yield from table.gone()
    yield from table.unbound()
    yield from table.undeclared()
    if table.rows:
        yield from table.columns_gone()
        yield from table.cells()
        yield from table.groups()


class _Scored(Table):
    """A table whose value is a score, a number or a rank."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        measure = str(getattr(target.params, "measure", ""))
        numbers = measure in _OF_ERRORS or target.at("/fairness_rows/task") == "regression"
        self.ranks = target.rule.check == "fairness.ranking_gap"
        self.value = self._column("rank") if self.ranks else self.y_pred if numbers else self.score
        self.label_free = self.ranks or measure in _LABEL_FREE

    def _needed(self) -> list[str]:
        labels = [] if self.label_free or self.y_true is None else [self.y_true]
        return [*self.columns, *([self.value] if self.value else []), *labels]

    def cells(self) -> Iterator[Break]:
        """Spoil one cell: a value that is not there makes the figure one of other rows."""
        if self.value is None:
            return
        if not getattr(self.target.params, "max_missing", 0):
            yield self._put(f"null:{self.value}", f"one row has no {self.value}", self._one(self.value, ""))
            yield self._put(f"nan:{self.value}", f"one {self.value} is NaN", self._one(self.value, "nan"))
        yield self._put(f"text:{self.value}", f"one {self.value} is a text", self._one(self.value, "high"))

    def _harmed(self, attribute: str, group: str) -> Iterator[Break]:
        """Give everybody of a group the lowest value, or places behind all others."""
        if self.value is None:
            return
        held = [str(row.get(self.value, "")) for row in self.rows]
        numbers = [float(text) for text in held if _is_number(text)]
        if not numbers:
            return
        rows: list[Row] = []
        for row in self.rows:
            value: Value = row.get(self.value)
            if str(row.get(attribute)) == group and _is_number(str(value)):
                lowest = str(int(float(str(value)) + max(numbers))) if self.ranks else held[numbers.index(min(numbers))]
                value = lowest
            rows.append({**row, self.value: value})
        told = f"everybody of {attribute} {group} is put last by {self.value}"
        yield self._put(f"harmed:{attribute}", told, rows)


def _is_number(text: str) -> bool:
    try:
        return float(text) == float(text)
    except ValueError:
        return False
