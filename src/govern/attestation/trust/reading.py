"""Reading a trust root file: envelopes, signatures, thresholds, and the chain of its versions.

The file holds M envelopes with one signature each over a byte-identical payload, so that every signature stands
alone. Thresholds count distinct key bytes and distinct owners (the rule of The Update Framework, section 5.3, for
following one version by the next).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from govern.attestation.dsse import Envelope, read_envelope
from govern.attestation.trust.format import MEDIA_TYPE
from govern.attestation.trust.root import TrustKey, TrustRoot
from govern.attestation.trust.statement import not_a_trust_root, read_trust_statement
from govern.canonical import canonical_bytes
from govern.diagnostics import Diagnostic, GovernError, IntegrityError
from govern.records import record

__all__ = [
    "MOST_ENVELOPES",
    "Tally",
    "check_follows",
    "extend_trust",
    "load_trust",
    "parse_trust",
    "tally",
    "verified_signers",
]

_MAX_BYTES = 8 * 1024 * 1024
MOST_ENVELOPES = 32
"""How many people's signatures a file may hold."""


def load_trust(data: bytes, *, file: str = "trust.json") -> TrustRoot:
    """Read a trust root and check it against itself: form, roles, and signatures by its own root role.

    Whether it is the right one is said by a pinned fingerprint or a chain (`extend_trust`); whether it has expired,
    by the clock. Raises IntegrityError (A301-A305).
    """
    root, envelopes = parse_trust(data, file=file)
    return _accepted(root, envelopes, [root])


def extend_trust(old: TrustRoot, data: bytes, *, file: str = "trust.json") -> TrustRoot:
    """Accept a new version after an old one: signed by the root thresholds of both, next number, right predecessor.

    Raises IntegrityError (A301-A306).
    """
    root, envelopes = parse_trust(data, file=file)
    check_follows(old, root)
    return _accepted(root, envelopes, [old, root])


def check_follows(old: TrustRoot, new: TrustRoot) -> None:
    """Check number and predecessor of a new version. Raises IntegrityError (A306)."""
    if new.version != old.version + 1 or new.previous != old.digest:
        raise IntegrityError(
            Diagnostic(
                "A306",
                f"version {new.version} of the trust root does not follow version {old.version}: "
                f"it names {new.previous or 'nothing'} as its predecessor, which is {old.digest}",
                hint="give every version in order",
            )
        )


def parse_trust(data: bytes, *, file: str = "trust.json") -> tuple[TrustRoot, tuple[Envelope, ...]]:
    """Read a trust root without looking at its signatures: form and roles. Raises IntegrityError (A301-A304)."""
    from govern.inputs.json import parse_json

    try:
        if len(data) > _MAX_BYTES:
            raise not_a_trust_root("too large")
        value: object = parse_json(data, file=file, max_bytes=_MAX_BYTES, utf16=False)
        if not isinstance(value, dict) or value.keys() != {"mediaType", "envelopes"}:
            raise not_a_trust_root("it is not an object with mediaType and envelopes")
        if value["mediaType"] != MEDIA_TYPE or not isinstance(value["envelopes"], list):
            raise not_a_trust_root(f"its media type is not {MEDIA_TYPE}, or its envelopes are not a list")
        if not 1 <= len(value["envelopes"]) <= MOST_ENVELOPES:
            raise not_a_trust_root(f"it has {len(value['envelopes'])} envelopes")
        envelopes = tuple(read_envelope(item) for item in value["envelopes"])
        if canonical_bytes(value) + b"\n" != data:
            raise not_a_trust_root("it is not in canonical form")
        keyids = [item.keyid for item in envelopes]
        if keyids != sorted(set(keyids)):
            raise not_a_trust_root("its envelopes are not in the order of their key ids, each once")
        if len({item.payload for item in envelopes}) != 1:
            raise not_a_trust_root("its envelopes do not hold one and the same payload")
    except GovernError as fault:
        if fault.diagnostics[0].code == "A301":
            raise
        raise not_a_trust_root(fault.diagnostics[0].message) from fault
    return read_trust_statement(envelopes[0].payload, file=file), envelopes


def _accepted(root: TrustRoot, envelopes: Sequence[Envelope], judges: Sequence[TrustRoot]) -> TrustRoot:
    """Verify every envelope with the keys of the judging versions; each version's threshold must be met."""
    signed = verified_signers(envelopes, root, judges)
    for judge in judges:
        found = tally(judge, root, signed)
        if not found.met:
            raise IntegrityError(
                Diagnostic(
                    "A304",
                    f"version {root.version} of the trust root is signed by {len(found.signed)} of the "
                    f"{found.needed} people that version {judge.version} asks for",
                    hint="every signer adds a signature: govern trust sign",
                )
            )
    return replace(root, signers=tuple(sorted({key.owner for key in signed})))


def verified_signers(
    envelopes: Sequence[Envelope], root: TrustRoot, judges: Sequence[TrustRoot]
) -> tuple[TrustKey, ...]:
    """Verify every envelope with the keys that the judging versions list; give those keys, each once.

    A retired root key stays listed, without a role, for as long as a version that it signed is in use: an envelope
    that nobody can check is refused. Raises IntegrityError (A305).
    """
    signed: dict[bytes, TrustKey] = {}
    for envelope in envelopes:
        key = next((judge.keys[envelope.keyid] for judge in judges if envelope.keyid in judge.keys), None)
        if key is None or not key.public.verifies(envelope.signature, envelope.pae):
            raise IntegrityError(
                Diagnostic(
                    "A305",
                    f"the signature under {envelope.keyid} on version {root.version} of the trust root does not verify",
                    hint="take the file again from whoever maintains it, or give the version before it as well",
                )
            )
        signed[key.public.spki] = key
    return tuple(signed.values())


@record(kw_only=True)
class Tally:
    """How far the root role of one version agrees to another version."""

    version: int
    """Of the version that judges."""
    needed: int
    signed: tuple[str, ...]
    """Owners who signed, sorted, each once however many keys they hold."""
    waiting: tuple[str, ...]
    """Owners who could still sign, sorted."""

    @property
    def met(self) -> bool:
        """Whether enough people signed."""
        return len(self.signed) >= self.needed


def tally(judge: TrustRoot, root: TrustRoot, signed: Iterable[TrustKey]) -> Tally:
    """Count the people of the judging version's root role, with keys in use when `root` was issued, who signed it."""
    role = judge.roles["root"]
    allowed = {item.keyid for item in role.keys if item.window.holds(root.issued_at)}
    owners = {judge.keys[key.keyid].owner for key in signed if key.keyid in allowed}
    able = {judge.keys[keyid].owner for keyid in allowed}
    return Tally(
        version=judge.version,
        needed=role.threshold,
        signed=tuple(sorted(owners)),
        waiting=tuple(sorted(able - owners)),
    )
