"""Explaining rules and controls of the policies at hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from govern.diagnostics import Severity
from govern.gate.packs.places import PackPlaces
from govern.gate.policies import PolicyError, compile_paths
from govern.policy.explain import explain_control, explain_rule, known_names

__all__ = ["explain_name"]


def explain_name(
    name: str, paths: Sequence[Path], *, places: PackPlaces | None = None
) -> tuple[str | None, tuple[str, ...]]:
    """Explain a rule or a control; give None and the names that could be explained when there is none.

    Raises PolicyError when the policies do not compile.
    """
    made = compile_paths(paths, stage=None, places=places)
    compiled = made.compiled
    errors = [item for item in (*compiled.diagnostics, *made.faults) if item.severity is Severity.ERROR]
    if errors:
        raise PolicyError(errors, made.every_file)
    return explain_rule(compiled, name) or explain_control(compiled, name), known_names(compiled)
