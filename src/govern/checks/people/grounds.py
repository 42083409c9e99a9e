"""What statements are held against: the moment they must be newer than, and the people who may not be their signers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from govern.canonical import instant_text, parse_instant
from govern.checks.context import CheckContext
from govern.checks.people.params import SIDES, PresentParams
from govern.checks.predictions import missing
from govern.checks.roots import root_of
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Location
from govern.policy.sides import Side

__all__ = ["Grounds", "grounds_of"]


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the bundle says, as far as a rule asks for it."""

    newer_than: str | None = None
    """Instant before which no statement may have been signed."""
    barred: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Side to the names of those who stand on it."""
    evidence: tuple[EvidenceRef, ...] = ()


def grounds_of(params: PresentParams, context: CheckContext) -> Grounds | CheckResult:
    """Read them, or say what is missing: without them nobody can say that a statement is new, or whose it may not be.

    Raises InputError for a lineage that cannot be read.
    """
    found: list[Finding] = []
    evidence: tuple[EvidenceRef, ...] = ()
    if params.min_grade != "E0":
        found.append(_gap("E134", "a statement of people is evidence of grade E0", None, f">= {params.min_grade}"))
    moment = None
    if params.newer_than is not None:
        moment, evidence = _moment(params.newer_than, context)
        if moment is None:
            found.append(_unknown_moment(params.newer_than, context))
    barred: dict[str, frozenset[str]] = {}
    for side in [name for name in params.not_signed_by if name in SIDES]:
        barred[side] = _people(side, context)
        evidence = (*evidence, *_record(context))
        if not barred[side]:
            hint = f"Name them in govern.yaml: spec.{_FIELDS[side]}."
            found.append(_gap("C149", f"the record does not say who the {side} is", _place(context), hint=hint))
    evidence = tuple(dict.fromkeys(evidence))
    if found:
        return missing(f"{found[0].detail[0].upper()}{found[0].detail[1:]}.", found, evidence)
    return Grounds(moment, barred, evidence)


_FIELDS = {Side.OWNER.value: "owner", Side.DEVELOPER.value: "developers", Side.VALIDATOR.value: "validators"}


def _people(side: str, context: CheckContext) -> frozenset[str]:
    spec = context.bundle.record.spec
    if side == Side.OWNER:
        owner = spec.owner
        return frozenset(name for name in (owner.name, owner.principal) if name) if owner else frozenset()
    return frozenset(spec.developers if side == Side.DEVELOPER else spec.validators)


def _record(context: CheckContext) -> tuple[EvidenceRef, ...]:
    root = root_of(context, "model")
    return () if root is None else root.evidence


def _place(context: CheckContext, *path: str) -> Location | None:
    span = context.bundle.record_span("spec", *path)
    return None if span is None else Location(span.file, span.line, span.column)


def _moment(newer_than: str, context: CheckContext) -> tuple[str | None, tuple[EvidenceRef, ...]]:
    if newer_than == "last_material_change":
        change = context.bundle.record.spec.change
        if change is None:
            return None, _record(context)
        # A day has no hour: who signs on it may have signed before the change, so the next day counts.
        day = datetime.combine(change.material_on, time(), UTC)
        try:
            return instant_text(day + timedelta(days=1)), _record(context)
        except OverflowError:
            return None, _record(context)
    return _trained(context)


def _trained(context: CheckContext) -> tuple[str | None, tuple[EvidenceRef, ...]]:
    """The end of the last run that made the model; None unless each of them says when it ended."""
    from govern.checks.lineage.evidence import evidence_of, lineage_of
    from govern.diagnostics import InputError
    from govern.lineage.graph import NodeKind

    lineage = lineage_of(context)
    if lineage is None:
        return None, ()
    if lineage.faults and all(item.code == "L110" for item in lineage.faults):
        return None, ()  # a record that is named and not there
    if lineage.faults:
        raise InputError(lineage.faults)
    graph = lineage.graph
    runs = {edge.source for key in graph.subjects for edge in graph.producers(key) if edge.source.kind is NodeKind.RUN}
    ends: list[str] = []
    for run in sorted(runs):
        text = graph.nodes[run].attributes.get("ended")
        try:
            ends.append(instant_text(parse_instant(text if isinstance(text, str) else "")))
        except ValueError:
            return None, evidence_of(context, lineage)
    return max(ends, default=None), evidence_of(context, lineage)


def _unknown_moment(newer_than: str, context: CheckContext) -> Finding:
    if newer_than == "training":
        detail = "no lineage says when the runs that made the model ended"
        return _gap("C149", detail, None, hint="Record the end of the run that made the model in lineage.yaml.")
    hint = "Add spec.change.material_on to govern.yaml."
    return _gap("C149", "the record does not say when the model last changed", _place(context, "change"), hint=hint)


def _gap(
    code: str, detail: str, place: Location | None, required: str | None = None, hint: str | None = None
) -> Finding:
    return Finding(code=code, detail=detail, required=required, location=place, remediation=hint, discriminator=detail)
