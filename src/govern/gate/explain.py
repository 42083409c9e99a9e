"""Explaining rules and controls of the policies at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from govern.diagnostics import Severity
from govern.gate.packs.places import PackPlaces
from govern.gate.policies import PolicyError, compile_paths
from govern.policy.compile import Compiled
from govern.policy.explain import explain_control, explain_rule, known_names

__all__ = ["compiled_policies", "explain_name", "explain_origins_of"]


def compiled_policies(
    paths: Sequence[Path], *, places: PackPlaces | None = None, params: Mapping[str, str] | None = None
) -> Compiled:
    """Compile policies for every stage. Raises PolicyError when they do not compile."""
    made = compile_paths(paths, stage=None, places=places, params=params)
    errors = [item for item in (*made.compiled.diagnostics, *made.faults) if item.severity is Severity.ERROR]
    if errors:
        raise PolicyError(errors, made.every_file)
    return made.compiled


def explain_name(
    name: str,
    paths: Sequence[Path],
    *,
    places: PackPlaces | None = None,
    params: Mapping[str, str] | None = None,
) -> tuple[str | None, tuple[str, ...]]:
    """Explain a rule or a control; give None and the names that could be explained when there is none.

    Raises PolicyError when the policies do not compile.
    """
    compiled = compiled_policies(paths, places=places, params=params)
    return explain_rule(compiled, name) or explain_control(compiled, name), known_names(compiled)


def explain_origins_of(
    name: str,
    paths: Sequence[Path],
    *,
    places: PackPlaces | None = None,
    params: Mapping[str, str] | None = None,
) -> tuple[str | None, tuple[str, ...]]:
    """Explain where each value of a rule comes from, as `explain_name` does."""
    from govern.policy.origins import explain_origins

    compiled = compiled_policies(paths, places=places, params=params)
    return explain_origins(compiled, name), known_names(compiled)
