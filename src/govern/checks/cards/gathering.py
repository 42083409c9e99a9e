"""Gathering who says what of a model: its cards, licence files, `MLmodel`, adapter configuration and model record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from govern.checks.cards.beside import beside
from govern.checks.cards.licence_statements import licence_files, licence_key, licence_statements
from govern.checks.cards.statements import Statement, by_file, folded, listed, place_said
from govern.checks.context import CheckContext
from govern.diagnostics import plain
from govern.policy.outcomes import Location

if TYPE_CHECKING:
    from govern.evidence.cards import Card, Claim

__all__ = ["base_id", "base_statements", "statements_of"]

_MOST_STATEMENTS = 400
_HUB = re.compile(r"(?:hf://|https?://(?:www\.)?(?:huggingface\.co|hf\.co)/)(?:models/)?", re.IGNORECASE)


def statements_of(field: str, card: Card, context: CheckContext) -> list[Statement]:
    """Give every statement on a field, in the order of their places, whatever order the files were read in."""
    made = list(_GATHERED[field](card, context))
    made.sort(key=lambda item: (item.place.file, item.place.line or 0, item.place.pointer or "", item.said))
    # A file that says one thing a thousand times says it once; one that says a thousand things contradicts itself
    # within the first few hundred.
    once: dict[object, Statement] = {}
    for item in made:
        once.setdefault((item.by, item.place.file, item.key, None if item.key is not None else item.said), item)
    return list(once.values())[:_MOST_STATEMENTS]


def _named(card: Card, context: CheckContext) -> Iterator[Statement]:
    yield from _said(_identity(card, "name"), "card", _plain_key)
    yield from _said(beside(context, "name"), "MLmodel", _plain_key)
    file, metadata = context.bundle.record_file, context.bundle.record.metadata
    if file is not None:
        span = context.bundle.record_span("metadata", "name")
        key = frozenset(folded(text) for text in (metadata.name, metadata.title) if text)
        yield Statement(plain(metadata.name), key, Location(file, span.line if span else None), "model record")


def _versioned(card: Card, context: CheckContext) -> Iterator[Statement]:
    yield from _said(_identity(card, "version"), "card", _plain_key)
    yield from _said(beside(context, "version"), "MLmodel", _plain_key)
    file = context.bundle.record_file
    if file is not None:
        span = context.bundle.record_span("metadata", "version")
        text = context.bundle.record.metadata.version
        place = Location(file, span.line if span else None)
        yield Statement(plain(text), _plain_key(text), place, "model record")


def _licensed(card: Card, context: CheckContext) -> Iterator[Statement]:
    yield from licence_statements(card, context)
    files = licence_files(context, card)
    known = [item for item in files if item.match.ids]
    if known:
        # Several files are the parts of one answer: LICENSE-MIT and LICENSE-APACHE.
        said = ", ".join(f"{' and '.join(item.match.ids)} ({item.match.certainty})" for item in known)
        key = licence_key(name for item in known for name in item.match.ids)
        yield Statement(said, key, Location(known[0].file), "licence file")
    for item in files:
        if not item.match.ids:
            yield Statement("a text", None, Location(item.file), "licence file", item.match.why)


def base_statements(card: Card, context: CheckContext) -> Iterator[Statement]:
    """What cards, adapters and `MLmodel` say the model is built on; a path on a machine cannot be compared."""
    from govern.evidence.cards.beside import adapter_bases
    from govern.evidence.cards.normalised import is_local_path

    adapters = context.once("adapter.bases", lambda: adapter_bases(context.bundle))
    groups: list[tuple[str, list[Claim]]] = [("card", claims) for claims in by_file(card.base_models)]
    groups += [("adapter_config.json", [claim]) for claim in adapters]
    groups += [("MLmodel", claims) for claims in by_file(beside(context, "base_models"))]
    for by, claims in groups:
        local = next((claim for claim in claims if is_local_path(claim.value)), None)
        key = None if local else frozenset(base_id(claim.value) for claim in claims)
        why = "it is a path on a machine, which names no model" if local else ""
        names = tuple(claim.value for claim in claims)
        yield Statement(listed(claims), key, place_said(local or claims[0]), by, why, names)


def _datasets(card: Card, _context: CheckContext) -> Iterator[Statement]:
    yield from _sets(card.datasets)


def _languages(card: Card, _context: CheckContext) -> Iterator[Statement]:
    yield from _sets(card.languages)


def _owners(card: Card, _context: CheckContext) -> Iterator[Statement]:
    yield from _sets(card.owners)


def _dated(card: Card, _context: CheckContext) -> Iterator[Statement]:
    yield from _said(_identity(card, "date"), "card", _plain_key)


_GATHERED: dict[str, Callable[[Card, CheckContext], Iterator[Statement]]] = {
    "license": _licensed,
    "name": _named,
    "version": _versioned,
    "base_models": base_statements,
    "datasets": _datasets,
    "languages": _languages,
    "owners": _owners,
    "date": _dated,
}


def base_id(text: str) -> str:
    """Give the id of a base model on its hub: without scheme, host, ending slash; upper and lower case aside."""
    made = _HUB.sub("", text.strip(), count=1).rstrip("/").removesuffix(".git")
    return made.partition("/tree/")[0].partition("@")[0].casefold()


def _identity(card: Card, field: str) -> tuple[Claim, ...]:
    """Every card's claim: the merged card keeps the first, and all of them where they differ."""
    for conflict in card.conflicts:
        if conflict.field == field:
            return conflict.claims
    claim = getattr(card.identity, field)
    return () if claim is None else (claim,)


def _said(claims: Iterable[Claim], by: str, key: Callable[[str], frozenset[str]]) -> Iterator[Statement]:
    for claim in claims:
        yield Statement(plain(claim.value), key(claim.value), place_said(claim), by)


def _sets(claims: Sequence[Claim]) -> Iterator[Statement]:
    for group in by_file(claims):
        yield Statement(listed(group), frozenset(folded(claim.value) for claim in group), place_said(group[0]), "card")


def _plain_key(text: str) -> frozenset[str]:
    return frozenset([folded(text)])
