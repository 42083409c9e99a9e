"""How an assertion or a condition changed, read off canonical trees: limits that moved, conjuncts that came or went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from govern.canonical import digest_of
from govern.policy.cel.evaluation import Expression
from govern.policy.comparisons import Conjunct, Limit, conjuncts_of, key_of
from govern.policy.evidence_schema import path_text
from govern.policy.overlays.lattice import Order

__all__ = ["Change", "assertion_changes", "condition_change", "widening_change"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs between two versions of a rule or policy."""

    what: str
    """The key, e.g. `at_least` or `enforcement`."""
    old: str | None
    new: str | None
    order: Order | None
    """How the new value stands to the old one; None where it says nothing about strictness (text)."""


# --- assertions


@dataclass(slots=True)
class _Demands:
    """What an assertion asks, one demand a subject: of two lower limits only the higher one counts."""

    low: dict[bytes, tuple[Limit, str]] = field(default_factory=dict)
    high: dict[bytes, tuple[Limit, str]] = field(default_factory=dict)
    members: dict[bytes, tuple[frozenset[bytes], str]] = field(default_factory=dict)
    others: dict[bytes, str] = field(default_factory=dict)


def assertion_changes(old: tuple[Expression, ...], new: tuple[Expression, ...]) -> Iterator[Change]:
    """Yield what changed between the assertions of two versions. Nothing means that both ask the same.

    A conjunct that was added tightens and one that was removed loosens, for an assertion holds only when all do. A
    limit of the same subject is compared by its number. Anything else that was rewritten is both at once.
    """
    what = "assert"
    before, after = (_demands([item for one in side for item in conjuncts_of(one)]) for side in (old, new))
    yield from _limits(what, before.low, after.low, sign=1)
    yield from _limits(what, before.high, after.high, sign=-1)
    yield from _memberships(what, before.members, after.members)
    for key in sorted(before.others.keys() - after.others.keys()):
        yield Change(what, before.others[key], None, Order.LOOSER)
    for key in sorted(after.others.keys() - before.others.keys()):
        yield Change(what, None, after.others[key], Order.TIGHTER)
    yield from _presence(what, old, new)


def _demands(conjuncts: Sequence[Conjunct]) -> _Demands:
    made = _Demands()
    for item in conjuncts:
        limit = item.limit
        if limit is not None and limit.side == "low":
            _keep_strongest(made.low, limit, item.text, sign=1)
        elif limit is not None and limit.side == "high":
            _keep_strongest(made.high, limit, item.text, sign=-1)
        else:
            membership = _membership(item.tree)
            if membership is not None and membership[0] not in made.members:
                made.members[membership[0]] = (membership[1], item.text)
            else:
                made.others[key_of(item.tree)] = item.text
    return made


def _keep_strongest(held: dict[bytes, tuple[Limit, str]], limit: Limit, text: str, *, sign: int) -> None:
    other = held.get(limit.subject)
    if other is None or _strength(limit, sign) > _strength(other[0], sign):
        held[limit.subject] = (limit, text)


def _strength(limit: Limit, sign: int) -> tuple[Decimal, bool]:
    return sign * Decimal(str(limit.value)), limit.strict


def _limits(
    what: str,
    old: Mapping[bytes, tuple[Limit, str]],
    new: Mapping[bytes, tuple[Limit, str]],
    *,
    sign: int,
) -> Iterator[Change]:
    for subject in sorted(old.keys() | new.keys()):
        before, after = old.get(subject), new.get(subject)
        if before is None or after is None:
            order = Order.TIGHTER if before is None else Order.LOOSER
            yield Change(what, before and before[1], after and after[1], order)
            continue
        was, now = _strength(before[0], sign), _strength(after[0], sign)
        if was != now:
            texts = before[1], after[1]
            if texts[0] == texts[1]:  # a parameter of the policy has another value
                texts = f"{before[1]} ({before[0].text})", f"{after[1]} ({after[0].text})"
            yield Change(what, *texts, Order.TIGHTER if now > was else Order.LOOSER)


def _membership(tree: Any) -> tuple[bytes, frozenset[bytes]] | None:
    """Read `x in [..]` with literal members."""
    match tree:
        case ["call", "@in", None, [subject, ["list", items]]] if all(item[0] == "const" for item in items):
            return key_of(subject), frozenset(key_of(item) for item in items)
    return None


def _memberships(
    what: str,
    old: Mapping[bytes, tuple[frozenset[bytes], str]],
    new: Mapping[bytes, tuple[frozenset[bytes], str]],
) -> Iterator[Change]:
    for subject in sorted(old.keys() | new.keys()):
        before, after = old.get(subject), new.get(subject)
        if before is None or after is None:
            order = Order.TIGHTER if before is None else Order.LOOSER
            yield Change(what, before and before[1], after and after[1], order)
        elif before[0] != after[0]:
            tighter, looser = after[0] < before[0], after[0] > before[0]
            order = Order.TIGHTER if tighter else Order.LOOSER if looser else Order.INCOMPARABLE
            yield Change(what, before[1], after[1], order)


def _presence(what: str, old: Sequence[Expression], new: Sequence[Expression]) -> Iterator[Change]:
    """A guard can let a path be absent that an unchanged conjunct reads: then its absence is no longer missing."""
    reads = [{path for item in side for path in item.reads} for side in (old, new)]
    required = [{path for item in side for path in item.required} for side in (old, new)]
    for path in sorted(reads[0] & reads[1] & (required[0] ^ required[1]), key=path_text):
        name, needed = path_text(path), path in required[1]
        words = f"{name} must be there", f"{name} may be absent"
        pair = (words[1], words[0]) if needed else words
        yield Change(what, *pair, Order.TIGHTER if needed else Order.LOOSER)


# --- conditions


def widening_change(old: tuple[Expression, ...], new: tuple[Expression, ...]) -> Change | None:
    """Give how the conditions that imports added changed: each is one more reason for the rule to apply."""
    before = {digest_of(item.meaning()): item for item in old}
    after = {digest_of(item.meaning()): item for item in new}
    gone = [before[key] for key in before if key not in after]
    come = [after[key] for key in after if key not in before]
    if not gone and not come:
        return None
    order = Order.INCOMPARABLE if gone and come else Order.TIGHTER if come else Order.LOOSER
    return Change("also_when", _texts(gone), _texts(come), order)


def condition_change(old: tuple[Expression, ...], new: tuple[Expression, ...]) -> Change | None:
    """Give how the conditions of a rule changed (the policy's and its own together), or None when they are the same.

    Each condition alone can switch a rule off, so fewer conditions are tighter and more are looser. A condition that
    was widened by `||` is tighter, because only a condition that is surely false switches off. Within one condition
    another conjunct proves nothing: where its facts are absent the rule applies again.
    """
    before = {digest_of(item.meaning()): item for item in old}
    after = {digest_of(item.meaning()): item for item in new}
    gone = [before[key] for key in before if key not in after]
    come = [after[key] for key in after if key not in before]
    if not gone and not come:
        return None
    if not come:
        order = Order.TIGHTER
    elif not gone:
        order = Order.LOOSER
    elif len(gone) == len(come) == 1:
        order = _widened(gone[0], come[0])
    else:
        order = Order.INCOMPARABLE
    return Change("when", _texts(gone), _texts(come), order)


def _texts(items: list[Expression]) -> str | None:
    return " and ".join(item.text for item in items) or None


def _widened(old: Expression, new: Expression) -> Order:
    before, after = _alternatives(old), _alternatives(new)
    if before < after:
        return Order.TIGHTER
    return Order.LOOSER if after < before else Order.INCOMPARABLE


def _alternatives(expression: Expression) -> frozenset[bytes]:
    if expression.params:
        return frozenset([key_of(expression.meaning())])  # the values belong to the whole
    tree: Any = expression.ast
    parts = tree[1] if tree[0] == "or" else [tree]
    return frozenset(key_of(item) for item in parts)
