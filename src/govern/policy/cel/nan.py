"""Comparisons that a value which is not a number would turn round: `x < 0.8` is false for NaN, its negation true.

Evidence never holds NaN (the type step refuses it), but a calculation inside an expression can make one: 0.0 / 0.0.
"""

from __future__ import annotations

from dataclasses import dataclass

from govern.diagnostics import Severity
from govern.policy.cel.ast import Call, Fold, Logic, Node, walk

__all__ = ["COMPARISONS", "Fault", "nan_faults"]

COMPARISONS = frozenset(["_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"])


@dataclass(frozen=True, slots=True)
class Fault:
    """A static fault: where in the tree, and what."""

    code: str
    node: Node
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR


def nan_faults(root: Node, *, condition: bool) -> list[Fault]:
    """Find the comparisons whose outcome NaN would turn into a pass or, in a condition, into an exemption."""
    faults: list[Fault] = []
    _check_nan(faults, root, positive=not condition, strict=not condition)
    return faults


def _may_be_nan(node: Node) -> bool:
    for part in walk(node):
        if isinstance(part, Call) and (part.function in ("_/_", "_*_", "double") or part.function.startswith("math.")):
            return True
    return False


_NEGATIONS = {"_<_": ">=", "_<=_": ">", "_>_": "<=", "_>=_": "<", "_==_": "!=", "_!=_": "=="}


def _check_nan(faults: list[Fault], node: Node, *, positive: bool, strict: bool) -> None:
    """Refuse comparisons that a value which is not a number could turn into a pass (an exemption, in a condition)."""
    match node:
        case Logic():
            for part in node.parts:
                _check_nan(faults, part, positive=positive, strict=strict)
        case Call(function="!_"):
            inner = node.args[0]
            if strict and isinstance(inner, Call) and inner.function in COMPARISONS:
                faults.append(
                    Fault(
                        "P511",
                        node,
                        "`!` over a comparison is true for a value that is not a number",
                        f"Write the comparison with `{_NEGATIONS[inner.function]}` instead.",
                    )
                )
            else:
                _check_nan(faults, inner, positive=not positive, strict=strict)
        case Call(function="_?_:_"):
            if _compares_nan(node.args[0]):
                _nan_fault(faults, node)
            for branch in node.args[1:]:
                _check_nan(faults, branch, positive=positive, strict=strict)
        case Call() if node.function in COMPARISONS:
            true_for_nan = node.function == "_!=_"
            if (_may_be_nan(node) and true_for_nan == positive) or any(_compares_nan(item) for item in node.args):
                _nan_fault(faults, node)
        case Fold():
            for part in (node.condition, node.step, node.result):
                _check_nan(faults, part, positive=positive, strict=False)
        case _:
            return


def _compares_nan(node: Node) -> bool:
    return any(isinstance(part, Call) and part.function in COMPARISONS and _may_be_nan(part) for part in walk(node))


def _nan_fault(faults: list[Fault], node: Node) -> None:
    faults.append(
        Fault(
            "P511",
            node,
            "the outcome would be wrong if the calculation gave no number (0/0)",
            "Compare without division, or use a built-in check, which knows 0/0.",
        )
    )
