"""A second verifier, of the bytes: written from conformance/FORMATS.md alone, with Python's library and `cryptography`.

It imports nothing of govern. `refusals(files...)` gives the steps that fail, as far as it goes: from `read` to `witness`,
without tokens, roles, people and claims. What it and govern say to the vectors must agree.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

TYPE = "application/vnd.in-toto+json"
BUNDLE = {
    "mediaType": str,
    "verificationMaterial": {
        "publicKey": {"hint": str},
        "tlogEntries": [
            {
                "logIndex": str,
                "logId": {"keyId": str},
                "kindVersion": {"kind": str, "version": str},
                "integratedTime": str,
                "inclusionProof": {
                    "logIndex": str,
                    "rootHash": str,
                    "treeSize": str,
                    "hashes": [str],
                    "checkpoint": {"envelope": str},
                },
                "canonicalizedBody": str,
            }
        ],
        "timestampVerificationData?": {"rfc3161Timestamps": [{"signedTimestamp": str}]},
    },
    "dsseEnvelope": {"payload": str, "payloadType": str, "signatures": [{"keyid": str, "sig": str}]},
}


class RefusalError(Exception):
    """Why a step refuses."""


def jcs(value: Any) -> str:
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{jcs(name)}:{jcs(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(jcs, value)) + "]"
    if isinstance(value, float) or (isinstance(value, int) and abs(value) >= 2**53):
        raise RefusalError("number")
    return json.dumps(value, ensure_ascii=False)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise RefusalError("duplicate name")
    return dict(pairs)


def _constant(_text: str) -> Any:
    raise RefusalError("constant")


def read_json(data: bytes, *, newline: bool) -> Any:
    if re.search(rb"[\[{]{65}", data):
        raise RefusalError("depth")
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_pairs, parse_constant=_constant)
        spelled = jcs(value).encode("utf-8") + (b"\n" if newline else b"")
    except (ValueError, RecursionError) as fault:
        raise RefusalError("no JSON") from fault
    if spelled != data:
        raise RefusalError("not canonical")
    return value


def unbase64(text: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError as fault:
        raise RefusalError("base64") from fault
    if base64.b64encode(data).decode() != text:
        raise RefusalError("base64")
    return data


def fits(value: Any, form: Any) -> None:
    """Hold a value against a form: members are all there and no others, texts are not empty, lists have at most 32."""
    if isinstance(form, dict):
        known = {name.rstrip("?"): inner for name, inner in form.items()}
        needed = {name for name in form if not name.endswith("?")}
        if not isinstance(value, dict) or not needed <= set(value) <= set(known):
            raise RefusalError("members")
        for name, item in value.items():
            fits(item, known[name])
    elif isinstance(form, list):
        if not isinstance(value, list) or len(value) > (63 if form == [str] else 32):
            raise RefusalError("list")
        for item in value:
            fits(item, form[0])
    elif not isinstance(value, str) or not value:
        raise RefusalError("text")


def pae(payload: bytes) -> bytes:
    return b"DSSEv1 %d %s %d %s" % (len(TYPE), TYPE.encode(), len(payload), payload)


def ecdsa_holds(spki: bytes, signature: bytes, message: bytes) -> bool:
    key = load_der_public_key(spki)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    try:
        key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def fingerprint(spki: bytes) -> str:
    def text(data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + data

    blob = text(b"ecdsa-sha2-nistp256") + text(b"nistp256") + text(spki[-65:])
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def hint(spki: bytes) -> str:
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()


# -- trust ------------------------------------------------------------------------------------------------------------


def read_envelope(value: Any) -> tuple[bytes, str, bytes]:
    fits(value, BUNDLE["dsseEnvelope"])
    if len(value["signatures"]) != 1 or value["payloadType"] != TYPE:
        raise RefusalError("envelope")
    signature = value["signatures"][0]
    return unbase64(value["payload"]), signature["keyid"], unbase64(signature["sig"])


def read_trust(data: bytes) -> dict[str, Any]:
    """Signatures, thresholds and the keys' names; not every rule about roles."""
    value = read_json(data, newline=True)
    if set(value) != {"envelopes", "mediaType"} or not value["envelopes"]:
        raise RefusalError("form")
    envelopes = [read_envelope(item) for item in value["envelopes"]]
    if len({payload for payload, _, _ in envelopes}) != 1:
        raise RefusalError("payloads")
    statement = read_json(envelopes[0][0], newline=False)
    predicate: dict[str, Any] = statement["predicate"]
    (subject,) = statement["subject"]
    if subject["digest"] != {"sha256": hashlib.sha256(jcs(predicate).encode()).hexdigest()}:
        raise RefusalError("subject")
    keys = {keyid: unbase64(item["spki"]) for keyid, item in predicate["keys"].items()}
    if any(len(spki) != 91 or fingerprint(spki) != keyid for keyid, spki in keys.items()):
        raise RefusalError("key names")
    for payload, keyid, signature in envelopes:
        if keyid not in keys or not ecdsa_holds(keys[keyid], signature, pae(payload)):
            raise RefusalError("signature")
    root = predicate["roles"]["root"]
    allowed = {item["keyid"] for item in root["keys"]}
    if len({predicate["keys"][keyid]["owner"] for _, keyid, _ in envelopes if keyid in allowed}) < root["threshold"]:
        raise RefusalError("threshold")
    for role in predicate["roles"].values():
        if not {item["keyid"] for item in role["keys"]} <= set(keys):
            raise RefusalError("key of a role")
    quorum_met(predicate, set())
    return predicate


# -- log --------------------------------------------------------------------------------------------------------------


def parse_vkey(vkey: str) -> tuple[str, bytes, int, bytes]:
    """Name, full id, type, key."""
    name, _, rest = vkey.partition("+")
    data = unbase64(rest.partition("+")[2])
    return name, hashlib.sha256(name.encode() + b"\n" + data).digest(), data[0], data[1:]


def ed25519_holds(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def signers(note: str, known: list[str]) -> tuple[str, set[str]]:
    """The text of a note and the verifier keys among the known that signed it."""
    if any(ord(char) < 32 and char != "\n" for char in note):
        raise RefusalError("control character")
    text, gap, block = note.rpartition("\n\n")
    if not gap or not block.endswith("\n"):
        raise RefusalError("no signatures")
    text += "\n"
    keys = {(name, full[:4]): (vkey, kind, key) for vkey in known for name, full, kind, key in [parse_vkey(vkey)]}
    found: set[str] = set()
    for line in block[:-1].split("\n"):
        match = re.fullmatch(r"— ([^\s+]+) (\S+)", line)
        if match is None:
            raise RefusalError("line")
        data = unbase64(match[2])
        if len(data) < 5:
            raise RefusalError("short")
        if (match[1], data[:4]) not in keys:
            continue
        vkey, kind, key = keys[match[1], data[:4]]
        message, signature = text.encode(), data[4:]
        if kind == 4:
            message = b"cosignature/v1\ntime %d\n%s" % (int.from_bytes(data[4:12], "big"), message)
            signature = data[12:]
        if vkey in found or len(signature) != 64 or not ed25519_holds(key, signature, message):
            raise RefusalError("false line")
        found.add(vkey)
    return text, found


def root_of(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """RFC 9162, section 2.1.3.2."""
    if index >= size:
        return None
    first, last, value = index, size - 1, leaf
    for item in path:
        if last == 0:
            return None
        if first & 1 or first == last:
            value = hashlib.sha256(b"\x01" + item + value).digest()
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            value = hashlib.sha256(b"\x01" + value + item).digest()
        first, last = first >> 1, last >> 1
    return value if last == 0 else None


def number(text: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]{0,15}", text):
        raise RefusalError("number")
    return int(text)


def quorum_met(trust: dict[str, Any], signed: set[str]) -> bool:
    names = {item["name"]: item["vkey"] in signed for item in trust["witnesses"]}
    for line in trust["groups"]:
        name, count, *members = line.split()
        needed = {"all": len(members), "any": 1}.get(count) or int(count)
        if not 1 <= needed <= len(members):
            raise RefusalError("group")
        names[name] = sum(names[member] for member in members) >= needed
    return trust["quorum"] == "none" or names[trust["quorum"]]


# -- the steps --------------------------------------------------------------------------------------------------------


def read_file(data: bytes) -> dict[str, Any]:
    value: dict[str, Any] = read_json(data, newline=True)
    fits(value, BUNDLE)
    if value["mediaType"] != "application/vnd.dev.sigstore.bundle.v0.3+json":
        raise RefusalError("media type")
    stamps = value["verificationMaterial"].get("timestampVerificationData", {"rfc3161Timestamps": []})
    for item in stamps["rfc3161Timestamps"]:
        unbase64(item["signedTimestamp"])
    return value


def refusals(data: bytes, trust_file: bytes, *, of_trust_root: bool = False) -> Iterator[str]:
    """Yield the steps that fail, up to the first on which the rest depends."""
    value, trust = None, None
    try:
        value = read_file(data)
    except RefusalError:
        yield "read"
    try:
        trust = read_trust(trust_file)
    except (RefusalError, KeyError, ValueError, TypeError):
        yield "trust"
    if value is None or trust is None:
        return
    try:
        payload, keyid, signature = read_envelope(value["dsseEnvelope"])
    except RefusalError:
        yield "envelope"
        return
    bases = ("root",) if of_trust_root else tuple(name for name in trust["roles"] if name != "root")
    listed = {item["keyid"] for name in bases for item in trust["roles"][name]["keys"]}
    keys = {name: unbase64(trust["keys"][name]["spki"]) for name in listed}
    holding = [name for name, spki in keys.items() if ecdsa_holds(spki, signature, pae(payload))]
    named = holding[0] if holding else keyid
    if named not in keys or (keyid, value["verificationMaterial"]["publicKey"]["hint"]) != (named, hint(keys[named])):
        yield "key"
        return
    if not holding:
        yield "signature"
        return
    try:
        read_json(payload, newline=False)
    except RefusalError:
        yield "canonical"
    yield from _of_the_log(value, trust, payload, signature, keys[named])


def _of_the_log(
    value: dict[str, Any], trust: dict[str, Any], payload: bytes, signature: bytes, spki: bytes
) -> Iterator[str]:
    def text(data: bytes) -> str:
        return base64.b64encode(data).decode()

    key = {"keyDetails": "PKIX_ECDSA_P256_SHA_256", "publicKey": {"rawBytes": text(spki)}}
    digest = {"algorithm": "SHA2_256", "digest": text(hashlib.sha256(pae(payload)).digest())}
    record = {"data": digest, "signature": {"content": text(signature), "verifier": key}}
    leaf = jcs({"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": record}}).encode()
    entries = value["verificationMaterial"]["tlogEntries"]
    try:
        _check_entries(entries, leaf)
    except RefusalError:
        yield "log-entry"
        return
    if len(entries) < trust["require"]["logEntries"]:
        yield "log-entry"
    heads = []
    for item in entries:
        proof = item["inclusionProof"]
        try:
            heads.append(_head(item, trust))
        except RefusalError:
            yield "checkpoint"
        path = [unbase64(item) for item in proof["hashes"]]
        root = root_of(hashlib.sha256(b"\0" + leaf).digest(), int(item["logIndex"]), int(proof["treeSize"]), path)
        if root != unbase64(proof["rootHash"]) or any(len(item) != 32 for item in path):
            yield "inclusion"
    if len(heads) == len(entries) and not any(quorum_met(trust, signed) for signed in heads or [set()]):
        yield "witness"


def _check_entries(entries: list[dict[str, Any]], leaf: bytes) -> None:
    for item in entries:
        _check_entry(item, leaf)
    if len({(item["logId"]["keyId"], item["logIndex"]) for item in entries}) != len(entries):
        raise RefusalError("twice")


def _check_entry(item: dict[str, Any], leaf: bytes) -> None:
    proof = item["inclusionProof"]
    if item["kindVersion"] != {"kind": "hashedrekord", "version": "0.0.2"} or item["integratedTime"] != "0":
        raise RefusalError("kind")
    if number(item["logIndex"]) != number(proof["logIndex"]):
        raise RefusalError("index")
    number(proof["treeSize"])
    for text in (proof["rootHash"], item["logId"]["keyId"], *proof["hashes"]):
        unbase64(text)
    if unbase64(item["canonicalizedBody"]) != leaf:
        raise RefusalError("body")


def _head(item: dict[str, Any], trust: dict[str, Any]) -> set[str]:
    """Check a checkpoint and give the witnesses that cosigned it."""
    proof = item["inclusionProof"]
    log_id = unbase64(item["logId"]["keyId"])
    logs = [log["vkey"] for log in trust["logs"] if parse_vkey(log["vkey"])[1] == log_id]
    if len(logs) != 1:
        raise RefusalError("log")
    witnesses = [item["vkey"] for item in trust["witnesses"]]
    text, signed = signers(proof["checkpoint"]["envelope"], [*logs, *witnesses])
    expected = f"{parse_vkey(logs[0])[0]}\n{proof['treeSize']}\n{proof['rootHash']}\n"
    if text != expected or logs[0] not in signed:
        raise RefusalError("head")
    return signed & set(witnesses)
