"""What evidence is bound to: its envelope, found and read once a run, held against the bundle and its lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govern.checks.context import CheckContext
from govern.diagnostics import Diagnostic, InputError, plain
from govern.evidence.envelope import SpeaksOf, beside, read_envelope

if TYPE_CHECKING:
    from govern.evidence.envelope import Envelope

__all__ = ["cited_data", "envelope_of", "envelope_path", "lineage_digests"]


def lineage_digests(context: CheckContext) -> frozenset[str] | None:
    """Give the sha256 (hex) of every data set that the lineage names by one, whatever its place in the graph.

    None when there is no lineage, when it cannot be read (which the `lineage.*` rules say) or names no data by sha256:
    then nothing is known of what belongs to this model.
    """
    return context.once("lineage-digests", lambda: _lineage_digests(context))


def _lineage_digests(context: CheckContext) -> frozenset[str] | None:
    from govern.checks.lineage.evidence import lineage_of
    from govern.lineage.graph import NodeKind

    try:
        lineage = lineage_of(context)
    except InputError:
        return None
    if lineage is None or lineage.faults:
        return None
    sets = (node for node in lineage.graph.nodes.values() if node.key.kind is NodeKind.DATASET)
    return frozenset(node.digests["sha256"] for node in sets if "sha256" in node.digests) or None


def envelope_path(context: CheckContext, path: str) -> str | None:
    """Give the path of the envelope of a file of the bundle: the one the model record names, else the one beside it.

    Raises InputError: B110 for a named path that leaves the bundle, E120 for one that is not there.
    """
    bundle = context.bundle
    for role, item in bundle.record.spec.evidence.items():
        if item.envelope is None or bundle.resolve(item.path) != path:
            continue
        where = bundle.resolve(item.envelope)
        if where is None:
            message = f"the record names the envelope {plain(item.envelope)}, and the bundle has no such file"
            span = bundle.record_span("spec", "evidence", role, "envelope")
            raise InputError(Diagnostic("E120", message, span, "Add the envelope to the bundle or correct the path."))
        return where
    return beside(bundle, path)


def envelope_of(context: CheckContext, path: str, *, speaks_of: SpeaksOf = "model and data") -> Envelope | None:
    """Read the envelope of a file of the bundle, once a run; None when it has none.

    Raises InputError as `envelope_path` and `read_envelope` do.
    """
    return context.once(("envelope", path, speaks_of), lambda: _read(context, path, speaks_of))


def _read(context: CheckContext, path: str, speaks_of: SpeaksOf) -> Envelope | None:
    where = envelope_path(context, path)
    if where is None:
        return None
    lineage = lineage_digests(context)
    return read_envelope(context.bundle, where, about=path, lineage=lineage, speaks_of=speaks_of)


def cited_data(context: CheckContext, path: str) -> frozenset[str]:
    """Give the digests of the data that a file's envelope cites; none without one. Raises as `envelope_of` does."""
    envelope = envelope_of(context, path)
    return frozenset() if envelope is None else frozenset(envelope.data_digests)
