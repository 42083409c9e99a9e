"""A bundle file damaged in one way each, by somebody without a key: what no verifier should accept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from govern.canonical import base64_bytes, base64_text
from support.attestations import OTHER, edited
from support.kinds import File, Kinds

Damage = Callable[[dict[str, Any], dict[str, Any]], None]
"""Changes a parsed bundle; the second one is another statement's."""


def entry(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = value["verificationMaterial"]["tlogEntries"][0]
    return found


def _proof(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = entry(value)["inclusionProof"]
    return found


def two_signatures(value: dict[str, Any], _other: dict[str, Any]) -> None:
    value["dsseEnvelope"]["signatures"] *= 2


def altered_payload(value: dict[str, Any], _other: dict[str, Any]) -> None:
    payload = bytearray(base64_bytes(value["dsseEnvelope"]["payload"]))
    payload[len(payload) // 2] ^= 1
    value["dsseEnvelope"]["payload"] = base64_text(bytes(payload))


def other_payload(value: dict[str, Any], other: dict[str, Any]) -> None:
    value["dsseEnvelope"]["payload"] = other["dsseEnvelope"]["payload"]


def other_signature(value: dict[str, Any], other: dict[str, Any]) -> None:
    value["dsseEnvelope"]["signatures"][0]["sig"] = other["dsseEnvelope"]["signatures"][0]["sig"]


def flipped_signature(value: dict[str, Any], _other: dict[str, Any]) -> None:
    signature = value["dsseEnvelope"]["signatures"][0]
    data = bytearray(base64_bytes(signature["sig"]))
    data[-1] ^= 1
    signature["sig"] = base64_text(bytes(data))


def other_keyid(value: dict[str, Any], _other: dict[str, Any]) -> None:
    value["dsseEnvelope"]["signatures"][0]["keyid"] = OTHER.public.keyid


def other_hint(value: dict[str, Any], _other: dict[str, Any]) -> None:
    value["verificationMaterial"]["publicKey"]["hint"] = OTHER.public.hint


def other_entry(value: dict[str, Any], other: dict[str, Any]) -> None:
    value["verificationMaterial"]["tlogEntries"] = other["verificationMaterial"]["tlogEntries"]


def other_leaf(value: dict[str, Any], other: dict[str, Any]) -> None:
    entry(value)["canonicalizedBody"] = entry(other)["canonicalizedBody"]


def reordered_proof(value: dict[str, Any], _other: dict[str, Any]) -> None:
    hashes = _proof(value)["hashes"]
    assert hashes != hashes[::-1]
    _proof(value)["hashes"] = hashes[::-1]


def shorter_proof(value: dict[str, Any], _other: dict[str, Any]) -> None:
    del _proof(value)["hashes"][0]


def other_index(value: dict[str, Any], _other: dict[str, Any]) -> None:
    moved = str(int(entry(value)["logIndex"]) - 1)
    entry(value)["logIndex"] = _proof(value)["logIndex"] = moved


def flipped_note(value: dict[str, Any], _other: dict[str, Any]) -> None:
    note = _proof(value)["checkpoint"]
    note["envelope"] = note["envelope"].replace("ledger.example\n", "ledger.example\n1", 1)


def other_checkpoint(value: dict[str, Any], other: dict[str, Any]) -> None:
    _proof(value)["checkpoint"] = _proof(other)["checkpoint"]


def no_entry(value: dict[str, Any], _other: dict[str, Any]) -> None:
    value["verificationMaterial"]["tlogEntries"] = []


def no_token(value: dict[str, Any], _other: dict[str, Any]) -> None:
    del value["verificationMaterial"]["timestampVerificationData"]


def other_token(value: dict[str, Any], other: dict[str, Any]) -> None:
    name = "timestampVerificationData"
    value["verificationMaterial"][name] = other["verificationMaterial"][name]


DAMAGES: Mapping[str, Damage] = {
    item.__name__: item
    for item in (
        *(two_signatures, altered_payload, other_payload, other_signature, flipped_signature, other_keyid, other_hint),
        *(other_entry, other_leaf, reordered_proof, shorter_proof, other_index, flipped_note, other_checkpoint),
        *(no_entry, no_token, other_token),
    )
}
ENVELOPE = frozenset({"altered_payload", "other_payload", "other_signature", "flipped_signature"})
"""What the envelope alone shows to be wrong."""


def damaged(world: Kinds, file: File, name: str) -> bytes:
    """A file with one damage; the other statement is a vote, for a vote another one."""
    other = world["second approval"] if file is not world["second approval"] else world["approval"]
    value = json.loads(other.data)
    made = edited(file.data, lambda mine: DAMAGES[name](mine, value))
    assert made != file.data
    return made
