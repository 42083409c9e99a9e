"""The readers of other tools' files. An explicit list: nothing registers itself on import."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from govern.evidence.tools.interface import Reader

__all__ = ["MODULES", "reader_named", "readers", "type_names"]

MODULES: tuple[str, ...] = (
    "great_expectations",
    "deepchecks",
    "giskard",
    "evidently",
    "mlflow_run",
    "mlflow_store",
    "mlmodel",
    "aif360",
    "fairlearn",
    "importance",
    "clarify",
    "aiverify",
    "cyclonedx",
)
"""Modules of this package; each lists its readers in `READERS`."""


@cache
def readers() -> tuple[Reader, ...]:
    """Give every reader, in the order of the modules. Raises ValueError when two claim one name."""
    found: list[Reader] = []
    for module in MODULES:
        found += import_module(f"govern.evidence.tools.{module}").READERS
    names = [name for reader in found for name in (reader.id, *reader.aliases)]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"two readers are called {sorted(twice)[0]}")
    return tuple(found)


def reader_named(name: str) -> Reader | None:
    """Give the reader of a type name, or None."""
    return next((reader for reader in readers() if name == reader.id or name in reader.aliases), None)


def type_names() -> tuple[str, ...]:
    """Give every name that `type:` may use, sorted."""
    return tuple(sorted(name for reader in readers() for name in (reader.id, *reader.aliases)))
