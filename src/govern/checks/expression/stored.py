"""Evaluating an assertion again from the values that a result keeps of it, without the evidence and the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from govern.policy.cel.evaluation import Expression
from govern.policy.cel.lexer import respell
from govern.policy.comparisons import Conjunct, Limit, conjuncts_of, subject_of
from govern.policy.outcomes import Outcome

__all__ = ["meets", "stored_conjuncts", "stored_values", "stored_verdict"]


def stored_conjuncts(facts: Any) -> list[Mapping[str, Any]]:
    """Give every conjunct that a result keeps of one assertion or of several."""
    if not isinstance(facts, Mapping):
        return []
    if facts.get("kind") == "expressions":
        return [item for one in facts["assertions"] for item in stored_conjuncts(one)]
    return list(facts["conjuncts"]) if facts.get("kind") == "expression" else []


def stored_values(facts: Any) -> dict[str, str]:
    """Give every value that a result keeps, by the text of what it is the value of."""
    return {respell(pair["of"]): pair["value"] for item in stored_conjuncts(facts) for pair in item["values"]}


def stored_verdict(expressions: Sequence[Expression], facts: Any) -> Outcome | str:
    """Judge every conjunct by what is stored: pass, fail, or why one of them cannot be judged."""
    results = {respell(item["text"]): item["result"] for item in stored_conjuncts(facts)}
    values = stored_values(facts)
    unknown: str | None = None
    for item in (each for expression in expressions for each in conjuncts_of(expression)):
        found = _conjunct(item, results, values)
        if found is False:
            return Outcome.FAIL
        if found is None:
            unknown = unknown or f"the result keeps no value for '{item.text}'"
    return unknown or Outcome.PASS


def _conjunct(item: Conjunct, results: Mapping[str, str], values: Mapping[str, str]) -> bool | None:
    limit, subject = item.limit, subject_of(item)
    if limit is not None and subject is not None and respell(subject) in values:
        return meets(values[respell(subject)], limit)
    # A text that names a parameter means something else when the parameter has another value.
    stored = None if "params." in item.text else results.get(respell(item.text))
    return {"true": True, "false": False}.get(stored or "")


def meets(value: str, limit: Limit) -> bool | None:
    """Say whether a value as results write it meets a limit; None where its text does not settle that."""
    if isinstance(limit.value, bool):
        found: Decimal | str | bool | None = {"true": True, "false": False}.get(value)
    elif isinstance(limit.value, str):
        found = value[1:-1] if value.startswith('"') and value.endswith('"') and len(value) < _CUT else None
    else:
        found = _number(value)
    if found is None:
        return None
    if limit.side == "is":
        return found == limit.value
    if limit.side == "is not":
        return found != limit.value
    number, bound = Decimal(str(found)), Decimal(str(limit.value))
    if number == bound:
        return not limit.strict
    if float(number) == float(bound):
        return None  # the engine compares doubles, and to them the two are one
    return number > bound if limit.side == "low" else number < bound


_CUT = 80
"""Longer texts are stored cut."""


def _number(value: str) -> Decimal | None:
    try:
        made = Decimal(value)
    except InvalidOperation:
        return None
    return made if made.is_finite() else None
