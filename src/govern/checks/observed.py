"""Facts of the model that are observed, whatever its record declares: they are added to what it declares.

What is declared is a claim of the party that gains by it. So `data_classes` and `jurisdictions` are the union of
declared and observed, and what is observed and not declared is a contradiction (E112). A field that nobody declared
stays undeclared, for that makes rules apply; a list with one observed member would switch the others off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from govern.checks.context import CheckContext
from govern.diagnostics import Diagnostic, InputError, Severity, plain
from govern.policy.outcomes import EvidenceRef, Finding, Location
from govern.records import record

if TYPE_CHECKING:
    from govern.bundle.record import ModelRecord

__all__ = ["Observed", "contradictions_of", "observed_facts", "with_observed"]

_CLASSES = frozenset({"personal", "special_category", "npi", "phi", "pci", "minors"})
"""Data classes of the record that a registry may use as names of labels."""


@record(kw_only=True)
class Observed:
    """Values of one field that something else than its declaration shows."""

    field: str
    """`data_classes` or `jurisdictions`."""
    values: tuple[str, ...]
    shown_by: str
    """What shows them, in words."""
    evidence: tuple[EvidenceRef, ...] = ()

    def contradicts(self, declared: ModelRecord) -> bool:
        """Whether the record declares the field, and leaves one of the values out."""
        return self.field in declared.spec.model_fields_set and bool(self.left_out(declared))

    def left_out(self, declared: ModelRecord) -> tuple[str, ...]:
        """Give the values that the record does not declare."""
        held: tuple[str, ...] = getattr(declared.spec, self.field)
        return tuple(value for value in self.values if value not in held)

    def finding(self, context: CheckContext) -> Finding:
        """Say what contradicts the record, at the line of the field."""
        left_out = ", ".join(self.left_out(context.bundle.record))
        span = context.bundle.record_span("spec", self.field)
        return Finding(
            code="E112",
            detail=f"the record does not declare {self.field} {left_out}, and {self.shown_by}",
            location=None if span is None else Location(span.file, span.line, span.column),
            remediation=f"Add it to spec.{self.field} in govern.yaml, or correct what shows it.",
            discriminator=f"{self.field}:{left_out}",
        )


def observed_facts(context: CheckContext) -> tuple[Observed, ...]:
    """Give what is observed of a bundle, once a run: where it is hosted, and what its sources hold by a registry."""
    return context.once("observed", lambda: (*_hosted(context), *_sources(context)))


def with_observed(facts: dict[str, Any], seen: Sequence[Observed]) -> dict[str, Any]:
    """Add observed values to the lists that are declared."""
    made = dict(facts)
    for item in seen:
        held = made.get(item.field)
        if isinstance(held, list):
            made[item.field] = [*held, *(value for value in item.values if value not in held)]
    return made


def contradictions_of(context: CheckContext) -> tuple[Diagnostic, ...]:
    """Give each contradiction as a warning, for whoever reads the result."""
    declared = context.bundle.record
    found = [item for item in observed_facts(context) if item.contradicts(declared)]
    made = []
    for item in found:
        finding = item.finding(context)
        span = context.bundle.record_span("spec", item.field)
        made.append(Diagnostic("E112", finding.detail, span, finding.remediation, Severity.WARNING))
    return tuple(made)


def _hosted(context: CheckContext) -> Iterator[Observed]:
    from govern.bundle.regions import jurisdictions_of

    inventory = context.bundle.record.spec.inventory
    location = inventory.location if inventory else None
    places = jurisdictions_of(location) if isinstance(location, str) else ()
    if places:
        shown_by = f"inventory.location {plain(str(location))} lies in {places[0]}"
        yield Observed(field="jurisdictions", values=places, shown_by=shown_by)


def _sources(context: CheckContext) -> Iterator[Observed]:
    """What a source registry says of the data above the model. Steps that may mask it are not looked at here."""
    from govern.checks.lineage.evidence import binding_of, evidence_of, lineage_of
    from govern.lineage.graph import NodeKind
    from govern.lineage.verdicts import Verdict, worst
    from govern.lineage.walk import ancestors

    if not context.registries:
        return
    try:
        lineage = lineage_of(context)
    except InputError:
        return  # the lineage.* rules say so
    if lineage is None or lineage.faults or worst(binding_of(context, lineage)) is Verdict.FAIL:
        return
    graph = lineage.graph
    classes: dict[str, str] = {}
    for key in sorted(ancestors(graph, graph.subjects)):
        if key.kind is not NodeKind.DATASET:
            continue
        for name, registry in sorted(context.registries.items()):
            entry = registry.lookup(key.uri) or registry.by_digest(graph.nodes[key].digests)
            if entry is None:
                continue
            for held in _classes_of(entry.pii, entry.labels):
                shown_by = (
                    f"the registry {plain(name)} says so of {plain(graph.nodes[key].name)}, from which it was made"
                )
                classes.setdefault(held, shown_by)
    evidence = evidence_of(context, lineage) if classes else ()
    for held, shown_by in sorted(classes.items()):
        yield Observed(field="data_classes", values=(held,), shown_by=shown_by, evidence=evidence)


def _classes_of(pii: Sequence[str], labels: Sequence[str]) -> Iterator[str]:
    if pii:
        yield "personal"
    yield from (name for name in labels if name in _CLASSES)
