"""Vectors about the log and about time: entry, checkpoint, inclusion, witnesses, tokens (steps 9 to 13)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from conformance.making.case import INDEX, SIZE, Case, Making, bad, change_note, entry, material, proof, put, signature
from govern.canonical import base64_bytes, base64_text, instant_text, parse_instant
from govern.ledger.note import Checkpoint
from support.attestations import CERTIFIER, ISSUED, Edit
from support.kinds import WITNESSES, Kinds
from support.ledgers import log_signer
from support.memory_log import bodies
from support.tsa import LocalTsa
from support.witnesses import SECONDS

ENTRY, CHECKPOINT, INCLUSION, TIME = (4, "log-entry"), (4, "checkpoint"), (4, "inclusion"), (4, "time")
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ZERO = base64_text(b"\0" * 32)


def of_the_entry(make: Making) -> Iterator[Case]:
    """Step 9: the entry is the one that this statement, signature and key make."""
    other = make.world["vsa"].data
    table: list[tuple[str, str, Edit]] = [
        ("entry-of-another-certificate", "The entry, proof and all, is another certificate's.", _entries_of(other)),
        (
            "leaf-with-one-byte-off",
            "One byte of the entry is another.",
            lambda value: entry(value).update(canonicalizedBody=_flipped(entry(value)["canonicalizedBody"])),
        ),
        (
            "leaf-with-a-blank",
            "A blank stands in the entry's JSON.",
            lambda value: entry(value).update(canonicalizedBody=_blank(entry(value)["canonicalizedBody"])),
        ),
        (
            "entry-of-kind-dsse",
            "The entry is of a deprecated kind.",
            lambda v: entry(v)["kindVersion"].update(kind="dsse"),
        ),
        (
            "entry-of-version-0.0.1",
            "The entry is of another version.",
            lambda value: entry(value)["kindVersion"].update(version="0.0.1"),
        ),
        (
            "entry-with-a-time",
            "The entry claims a time of integration.",
            lambda value: entry(value).update(integratedTime="1767323045"),
        ),
        (
            "two-indexes",
            "The entry's index is not its proof's.",
            lambda value: entry(value).update(logIndex=str(INDEX - 1)),
        ),
        (
            "index-with-a-leading-zero",
            "The index has a leading zero.",
            lambda value: (entry(value).update(logIndex=f"0{INDEX}"), proof(value).update(logIndex=f"0{INDEX}")),
        ),
        ("size-with-a-sign", "The tree size has a sign.", lambda value: proof(value).update(treeSize=f"+{SIZE}")),
        (
            "root-in-loose-base64",
            "The root's base64 has stray bits.",
            lambda value: proof(value).update(rootHash="aGl="),
        ),
        ("entry-listed-twice", "The entry is listed twice.", lambda v: material(v)["tlogEntries"].append(entry(v))),
    ]
    for name, title, edit in table:
        yield bad(name, title, ENTRY, certificate=make.edited(edit))
    own = make.world["certificate"].envelope.signature
    twin = make.edited(lambda value: signature(value).update(sig=base64_text(twin_of(own))))
    title = "The signature is the twin (r, n-s), which verifies as well; the log and the token have the other."
    yield bad("twin-signature", title, (4, ("log-entry", "time")), certificate=twin)
    unlogged = make.edited(lambda value: material(value).update(tlogEntries=[]))
    title = "The certificate was signed and never logged."
    yield bad("not-logged", title, (1, ("log-entry", "witness")), certificate=unlogged)


def twin_of(signature_der: bytes) -> bytes:
    """The other signature of the same bytes under the same key: (r, n - s)."""
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

    r, s = decode_dss_signature(signature_der)
    return encode_dss_signature(r, P256_ORDER - s)


def _entries_of(data: bytes) -> Edit:
    import json

    return lambda value: material(value).update(tlogEntries=material(json.loads(data))["tlogEntries"])


def _flipped(text: str) -> str:
    data = bytearray(base64_bytes(text))
    data[-10] ^= 1
    return base64_text(bytes(data))


def _blank(text: str) -> str:
    return base64_text(base64_bytes(text).replace(b":", b": ", 1))


def of_the_checkpoint(make: Making) -> Iterator[Case]:
    """Step 10: a log of the trust root signed the very head that the proof leads to."""
    log = make.world.log
    index = make.world["certificate"].index
    older = log.head_at(index).note
    line = log.signer.line
    table: list[tuple[str, str, Edit]] = [
        ("unknown-log", "The log's id is nobody's.", lambda value: entry(value)["logId"].update(keyId=ZERO)),
        (
            "log-id-cut-to-four-bytes",
            "The log's id is the short key id.",
            lambda value: entry(value)["logId"].update(keyId=base64_text(log.key.key_id)),
        ),
        (
            "checkpoint-of-another-size",
            "The size was changed.",
            change_note(f"ledger.example\n{SIZE}", f"ledger.example\n{SIZE - 1}"),
        ),
        (
            "checkpoint-of-another-origin",
            "The origin was changed.",
            change_note(f"ledger.example\n{SIZE}", f"other.example\n{SIZE}"),
        ),
        ("checkpoint-signed-by-another-name", "The log's line has another name.", change_note("— ledger.", "— other.")),
        ("checkpoint-without-empty-line", "The empty line is missing.", change_note("\n\n", "\n")),
        ("checkpoint-with-a-hyphen", "A line begins with a hyphen.", change_note("— ledger", "- ledger")),
        ("checkpoint-with-a-tab", "A control character stands in it.", change_note("— ledger", "—\tledger")),
        ("older-head-of-the-log", "The checkpoint is an older one.", _note(older)),
        (
            "size-is-not-the-heads",
            "The proof's size is another.",
            lambda value: proof(value).update(treeSize=str(SIZE + 1)),
        ),
        (
            "checkpoint-signed-by-another-key",
            "Another key signed it under the log's name.",
            _sign_with(log_signer(seed=9).line),
        ),
        (
            "checkpoint-with-an-extension-line",
            "A fourth line stands in the text that the log signed.",
            _extended(make.world),
        ),
        ("checkpoint-signed-twice", "The log's line stands twice.", _append(lambda text: line(text))),
        (
            "false-line-of-a-known-witness",
            "A witness's line is over another text.",
            _swap_witness_line,
        ),
    ]
    for name, title, edit in table:
        yield bad(name, title, CHECKPOINT, certificate=make.edited(edit))
    yield bad(
        "root-is-not-the-heads",
        "The proof's root is another.",
        (4, ("checkpoint", "inclusion")),
        certificate=make.edited(lambda value: proof(value).update(rootHash=ZERO)),
    )
    yield bad(
        "statement-names-another-log",
        "The certificate says that it is in another log.",
        CHECKPOINT,
        certificate=make.restated(put("predicate/ledger/origin", "other.example")),
    )
    certificate, trust = make.reissued(lambda made: made["logs"][0].update(vkey=log_signer(seed=9).key.vkey))
    yield bad(
        "other-log-key",
        "The trust root lists another key under the log's name.",
        (4, ("checkpoint", "policy", "waivers", "attested", "approvals", "decision")),
        certificate=certificate,
        trust=trust,
    )


def _note(text: str) -> Edit:
    return lambda value: proof(value)["checkpoint"].update(envelope=text)


def _text_of(value: Any) -> str:
    return proof(value)["checkpoint"]["envelope"].split("\n\n")[0] + "\n"


def _append(line: Any) -> Edit:
    def edit(value: Any) -> None:
        proof(value)["checkpoint"]["envelope"] += line(_text_of(value))

    return edit


def _sign_with(line: Any) -> Edit:
    def edit(value: Any) -> None:
        text = _text_of(value)
        proof(value)["checkpoint"]["envelope"] = f"{text}\n{line(text)}"

    return edit


def _extended(world: Kinds) -> Edit:
    def edit(value: Any) -> None:
        text = f"{_text_of(value)}extension\n"
        proof(value)["checkpoint"]["envelope"] = world.log.signer.note(text)

    return edit


def _swap_witness_line(value: Any) -> None:
    text = _text_of(value)
    old, new = (WITNESSES[0].line(made, seconds=SECONDS) for made in (text, "other\n"))
    note = proof(value)["checkpoint"]
    assert old in note["envelope"]
    note["envelope"] = note["envelope"].replace(old, new)


def of_the_inclusion(make: Making) -> Iterator[Case]:
    """Step 11: the proof leads from the entry to the signed root, and other heads of the log agree."""
    hashes: list[tuple[str, str, Any]] = [
        ("proof-reordered", "The proof's hashes are in reverse order.", lambda old: old[::-1]),
        ("proof-cut-short", "The proof's last hash is missing.", lambda old: old[:-1]),
        ("proof-too-long", "A hash too many stands in the proof.", lambda old: [*old, old[0]]),
        ("proof-empty", "The proof is empty.", lambda old: []),
        ("proof-with-another-hash", "A hash of the proof is zero.", lambda old: [ZERO, *old[1:]]),
        ("proof-with-a-short-hash", "A hash is 31 bytes.", lambda old: [base64_text(b"\0" * 31), *old[1:]]),
    ]
    for name, title, change in hashes:
        edit: Edit = lambda value, change=change: proof(value).update(hashes=change(proof(value)["hashes"]))  # noqa: E731
        yield bad(name, title, INCLUSION, certificate=make.edited(edit))
    for name, number in (("index-of-the-neighbour", str(INDEX - 1)), ("index-beyond-the-tree", str(SIZE))):
        move: Edit = lambda value, number=number: (  # noqa: E731
            entry(value).update(logIndex=number),
            proof(value).update(logIndex=number),
        )
        yield bad(name, f"The index is {number}.", INCLUSION, certificate=make.edited(move))
    yield from _beside(make)


def _beside(make: Making) -> Iterator[Case]:
    log, own = make.world.log, make.world["certificate"]
    right = own.tlog_proof
    files = {
        "proof-file-of-another-entry": ("The proof file is another entry's.", log.prove(3).proof.data),
        "proof-file-with-another-index": (
            "The proof file's index was changed.",
            right.replace(b"index %d" % INDEX, b"index %d" % (INDEX - 1)),
        ),
        "proof-file-cut-short": ("The proof file has no checkpoint.", right.partition(b"\n\n")[0] + b"\n"),
        "proof-file-of-another-version": ("Its first line is another.", right.replace(b"@v1", b"@v2")),
        "proof-file-with-a-carriage-return": ("Its lines end as on Windows.", right.replace(b"\n", b"\r\n")),
    }
    for name, (title, data) in files.items():
        yield bad(name, title, INCLUSION, files={"c.tlog-proof": data}, tlog_proof="c.tlog-proof")
    fork = type(log)(WITNESSES, bodies=bodies(SIZE, start=100), signer=log.signer)
    yield bad(
        "forked-checkpoint",
        "The log signed another head of the same size.",
        INCLUSION,
        files={"checkpoint": fork.head().note.encode()},
        checkpoint="checkpoint",
    )
    grown = type(log)(WITNESSES, bodies=bodies(SIZE + 5, start=100), signer=log.signer)
    proof_lines = "".join(f"{base64_text(item)}\n" for item in grown.consistency(SIZE, SIZE + 5))
    yield bad(
        "head-of-a-fork",
        "A later head does not grow from the certificate's; the proof given is the fork's own.",
        INCLUSION,
        files={"checkpoint": grown.head().note.encode(), "consistency": proof_lines.encode()},
        checkpoint="checkpoint",
        consistency="consistency",
    )
    yield bad(
        "checkpoint-of-nobody",
        "The given checkpoint is signed by another key.",
        INCLUSION,
        files={"checkpoint": _by(log_signer(seed=9), log.head().size, log.head().root)},
        checkpoint="checkpoint",
    )


def _by(signer: Any, size: int, root: bytes) -> bytes:
    return str(signer.note(Checkpoint(origin="ledger.example", size=size, root=root).text)).encode()


def of_the_witnesses(make: Making) -> Iterator[Case]:
    """Step 12: as many witnesses as the trust root asks for saw the head."""

    def keep(*kept: int) -> Edit:
        def edit(value: Any) -> None:
            text = _text_of(value)
            lines = "".join(WITNESSES[number].line(text, seconds=SECONDS) for number in kept)
            proof(value)["checkpoint"]["envelope"] = make.world.log.signer.note(text) + lines

        return edit

    def stranger(value: Any) -> None:
        keep(0)(value)
        from support.witnesses import witness_signer

        other = witness_signer("witness.example/w9", seed=9)
        proof(value)["checkpoint"]["envelope"] += other.line(_text_of(value), seconds=SECONDS)

    refused = (1, "witness")
    yield bad("no-witness", "Nobody cosigned.", refused, certificate=make.edited(keep()))
    yield bad("one-witness-of-two", "One of two witnesses cosigned.", refused, certificate=make.edited(keep(0)))
    yield bad("a-strangers-cosignature", "The second is a stranger.", refused, certificate=make.edited(stranger))


def of_the_time(make: Making) -> Iterator[Case]:
    """Step 13: tokens are of listed authorities and over this signature; keys were in use at their time."""
    world = make.world
    tsa = world.tsa
    assert tsa is not None
    own, moment = world["certificate"], parse_instant(ISSUED) + timedelta(seconds=1)

    def tokens(*made: bytes) -> bytes:
        stamps = [{"signedTimestamp": base64_text(item)} for item in made]
        return make.edited(
            lambda value: material(value).update(timestampVerificationData={"rfc3161Timestamps": stamps})
        )

    def stamped(*, at: Any) -> bytes:
        return tokens(_minimal(tsa.token(own.envelope.signature, at=at)))

    good = base64_bytes(
        material(_json(own.data))["timestampVerificationData"]["rfc3161Timestamps"][0]["signedTimestamp"]
    )
    other = LocalTsa(tsa.folder / "other", name="other.example", scalar=2001)
    forged = LocalTsa(tsa.folder / "forged", forged=5)
    yield bad(
        "token-over-another-signature",
        "The token is another signature's.",
        TIME,
        certificate=tokens(_minimal(tsa.token(world["vsa"].envelope.signature, at=moment))),
    )
    yield bad(
        "token-over-the-payload",
        "The token covers the payload and not the signature.",
        TIME,
        certificate=tokens(_minimal(tsa.token(own.payload, at=moment))),
    )
    yield bad(
        "token-of-an-unlisted-authority",
        "The authority is not in the trust root.",
        TIME,
        certificate=tokens(_minimal(other.token(own.envelope.signature, at=moment))),
    )
    yield bad(
        "token-of-a-forged-authority",
        "Names and numbers are the authority's, the keys are not.",
        TIME,
        certificate=tokens(_minimal(forged.token(own.envelope.signature, at=moment))),
    )
    yield bad("token-that-is-none", "The token is an empty sequence.", TIME, certificate=tokens(b"\x30\x00"))
    yield bad(
        "token-with-one-bit-off",
        "A bit of the token's signature was changed.",
        TIME,
        certificate=tokens(good[:-1] + bytes([good[-1] ^ 1])),
    )
    yield bad(
        "token-with-an-uncovered-chain",
        "The token embeds a second certificate, which its signature does not cover.",
        TIME,
        certificate=tokens(tsa.token(own.envelope.signature, at=moment, edit=_embed(tsa.certs[1]))),
    )
    yield bad("token-and-junk", "The second token cannot be checked.", TIME, certificate=tokens(good, b"\x30\x00"))
    late, early = (1, "time"), parse_instant(ISSUED) - timedelta(minutes=5, seconds=1)
    no_token = make.edited(lambda value: material(value).pop("timestampVerificationData"))
    yield bad("no-token", "The trust root asks for a token, there is none.", late, certificate=no_token)
    yield bad(
        "issued-after-its-token", "It claims a time 301 s after its token's.", late, certificate=stamped(at=early)
    )
    stale = parse_instant(ISSUED) + timedelta(hours=24, seconds=1)
    yield bad("backdated", "It claims a time over 24 hours before its token's.", late, certificate=stamped(at=stale))
    after = instant_text(moment + timedelta(seconds=1))
    for name, title, edit in (
        ("key-not-yet-in-use", "The key's window begins later.", _window(start=after)),
        ("key-retired", "The key's window ended at the token's second.", _window(end=instant_text(moment))),
        (
            "key-revoked-before",
            "The key was revoked from the token's second on.",
            _revoked({"from": instant_text(moment)}),
        ),
        ("key-revoked-altogether", "The key is revoked without a date.", _revoked({})),
        (
            "key-revoked-from-an-index",
            "The key is void from its index in the log on.",
            _revoked({"fromIndex": own.index}),
        ),
    ):
        certificate, trust = make.reissued(edit)
        yield bad(name, title, late, certificate=certificate, trust=trust)
    for name, title, edit, failed in (
        (
            "authority-not-yet-in-use",
            "The authority's window begins a second after the token, and every file's token is older.",
            lambda made: made["tsas"][0].update(validFor={"start": after}),
            (4, ("time", "policy", "waivers", "attested", "approvals", "decision")),
        ),
        (
            "log-not-yet-in-use",
            "The log's window begins a second after the token.",
            lambda made: made["logs"][0].update(validFor={"start": after}),
            (1, ("time", "policy", "waivers", "attested", "approvals", "decision")),
        ),
        (
            "one-authority-of-two",
            "The trust root asks for tokens of two authorities.",
            lambda made: made["require"].update(timestamps=2),
            (1, ("time", "policy", "waivers", "attested", "approvals", "decision")),
        ),
    ):
        certificate, trust = make.reissued(edit)
        yield bad(name, title, failed, certificate=certificate, trust=trust)
    backdated = world.edited("certificate", put("predicate/issuedAt", "2026-01-01T03:04:04Z"), at=ISSUED)
    title = (
        "Signed with a stolen key and dated back; the token tells when, and nothing that it rests on was there then."
    )
    rests = (1, ("time", "waivers", "attested", "approvals", "decision"))
    yield bad("issued-long-before-its-token", title, rests, certificate=backdated)


def _json(data: bytes) -> Any:
    import json

    return json.loads(data)


def _minimal(response: bytes) -> bytes:
    from govern.attestation.stamps.form import minimal

    return minimal(response).data


def _embed(certificate: bytes) -> Any:
    from asn1crypto import x509

    def edit(signed: Any) -> None:
        signed["certificates"].append(x509.Certificate.load(certificate))

    return edit


def _window(**window: str) -> Edit:
    return lambda made: made["roles"]["certifier"]["keys"][0].update(validFor=window)


def _revoked(since: dict[str, Any]) -> Edit:
    item = {"keyid": CERTIFIER.public.keyid, "reason": "compromise", **since}
    return lambda made: made.update(revokedKeys=[item])
