"""The difference of two versions of policies, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from govern.canonical import Json, canonical_bytes
from govern.diagnostics import plain
from govern.policy.difference.diff import Difference, PolicyDiff
from govern.policy.difference.expressions import Change
from govern.policy.difference.versions import Bump
from govern.policy.overlays.lattice import Order

__all__ = ["DIFF_SCHEMA", "diff_json", "diff_text"]

DIFF_SCHEMA = "urn:govern:policy-diff:v1"
_ORDERS = {Order.TIGHTER: "tighter", Order.LOOSER: "looser", Order.INCOMPARABLE: "neither"}
_STATUSES = ("added", "removed", "tightened", "loosened", "incomparable", "text")


def diff_json(difference: Difference, impact: Json) -> str:
    """Write one line of canonical JSON. `impact` is the document of the models that were tried, or None."""
    document: dict[str, Json] = {
        "schema": DIFF_SCHEMA,
        "loosened": difference.loosens,
        "policies": [item.document() for item in difference.policies],
        "packs": [item.document() for item in difference.packs],
        "registries": [{"registry": name, "status": what} for name, what in difference.registries],
        "diagnostics": [
            {"code": item.code, "message": item.message, "hint": item.hint} for item in difference.diagnostics
        ],
        "impact": impact,
    }
    return canonical_bytes(document).decode() + "\n"


def diff_text(difference: Difference, impact: Any) -> str:
    """Write what changed, policy by policy, then the counts, then the models that were tried."""
    lines: list[str] = []
    for policy in difference.policies:
        lines += [*_policy(policy), ""]
    for pack in difference.packs:
        lines += [
            f"pack {plain(pack.name)} {plain(pack.old_version)} -> {plain(pack.new_version)}{_asks(pack.bump)}",
            "",
        ]
    for name, what in difference.registries:
        lines += [f"source registry {plain(name)} {what}: what it approves is not compared", ""]
    lines.append(_counts(difference))
    if impact is not None:
        lines += ["", *_impact(impact)]
    return "\n".join(lines) + "\n"


def _policy(item: PolicyDiff) -> Iterator[str]:
    versions = [version for version in (item.old_version, item.new_version) if version is not None]
    moved = " -> ".join(map(plain, dict.fromkeys(versions)))
    asks = _asks(item.bump) if item.status == "changed" and item.pack is None else ""
    if item.pack is not None:
        asks = f": of the pack {plain(item.pack)}, with what imports make of it"
    yield f"{plain(item.name)} {moved} ({item.status}){asks}"
    for change in item.changes:
        yield f"  {_change(change)}"
    for rule in item.rules:
        yield f"  {rule.status:<12} {plain(rule.rule)} ({rule.enforcement})"
        for change in rule.changes:
            yield f"      {_change(change)}"


def _asks(bump: Bump) -> str:
    return "" if bump is Bump.NONE else f": needs a new {bump.word} version"


def _change(item: Change) -> str:
    old, new = (_value(value) for value in (item.old, item.new))
    if item.order is None:
        return f"{item.what}: {old} -> {new}"
    return f"{item.what}: {old} -> {new}  [{_ORDERS.get(item.order, 'the same')}]"


def _value(value: str | None) -> str:
    return "none" if value is None else plain(value)


def _counts(difference: Difference) -> str:
    rules = [rule.status for policy in difference.policies for rule in policy.rules]
    parts = [f"{rules.count(status)} {status}" for status in _STATUSES if status in rules]
    if difference.empty:
        return "no difference"
    same = sum(policy.unchanged for policy in difference.policies)
    return ", ".join([*parts, f"{same} unchanged"]) + (" in policies that differ" if same else "")


def _impact(impact: Any) -> Iterator[str]:
    flips, unknown = impact["flips"], impact["not_replayable"]
    yield f"{len(flips)} flip, {impact['unchanged']} unchanged, {len(unknown)} not replayable"
    for title, items in (("flips", flips), ("not replayable", unknown)):
        for item in items:
            yield from _moved(title, item)


def _moved(title: str, item: Any) -> Iterator[str]:
    owner = plain(item["owner"]) if item["owner"] else "no owner"
    decisions = item["before"] if item["after"] is None else f"{item['before']} -> {item['after']}"
    yield f"  {title}: {plain(item['model'])} at {item['stage']}, {owner}: {decisions}"
    rules: Sequence[Any] = item["rules"]
    for rule in rules:
        words = [plain(rule["rule"]), f"{rule['before']} -> {plain(rule['after'])}"]
        yield f"      {': '.join(words)}" if rule["rule"] else f"      {plain(rule['after'])}"
