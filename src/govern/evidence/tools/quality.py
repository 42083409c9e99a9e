"""Results of data-validation tools, normalised: what was asked of which column, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from govern.evidence.tools.interface import Verdict

__all__ = ["DataQuality", "QualityItem", "Suite", "number_of", "shown"]

_LONGEST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityItem:
    """One expectation or check."""

    type: str
    """The tool's name for what is asked, e.g. `expect_column_values_to_not_be_null`."""
    steps: tuple[str | int, ...]
    """Where it stands in the file: the steps of a JSON pointer."""
    verdict: Verdict
    """The tool's own verdict."""
    column: str | None = None
    severity: str | None = None
    """`critical`, `warning` or `info`; None where the tool gives none, which counts as critical."""
    observed: str | None = None
    """What was measured, as text; never a value of a row."""
    expected: str | None = None
    """What was asked, as text."""
    mostly: Fraction | None = None
    """Least share of values that had to be as expected for the tool's verdict; None where that is no question."""
    unexpected: int | None = None
    of: int | None = None
    """How many values were looked at, without those that are missing."""
    share: Fraction | None = None
    """Share of values that were not as expected: the largest that any figure of the file gives."""
    counted: bool = True
    """False for an item with a tolerance and without figures: how much of it was used is not known."""
    optional: bool = False
    """Whether the tool itself chose to look: a check of its stock suites that found nothing to look at."""
    why: str | None = None
    """The tool's own words on an exception, or on why it did not look."""

    @property
    def title(self) -> str:
        """Type and column in one text."""
        return f"{self.type}({self.column})" if self.column is not None else self.type


@dataclass(frozen=True, slots=True)
class Suite:
    """One run of a list of expectations."""

    name: str | None
    steps: tuple[str | int, ...]
    items: tuple[QualityItem, ...]


@dataclass(frozen=True, slots=True)
class DataQuality:
    """What a file of a data-validation tool says. It has a suite at least, which may be empty."""

    suites: tuple[Suite, ...]
    data_hint: str | None = None
    """What the tool calls the data: shown, and never a proof."""

    @property
    def items(self) -> tuple[QualityItem, ...]:
        """Every item of every suite, in the order of the file."""
        return tuple(item for suite in self.suites for item in suite.items)

    @property
    def suite(self) -> str | None:
        """The suites' names in one text, or None."""
        return ", ".join(suite.name for suite in self.suites if suite.name) or None

    @property
    def evaluated(self) -> int:
        """How many items came to pass or fail."""
        return self.passed + self.failed

    @property
    def passed(self) -> int:
        """How many items the tool passed."""
        return _count(self.items, "pass")

    @property
    def failed(self) -> int:
        """How many items the tool failed."""
        return _count(self.items, "fail")


def _count(items: Iterable[QualityItem], verdict: Verdict) -> int:
    return sum(item.verdict == verdict for item in items)


def number_of(value: object) -> object:
    """Take a number out of its wrapping `{"dtype": ..., "value": ...}`; give anything else as it is."""
    if isinstance(value, dict) and set(value) == {"dtype", "value"}:
        return value["value"]
    return value


def shown(value: object) -> str:
    """Write a parameter or figure as people read it: numbers as they are written, long lists by their length."""
    value = number_of(value)
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if isinstance(value, list):
        text = ", ".join(shown(item) for item in value[:20])
        return f"[{text}]" if len(value) <= 20 and len(text) <= _LONGEST else f"{len(value)} values"
    if isinstance(value, dict):
        return f"{len(value)} entries"
    text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
