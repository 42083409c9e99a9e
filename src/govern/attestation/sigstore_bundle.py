"""The file that travels: a sigstore bundle v0.3 with the envelope and the log's proof of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from govern.attestation.dsse import ENVELOPE_SHAPE, Envelope
from govern.attestation.shape import TEXT, ListOf, Record, Shape
from govern.canonical import Json, base64_bytes, base64_text, canonical_bytes
from govern.diagnostics import Diagnostic, GovernError, IntegrityError
from govern.ledger.note import NoteKey
from govern.records import record

if TYPE_CHECKING:
    from govern.ledger.store import Logged

__all__ = ["MAX_BYTES", "MEDIA_TYPE", "Container", "LogEntry", "bundle_bytes", "read_container", "read_log_entry"]

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
MAX_BYTES = 8 * 1024 * 1024
_MOST_ENTRIES = 32
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_KIND = ("hashedrekord", "0.0.2")

_ENTRY = Record(
    {
        "logIndex": TEXT,
        "logId": Record({"keyId": TEXT}),
        "kindVersion": Record({"kind": TEXT, "version": TEXT}),
        "integratedTime": TEXT,
        "inclusionProof": Record(
            {
                "logIndex": TEXT,
                "rootHash": TEXT,
                "treeSize": TEXT,
                "hashes": ListOf(TEXT, most=63),
                "checkpoint": Record({"envelope": TEXT}),
            }
        ),
        "canonicalizedBody": TEXT,
    }
)
_TIMESTAMPS: dict[str, Shape] = {
    "timestampVerificationData": Record(
        {"rfc3161Timestamps": ListOf(Record({"signedTimestamp": TEXT}), most=_MOST_ENTRIES)}
    )
}
_BUNDLE = Record(
    {
        "mediaType": TEXT,
        "verificationMaterial": Record(
            {"publicKey": Record({"hint": TEXT}), "tlogEntries": ListOf(_ENTRY, most=_MOST_ENTRIES)}, _TIMESTAMPS
        ),
        "dsseEnvelope": ENVELOPE_SHAPE,
    }
)


def bundle_bytes(
    envelope: Envelope, *, hint: str, log: NoteKey | None, logged: Sequence[Logged], tokens: Sequence[bytes] = ()
) -> bytes:
    """Write a bundle file: canonical JSON and a newline.

    Args:
        envelope: the signed statement.
        hint: of the signer's key.
        log: the log's key; its full id becomes `logId.keyId`. None only without entries.
        logged: the entries of the statement in that log, with proofs.
        tokens: time-stamp responses (RFC 3161, DER) over the signature's bytes.
    """
    assert log is not None or not logged, "an entry needs its log"
    log_id = "" if log is None else base64_text(log.full_id)
    entries: list[Json] = [
        {
            "logIndex": str(item.proof.index),
            "logId": {"keyId": log_id},
            "kindVersion": {"kind": _KIND[0], "version": _KIND[1]},
            "integratedTime": "0",
            "inclusionProof": {
                "logIndex": str(item.proof.index),
                "rootHash": base64_text(item.leaf_root),
                "treeSize": str(item.size),
                "hashes": [base64_text(value) for value in item.proof.hashes],
                "checkpoint": {"envelope": item.proof.checkpoint},
            },
            "canonicalizedBody": base64_text(item.body),
        }
        for item in logged
    ]
    material: dict[str, Json] = {"publicKey": {"hint": hint}, "tlogEntries": entries}
    if tokens:
        stamps: list[Json] = [{"signedTimestamp": base64_text(token)} for token in tokens]
        material["timestampVerificationData"] = {"rfc3161Timestamps": stamps}
    document: dict[str, Json] = {
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": material,
        "dsseEnvelope": envelope.document(),
    }
    return canonical_bytes(document) + b"\n"


@record(kw_only=True)
class Container:
    """A bundle file whose outer form is sound; what it holds is not yet read."""

    hint: str
    envelope: object
    """JSON of the envelope."""
    entries: tuple[object, ...]
    """JSON of each log entry."""
    tokens: tuple[bytes, ...]
    """RFC 3161 responses, DER."""


def read_container(data: bytes, *, file: str) -> Container:
    """Read a bundle file's outer form. Raises IntegrityError (A201) for anything but canonical JSON and a newline."""
    from govern.inputs.json import parse_json

    def refuse(why: str, hint: str | None = None) -> IntegrityError:
        return IntegrityError(Diagnostic("A201", why, hint=hint))

    if len(data) > MAX_BYTES:
        raise refuse(f"the file is larger than {MAX_BYTES} bytes")
    try:
        value: object = parse_json(data, file=file, max_bytes=MAX_BYTES, utf16=False)
    except GovernError as fault:
        raise refuse(fault.diagnostics[0].message) from fault
    if isinstance(value, dict) and "payload" in value and "signatures" in value:
        raise refuse("this is a plain DSSE envelope without the log's proof", "verify the .sigstore.json file instead")
    for pointer, text in _BUNDLE.faults(value):
        raise refuse(f"{pointer or 'the document'}: {text}")
    for pointer in _BUNDLE.unknown(value):
        raise refuse(f"{pointer} is not a member that this format has")
    assert isinstance(value, dict)
    if value["mediaType"] != MEDIA_TYPE:
        raise refuse(f"the media type is {value['mediaType']}, expected {MEDIA_TYPE}")
    if canonical_bytes(value) + b"\n" != data:
        raise refuse("the file is not in canonical form", f"rewrite it without a change of content: jq -cS . {file}")
    material = value["verificationMaterial"]
    try:
        stamps = material.get("timestampVerificationData") or {"rfc3161Timestamps": []}
        tokens = tuple(base64_bytes(item["signedTimestamp"]) for item in stamps["rfc3161Timestamps"])
    except ValueError as fault:
        raise refuse(f"signedTimestamp: {fault}") from fault
    return Container(
        hint=material["publicKey"]["hint"],
        envelope=value["dsseEnvelope"],
        entries=tuple(material["tlogEntries"]),
        tokens=tokens,
    )


@record(kw_only=True)
class LogEntry:
    """A log entry of a bundle, its proof unverified."""

    index: int
    log_id: bytes
    body: bytes
    size: int
    root: bytes
    hashes: tuple[bytes, ...]
    checkpoint: str


def read_log_entry(value: object) -> LogEntry:
    """Read a log entry from a sound container. Raises IntegrityError (A209)."""

    def refuse(why: str) -> IntegrityError:
        return IntegrityError(Diagnostic("A209", why))

    assert isinstance(value, dict)
    proof, kind = value["inclusionProof"], value["kindVersion"]
    if (kind["kind"], kind["version"]) != _KIND:
        raise refuse(f"the log entry is a {kind['kind']} {kind['version']}, expected {_KIND[0]} {_KIND[1]}")
    if value["integratedTime"] != "0":
        raise refuse("the log entry claims a time of integration, which this log does not give")
    if not _NUMBER.fullmatch(value["logIndex"]) or value["logIndex"] != proof["logIndex"]:
        raise refuse("the index of the log entry is not a number, or not that of its proof")
    if not _NUMBER.fullmatch(proof["treeSize"]):
        raise refuse("the tree size of the proof is not a number")
    try:
        return LogEntry(
            index=int(value["logIndex"]),
            log_id=base64_bytes(value["logId"]["keyId"]),
            body=base64_bytes(value["canonicalizedBody"]),
            size=int(proof["treeSize"]),
            root=base64_bytes(proof["rootHash"]),
            hashes=tuple(base64_bytes(item) for item in proof["hashes"]),
            checkpoint=proof["checkpoint"]["envelope"],
        )
    except ValueError as fault:
        raise refuse(f"the log entry: {fault}") from fault
