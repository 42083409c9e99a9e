"""Sign payloads of any kind, log them in one batch, and wrap each with its proof: the one way into a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from govern.attestation.dsse import Envelope, pae, sign_payload
from govern.attestation.keys import PublicKey, Signer
from govern.attestation.sigstore_bundle import bundle_bytes
from govern.attestation.stamps.form import minimal
from govern.diagnostics import Diagnostic, IntegrityError
from govern.ledger.leaf import leaf_body, read_leaf
from govern.ledger.store import LedgerStore, Logged, NewEntry

__all__ = ["Signed", "Stamper", "log_envelopes", "sign_and_log", "sign_only"]

Stamper = Callable[[bytes], bytes]
"""Gives the time-stamp response (RFC 3161, DER) of an authority for a signature's bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A signed statement as the file that travels."""

    envelope: Envelope
    data: bytes
    """The sigstore bundle: canonical JSON and a newline."""
    index: int | None
    """Index of its log entry; None for a statement that waits to be logged."""
    tlog_proof: bytes | None

    @property
    def digest(self) -> str:
        """sha256 of the payload, hex: the attestation's identity."""
        return self.envelope.digest

    @property
    def keyid(self) -> str:
        """Fingerprint of the signer's key."""
        return self.envelope.keyid


def sign_only(payload: bytes, *, signer: Signer, stamp: Stamper | None = None) -> Signed:
    """Sign without logging, for people who do not hold the log's key; `log_envelopes` completes the file later."""
    envelope = sign_payload(payload, signer)
    tokens = _tokens(stamp, envelope.signature)
    data = bundle_bytes(envelope, hint=signer.public.hint, log=None, logged=(), tokens=tokens)
    return Signed(envelope=envelope, data=data, index=None, tlog_proof=None)


def sign_and_log(
    payloads: Sequence[bytes], *, signer: Signer, ledger: LedgerStore, stamp: Stamper | None = None
) -> tuple[Signed, ...]:
    """Sign payloads with one key, log all or none under one checkpoint, and wrap each with its proof.

    A payload that this key signed before keeps its log entry and its first signature. Payloads are expected to have
    been held against their schema (`statement_bytes`). Raises IntegrityError (A106) and whatever
    `LedgerStore.append` raises, before anything is released.
    """
    envelopes = [sign_payload(payload, signer) for payload in payloads]
    return log_envelopes([(item, signer.public) for item in envelopes], ledger=ledger, stamp=stamp)


def log_envelopes(
    signed: Sequence[tuple[Envelope, PublicKey]],
    *,
    ledger: LedgerStore,
    stamp: Stamper | None = None,
    tokens: Sequence[bytes] = (),
) -> tuple[Signed, ...]:
    """Log envelopes whose signatures hold under the keys given, and wrap each with its proof.

    Args:
        signed: envelopes with the keys that signed them; the caller has verified them.
        ledger: the log.
        stamp: asks for a time-stamp of each signature. It is asked before anything is logged, so that a silent
            authority leaves no entry whose file was never written.
        tokens: time-stamp responses that the (single) envelope brings along.
    """
    asked = [_tokens(stamp, item.signature) for item, _ in signed]
    logged = ledger.append(
        [NewEntry(payload=item.payload, body=leaf_body(item.payload, item.signature, key.spki)) for item, key in signed]
    )
    made = []
    for (envelope, key), entry, own in zip(signed, logged, asked, strict=True):
        kept = _as_logged(envelope, entry, key)
        stamps = (*tokens, *own)
        if kept.signature != envelope.signature:  # tokens cover a signature, and the log holds an earlier one
            stamps = _tokens(stamp, kept.signature)
        data = bundle_bytes(kept, hint=key.hint, log=ledger.key, logged=[entry], tokens=stamps)
        made.append(Signed(envelope=kept, data=data, index=entry.proof.index, tlog_proof=entry.proof.data))
    return tuple(made)


def _tokens(stamp: Stamper | None, signature: bytes) -> tuple[bytes, ...]:
    """Have a signature stamped, and keep the token in its one form. Raises what the stamper does, and A410."""
    return () if stamp is None else (minimal(stamp(signature)).data,)


def _as_logged(envelope: Envelope, entry: Logged, key: PublicKey) -> Envelope:
    """Give the envelope with the signature that the log holds: an earlier one when this key signed the payload before.

    Raises IntegrityError (A106) when that signature is not this key's over this payload.
    """
    leaf = read_leaf(entry.body)
    if leaf.spki != key.spki or not key.verifies(leaf.signature, pae(envelope.payload)):
        message = f"the signature in the log at {entry.proof.index} does not verify"
        raise IntegrityError(Diagnostic("A106", message, hint="issue the statement anew, with another nonce"))
    return Envelope(payload=envelope.payload, keyid=envelope.keyid, signature=leaf.signature)
