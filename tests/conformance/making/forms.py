"""Vectors about form: the file, the envelope, keys and signature, the payload's spelling, the statement (steps 1, 3-7)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from conformance.making.case import (
    BARE,
    INDEX,
    NAMES,
    Case,
    Making,
    asked,
    bad,
    drop,
    entry,
    material,
    put,
    signature,
)
from govern.attestation.keys import LocalSigner
from govern.canonical import base64_text, canonical_bytes, sha256_hex
from support.attestations import CERTIFIER, OTHER, ROOT_A
from support.kind_statements import HEIDI

READ, ENVELOPE, KEY, SIGNATURE = (4, "read"), (4, "envelope"), (4, "key"), (4, "signature")
CANONICAL, STATEMENT = (4, "canonical"), (4, "statement")


def of_the_file(make: Making) -> Iterator[Case]:
    """Step 1: one file has one spelling, and nothing in it is unknown."""
    data, edited = make.data, make.edited
    pretty = json.dumps(json.loads(data), indent=1, sort_keys=True).encode() + b"\n"
    backwards = json.dumps(dict(reversed(json.loads(data).items())), separators=(",", ":")).encode() + b"\n"
    own = base64_text(OTHER.public.spki)
    envelope = canonical_bytes(json.loads(data)["dsseEnvelope"]) + b"\n"
    table: list[tuple[str, str, bytes]] = [
        ("empty-file", "The file is empty.", b""),
        ("cut-short", "The last 100 bytes are missing.", data[:-100]),
        ("no-final-newline", "The newline after the JSON is missing.", data[:-1]),
        ("two-final-newlines", "A second newline stands after the JSON.", data + b"\n"),
        ("white-space", "A blank stands after a colon.", make.respelled(b":", b": ")),
        ("pretty-printed", "The JSON is indented.", pretty),
        ("members-out-of-order", "The members are not in canonical order.", backwards),
        ("byte-order-mark", "A byte order mark stands before the JSON.", b"\xef\xbb\xbf" + data),
        ("utf-16", "The JSON is UTF-16.", data.decode().encode("utf-16")),
        (
            "invalid-utf-8",
            "A text holds a byte that is not UTF-8.",
            make.respelled(b"hashedrekord", b"hashed\xffekord"),
        ),
        ("lone-surrogate", "A text holds half of a surrogate pair.", make.respelled(b'"hint":"', b'"hint":"\\ud800')),
        ("escaped-letter", "A letter is written as an escape.", make.respelled(b'"hint":"', b'"\\u0068int":"')),
        (
            "duplicate-key-in-the-file",
            "The media type is given twice; readers that take the last one see nothing.",
            make.respelled(b'{"dsseEnvelope"', b'{"mediaType":"x","dsseEnvelope"'),
        ),
        ("nested-100000-deep", "Nothing but 100,000 opening brackets.", b"[" * 100_000),
        ("not-an-object", "The JSON is a list.", b"[]\n"),
        ("unknown-member", "The file has a member of its own.", edited(lambda value: value.update(extra=1))),
        (
            "unknown-member-of-the-material",
            "The verification material has a member of its own.",
            edited(lambda value: material(value).update(extra=1)),
        ),
        (
            "certificate-beside-the-key",
            "An X.509 certificate stands beside the hint of the key.",
            edited(lambda value: material(value).update(certificate={"rawBytes": "AA=="})),
        ),
        (
            "key-in-the-file",
            "The file brings a public key of its own beside the hint.",
            edited(lambda value: material(value)["publicKey"].update(rawBytes=own)),
        ),
        (
            "other-media-type",
            "The media type is that of another version of the format.",
            edited(lambda value: value.update(mediaType="application/vnd.dev.sigstore.bundle+json;version=0.2")),
        ),
        ("plain-envelope", "The envelope stands alone, without the log's proof.", envelope),
        ("no-envelope", "The envelope is missing.", edited(drop("dsseEnvelope"))),
        ("index-as-a-number", "The log index is a number.", edited(lambda value: entry(value).update(logIndex=INDEX))),
        (
            "inclusion-promise",
            "The log entry has an inclusion promise, which this log does not give.",
            edited(lambda value: entry(value).update(inclusionPromise={"signedEntryTimestamp": "AA=="})),
        ),
        (
            "33-log-entries",
            "The log entry is listed 33 times; 32 is the most.",
            edited(lambda value: material(value).update(tlogEntries=[entry(value)] * 33)),
        ),
        (
            "token-in-loose-base64",
            "The token's base64 has stray bits at its end.",
            edited(lambda value: material(value).update(timestampVerificationData=_token("aGl="))),
        ),
    ]
    for name, title, made in table:
        yield bad(name, title, READ, certificate=made)


def _token(text: str) -> Any:
    return {"rfc3161Timestamps": [{"signedTimestamp": text}]}


def of_the_envelope(make: Making) -> Iterator[Case]:
    """Step 3: one signature, one payload type, one spelling of base64."""

    def set_payload(text: str) -> bytes:
        return make.edited(lambda value: value["dsseEnvelope"].update(payload=text))

    payload = json.loads(make.data)["dsseEnvelope"]["payload"]
    url_safe = base64.urlsafe_b64encode(make.world["certificate"].payload.replace(b"credit", b"cr\xc3\xbf\xc3\xbfdit"))
    table: list[tuple[str, str, bytes]] = [
        (
            "two-signatures",
            "The signature stands twice in the envelope.",
            make.edited(lambda value: value["dsseEnvelope"]["signatures"].append(dict(signature(value)))),
        ),
        (
            "second-signature-by-another-key",
            "Another key has signed as well.",
            make.edited(lambda value: value["dsseEnvelope"]["signatures"].append(_signed(make, OTHER))),
        ),
        ("no-signature", "There is no signature.", make.edited(lambda v: v["dsseEnvelope"].update(signatures=[]))),
        (
            "other-payload-type",
            "The payload type is another.",
            make.edited(lambda value: value["dsseEnvelope"].update(payloadType="application/json")),
        ),
        ("payload-with-stray-bits", "The payload is `aGl=`, whose last bits are not zero.", set_payload("aGl=")),
        ("payload-with-a-line-break", "The payload's base64 has a line break.", set_payload(f"{payload}\n")),
        ("payload-with-foreign-letters", "Letters that are no base64 stand in it.", set_payload(f"!!{payload}")),
        ("payload-without-padding", "The padding of the base64 is missing.", set_payload(_unpadded(payload))),
        ("payload-in-url-alphabet", "The base64 is that of URLs.", set_payload(url_safe.decode())),
        (
            "signature-with-stray-bits",
            "The signature is `aGl=`, whose last bits are not zero.",
            make.edited(lambda value: signature(value).update(sig="aGl=")),
        ),
        (
            "unknown-member-of-the-signature",
            "The signature has a certificate chain beside it.",
            make.edited(lambda value: signature(value).update(cert="x")),
        ),
    ]
    for name, title, made in table:
        # What the form of the whole file already excludes is refused there.
        step = READ if name == "unknown-member-of-the-signature" else ENVELOPE
        yield bad(name, title, step, certificate=made)


def _signed(make: Making, who: LocalSigner) -> dict[str, str]:
    return {"keyid": who.public.keyid, "sig": base64_text(who.sign(make.world["certificate"].pae))}


def _unpadded(text: str) -> str:
    return text.rstrip("=") if text.endswith("=") else text[:-1]


def of_the_key(make: Making) -> Iterator[Case]:
    """Steps 4 and 5: only keys of the trust root count, and the file names the very key that signed."""
    edited, world = make.edited, make.world
    payload = world["certificate"].payload
    spki_id = sha256_hex(CERTIFIER.public.spki)
    posing = make.world.resigned("certificate", payload, by=HEIDI)

    def named(keyid: str) -> bytes:
        return edited(lambda value: signature(value).update(keyid=keyid))

    def hinted(hint: str) -> bytes:
        return edited(lambda value: material(value)["publicKey"].update(hint=hint))

    yield bad("keyid-of-another-key", "The key id is another key's.", KEY, certificate=named(OTHER.public.keyid))
    yield bad("keyid-padded", "The fingerprint is padded.", KEY, certificate=named(f"{CERTIFIER.public.keyid}="))
    yield bad("keyid-of-tuf", "The key id is the hex digest of the key's DER.", KEY, certificate=named(spki_id))
    yield bad("keyid-missing", "The key id is missing: others may try every key.", READ, certificate=named(""))
    yield bad("hint-of-another-key", "The hint is another key's.", KEY, certificate=hinted(OTHER.public.hint))
    yield bad("hint-is-the-fingerprint", "The hint is the key id.", KEY, certificate=hinted(CERTIFIER.public.keyid))
    yield bad(
        "smuggled-key",
        "Signed by a key of nobody; the file's own hint, key id and log entry agree with it.",
        KEY,
        certificate=world.resigned("certificate", payload, by=OTHER),
    )
    yield bad(
        "root-key",
        "Signed by a root key, which signs trust roots and nothing else.",
        KEY,
        certificate=world.resigned("certificate", payload, by=ROOT_A),
    )
    yield bad(
        "waiver-key-under-the-certifiers-name",
        "Signed by the key of the waiver role; key id and hint are the certifier's.",
        KEY,
        certificate=_posing(posing.data),
    )
    rename = lambda old: old.replace(b"credit-risk@3.2.0", b"credit-risk@3.2.1")  # noqa: E731
    yield bad("altered-payload", "The version was changed.", SIGNATURE, certificate=make.repayloaded(rename))
    flipped = bytearray(base64.b64decode(signature(json.loads(make.data))["sig"]))
    flipped[-1] ^= 1
    yield bad(
        "flipped-signature-bit",
        "One bit of the signature was changed.",
        SIGNATURE,
        certificate=edited(lambda value: signature(value).update(sig=base64_text(bytes(flipped)))),
    )
    yield bad(
        "signature-of-another-certificate",
        "The signature is the certifier's own, over another certificate.",
        SIGNATURE,
        certificate=edited(lambda value: signature(value).update(sig=base64_text(world["vsa"].envelope.signature))),
    )
    yield bad(
        "signature-is-no-der",
        "The signature is no DER.",
        SIGNATURE,
        certificate=edited(lambda value: signature(value).update(sig="AAAA")),
    )
    raw = CERTIFIER.sign(payload)
    yield bad(
        "signature-over-the-bare-payload",
        "The signature covers the payload without its pre-authentication encoding.",
        SIGNATURE,
        certificate=edited(lambda value: signature(value).update(sig=base64_text(raw))),
    )


def _posing(data: bytes) -> bytes:
    value = json.loads(data)
    signature(value)["keyid"] = CERTIFIER.public.keyid
    material(value)["publicKey"]["hint"] = CERTIFIER.public.hint
    return canonical_bytes(value) + b"\n"


def of_the_payload(make: Making) -> Iterator[Case]:
    """Step 6: the payload, signed by the certifier itself, reads the same everywhere or is refused."""
    files = b'"files":4'
    table: list[tuple[str, str, Any]] = [
        (
            "payload-duplicate-decision",
            "The decision stands twice.",
            (b'"decision"', b'"decision":"denied","decision"'),
        ),
        ("payload-1.0", "A count is written as 4.0.", (files, b'"files":4.0')),
        ("payload-exponent", "A count is written as 4e0.", (files, b'"files":4e0')),
        ("payload-nan", "A count is NaN.", (files, b'"files":NaN')),
        ("payload-2-to-the-53", "A count is 2^53.", (files, b'"files":9007199254740992')),
        ("payload-negative-zero", "A count is -0.", (files, b'"files":-0')),
        ("payload-lone-surrogate", "A text is half of a surrogate pair.", (b"person:alice", b"\\ud800")),
        ("payload-escaped-letter", "A letter is written as an escape.", (b"person:alice", b"person:\\u0061lice")),
        ("payload-comment", "A comment stands in it.", (files, b'"files":/*4*/4')),
        ("payload-trailing-comma", "A comma stands before a brace.", (b'"files":4}', b'"files":4,}')),
        ("payload-nested-100000-deep", "A value opens 100,000 brackets.", (files, b'"files":' + b"[" * 100_000)),
        ("payload-byte-order-mark", "A byte order mark stands before it.", lambda old: b"\xef\xbb\xbf" + old),
        ("payload-utf-16", "It is UTF-16.", lambda old: old.decode().encode("utf-16")),
        ("payload-invalid-utf-8", "It holds a byte that is not UTF-8.", (b"person:alice", b"person:\xff")),
        ("payload-trailing-blank", "A blank stands after it.", lambda old: old + b" "),
        ("payload-newline", "A newline stands after it.", lambda old: old + b"\n"),
        ("payload-members-out-of-order", "Its members are in another order.", _backwards),
        ("payload-empty", "It is empty.", lambda old: b""),
    ]
    for name, title, change in table:
        made = make.resigned(change if callable(change) else lambda old, pair=change: old.replace(*pair, 1))
        # An empty text is no payload already to the form of the file.
        yield bad(name, title, READ if name == "payload-empty" else CANONICAL, certificate=made)


def _backwards(payload: bytes) -> bytes:
    return json.dumps(dict(reversed(json.loads(payload).items())), separators=(",", ":")).encode()


def of_the_statement(make: Making) -> Iterator[Case]:
    """Step 7: one subject, one digest, the type that was asked for, and no contradiction in it."""
    table: list[tuple[str, str, Any]] = [
        ("statement-v0.1", "The statement is of an older version.", put("_type", "https://in-toto.io/Statement/v0.1")),
        ("unknown-type", "The predicate type is unknown.", put("predicateType", "urn:govern:attestation:praise:v1")),
        ("no-subject", "It is about nothing.", put("subject", [])),
        ("two-subjects", "A second subject would let another model verify by it.", _second_subject),
        ("same-subject-twice", "The subject is listed twice.", lambda made: made["subject"].append(made["subject"][0])),
        ("extra-digest-key", "The subject has a second digest.", put("subject/0/digest/sha512", "00")),
        ("other-digest-key", "The digest is named sha1.", put("subject/0/digest", {"sha1": "0" * 40})),
        ("digest-in-capitals", "The digest is in capitals.", _capitals),
        ("subject-with-uri", "The subject has a member of its own.", put("subject/0/uri", "https://elsewhere.example")),
        ("unknown-member-of-the-statement", "The statement has a member of its own.", put("extra", 1)),
        ("subject-names-another-model", "The subject's name is another.", put("subject/0/name", "other@3.2.0")),
        ("subject-digest-is-not-the-manifests", "Two digests differ.", put("subject/0/digest/sha256", "0" * 64)),
        ("certificate-that-denies", "A certificate of a denied decision.", put("predicate/decision", "denied")),
        ("certificate-with-a-failed-rule", "A blocking rule failed.", put("predicate/rules/0/outcome", "fail")),
        ("certificate-with-an-error", "A blocking rule ended in an error.", put("predicate/rules/0/outcome", "error")),
        ("waived-without-a-waiver", "A waived rule names no waiver.", put("predicate/rules/0/outcome", "waived")),
        ("waiver-of-a-passed-rule", "A passed rule names a waiver.", put("predicate/rules/0/waiver", _sha256("a1"))),
        ("certificate-without-rules", "No rule was applied.", put("predicate/rules", [])),
        ("certificate-without-policies", "No policy was applied.", put("predicate/policies", [])),
        ("short-nonce", "The nonce is one byte.", put("predicate/nonce", "AA==")),
        ("impossible-date", "It ends on 30 February.", put("predicate/validUntil", "2026-02-30T00:00:00Z")),
        ("time-with-an-offset", "A time is not in UTC.", put("predicate/issuedAt", "2026-01-02T04:04:05+01:00")),
        ("no-end", "It has no end.", drop("predicate/validUntil")),
        ("count-as-text", "The number of files is a text.", put("predicate/model/manifest/files", "4")),
        ("decimal-as-a-number", "A measured value is a number.", put("predicate/rules/0/observed", 1)),
        ("unknown-stage", "The stage is unknown.", put("predicate/stage", "production")),
        ("keyid-of-another-form", "An approval's key id is no fingerprint.", put("predicate/approvals/0/keyid", "x")),
    ]
    for name, title, edit in table:
        yield bad(name, title, STATEMENT, certificate=make.restated(edit))
    for name, title, payload in (
        ("payload-is-null", "The payload is null.", b"null"),
        ("payload-is-a-text", "The payload is a text.", b'"allowed"'),
    ):
        yield bad(name, title, STATEMENT, certificate=make.resigned(lambda _old, new=payload: new))
    shared = {name: f"../../shared/{NAMES[name]}" for name in ("refusal", "vsa")}
    for name, file in shared.items():
        title = f"A sound {name} is shown as a certificate."
        yield Case(
            name=f"{name}-taken-for-a-certificate",
            title=title,
            exit=1,
            failed=("statement",),
            args=asked(
                BARE, certificate=file, at="2026-02-03T00:00:00Z", status=["../../shared/status-list.sigstore.json"]
            ),
        )


def _sha256(pair: str) -> Any:
    return {"digest": {"sha256": pair * 32}}


def _second_subject(statement: Any) -> None:
    statement["subject"].append({"name": "other@1", "digest": {"sha256": "9" * 64}})


def _capitals(statement: Any) -> None:
    digest = statement["subject"][0]["digest"]
    digest["sha256"] = digest["sha256"].upper()
