"""Whether a tool looked at the model's own data: digests of its envelope against the lineage's and the bundle's."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from govern.checks.lineage.data import lineage_data
from govern.checks.tool_evidence import Item
from govern.diagnostics import plain
from govern.policy.outcomes import EvidenceRef, Finding, Location

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.checks.context import CheckContext

__all__ = ["other_data"]


def other_data(item: Item[Any], context: CheckContext) -> tuple[tuple[Finding, ...], tuple[EvidenceRef, ...]]:
    """Say why a file is not known to be about the model's data, and which lineage records that was held against."""
    evidence = item.evidence
    named = () if evidence.envelope is None else evidence.envelope.data_digests
    if not named:
        return (_unnamed(item),), ()
    held = _tables(context.bundle, evidence.file)
    known = set(named) <= held
    data, refs, trouble = (frozenset[str](), (), None) if known else lineage_data(context)
    strange = [digest for digest in named if digest not in held and digest not in data]
    return tuple(_strange(item, digest, trouble) for digest in strange), refs


def _tables(bundle: Bundle, file: str) -> set[str]:
    """Give the digests of what may be data: not the model, the evidence itself, the record, cards and lineage."""
    from govern.bundle.opening import RECORD_FILE
    from govern.evidence.envelope import SUFFIX

    spec = bundle.record.spec
    beside = {file, RECORD_FILE, *bundle.artefacts, *spec.cards, *spec.lineage}
    return {entry.sha256 for path, entry in bundle.files.items() if path not in beside and not path.endswith(SUFFIX)}


def _unnamed(item: Item[Any]) -> Finding:
    return Finding(
        code="E165",
        detail=f"{plain(item.file)} does not say by digest which data it looked at",
        observed="unbound",
        required="data of the lineage, or a file of the bundle",
        location=Location(item.file, 1),
        remediation=f"Name the data: {_command(item)}",
        discriminator=f"data:{item.file}",
    )


def _strange(item: Item[Any], digest: str, trouble: str | None) -> Finding:
    envelope = item.evidence.envelope
    assert envelope is not None  # it named the digest
    if trouble is None:
        told, remedy = "that neither the lineage nor the bundle has", "Validate the data that the lineage names."
    else:
        told = f"that no file of the bundle has, and {trouble}"
        remedy = "Record the data in lineage.yaml with its sha256, or put the table into the bundle."
    return Finding(
        code="E166",
        detail=f"{plain(item.file)} is of data {told}",
        observed=f"sha256:{digest[:64]}" if digest.isalnum() else "no sha256",
        required="data of the lineage, or a file of the bundle",
        location=Location(envelope.file, 1),
        remediation=f"{remedy} Then: {_command(item)}",
        discriminator=f"data:{item.file}",
    )


def _command(item: Item[Any]) -> str:
    evidence = item.evidence
    tool = evidence.readout.tool
    words = ("govern", "evidence", "add", f"DIR/{plain(item.file)}", "--bundle", "DIR", "--type", evidence.reader)
    version = plain(tool.version, limit=40) if tool.version else "VERSION"
    more = ("--tool", f"{tool.name}={version}", "--data", "NAME=TABLE", "--by", "WHO")
    return shlex.join((*words, *more))
