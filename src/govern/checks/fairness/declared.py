"""Groups that the model record declares: two names that stand for them in the `attributes` of a rule.

A pack cannot know the columns of every model. `model.groups.attributes` stands for each attribute that the record
declares, `model.groups.intersections` for each crossing of them, so that one rule asks of any model what it declares.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from govern.policy.outcomes import Finding, Location

if TYPE_CHECKING:
    from govern.bundle.record import Groups
    from govern.checks.context import CheckContext

__all__ = ["ATTRIBUTES", "DECLARED", "INTERSECTIONS", "declared_tables", "expanded", "stands_for_more"]

ATTRIBUTES = "model.groups.attributes"
INTERSECTIONS = "model.groups.intersections"
DECLARED = (ATTRIBUTES, INTERSECTIONS)

Tables = tuple[tuple[str, ...], ...]


def declared_tables(tables: Tables, context: CheckContext) -> Tables | Finding:
    """Put what the model record declares in the place of the names that stand for it.

    What is not declared, or declared as nothing, is missing evidence and never the same as having no groups: the
    finding says where to declare it.
    """
    bundle = context.bundle
    for table in tables:
        name = table[0]
        if name in DECLARED and not _held(name, bundle.record.spec.groups):
            return Finding(
                code="E120",
                detail=f"the model record declares nothing under {name.removeprefix('model.')}",
                location=None if bundle.record_file is None else Location(bundle.record_file),
                remediation=f"Declare it in govern.yaml under spec.{name.removeprefix('model.')}, by column name.",
                discriminator=name,
            )
    groups = bundle.record.spec.groups
    return expanded(tables, () if groups is None else groups.attributes, () if groups is None else groups.intersections)


def stands_for_more(tables: Tables) -> bool:
    """Whether some of them are only known with the model record."""
    return any(table[0] in DECLARED for table in tables)


def expanded(tables: Tables, attributes: Sequence[str], intersections: Iterable[Sequence[str]]) -> Tables:
    """Give every table once: a table that is both written in the rule and declared is one table."""
    made: dict[frozenset[str], tuple[str, ...]] = {}
    for table in tables:
        found: Iterable[Sequence[str]] = (table,)
        if table == (ATTRIBUTES,):
            found = [(name,) for name in attributes]
        elif table == (INTERSECTIONS,):
            found = intersections
        for one in found:
            made.setdefault(frozenset(one), tuple(dict.fromkeys(one)))
    return tuple(made.values())


def _held(name: str, groups: Groups | None) -> bool:
    if groups is None:
        return False
    return bool(groups.attributes if name == ATTRIBUTES else groups.intersections)
