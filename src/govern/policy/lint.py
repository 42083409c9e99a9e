"""Lint: compile every rule of every stage, and add advice to what the compiler found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from govern.diagnostics import Diagnostic, Severity, Span, in_order
from govern.policy.compile import Compiled, compile_policies
from govern.policy.evidence_schema import EvidenceSchema
from govern.policy.interface import CheckSpec
from govern.policy.outcomes import Enforcement
from govern.policy.rules import CompiledRule, expressions_of

__all__ = ["advice", "lint"]

_COMPARISONS = ("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_")


def lint(
    files: Mapping[str, bytes], *, checks: Mapping[str, CheckSpec], evidence_schema: EvidenceSchema
) -> tuple[Diagnostic, ...]:
    """Give every diagnostic of a set of policy files, errors and advice, sorted by place."""
    compiled = compile_policies(files, stage=None, checks=checks, evidence_schema=evidence_schema)
    return in_order([*compiled.diagnostics, *advice(compiled)])


def advice(compiled: Compiled) -> Iterator[Diagnostic]:
    """Advise on what compiles and could be better. Packs are their owners' business: only what is at hand counts."""
    for policy in compiled.policies:
        if policy.draft.document.pack is not None:
            continue
        for rule in policy.rules:
            yield from _rule_advice(rule, speaks_of_controls=bool(compiled.catalogues))


def _rule_advice(rule: CompiledRule, *, speaks_of_controls: bool) -> Iterator[Diagnostic]:
    node = rule.draft.node
    place = node.key_span("id")
    if rule.draft.enforcement is Enforcement.BLOCK and not rule.draft.rule.remediation:
        yield _warning("P803", "the rule blocks and has no remediation", place, "Add `remediation:`.")
    if speaks_of_controls and not rule.draft.rule.controls:
        yield _warning("P804", "the rule speaks to no control", place, "Add `controls:` when a clause asks for it.")
    for expression in expressions_of(rule):
        at = node.key_span("when") if expression is rule.when else node.key_span("with")
        for found in _walk(expression.ast):
            yield from _expression_advice(found, at)


def _expression_advice(node: list[Any], at: Span) -> Iterator[Diagnostic]:
    if node[0] != "call":
        return
    _form, function, _target, args = node
    if function in _COMPARISONS and any(item[0] == "const" and item[1] == "double" for item in args):
        literal = next(item[2] for item in args if item[0] == "const")
        if not float(literal).is_integer():
            hint = "performance.threshold and fairness.disparity compare exact decimals."
            yield _warning("P801", f"an expression compares with {literal}", at, hint)
    if function == "matches" and args and args[-1][0] == "const":
        pattern = str(args[-1][2])
        if not (pattern.startswith("^") and pattern.endswith("$")):
            yield _warning("P802", f"the pattern '{pattern}' matches anywhere in a text", at, f"Write '^{pattern}$'.")


def _walk(document: Any) -> Iterator[list[Any]]:
    """Yield every node of an expression's canonical tree."""
    if not isinstance(document, list) or not document:
        return
    if isinstance(document[0], str) and document[0] != "const":
        yield document
    for item in document:
        yield from _walk(item)


def _warning(code: str, message: str, span: Span, hint: str) -> Diagnostic:
    return Diagnostic(code, message, span, hint, Severity.WARNING)
