"""Which data evidence cites by digest: what its envelope lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govern.inputs.json import parse_json
from govern.inputs.limits import EVIDENCE_YAML

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["cited_data", "envelope_of"]


def envelope_of(bundle: Bundle, file: str) -> str | None:
    """Give the path of a file's envelope: the one that the record names, else the one beside it."""
    from govern.evidence.tools.finding import ENVELOPE_ENDING

    for item in bundle.record.spec.evidence.values():
        if item.envelope is not None and bundle.resolve(item.path) == file:
            return bundle.resolve(item.envelope)
    beside = f"{file}{ENVELOPE_ENDING}"
    return beside if beside in bundle.files else None


def cited_data(bundle: Bundle, file: str) -> frozenset[str]:
    """Give the digests of the data that a file's envelope cites; none without one.

    Raises InputError for an envelope that is none, or was made for other bytes.
    """
    from govern.evidence.envelope import read_envelope

    envelope = envelope_of(bundle, file)
    if envelope is None:
        return frozenset()
    read_envelope(bundle, envelope, about=file)
    document = parse_json(bundle.read(envelope, limit=EVIDENCE_YAML.bytes), file=envelope)
    listed = document["data"] if isinstance(document, dict) else []
    found = set()
    for item in listed if isinstance(listed, list) else []:
        digest = item.get("digest") if isinstance(item, dict) else None
        sha256 = digest.get("sha256") if isinstance(digest, dict) else None
        if isinstance(sha256, str):
            found.add(sha256)
    return frozenset(found)
