"""Advice on one rule: its text, its expressions, its stage and its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from govern.diagnostics import Diagnostic, Severity, Span
from govern.inputs.yaml import ListNode, MapNode, Node, ScalarNode
from govern.policy.cel import ast as cel_ast
from govern.policy.cel.ast import Ast, Call, Const, walk
from govern.policy.cel.evaluation import Expression
from govern.policy.cel.places import start_of
from govern.policy.evidence_schema import AnyType, EvidenceSchema, RootSchema
from govern.policy.expressions import engine_for
from govern.policy.outcomes import Enforcement, Stage
from govern.policy.rules import CompiledRule, expressions_of

__all__ = ["binding_advice", "rule_advice"]

_COMPARISONS = ("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_")
_MEASURED = frozenset(["predictions", "metrics"])
"""Evidence that somebody measured and handed in: it may speak of another model or other data than those at the gate."""
_AFTER_TRAINING = frozenset(["predictions", "metrics", "artefacts"])
"""Evidence that cannot be there before the model is trained."""


def rule_advice(rule: CompiledRule, schema: EvidenceSchema, *, speaks_of_controls: bool) -> Iterator[Diagnostic]:
    """Yield P603, P801, P802, P803 and P804 of a rule; P804 only where there are controls to speak to."""
    node = rule.draft.node
    place = node.key_span("id")
    if rule.draft.enforcement is Enforcement.BLOCK and not rule.draft.rule.remediation:
        yield _warning("P803", "the rule blocks and has no remediation", place, "Add `remediation:`.")
    if speaks_of_controls and not rule.draft.rule.controls:
        yield _warning("P804", "the rule speaks to no control", place, "Add `controls:` when a clause asks for it.")
    yield from _stage_advice(rule)
    for expression, text in _expressions(rule):
        yield from _expression_advice(expression, text, schema, node.span if text is None else text.span)


def _warning(code: str, message: str, span: Span, hint: str) -> Diagnostic:
    return Diagnostic(code, message, span, hint, Severity.WARNING)


def _stage_advice(rule: CompiledRule) -> Iterator[Diagnostic]:
    kinds = {need.kind for need in rule.draft.spec.needs(rule.params)}
    if Stage.PRE_TRAINING not in rule.stages or not kinds or not kinds <= _AFTER_TRAINING:
        return
    node = rule.draft.node
    place = node.key_span("stages" if node.get("stages") is not None else "check")
    message = f"at pre-training there can be no {' and no '.join(sorted(kinds))} yet: the rule will stay undecided"
    yield _warning("P603", message, place, "Ask it from pre-registration on.")


def binding_advice(whole: Sequence[CompiledRule]) -> Iterator[Diagnostic]:
    """Yield one note (P808) for the grave blocking rules of a policy that accept figures of unknown origin.

    A note, one for a policy, and only for severity high and critical, because unbound evidence is the default and often
    right: every report shows it.
    """
    rules = [rule for rule in whole if _takes_unbound(rule)]
    if not rules:
        return
    names = ", ".join(rule.draft.rule.id for rule in rules[:5]) + (", ..." if len(rules) > 5 else "")
    what = "rule accepts" if len(rules) == 1 else "rules accept"
    message = f"{len(rules)} grave blocking {what} figures that do not say which model and data they speak of: {names}"
    hint = "Add `bound: true` under `with:` where figures of another model must not count."
    yield Diagnostic("P808", message, rules[0].draft.node.key_span("id"), hint, Severity.NOTE)


def _takes_unbound(rule: CompiledRule) -> bool:
    grave = rule.draft.rule.severity in ("high", "critical")
    if not grave or rule.draft.enforcement is not Enforcement.BLOCK or rule.params.bound:
        return False
    return any(need.kind in _MEASURED for need in rule.draft.spec.needs(rule.params))


# --- expressions


def _expressions(rule: CompiledRule) -> Iterator[tuple[Expression, ScalarNode | None]]:
    """Yield each expression with the scalar that holds it; None where that is not in the rule itself."""
    written = {item.text: item for item in _scalars(rule.draft.node)}
    for expression in expressions_of(rule):
        yield expression, written.get(expression.source)


def _scalars(node: Node) -> Iterator[ScalarNode]:
    if isinstance(node, ScalarNode):
        yield node
    below = node.items if isinstance(node, ListNode) else ()
    for item in (value for _key, value in node.entries) if isinstance(node, MapNode) else below:
        yield from _scalars(item)


def _expression_advice(
    expression: Expression, text: ScalarNode | None, schema: EvidenceSchema, around: Span
) -> Iterator[Diagnostic]:
    ast = _ast(expression, schema)

    def at(node: cel_ast.Node) -> Span:
        start = start_of(node, ast.positions, expression.source)
        return around if text is None else text.place(start) or around

    for node in walk(ast.root):
        if not isinstance(node, Call):
            continue
        if node.function in _COMPARISONS:
            yield from (_inexact(item, at(item)) for item in node.args if _is_fraction(item))
        elif node.function == "matches" and node.args and isinstance(node.args[-1], Const):
            pattern = str(node.args[-1].value)
            if not (pattern.startswith("^") and pattern.endswith("$")):
                message = f"the pattern '{pattern}' matches anywhere in a text"
                yield _warning("P802", message, at(node.args[-1]), f"Write '^{pattern}$'.")


def _ast(expression: Expression, schema: EvidenceSchema) -> Ast:
    """The tree with its places: the compiled form keeps none, and the engine remembers what it compiled."""
    own = schema.with_root("params", RootSchema(AnyType(), None))
    return engine_for(tuple(sorted(own.roots))).compile(expression.source).ast


def _is_fraction(node: cel_ast.Node) -> bool:
    return isinstance(node, Const) and node.kind == "double" and Decimal(str(node.value)) % 1 != 0


def _inexact(node: cel_ast.Node, place: Span) -> Diagnostic:
    literal = node.value if isinstance(node, Const) else ""
    hint = "performance.threshold and fairness.disparity compare exact decimals."
    return _warning("P801", f"an expression compares with {literal}", place, hint)
