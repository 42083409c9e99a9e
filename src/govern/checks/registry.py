"""The built-in check kinds. An explicit list: nothing registers itself on import."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from govern.checks.interface import Check
from govern.policy.interface import CheckSpec

__all__ = ["FAMILIES", "builtin_checks", "builtin_specs"]

FAMILIES = (
    "model_card",
    "performance",
    "fairness",
    "lineage",
    "dependencies",
    "artefacts",
    "expression",
    "approval",
    "exceptions",
)
"""Modules of this package; each lists its kinds in `CHECKS`."""


def builtin_checks() -> Mapping[str, Check]:
    """Give every built-in check kind by name, sorted. Raises ValueError when two families claim one name."""
    found: dict[str, Check] = {}
    for family in FAMILIES:
        checks: tuple[Check, ...] = import_module(f"govern.checks.{family}").CHECKS
        for check in checks:
            if check.spec.kind in found:
                raise ValueError(f"two check kinds are called {check.spec.kind}")
            found[check.spec.kind] = check
    return dict(sorted(found.items()))


def builtin_specs() -> Mapping[str, CheckSpec]:
    """Give the compile-time face of every built-in check kind by name, sorted."""
    return {kind: check.spec for kind, check in builtin_checks().items()}
