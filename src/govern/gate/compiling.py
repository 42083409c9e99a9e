"""The public way from policy files to a plan: `govern.compile_policies`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Union

from govern.canonical import decimal_text
from govern.diagnostics import Diagnostic, UsageError
from govern.gate.policies import load_policies
from govern.policy.outcomes import Stage
from govern.policy.plan import Plan

__all__ = ["ParameterArgument", "compile_policies", "parameter_texts"]

ParameterArgument = Union[str, bool, int, float, Decimal, Sequence[str], "set[str]", "frozenset[str]"]
"""What a caller may give for a policy's parameter: a number, a text, a truth value, or the members of a set."""


def compile_policies(
    paths: str | Path | Sequence[str | Path],
    stage: Stage | str,
    params: Mapping[str, ParameterArgument] | None = None,
) -> Plan:
    """Compile policies into the plan of one stage, as `govern check` does.

    Args:
        paths: policy files, control catalogues and source registries, or folders of them.
        stage: the gate to compile for, e.g. `pre-registration`.
        params: values for parameters of the policies, by name or by `<policy>/<name>`; they may only tighten.

    Raises:
        GovernError: one with every diagnostic, each with its place. A UsageError for absent files (U103), a stage that
            does not exist (P212) or a value that is none (P402); a PolicyError for policies that do not compile.
    """
    named = [paths] if isinstance(paths, str | Path) else paths
    return load_policies([Path(path) for path in named], stage=_stage(stage), params=parameter_texts(params or {})).plan


def _stage(stage: Stage | str) -> Stage:
    try:
        return Stage(stage)
    except ValueError as fault:
        hint = f"Stages are {', '.join(item.value for item in Stage)}."
        raise UsageError(Diagnostic("P212", f"there is no stage '{stage}'", hint=hint)) from fault


def parameter_texts(params: Mapping[str, ParameterArgument]) -> dict[str, str | tuple[str, ...]]:
    """Write values as a policy would: numbers as decimals, truth values as words, sets as their members.

    A float stands for the decimal that Python prints for it, so that 0.85 means 0.85. Raises UsageError P402 for
    numbers that are not finite or too long, and for anything that is not a value.
    """
    made: dict[str, str | tuple[str, ...]] = {}
    faults: list[Diagnostic] = []
    for name, value in params.items():
        try:
            made[name] = _text(value)
        except (TypeError, ValueError, ArithmeticError) as fault:
            faults.append(Diagnostic("P402", f"the value given for the parameter '{name}': {fault}"))
    if faults:
        raise UsageError(faults)
    return made


def _text(value: object) -> str | tuple[str, ...]:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return decimal_text(Decimal(repr(value)))
    if isinstance(value, int | Decimal):
        return decimal_text(value)
    if isinstance(value, list | tuple | set | frozenset):
        if not all(isinstance(item, str) for item in value):
            raise TypeError("the members of a set are texts")
        return tuple(sorted(value))
    raise TypeError(f"a {type(value).__name__} is no number, text, truth value or set of texts")
