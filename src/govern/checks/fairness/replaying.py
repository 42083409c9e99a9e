"""Kinds on groups judged again from the counts that their results keep: no rows, no files, the same arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, TypeVar

from govern.canonical import Json
from govern.checks.fairness.declared import stands_for_more
from govern.checks.fairness.facts import counts_of_restricted
from govern.checks.fairness.params import GroupParams
from govern.fairness import Counts
from govern.policy.outcomes import Outcome

__all__ = ["judged_again", "kept_counts", "tables_asked"]

_KINDS = ("fairness-groups", "fairness-table")

Params = TypeVar("Params", bound=GroupParams)


def kept_counts(facts: Json) -> Counts | None:
    """Read the counts of the facts of a kind on groups; None where they do not hold them."""
    if not isinstance(facts, Mapping) or facts.get("kind") not in _KINDS:
        return None
    try:
        counts = counts_of_restricted(facts["restricted"])
    except (KeyError, TypeError, ValueError):
        return None
    return counts if counts.rows else None


def tables_asked(params: GroupParams, facts: Json) -> tuple[tuple[str, ...], ...]:
    """Give the tables of a rule; those that the model record declared stand in the result that was made by them."""
    if not stands_for_more(params.tables):
        return params.tables
    held: Any = facts
    return tuple(dict.fromkeys(tuple(table["attributes"]) for table in held["tables"]))


def judged_again(
    outcome_of: Callable[[Params, Counts], Outcome], params: Params, max_missing: Fraction, facts: Json
) -> Outcome | str:
    """Give the outcome that the kept counts come to, or why they do not tell."""
    counts = kept_counts(facts)
    if counts is None:
        return "the result does not hold the counts that the verdict rests on"
    tables = tables_asked(params, facts)
    if not {name for table in tables for name in table} <= {axis.name for axis in counts.axes}:
        return "a table is asked for that the result does not hold"
    if Fraction(counts.missing.rows, counts.rows) > max_missing:
        return Outcome.INCONCLUSIVE
    try:
        return outcome_of(params.model_copy(update={"attributes": tables}), counts)
    except (KeyError, ValueError):
        return "the counts cannot answer what is asked now"
