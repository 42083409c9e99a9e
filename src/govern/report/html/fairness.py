"""The fairness sections of the page: what a table of groups says in words, its figures, and the same as numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from govern.diagnostics import plain
from govern.report.figures import (
    ScoreTable,
    Table,
    calibration_figure,
    forest_figure,
    heat_map,
    rate_figure,
    roc_figure,
    score_tables_of,
    tables_of,
)
from govern.report.html.error_rates import ErrorRates, error_rate_table
from govern.report.result import OutcomeView, facts_of, rows

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["Drawing", "FairnessSection", "ScoreSection", "fairness_sections", "in_words", "score_sections"]

_MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Drawing:
    """One figure under its caption."""

    caption: str
    note: str
    drawing: Markup


@dataclass(frozen=True, slots=True)
class FairnessSection:
    """One table of groups of one rule."""

    table: Table
    rule: str
    title: str
    words: tuple[str, ...]
    """Sentences: the worst comparison, what was not assessable, what would change the verdict."""
    drawings: tuple[Drawing, ...]
    errors: ErrorRates | None
    """How often this rule would err with groups of this size; with the first table of a rule."""


@dataclass(frozen=True, slots=True)
class ScoreSection:
    """One measure of the scores over one set of groups, of one rule."""

    table: ScoreTable
    rule: str
    title: str
    words: str
    drawings: tuple[Drawing, ...]


def score_sections(outcomes: Sequence[OutcomeView]) -> tuple[ScoreSection, ...]:
    """Work out a section for each table of scores in the outcomes."""
    found: list[ScoreSection] = []
    for outcome in outcomes:
        facts = facts_of(outcome, "fairness-scores")
        for table in score_tables_of(facts) if facts is not None else ():
            drawings = tuple(_curves(table, len(found) + 1))
            found.append(ScoreSection(table, outcome.rule, outcome.title, _scores_in_words(table), drawings))
    return tuple(found)


def _curves(table: ScoreTable, number: int) -> Iterator[Drawing]:
    """Draw the curves of scores; the drawings escape every text themselves."""
    from markupsafe import Markup

    curve = roc_figure(table, prefix=f"fo{number}")
    if curve is not None:
        yield Drawing("Receiver operating characteristic", "by group", Markup(curve))  # noqa: S704
    bands = calibration_figure(table, prefix=f"fk{number}")
    if bands is not None:
        yield Drawing("Calibration", "rate of positives in bands of the score, 95 % interval", Markup(bands))  # noqa: S704


def _scores_in_words(table: ScoreTable) -> str:
    limit = f" Limit {table.limit}." if table.limit else ""
    hidden = sum(row.hidden for row in table.groups)
    untold = f" {hidden} {'group is' if hidden == 1 else 'groups are'} not shown." if hidden else ""
    return f"{table.worst or f'No two groups could be compared by {table.measure}.'}{limit}{untold}"


def fairness_sections(outcomes: Sequence[OutcomeView]) -> tuple[FairnessSection, ...]:
    """Work out a section for each table of groups in the outcomes."""
    found: list[FairnessSection] = []
    for outcome in outcomes:
        for facts, compared, title in _told(outcome):
            for number, table in enumerate(tables_of(facts)):
                said = in_words(table) if compared else (outcome.summary or table.verdict, *_seen(table))
                made = FairnessSection(
                    table=table,
                    rule=outcome.rule,
                    title=title,
                    words=tuple(said),
                    drawings=tuple(_drawings(table, len(found) + 1)),
                    errors=error_rate_table(facts) if number == 0 and compared else None,
                )
                found.append(made)
    return tuple(found)


def _told(outcome: OutcomeView) -> Iterator[tuple[Mapping[str, Any], bool, str]]:
    """Give the facts on groups of an outcome, whether they are of compared pairs, and what they are of.

    Of more than two classes each has facts of its own: that class against the rest.
    """
    compared = facts_of(outcome, "fairness-table")
    if compared is not None:
        yield compared, True, outcome.title
    classes = facts_of(outcome, "fairness-classes")
    for item in rows(None if classes is None else classes.get("classes")):
        facts = item.get("facts")
        if isinstance(facts, Mapping):
            yield facts, True, f"{outcome.title}; class {plain(str(item.get('class')), limit=80)}"
    others = _other_tables(outcome)
    if others is not None:
        yield others, False, outcome.title


def _other_tables(outcome: OutcomeView) -> Mapping[str, Any] | None:
    """Give the tables of groups of kinds that compare no pairs in the form of those that do."""
    groups = facts_of(outcome, "fairness-groups")
    if groups is not None:
        limited = groups.get("question") == "group_floor"
        return {**groups, "compare": "rate" if limited else "", **({} if limited else {"threshold": None})}
    published = facts_of(outcome, "impact-table")
    if published is None:
        return None
    tables = [{**table, "groups": [_counted(row) for row in rows(table.get("groups"))]} for table in _tables(published)]
    return {**published, "compare": "ratio", "threshold": None, "tables": tables}


def _tables(facts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [{"metric": facts.get("method"), **table} for table in rows(facts.get("tables"))]


def _counted(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "numerator": row.get("selected"), "denominator": row.get("n")}


def _drawings(table: Table, number: int) -> Iterator[Drawing]:
    """Draw a table; the drawings escape every text themselves."""
    from markupsafe import Markup

    yield Drawing("Rate", "with 95 % interval", Markup(rate_figure(table, prefix=f"fr{number}")))  # noqa: S704
    if table.compare in ("ratio", "difference"):
        limit = f"; limit {table.limit}" if table.limit else ""
        drawn = Markup(forest_figure(table, prefix=f"fc{number}"))  # noqa: S704
        yield Drawing(table.compare.capitalize(), f"to {table.base}, with 95 % interval{limit}", drawn)
    crossed = heat_map(table, prefix=f"fh{number}")
    if crossed is not None:
        yield Drawing("Map", "rate and n of every crossing", Markup(crossed))  # noqa: S704


def in_words(table: Table) -> Iterator[str]:
    """Say the worst comparison, what was not assessable, and what would change the verdict."""
    yield _worst(table)
    if table.worst is not None and table.worst.within is not None:
        yield f"The same pair: {table.worst.within}."
    yield from _seen(table)
    yield from _turning(table)


def _worst(table: Table) -> str:
    judged = f"judged as {table.decide}: {table.verdict}" if table.decide else f"judged: {table.verdict}"
    if table.worst is None:
        return f"No two groups could be compared; {judged}."
    worst = table.worst
    if not worst.shown:
        return f"The worst comparison involves a group that is not shown, so its figures are not either; {judged}."
    said = f"Worst pair: {worst.group} against {worst.reference}, {table.compare} {worst.value}"
    if worst.low is not None and worst.high is not None:
        kind = "simultaneous bounds" if worst.simultaneous else "95 % interval"
        said += f" ({kind} {worst.low} to {worst.high})"
    said += f", n = {worst.n}" if worst.n else ""
    said += f", corrected p = {worst.p}" if worst.p is not None else ", p not shown"
    return f"{said}; limit {table.limit}; {judged}." if table.limit else f"{said}; {judged}."


def _seen(table: Table) -> Iterator[str]:
    small = [row.label for row in table.groups if row.small and row.undefined is None]
    undefined = [f"{row.label} ({row.undefined})" for row in table.groups if row.undefined]
    if small:
        yield f"Not assessable, fewer than {table.min_n} people counted: {_listed(small)}."
    if undefined:
        yield f"Without a rate: {_listed(undefined)}."
    hidden = sum(row.hidden for row in table.groups)
    if hidden:
        one = hidden == 1
        yield (
            f"{hidden} {'group is' if one else 'groups are'} not shown: fewer than {table.smallest_shown} people, or "
            "the figures would give such a group away. They count in the verdict."
        )
    if table.unknown:
        said = f"{table.unknown} {'record is' if table.unknown == 1 else 'records are'} of unknown group"
        if table.unknown_range is not None:
            low, high = table.unknown_range
            said += f"; wherever they belong, the worst {table.compare} lies between {low} and {high}"
        yield f"{said}."


def _turning(table: Table) -> Iterator[str]:
    if table.holds_for is not None and table.verdict == "pass":
        more = table.holds_for + 1
        yield f"What would change it: {more} {'decision' if more == 1 else 'decisions'} made otherwise, at the worst."
    if table.needed is not None and table.worst is not None and table.worst.shown:
        yield f"What would change it: {table.needed} more of {table.worst.group} counted, all else equal."
    if table.needed_people is not None:
        yield f"About {table.needed_people} people counted in each group would decide it, at these rates."


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
