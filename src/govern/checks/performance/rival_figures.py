"""Figures of another model that a named file states: a tool's evaluation, or a flat file of figures."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from govern.checks.binding import envelope_of
from govern.checks.performance.figures import Figure, refuse_impossible
from govern.checks.performance.stated import Stated, stated_in, unfinished
from govern.checks.predictions import missing, terms_of
from govern.checks.tool_evidence import Item, ToolParams, read_one, sightings_of
from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.fairness import Measured
from govern.inputs.json import parse_json
from govern.inputs.limits import JSON_BYTES
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Location

if TYPE_CHECKING:
    from govern.checks.context import CheckContext

__all__ = ["RivalFigures", "rival_figures"]


@dataclass(frozen=True, slots=True)
class RivalFigures:
    """What a file of another model states of one metric; at least one figure."""

    file: str
    digest: str
    figures: tuple[Figure, ...]


def rival_figures(
    params: ToolParams, context: CheckContext, name: str, metric: str, required: str
) -> RivalFigures | CheckResult:
    """Read the evidence called `name`, which the record names. A CheckResult is `missing_evidence`.

    Raises InputError for a file that cannot be read, and E141 for two different values of one figure.
    """
    from govern.evidence.tools.figures import Metrics

    bundle = context.bundle
    path = bundle.resolve(bundle.record.spec.evidence[name].path)
    assert path is not None  # the caller has looked
    digest = bundle.files[path].sha256
    sighting = next((item for item in sightings_of(context, None) if item.path == path), None)
    if sighting is None:
        listed = _flat(context, path, name, metric)
    else:
        evidence = read_one(context, sighting)
        body = evidence.readout.body(Metrics)
        refs = tuple(
            EvidenceRef(name=name, file=file, digest=bundle.files[file].sha256)
            for file in (path, *evidence.readout.files)
        )
        item = None if body is None else Item(evidence, body)
        broken = None if item is None else unfinished(item)
        if broken is not None:
            return missing(f"The run of {plain(name)} does not count.", [broken], refs, required)
        listed = () if item is None else stated_in(item, metric, refs, ())
    whole = [item for item in listed if item.slice is None and item.split != "train"]
    if not whole:
        finding = Finding(
            code="E145",
            detail=f"{plain(name, limit=80)} states no {metric} of data that were held out",
            required=required,
            location=Location(path),
            remediation=f"Measure {metric} of the other model on the same data.",
            discriminator=name,
        )
        return missing(f"There is no {metric} of {plain(name, limit=80)}.", [finding], (), required)
    _refuse_ambiguous(whole, metric)
    for one in whole:
        refuse_impossible(metric, one)
    envelope = envelope_of(context, path)
    if envelope is not None and envelope.model == "match":
        return _own(name, path, required)
    terms = terms_of(
        params,
        name=name,
        file=path,
        bound=envelope is not None and envelope.model == "mismatch" and envelope.data == "match",
        produced_at=None if envelope is None else envelope.produced_at,
        tool=None if envelope is None else envelope.tool,
        how_to_bind="Add the envelope that was made with the other model's bundle.",
    )
    if terms.unmet:
        return missing(f"{plain(name)} does not meet the terms of the rule.", terms.unmet, whole[0].evidence, required)
    return RivalFigures(path, digest, tuple(_figure(item) for item in whole))


def _own(name: str, path: str, required: str) -> CheckResult:
    finding = Finding(
        code="E149",
        detail=f"the envelope of {plain(name, limit=80)} names the candidate itself",
        required="another model's evidence",
        location=Location(path),
        remediation="Name the other model's evaluation on the same data.",
        discriminator=name,
    )
    return missing("A model cannot be compared with itself.", [finding], (), required)


def _figure(item: Stated) -> Figure:
    return Figure(
        measured=Measured(Fraction(item.value), 0),
        location=item.location,
        evidence=item.evidence,
        holds=item.holds,
        source="evaluation" if item.evaluation else "metrics file",
        data=item.data,
        split=item.split,
    )


def _refuse_ambiguous(found: list[Stated], metric: str) -> None:
    by_key: dict[tuple[str | None, str | None], Decimal] = {}
    for item in found:
        if by_key.setdefault((item.data, item.split), item.value) != item.value:
            message = f"{metric} has two different values for the same data and split"
            span = Span(item.location.file, item.location.line, item.location.column)
            raise InputError(Diagnostic("E141", message, span, "Keep one value."))


def _flat(context: CheckContext, path: str, name: str, metric: str) -> tuple[Stated, ...]:
    document = parse_json(context.bundle.read(path, limit=JSON_BYTES), file=path)
    if not isinstance(document, dict):
        hint = 'Write {"accuracy": 0.84, ...}, or name the file\'s type.'
        raise InputError(Diagnostic("E101", "expected an object of metric names and numbers", Span(path, 1), hint))
    value = document.get(metric)
    if value is None:
        return ()
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise InputError(Diagnostic("E130", f"{metric} is not a number", Span(path), "Write a JSON number."))
    ref = EvidenceRef(name=name, file=path, digest=context.bundle.files[path].sha256)
    return (
        Stated(
            value=Decimal(value),
            data=None,
            split=None,
            slice=None,
            location=Location(path, pointer=f"/{metric}"),
            evidence=(ref,),
            holds=(),
            evaluation=False,
        ),
    )
