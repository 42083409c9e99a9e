"""Findings of `data.validation`: which expectation, which column, how many of how many values, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from govern.canonical import fraction_text
from govern.diagnostics import plain
from govern.policy.outcomes import Finding, Location, Outcome

if TYPE_CHECKING:
    from fractions import Fraction

    from govern.checks.tool_evidence import Item
    from govern.evidence.tools.quality import DataQuality, QualityItem

__all__ = ["MOST_FINDINGS", "Remark", "finding_of_remark", "note_of", "share_text", "told"]

MOST_FINDINGS = 100
_SHORT = 80
"""What an expectation asks is told in the sentence when it is not longer."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about an item, or about a result as a whole."""

    code: str
    item: QualityItem | None
    outcome: Outcome | None
    """What it makes of the rule; None for a note."""
    steps: tuple[str | int, ...] = ()
    about: str = ""
    observed: str | None = None
    required: str | None = None

    @property
    def place(self) -> tuple[str | int, ...]:
        """Where it stands in the file."""
        return self.steps if self.item is None else self.item.steps


def told(remark: Remark) -> str:
    """Say it in a part of a sentence."""
    item = remark.item
    if item is None:
        return _of_file(remark)
    name = _name(item)
    if remark.code == "E105":
        return f"{name} crashed: {item.why}"
    if remark.code == "E167":
        spare = None if item.mostly is None else 1 - item.mostly
        why = item.why or f"it tolerates {share_text(spare)} and does not say how much of that was used"
        return f"{name} was not evaluated: {why}"
    if remark.code == "E164":
        mostly = "without a tolerance" if item.mostly is None else f"with mostly {fraction_text(item.mostly, 6)}"
        return f"{name} passed {mostly}, and {_amount(item)} not as expected"
    measured = _amount(item)
    return f"{name} failed: {measured} not as expected" if measured else f"{name} failed{_why(item)}"


def _of_file(remark: Remark) -> str:
    if remark.code == "E104":
        named = f" of suite {plain(remark.about, limit=80)}" if remark.about else ""
        return f"no expectation{named} was evaluated, whatever its success says"
    if remark.code == "E163":
        return f"{plain(remark.about, limit=120)} was not evaluated"
    counted = (
        "1 critical expectation was" if remark.observed == "1" else f"{remark.observed} critical expectations were"
    )
    return f"only {counted} evaluated" if remark.observed != "0" else "no critical expectation was evaluated"


def _name(item: QualityItem) -> str:
    column = f" of column `{plain(item.column, limit=80)}`" if item.column is not None else ""
    asked = plain(item.expected, limit=200) if item.expected is not None else ""
    shown = f" ({asked})" if 0 < len(asked) <= _SHORT else ""
    return f"{plain(item.type, limit=120)}{shown}{column}"


def _amount(item: QualityItem) -> str | None:
    """Write how many values are wrong: counts where there are any, else the share."""
    if item.unexpected is not None and item.of:
        return f"{item.unexpected:,} of {item.of:,} values ({share_text(item.share)}) are"
    if item.share:
        return f"{share_text(item.share)} of the values are"
    return None


def _why(item: QualityItem) -> str:
    if item.observed is not None:
        return f": found {plain(item.observed, limit=160)}"
    return f": {item.why}" if item.why else ""


def share_text(share: Fraction | None) -> str:
    """Write a share in percent; a small one is not rounded away to nothing."""
    if share is None:
        return "unknown"
    text = fraction_text(share * 100, 2)
    return "less than 0.01 %" if share and not text.strip("0.") else f"{text} %"


def finding_of_remark(remark: Remark, file: Item[DataQuality], place: Location) -> Finding:
    """Make the finding."""
    item = remark.item
    key = f"{file.file}:{remark.about}" if item is None else f"{file.file}:{item.type}:{item.column}"
    return Finding(
        code=remark.code,
        detail=told(remark),
        observed=remark.observed if item is None else _observed(item),
        required=remark.required if item is None else _required(item),
        location=place,
        remediation=_remedy(remark),
        discriminator=key,
    )


def note_of(count: int, place: Location) -> Finding:
    """Say that there is more than is listed."""
    return Finding(code="E168", detail=f"{count} more are in the file", location=place, discriminator="more")


def _observed(item: QualityItem) -> str | None:
    return None if item.observed is None else plain(item.observed, limit=200)


def _required(item: QualityItem) -> str | None:
    parts = [] if item.expected is None else [plain(item.expected, limit=200)]
    if item.mostly is not None:
        parts.append(f"mostly {fraction_text(item.mostly, 6)}")
    return "; ".join(parts) or None


def _remedy(remark: Remark) -> str:
    item = remark.item
    column = "the data" if item is None or item.column is None else f"column `{plain(item.column, limit=80)}`"
    return {
        "E104": "Add expectations to the suite and run it again.",
        "E105": f"Correct the expectation or {column}, and run the tool again.",
        "E161": f"Correct {column}, or have whoever owns the expectation change it; then run the tool again.",
        "E162": "Run the whole suite. Expectations of severity warning or info do not count here.",
        "E163": "Add it to the suite and run the suite again.",
        "E164": f"Correct {column}, or have the policy's owner lower min_mostly.",
        "E167": "Run it on data that it can look at, with a result format that keeps the counts.",
        "E168": f"Look at {column}, or add the severity to `severities`.",
    }[remark.code]
