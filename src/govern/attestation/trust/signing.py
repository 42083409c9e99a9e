"""Writing a trust root: everybody signs the same bytes in an envelope of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from govern.attestation.dsse import Envelope, sign_payload
from govern.attestation.keys import PublicKey, Signer
from govern.attestation.trust.format import MEDIA_TYPE
from govern.attestation.trust.reading import parse_trust
from govern.attestation.trust.terms import trust_payload
from govern.canonical import Json, base64_text, canonical_bytes
from govern.ledger.note import NoteKey

__all__ = ["add_signature", "first_trust_root", "sign_trust", "trust_file"]


def sign_trust(predicate: Mapping[str, Json], signers: Sequence[Signer]) -> bytes:
    """Sign a trust root's predicate with each signer and give the file's bytes.

    Nothing is checked beyond the signing: a version may still lack signatures. `load_trust` says what is wrong.
    """
    payload = trust_payload(predicate)
    return trust_file([sign_payload(payload, signer) for signer in signers])


def add_signature(data: bytes, signer: Signer, *, file: str = "trust.json") -> bytes:
    """Add one person's signature to a trust root file; an earlier one by the same key is replaced.

    Raises IntegrityError (A301-A303) when the file is not a sound trust root apart from missing signatures.
    """
    _, envelopes = parse_trust(data, file=file)
    kept = [item for item in envelopes if item.keyid != signer.public.keyid]
    return trust_file([*kept, sign_payload(envelopes[0].payload, signer)])


def trust_file(envelopes: Sequence[Envelope]) -> bytes:
    """Give the bytes of a trust root file: its envelopes in the order of their key ids."""
    ordered = sorted(envelopes, key=lambda item: item.keyid)
    return canonical_bytes({"mediaType": MEDIA_TYPE, "envelopes": [item.document() for item in ordered]}) + b"\n"


def first_trust_root(
    *,
    issued_at: str,
    expires: str,
    nonce: bytes,
    roots: Sequence[tuple[PublicKey, str]],
    certifiers: Sequence[tuple[PublicKey, str]],
    stages: Sequence[str],
    verifier_id: str,
    log: NoteKey,
    threshold: int | None = None,
) -> dict[str, Json]:
    """Build the predicate of a first trust root with the two roles that no gate can do without.

    Args:
        issued_at, expires: instants (RFC 3339).
        nonce: 16 random bytes, made by the caller.
        roots, certifiers: (public key, owner) pairs; no key in both.
        stages, verifier_id: what the certifiers may sign for.
        log: the ledger's key.
        threshold: how many owners sign the next version; all distinct owners of the root keys when None.
    """
    owners = len({owner for _, owner in roots})
    return {
        "version": 1,
        "previous": None,
        "issuedAt": issued_at,
        "expires": expires,
        "nonce": base64_text(nonce),
        "keys": {key.keyid: {"spki": base64_text(key.spki), "owner": owner} for key, owner in (*roots, *certifiers)},
        "roles": {
            "root": {
                "keys": [{"keyid": key.keyid} for key, _ in roots],
                "threshold": owners if threshold is None else threshold,
            },
            "certifier": {
                "keys": [{"keyid": key.keyid, "validFor": {"start": issued_at, "end": None}} for key, _ in certifiers],
                "types": ["compliance-certificate:v1", "refusal:v1", "vsa:v1"],
                "stages": list(stages),
                "verifierIds": [verifier_id],
            },
        },
        "logs": [{"vkey": log.vkey, "validFor": {"start": issued_at, "end": None}}],
        "witnesses": [],
        "groups": [],
        "quorum": "none",
        "tsas": [],
        "require": {"logEntries": 1, "timestamps": 0, "statusMaxAge": None},
        "minPolicy": {},
        "revokedKeys": [],
    }
