"""The public way from policy files to a plan: `govern.compile_policies`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from govern.diagnostics import Diagnostic, UsageError
from govern.gate.packs.places import PackPlaces
from govern.gate.parameters import ParameterArgument
from govern.gate.policies import load_policies
from govern.policy.outcomes import Stage
from govern.policy.plan import Plan

__all__ = ["compile_policies"]


def compile_policies(
    paths: str | Path | Sequence[str | Path],
    stage: Stage | str,
    params: Mapping[str, ParameterArgument] | None = None,
    *,
    lock: str | Path | None = None,
) -> Plan:
    """Compile policies into the plan of one stage, as `govern check` does.

    Args:
        paths: policy files, control catalogues and source registries, or folders of them.
        stage: the gate to compile for, e.g. `pre-registration`.
        params: values for parameters of the policies, by name or by `<policy>/<name>`; they may only tighten.
        lock: `govern.lock`, for policies that import packs; its packs lie below its folder, or come with govern.

    Raises:
        GovernError: one with every diagnostic, each with its place. A UsageError for absent files (U103), a stage that
            does not exist (P212) or a value that is none (P402); a PolicyError for policies that do not compile.
    """
    named = [paths] if isinstance(paths, str | Path) else paths
    places = PackPlaces(lock=None if lock is None else Path(lock))
    return load_policies([Path(path) for path in named], stage=_stage(stage), places=places, params=params).plan


def _stage(stage: Stage | str) -> Stage:
    try:
        return Stage(stage)
    except ValueError as fault:
        hint = f"Stages are {', '.join(item.value for item in Stage)}."
        raise UsageError(Diagnostic("P212", f"there is no stage '{stage}'", hint=hint)) from fault
