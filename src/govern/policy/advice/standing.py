"""Advice on the law behind a policy: sources nobody has looked at for long (P805), law that no longer holds (P806)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from govern.diagnostics import Diagnostic, Severity, Span
from govern.inputs.yaml import MapNode
from govern.policy.compile import Compiled
from govern.policy.documents import Metadata
from govern.policy.packs.bringing import imports_of
from govern.policy.packs.documents import PackMetadata
from govern.policy.rules import CompiledPolicy

__all__ = ["standing_advice"]

_MOST_AGE = timedelta(days=180)
_GONE = ("superseded", "rescinded")


def standing_advice(compiled: Compiled, *, at: datetime | None) -> Iterator[Diagnostic]:
    """Yield P806 of every policy and imported pack, and P805 of every policy and catalogue compared too long ago.

    A policy that ends on a day and names as its successor another one that is loaded with it is no fault: both stand
    there so that old decisions can be judged again under the rule of their day.
    """
    for policy in compiled.policies:
        metadata = policy.draft.document.node.get("metadata")
        if policy.draft.document.pack is not None or not isinstance(metadata, MapNode):
            continue
        meta = policy.draft.metadata
        if meta.legal_status in _GONE and not _followed(meta, compiled):
            yield _gone(f"policy '{meta.name}'", meta, _value(metadata, "legal_status"))
        yield from _imported(policy, compiled)
        if at is not None:
            yield from _stale(meta.source_checked_on, metadata, at)
    for catalogue in compiled.catalogues.values():
        if at is not None and catalogue.metadata is not None:
            checked = catalogue.metadata.get("source_checked_on")
            yield from _stale(getattr(checked, "text", None), catalogue.metadata, at)


def _imported(policy: CompiledPolicy, compiled: Compiled) -> Iterator[Diagnostic]:
    imports, _faults = imports_of(policy.draft.document)
    for item, node in imports:
        pack = compiled.packs.get(item.pack)
        if pack is not None and pack.metadata.legal_status in _GONE:
            yield _gone(f"pack '{item.pack}'", pack.metadata, _value(node, "pack"))
            continue
        for other in compiled.policies:
            if other.draft.document.pack == item.pack and other.draft.metadata.legal_status in _GONE:
                meta = other.draft.metadata
                if _followed(meta, compiled):
                    continue
                yield _gone(f"pack's policy '{meta.name}'", meta, _value(node, "pack"))


def _followed(meta: Metadata, compiled: Compiled) -> bool:
    names = {policy.draft.metadata.name for policy in compiled.policies}
    return meta.applies_until is not None and meta.superseded_by in names


def _gone(what: str, meta: Metadata | PackMetadata, span: Span) -> Diagnostic:
    hint = f"Use {meta.superseded_by} instead." if meta.superseded_by else "Remove it, or name what replaced it."
    return Diagnostic("P806", f"the {what} rests on what is {meta.legal_status}", span, hint, Severity.WARNING)


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
