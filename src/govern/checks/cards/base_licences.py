"""The licences of the models that a model is built on, as the source registry has them, against the declared one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from govern.checks.cards.gathering import base_id, base_statements
from govern.checks.cards.rule_params import LicenceParams
from govern.checks.cards.statements import refs_of, where
from govern.checks.context import CheckContext
from govern.diagnostics import plain
from govern.policy.outcomes import EvidenceRef, Finding, Location, Outcome

if TYPE_CHECKING:
    from govern.evidence.cards import Card
    from govern.lineage.registry import SourceEntry, SourceRegistry
    from govern.security.licences import Reading

__all__ = ["base_findings"]

_Found = tuple[Outcome, Finding]


def base_findings(
    params: LicenceParams, context: CheckContext, card: Card, declared: Reading | None
) -> tuple[list[_Found], tuple[EvidenceRef, ...]]:
    """Say of each base model whether the declared licence keeps its terms; with the evidence that was read.

    A base whose licence nobody knows is missing evidence. What conflicts with the registry's entry fails; what that
    means in law is for people.
    """
    statements = list(base_statements(card, context))
    if not statements:
        return [], ()
    registry = context.registries.get(params.registry) if params.registry is not None else None
    found: list[_Found] = []
    judged: set[str] = set()
    for item in statements:
        if item.key is None:
            found.append((Outcome.INCONCLUSIVE, _local(item.said, item.place)))
            continue
        for name in item.names:
            if base_id(name) in judged:
                continue
            judged.add(base_id(name))
            found += _one(params, registry, name, item.place, declared)
    refs = refs_of(statements, context)
    if registry is not None:
        refs += (EvidenceRef(name="registry", file=registry.file, digest=registry.digest),)
    return found, refs


def _one(
    params: LicenceParams, registry: SourceRegistry | None, name: str, place: Location, declared: Reading | None
) -> Iterator[_Found]:
    from govern.security.licences import Meets, meets, read_licence

    if registry is None:
        named = (
            f"the source registry '{params.registry}' was not loaded"
            if params.registry
            else "the rule names no registry"
        )
        yield Outcome.MISSING_EVIDENCE, _unknown(name, place, f"{named}")
        return
    entry = _entry(registry, name)
    if entry is None or entry.licence is None:
        why = f"{registry.name} has no entry for it" if entry is None else f"entry '{entry.id}' names no licence"
        yield Outcome.MISSING_EVIDENCE, _unknown(name, place, why)
        return
    reading = read_licence(entry.licence)
    if not reading.alternatives or not reading.exact:
        why = f"entry '{entry.id}' has '{plain(entry.licence)}', which is no licence that is known here"
        yield Outcome.MISSING_EVIDENCE, _unknown(name, place, why)
        return
    if declared is None:
        return
    verdict = meets(declared.alternatives, reading.alternatives)
    if verdict is Meets.YES:
        return
    says = f"{reading.expression}, entry '{entry.id}' of {registry.name} {registry.version}"
    conflict = verdict is Meets.NO
    how = "conflicts with the registry entry of" if conflict else "cannot be compared with that of"
    detail = f"the declared licence {declared.expression} {how} its base model {plain(name)}"
    yield (
        Outcome.FAIL if conflict else Outcome.INCONCLUSIVE,
        Finding(
            code="E251" if conflict else "E252",
            detail=f"{detail}: {says}",
            observed=declared.expression,
            required=f"the terms of {reading.expression}",
            location=place,
            remediation="Ask whoever answers for licences: keep the base model's terms, or take another base.",
            discriminator=f"base:{name}",
        ),
    )


def _entry(registry: SourceRegistry, name: str) -> SourceEntry | None:
    """Find a base model by its id on the hub or its URI; owners' upper and lower case do not tell models apart."""
    from govern.lineage.uri import UriError, canonical_uri

    try:
        uri = canonical_uri(name if "://" in name else f"hf://{name}").text
    except UriError:
        return None
    found = registry.lookup(uri, is_model=True)
    if found is not None:
        return found
    wanted = base_id(uri)
    same = [entry for entry in registry.base_models if entry.pattern.exact and base_id(entry.pattern.text) == wanted]
    return same[0] if len(same) == 1 else None


def _local(said: str, place: Location) -> Finding:
    return Finding(
        code="E245",
        detail=f"the base model {said} ({where(place)}) is a path on a machine: which model it was is not known",
        observed=said,
        location=place,
        remediation="Name the base model by its id on a hub or its URI.",
        discriminator=f"local:{place.file}",
    )


def _unknown(name: str, place: Location, why: str) -> Finding:
    return Finding(
        code="E252",
        detail=f"the licence of the base model {plain(name)} ({where(place)}) is not known: {why}",
        observed="not known",
        required="an entry with its licence",
        location=place,
        remediation="Add the base model with its licence to the source registry, and name that under `registry`.",
        discriminator=f"base:{name}",
    )
