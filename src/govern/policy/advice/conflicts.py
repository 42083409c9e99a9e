"""Rules that cannot hold together (P604), and rules or conditions that can never matter (P807)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from govern.canonical import decimal_text, digest_of
from govern.diagnostics import Diagnostic, Related, Severity, Span
from govern.policy.cel.evaluation import Expression
from govern.policy.comparisons import Conjunct, Limit, Side, assertions_of, conjuncts_of, contradiction, key_of
from govern.policy.outcomes import Enforcement
from govern.policy.overlays.lattice import fields_of
from govern.policy.rules import CompiledPolicy, CompiledRule

__all__ = ["conflicting", "shadowed"]


@dataclass(frozen=True)
class _Asked:
    """A rule with what it asks for, in a form in which two rules can be held against each other."""

    policy: str
    rule: CompiledRule
    own: bool
    """Whether it is of the policies at hand, not of a pack."""
    conditions: frozenset[str]
    """Digests of the conditions: a rule with fewer of them applies wherever one with more does."""

    @cached_property
    def limits(self) -> tuple[tuple[Limit, str], ...]:
        """What it limits, with the words for it."""
        return tuple(_limits_of(self.rule))

    @property
    def name(self) -> str:
        return f"{self.policy}/{self.rule.draft.rule.id}"

    @property
    def place(self) -> Span:
        return self.rule.draft.node.key_span("id")

    def meets(self, other: _Asked) -> bool:
        """Whether the two are asked at one stage, and one applies wherever the other does."""
        nested = self.conditions <= other.conditions or other.conditions <= self.conditions
        return nested and bool(set(self.rule.stages) & set(other.rule.stages))

    @property
    def blocks(self) -> bool:
        return self.rule.draft.enforcement is Enforcement.BLOCK


_Held = tuple[_Asked, Limit, str]
"""A limit, the rule that sets it, and how it is written."""


def conflicting(policies: Sequence[CompiledPolicy]) -> Iterator[Diagnostic]:
    """Yield a P604 for two limits that no evidence can meet together: an error where both rules block.

    Compared are rules of a common stage of which one applies wherever the other does.
    """
    seen: dict[bytes, list[_Held]] = {}
    for item in _all(policies):
        alone = contradiction(item.limits)
        if alone is not None:
            yield _conflict(item, item, alone)
            continue  # what contradicts itself need not be held against the others
        found = list(_against(item, seen))
        yield from [fault for fault in found if fault.severity is Severity.ERROR][:1] or found[:1]
        for limit, text in item.limits:
            _keep(seen.setdefault(limit.subject, []), (item, limit, text))


def _against(item: _Asked, seen: Mapping[bytes, Sequence[_Held]]) -> Iterator[Diagnostic]:
    for limit, text in item.limits:
        for other, other_limit, other_text in seen.get(limit.subject, ()):
            both = contradiction(((other_limit, other_text), (limit, text)))
            if both is not None and item.meets(other):
                yield _conflict(other, item, both)


def _keep(held: list[_Held], new: _Held) -> None:
    """Of limits that are asked alike only the strictest can be the first to contradict another."""
    item, limit, _text = new
    for index, (other, before, _words) in enumerate(held):
        alike = other.conditions == item.conditions and set(other.rule.stages) == set(item.rule.stages)
        if not alike or before.side != limit.side or other.blocks != item.blocks:
            continue
        if limit == before or not limit.is_stricter(before):
            if limit.side in ("low", "high") or limit == before:
                return
            continue
        held[index] = new
        return
    held.append(new)


def _conflict(first: _Asked, second: _Asked, texts: tuple[str, str]) -> Diagnostic:
    certain = first.blocks and second.blocks
    if first is second:
        message = f"no evidence can meet both {texts[0]} and {texts[1]}"
        related: tuple[Related, ...] = ()
    else:
        message = f"no evidence can meet both {texts[0]} (rule '{first.name}') and {texts[1]}"
        related = (Related(first.place, "the other rule"),)
    hint = "Correct one of the two limits, or give one of the rules a condition."
    severity = Severity.ERROR if certain else Severity.WARNING
    return Diagnostic("P604", message, second.place, hint, severity, related)


def shadowed(policies: Sequence[CompiledPolicy]) -> Iterator[Diagnostic]:
    """Yield a P807 for a rule that asks what another one asks, and for conditions that say nothing or nowhere hold."""
    seen: dict[str, list[_Asked]] = {}
    for item in _all(policies):
        meaning = _meaning(item)
        for other in seen.get(meaning, ()):
            stages = [stage.value for stage in item.rule.stages if stage in other.rule.stages]
            if not stages or not item.own or (other.own and other.policy != item.policy):
                continue  # two policies at hand each stand alone; a pack that is imported is always there
            message = f"asks the same as the rule '{other.name}' at {', '.join(stages)}"
            related = (Related(other.place, "the other rule"),)
            yield _warning(message, item.place, "Remove one of the two.", related)
            break
        seen.setdefault(meaning, []).append(item)
    for policy in policies:
        for rule in policy.rules if policy.draft.document.pack is None else ():
            yield from _conditions(policy, rule)


def _conditions(policy: CompiledPolicy, rule: CompiledRule) -> Iterator[Diagnostic]:
    if rule.when is None:
        return
    place = _value_span(rule)
    own = conjuncts_of(rule.when)
    above = () if policy.applies_when is None else conjuncts_of(policy.applies_when)
    held = {key_of(item.tree) for item in above}
    if own and all(key_of(item.tree) in held for item in own):
        yield _warning("the condition repeats the policy's applies_when", place, "Remove `when:`.")
        return
    never = contradiction(_limits([*above, *own]))
    if never is not None:
        message = f"the rule is reached only where facts are absent: {never[0]} and {never[1]} never hold together"
        yield _warning(message, place, "Correct one of the two, or remove the rule.")


def _value_span(rule: CompiledRule) -> Span:
    node = rule.draft.node.get("when")
    return rule.draft.node.key_span("when") if node is None else node.span


def _warning(message: str, span: Span, hint: str, related: tuple[Related, ...] = ()) -> Diagnostic:
    return Diagnostic("P807", message, span, hint, Severity.WARNING, related)


# --- what a rule asks


def _all(policies: Sequence[CompiledPolicy]) -> list[_Asked]:
    """Every rule by its place, those of packs first: what is at hand is what can be mended."""
    asked = [_asked(policy, rule) for policy in policies for rule in policy.rules]
    return sorted(asked, key=lambda item: (item.own, item.place.file, item.place.line or 0, item.place.column or 0))


def _asked(policy: CompiledPolicy, rule: CompiledRule) -> _Asked:
    conditions = [_digest(item) for item in (policy.applies_when, rule.when) if item is not None]
    also = sorted(_digest(item) for item in rule.also_when)
    if also:  # widened by imports: nothing is known of it but that it is this condition
        conditions = [digest_of({"when": sorted(conditions), "also_when": also})]
    return _Asked(
        policy=policy.draft.metadata.name,
        rule=rule,
        own=policy.draft.document.pack is None,
        conditions=frozenset(conditions),
    )


def _digest(condition: Expression) -> str:
    """Of its meaning; without parameters that is its tree, whose digest is known."""
    return digest_of(condition.meaning()) if condition.params else condition.digest


def _meaning(item: _Asked) -> str:
    """What is evaluated, and where: the digest of a rule without the order of its conditions."""
    rule = item.rule
    dumped: dict[str, Any] = rule.params.model_dump(mode="json", by_alias=True, exclude_none=True)
    for name in rule.draft.spec.texts_of_expressions:
        dumped.pop(name, None)
    dumped["assertions"] = [one.meaning() for one in assertions_of(rule.params)]
    return digest_of({"check": rule.draft.spec.kind, "with": dumped, "when": sorted(item.conditions)})


def _limits_of(rule: CompiledRule) -> Iterator[tuple[Limit, str]]:
    for expression in assertions_of(rule.params):
        yield from _limits(conjuncts_of(expression))
    sides: tuple[tuple[str, Side], ...] = (("at_least", "low"), ("at_most", "high"))
    asked = [(key, side, getattr(rule.params, key, None)) for key, side in sides]
    numbers = [(key, side, value) for key, side, value in asked if isinstance(value, Decimal)]
    subject = _subject(rule) if numbers else b""
    for key, side, value in numbers:
        yield Limit(subject, side, value, strict=False), f"{key} {decimal_text(value)}"


def _limits(conjuncts: Sequence[Conjunct]) -> list[tuple[Limit, str]]:
    return [(item.limit, item.text) for item in conjuncts if item.limit is not None]


_SAYS_WHAT = ("fixed", "superset", "subset")
"""Directions of parameters that say what is measured; the others say how much is asked of it."""


def _subject(rule: CompiledRule) -> bytes:
    """What `at_least` and `at_most` of a rule limit: the kind with every parameter that says what is measured.

    A figure that an expression can name as well, such as `metrics.auc`, is one subject whichever way it is limited.
    """
    named = [name for name, held in fields_of(type(rule.params)).items() if held.tighten in _SAYS_WHAT]
    dumped = rule.params.model_dump(mode="json", by_alias=True, exclude_none=True)
    what = {name: dumped[name] for name in named if name in dumped}
    reads = {text for need in rule.draft.spec.needs(rule.params) for text in need.reads if text.startswith("metrics.")}
    if what.keys() == {"metric"} and reads == {f"metrics.{what['metric']}"}:
        return key_of(["select", ["ident", "metrics"], str(what["metric"])])
    return key_of({"check": rule.draft.spec.kind, **what})
