"""Checks that answer the same question on the same evidence from memory, so that a mutant costs one rule."""

from __future__ import annotations

from typing import Any

from govern.canonical import canonical_bytes
from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.gate.policies import Loaded
from govern.policy.interface import CompiledText
from govern.policy.outcomes import CheckResult
from govern.policy.rules import attribute_of

__all__ = ["remembering"]


def remembering(loaded: Loaded, results: dict[object, CheckResult]) -> dict[str, Check]:
    """Give the checks, each asked once for the same parameters and registries on this evidence."""
    registries = canonical_bytes(loaded.plan.document["registries"])

    def asked_once(kind: str, check: Check) -> Check:
        def evaluate(params: Any, context: CheckContext) -> CheckResult:
            key = (kind, params.model_dump_json(by_alias=True), _expression_params(params, check), registries)
            if key not in results:
                results[key] = check.evaluate(params, context)
            return results[key]

        return Check(check.spec, evaluate)

    kinds = {rule.check for rule in loaded.plan.rules}
    return {kind: asked_once(kind, loaded.checks[kind]) for kind in sorted(kinds)}


def _expression_params(params: Any, check: Check) -> str:
    """An expression means what its parameters are: they lie beside its text."""
    held = [getattr(params, attribute_of(type(params), name)) for name in check.spec.texts_of_expressions]
    texts = [one for item in held for one in (item if isinstance(item, tuple) else (item,))]
    return repr([sorted(item.expression.params.items()) for item in texts if isinstance(item, CompiledText)])
