"""Whether the reference of a drift result is data that the model was made from, by the bundle's lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govern.checks.lineage.evidence import binding_of, evidence_of, lineage_of
from govern.diagnostics import plain
from govern.policy.outcomes import EvidenceRef, Finding, Location

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.evidence.tools.finding import Evidence

__all__ = ["lineage_says", "not_training", "report_reference"]

_SHA256 = "sha256:"
_REFERENCE_ROLES = ("reference", "train", "training")


def lineage_says(context: CheckContext) -> tuple[frozenset[str], tuple[EvidenceRef, ...]]:
    """Give the sha256 (hex) of the data that the model was made from, and the records that say so.

    Nothing, when there is no lineage, when it cannot be read or when it speaks of another model.
    """
    return context.once("drift.lineage", lambda: _lineage_says(context))


def _lineage_says(context: CheckContext) -> tuple[frozenset[str], tuple[EvidenceRef, ...]]:
    from govern.lineage.graph import NodeKind
    from govern.lineage.verdicts import Verdict, worst
    from govern.lineage.walk import ancestors

    lineage = lineage_of(context)
    if lineage is None or lineage.faults or worst(binding_of(context, lineage)) is Verdict.FAIL:
        return frozenset(), ()
    found = {
        key.version.removeprefix(_SHA256)
        for key in ancestors(lineage.graph, lineage.graph.subjects)
        if key.kind is NodeKind.DATASET and key.version.startswith(_SHA256)
    }
    return frozenset(found), evidence_of(context, lineage)


def report_reference(context: CheckContext, evidence: Evidence) -> tuple[Finding | None, tuple[EvidenceRef, ...]]:
    """Say what keeps a report's reference from being the training data; None when its envelope names it by digest."""
    digests, refs = lineage_says(context)
    named = _named(context, evidence)
    return (None if named and named <= digests else not_training(evidence.file)), refs


def not_training(file: str) -> Finding:
    """Make the finding."""
    return Finding(
        code="E177",
        detail=f"nothing shows that the reference of {plain(file)} is data that the model was made from",
        required="a reference whose sha256 the lineage has among the model's ancestors",
        location=Location(file),
        remediation="Name the training data by sha256 in the lineage, and in the envelope with the role `reference`.",
        discriminator="reference",
    )


def _named(context: CheckContext, evidence: Evidence) -> frozenset[str]:
    """Give the digests of the data that the report's envelope calls its reference; the envelope was read before."""
    from govern.inputs.json import parse_json
    from govern.inputs.limits import JSON_BYTES

    if evidence.envelope is None:
        return frozenset()
    path = evidence.envelope.file
    document = parse_json(context.bundle.read(path, limit=JSON_BYTES, reader="evidence_envelope"), file=path)
    items = document.get("data") if isinstance(document, dict) else None
    found: set[str] = set()
    for item in items if isinstance(items, list) else ():
        digest = item.get("digest") if isinstance(item, dict) else None
        text = digest.get("sha256") if isinstance(digest, dict) else None
        if isinstance(item, dict) and item.get("role") in _REFERENCE_ROLES and isinstance(text, str):
            found.add(text)
    return frozenset(found)
