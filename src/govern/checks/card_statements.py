"""Who says what of a model: its cards, its licence files, `MLmodel`, `adapter_config.json` and the model record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from govern.checks.card_evidence import place_of
from govern.checks.context import CheckContext
from govern.diagnostics import plain
from govern.policy.outcomes import EvidenceRef, Location
from govern.records import record

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.evidence.cards import Card, Claim
    from govern.security.licences import TextMatch

__all__ = [
    "FEW_WORDS",
    "LicenceFile",
    "Statement",
    "base_id",
    "base_statements",
    "is_declared",
    "licence_files",
    "licence_key",
    "licence_statements",
    "refs_of",
    "same",
    "statements_of",
    "where",
]

FEW_WORDS = 6
"""A licence in so many words is meant as a name; more are prose, in which not finding one says nothing."""
_VERSION_OF_LLAMA = re.compile(r"(?<=^licenseref-llama)-[0-9.]+$")
"""The titles of these texts differ in a digit only, which normalised texts do not keep."""
_HUB = re.compile(r"(?:hf://|https?://(?:www\.)?(?:huggingface\.co|hf\.co)/)(?:models/)?", re.IGNORECASE)


@record
class Statement:
    """One source's word on one field."""

    said: str
    """As written, safe to print."""
    key: frozenset[str] | None
    """What is compared; None when it cannot be compared."""
    place: Location
    by: str
    """`card`, `licence file`, `MLmodel`, `adapter_config.json` or `model record`."""
    why: str = ""
    """Why it cannot be compared."""
    names: tuple[str, ...] = ()
    """Of base models: each as written."""


@record
class LicenceFile:
    """A licence file of the bundle and what its text is."""

    file: str
    match: TextMatch


def where(place: Location) -> str:
    """Give a place as text: `README.md:2` or `card.json/model_details/license`."""
    return f"{plain(place.file)}:{place.line}" if place.line else f"{plain(place.file)}{plain(place.pointer or '')}"


def statements_of(field: str, card: Card, context: CheckContext) -> list[Statement]:
    """Give every statement on a field, in the order of their places, whatever order the files were read in."""
    made = list(_GATHERED[field](card, context))
    return sorted(made, key=lambda item: (item.place.file, item.place.line or 0, item.place.pointer or "", item.said))


def same(field: str, first: Statement, second: Statement) -> bool:
    """Whether two statements agree; one that cannot be compared agrees with nothing."""
    if first.key is None or second.key is None:
        return False
    if field == "name":
        return any(_same_name(left, right) for left in first.key for right in second.key)
    if field == "base_models" and "adapter_config.json" in (first.by, second.by):
        return first.key <= second.key or second.key <= first.key
    return first.key == second.key


def refs_of(statements: Iterable[Statement], context: CheckContext) -> tuple[EvidenceRef, ...]:
    """Name the files beside the cards that statements come from."""
    files = context.bundle.files
    found = {item.place.file: item.by for item in statements if item.by != "card" and item.place.file in files}
    return tuple(
        EvidenceRef(name=role.replace(" ", "_"), file=name, digest=files[name].sha256)
        for name, role in sorted(found.items())
    )


# --- one field each


def _named(card: Card, context: CheckContext) -> Iterator[Statement]:
    yield from _said(_identity(card, "name"), "card", _plain_key)
    yield from _said(_beside(context, "name"), "MLmodel", _plain_key)
    file, metadata = context.bundle.record_file, context.bundle.record.metadata
    if file is not None:
        span = context.bundle.record_span("metadata", "name")
        key = frozenset(_folded(text) for text in (metadata.name, metadata.title) if text)
        yield Statement(plain(metadata.name), key, Location(file, span.line if span else None), "model record")


def _versioned(card: Card, context: CheckContext) -> Iterator[Statement]:
    yield from _said(_identity(card, "version"), "card", _plain_key)
    yield from _said(_beside(context, "version"), "MLmodel", _plain_key)
    file = context.bundle.record_file
    if file is not None:
        span = context.bundle.record_span("metadata", "version")
        text = context.bundle.record.metadata.version
        place = Location(file, span.line if span else None)
        yield Statement(plain(text), _plain_key(text), place, "model record")


def licence_statements(card: Card, context: CheckContext) -> Iterator[Statement]:
    """What cards and `MLmodel` declare as licence: a statement for each card's metadata and each place in its text."""
    declared: dict[str, list[Claim]] = {}
    for claim in card.licences:
        if is_declared(claim):
            declared.setdefault(claim.locator.file, []).append(claim)
        else:
            made = _licence(card, [claim], "card")
            prose = made.key is None and len(claim.value.split()) > FEW_WORDS
            if not prose and made.said:
                yield made
    for claims in declared.values():
        made = _licence(card, claims, "card")
        if made.said:
            yield made
    for claim in _beside(context, "license"):
        made = _licence(card, [claim], "MLmodel")
        if made.said:
            yield made


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
    groups: list[tuple[str, list[Claim]]] = [("card", claims) for claims in _by_file(card.base_models)]
    groups += [("adapter_config.json", [claim]) for claim in adapters]
    groups += [("MLmodel", claims) for claims in _by_file(_beside(context, "base_models"))]
    for by, claims in groups:
        local = next((claim for claim in claims if is_local_path(claim.value)), None)
        key = None if local else frozenset(base_id(claim.value) for claim in claims)
        why = "it is a path on a machine, which names no model" if local else ""
        names = tuple(claim.value for claim in claims)
        yield Statement(_list(claims), key, _place(local or claims[0]), by, why, names)


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


# --- licences


def is_declared(claim: Claim) -> bool:
    """Whether a licence was declared in metadata or a field, not said in text."""
    return claim.locator.pointer is not None


def licence_key(ids: Iterable[str]) -> frozenset[str]:
    """Give the set by which licences are compared: SPDX identifiers as texts can tell them apart."""
    from govern.security.licences import comparable

    return frozenset(_VERSION_OF_LLAMA.sub("", comparable(name)) for name in ids)


def _licence(card: Card, claims: Sequence[Claim], by: str) -> Statement:
    """One statement of what one place declares; its `said` is empty when nothing is declared there."""
    from govern.security.licences import read_licence

    said: list[str] = []
    key: frozenset[str] | None = frozenset()
    for claim in claims:
        reading = read_licence(claim.value)
        if reading.state == "undeclared":
            continue
        said.append(plain(claim.value))
        ids: frozenset[str] | None = reading.ids or None
        if reading.state == "other" and card.licence_name is not None:
            named = read_licence(card.licence_name.value)
            ids = named.ids or frozenset([f"other:{_folded(card.licence_name.value)}"])
            said[-1] = f"other ({plain(card.licence_name.value)})"
        key = None if ids is None or key is None else key | licence_key(ids)
    why = "" if key is not None else "it is no licence that is known here"
    return Statement(", ".join(said), key, _place(claims[0]), by, why)


def licence_files(context: CheckContext, card: Card) -> tuple[LicenceFile, ...]:
    """Read the licence files at the root and beside the cards, once a run; one that is no text is `unknown`."""
    folders = frozenset({"", *(source.file.rpartition("/")[0] for source in card.sources)})
    return context.once(("licence.files", folders), lambda: _read_licences(context.bundle, folders))


def _read_licences(bundle: Bundle, folders: frozenset[str]) -> tuple[LicenceFile, ...]:
    from govern.diagnostics import InputError
    from govern.inputs.text import decode_text
    from govern.security.licences import TextMatch, is_licence_file, match_text
    from govern.security.licences.texts import TEXT_BYTES

    found = []
    for path, entry in sorted(bundle.files.items()):
        folder, _, name = path.rpartition("/")
        if folder not in folders or not is_licence_file(name):
            continue
        if entry.size > TEXT_BYTES:
            found.append(LicenceFile(path, TextMatch((), "unknown", "it is too long to be a licence")))
            continue
        try:
            text = decode_text(bundle.read(path, limit=TEXT_BYTES), file=path, max_bytes=TEXT_BYTES)
        except InputError as fault:
            found.append(LicenceFile(path, TextMatch((), "unknown", str(fault.diagnostics[0].message))))
            continue
        found.append(LicenceFile(path, match_text(text)))
    return tuple(found)


# --- helpers


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


def _beside(context: CheckContext, field: str) -> tuple[Claim, ...]:
    from govern.evidence.cards.beside import mlmodel_claims

    return context.once(("mlmodel.claims", field), lambda: mlmodel_claims(context.bundle, field))


def _said(claims: Iterable[Claim], by: str, key: Callable[[str], frozenset[str]]) -> Iterator[Statement]:
    for claim in claims:
        yield Statement(plain(claim.value), key(claim.value), _place(claim), by)


def _sets(claims: Sequence[Claim]) -> Iterator[Statement]:
    for group in _by_file(claims):
        yield Statement(_list(group), frozenset(_folded(claim.value) for claim in group), _place(group[0]), "card")


def _by_file(claims: Iterable[Claim]) -> Iterator[list[Claim]]:
    groups: dict[str, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(claim.locator.file, []).append(claim)
    yield from groups.values()


def _list(claims: Sequence[Claim]) -> str:
    return ", ".join(plain(claim.value) for claim in claims[:20]) + (", ..." if len(claims) > 20 else "")


def _place(claim: Claim) -> Location:
    place = place_of(claim.locator)
    assert place is not None  # a claim has a locator
    return place


def _folded(text: str) -> str:
    from govern.evidence.cards.words import casefolded

    return casefolded(text)


def _plain_key(text: str) -> frozenset[str]:
    return frozenset([_folded(text)])


def _same_name(left: str, right: str) -> bool:
    """Names agree up to blanks, hyphens and underscores; a hub's `owner/` counts only where both have one."""
    first, second = (re.sub(r"[\s_-]+", "-", name) for name in (left, right))
    if "/" in first and "/" in second:
        return first == second
    return first.rpartition("/")[2] == second.rpartition("/")[2]
