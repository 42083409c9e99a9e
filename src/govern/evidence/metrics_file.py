"""A flat JSON file of metric names and numbers, as most training scripts write one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.envelope import read_envelope
from govern.evidence.located import locate
from govern.evidence.tools.registry import reader_named
from govern.inputs.json import parse_json
from govern.inputs.limits import JSON_BYTES

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["MetricsFile", "read_metrics"]


@dataclass(frozen=True, slots=True)
class MetricsFile:
    """The numbers of a metrics file. What they were measured on, such a file does not say."""

    file: str
    digest: str
    bound: bool
    produced_at: str | None
    tool: str | None
    values: Mapping[str, Decimal | int]
    others: tuple[str, ...]
    """Names whose value is neither a number nor null."""


def read_metrics(bundle: Bundle, *, lineage: frozenset[str] | None = None) -> MetricsFile | Diagnostic:
    """Read the metrics file; a Diagnostic says that there is none, or that its envelope names another model (E107) or
    other data (E150) than the bundle and the data sets of its `lineage` (sha256, hex).

    Raises InputError: I1 and I2 (not JSON, NaN, Infinity, too deep), E101 for anything but an object.
    """
    located = locate(bundle, "metrics", ("metrics.json",))
    if isinstance(located, Diagnostic):
        return located
    if located.type is not None and reader_named(located.type) is not None:
        return Diagnostic(
            code="E120",
            message=f"the metrics are a file of the type {plain(located.type)}, and there is no flat file of figures",
            span=bundle.record_span("spec", "evidence", "metrics", "type"),
            hint="Add a metrics.json, or predictions.",
        )
    if located.type not in (None, "metrics"):
        raise InputError(
            Diagnostic(
                code="E101",
                message="the record gives the metrics a type that is not read",
                span=bundle.record_span("spec", "evidence", "metrics", "type"),
                hint="Write type: metrics, or leave it out.",
            )
        )
    envelope = None
    if located.envelope is not None:
        envelope = read_envelope(bundle, located.envelope, about=located.path, lineage=lineage)
        refusal = envelope.refusal("the metrics")
        if refusal is not None:
            return refusal
    document = parse_json(bundle.read(located.path, limit=JSON_BYTES), file=located.path)
    if not isinstance(document, dict):
        raise InputError(
            Diagnostic(
                code="E101",
                message="expected an object of metric names and numbers",
                span=Span(located.path, 1),
                hint='Write {"accuracy": 0.84, ...}.',
            )
        )
    values: dict[str, Decimal | int] = {}
    others = []
    for name, value in document.items():
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            values[name] = value
        elif value is not None:
            others.append(name)
    return MetricsFile(
        file=located.path,
        digest=bundle.files[located.path].sha256,
        bound=envelope.bound if envelope else False,
        produced_at=envelope.produced_at if envelope else None,
        tool=envelope.tool if envelope else None,
        values=values,
        others=tuple(sorted(others)),
    )
