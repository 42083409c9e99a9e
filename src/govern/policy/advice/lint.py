"""Lint: compile every rule of every stage, and add advice to what the compiler found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from govern.diagnostics import Diagnostic, in_order
from govern.policy.advice.conflicts import shadowed
from govern.policy.advice.rules import binding_advice, rule_advice
from govern.policy.advice.standing import standing_advice
from govern.policy.compile import Compiled, compile_policies
from govern.policy.evidence_schema import EvidenceSchema
from govern.policy.interface import CheckSpec
from govern.policy.rules import CompiledRule

__all__ = ["advice", "lint"]


def lint(
    files: Mapping[str, bytes],
    *,
    checks: Mapping[str, CheckSpec],
    evidence_schema: EvidenceSchema,
    at: datetime | None = None,
) -> tuple[Diagnostic, ...]:
    """Give every diagnostic of a set of policy files, errors and advice, sorted by place.

    `at` is the instant to judge the age of legal sources at; without it nothing is said about their age.
    """
    compiled = compile_policies(files, stage=None, checks=checks, evidence_schema=evidence_schema)
    found = [*compiled.diagnostics, *advice(compiled, evidence_schema, at=at)]
    return in_order(dict.fromkeys(found))


def advice(compiled: Compiled, schema: EvidenceSchema, *, at: datetime | None = None) -> Iterator[Diagnostic]:
    """Advise on what compiles and could be better. Packs are their owners' business: only what is at hand counts."""
    for policy in compiled.policies:
        if policy.draft.document.pack is not None:
            continue
        whole = [rule for rule in policy.rules if _is_whole(rule)]
        for rule in whole:
            yield from rule_advice(rule, schema, speaks_of_controls=bool(compiled.catalogues))
        yield from binding_advice(whole)
    yield from shadowed(compiled.policies)
    yield from standing_advice(compiled, at=at)


def _is_whole(rule: CompiledRule) -> bool:
    """Whether every key of the rule was understood: of a faulty one only the core is left, and that says too little."""
    written = {key.text for key, _value in rule.draft.node.entries}
    fields = type(rule.draft.rule).model_fields
    return written <= {fields[name].alias or name for name in rule.draft.rule.model_fields_set}
