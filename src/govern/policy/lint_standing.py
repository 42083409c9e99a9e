"""Advice on the law behind a policy: sources nobody has looked at for long (P805), law that no longer holds (P806)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from govern.diagnostics import Diagnostic, Severity, Span
from govern.inputs.yaml import MapNode
from govern.policy.compile import Compiled
from govern.policy.rules import CompiledPolicy

__all__ = ["standing_advice"]

_MOST_AGE = timedelta(days=180)
_GONE = ("superseded", "rescinded")


def standing_advice(compiled: Compiled, *, at: datetime | None) -> Iterator[Diagnostic]:
    """Yield P806 of every policy, and P805 of every policy and catalogue whose source was compared too long ago."""
    for policy in compiled.policies:
        metadata = policy.draft.document.node.get("metadata")
        if not isinstance(metadata, MapNode):
            continue
        yield from _superseded(policy, metadata)
        if at is not None:
            yield from _stale(policy.draft.metadata.source_checked_on, metadata, at)
    for catalogue in compiled.catalogues.values():
        if at is not None and catalogue.metadata is not None:
            checked = catalogue.metadata.get("source_checked_on")
            yield from _stale(getattr(checked, "text", None), catalogue.metadata, at)


def _superseded(policy: CompiledPolicy, metadata: MapNode) -> Iterator[Diagnostic]:
    meta = policy.draft.metadata
    if meta.legal_status not in _GONE:
        return
    message = f"the policy '{meta.name}' rests on what is {meta.legal_status}"
    hint = f"Use {meta.superseded_by} instead." if meta.superseded_by else "Remove it, or name what replaced it."
    yield Diagnostic("P806", message, _value(metadata, "legal_status"), hint, Severity.WARNING)


def _stale(checked_on: str | None, metadata: MapNode, at: datetime) -> Iterator[Diagnostic]:
    if checked_on is None:
        return
    day = datetime.fromisoformat(checked_on).replace(tzinfo=UTC)
    age = at - day
    if age <= _MOST_AGE:
        return
    message = f"the source was last compared {age.days} days ago, on {checked_on}"
    hint = "Read the source again, correct what has changed, and write down the day."
    yield Diagnostic("P805", message, _value(metadata, "source_checked_on"), hint, Severity.WARNING)


def _value(node: MapNode, key: str) -> Span:
    held = node.get(key)
    return node.key_span(key) if held is None else held.span
