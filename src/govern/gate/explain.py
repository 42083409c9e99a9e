"""Explaining rules and controls of the policies at hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from govern.diagnostics import Severity
from govern.evidence.schema import evidence_schema
from govern.gate.kinds import check_registry
from govern.gate.policies import PolicyError, read_policy_files
from govern.policy.compile import compile_policies
from govern.policy.explain import explain_control, explain_rule, known_names

__all__ = ["explain_name"]


def explain_name(name: str, paths: Sequence[Path]) -> tuple[str | None, tuple[str, ...]]:
    """Explain a rule or a control; give None and the names that could be explained when there is none.

    Raises PolicyError when the policies do not compile.
    """
    files = read_policy_files(paths)
    compiled = compile_policies(files, stage=None, checks=check_registry().specs, evidence_schema=evidence_schema())
    errors = [item for item in compiled.diagnostics if item.severity is Severity.ERROR]
    if errors:
        raise PolicyError(errors, files)
    return explain_rule(compiled, name) or explain_control(compiled, name), known_names(compiled)
