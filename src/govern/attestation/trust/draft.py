"""The next version of a trust root while it is being signed.

A draft has a media type of its own, so that nothing takes it for a trust root. It becomes one when the root
thresholds of the version before it and of its own are met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from govern.attestation.dsse import Envelope, read_envelope, sign_payload
from govern.attestation.keys import Signer
from govern.attestation.trust.edit_keys import Edit
from govern.attestation.trust.format import DRAFT_MEDIA_TYPE
from govern.attestation.trust.reading import (
    MOST_ENVELOPES,
    Tally,
    check_follows,
    extend_trust,
    tally,
    verified_signers,
)
from govern.attestation.trust.root import TrustRoot
from govern.attestation.trust.signing import trust_file
from govern.attestation.trust.statement import read_trust_statement
from govern.attestation.trust.terms import TrustTerms, terms_of, trust_payload, trust_predicate
from govern.canonical import base64_bytes, base64_text, canonical_bytes, instant_text
from govern.diagnostics import Diagnostic, GovernError, IntegrityError, UsageError

__all__ = ["Draft", "finished", "is_draft", "next_version", "read_draft", "sign_draft", "tallies"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A version with the signatures that it has so far, none of them verified."""

    root: TrustRoot
    envelopes: tuple[Envelope, ...] = ()

    @property
    def data(self) -> bytes:
        """The draft's file: canonical JSON and a newline."""
        return (
            canonical_bytes(
                {
                    "mediaType": DRAFT_MEDIA_TYPE,
                    "payload": base64_text(self.root.payload),
                    "envelopes": [item.document() for item in self.envelopes],
                }
            )
            + b"\n"
        )


def is_draft(data: bytes) -> bool:
    """Whether a file says that it is a draft."""
    return DRAFT_MEDIA_TYPE.encode() in data


def read_draft(data: bytes, *, file: str = "trust.next.json") -> Draft:
    """Read a draft; its contents are checked as those of a trust root are.

    Raises IntegrityError: A313 when it is no draft, A301-A304 and A306 for what it says.
    """
    from govern.inputs.json import parse_json

    def refuse(why: str) -> IntegrityError:
        return IntegrityError(Diagnostic("A313", f"not a draft: {why}", hint="make it again: govern trust edit"))

    try:
        value: object = parse_json(data, file=file, utf16=False)
        if not isinstance(value, dict) or value.keys() != {"mediaType", "payload", "envelopes"}:
            raise refuse("it is not an object with mediaType, payload and envelopes")
        listed, payload_text = value["envelopes"], value["payload"]
        if value["mediaType"] != DRAFT_MEDIA_TYPE or not isinstance(listed, list) or not isinstance(payload_text, str):
            raise refuse(f"its media type is not {DRAFT_MEDIA_TYPE}, or a member is of another kind")
        if len(listed) > MOST_ENVELOPES:
            raise refuse(f"it has {len(listed)} envelopes")
        payload = base64_bytes(payload_text)
        envelopes = tuple(read_envelope(item) for item in listed)
        if any(item.payload != payload for item in envelopes) or canonical_bytes(value) + b"\n" != data:
            raise refuse("it is not in canonical form, or something else was signed than it holds")
    except ValueError as fault:
        raise refuse(str(fault)) from fault
    except GovernError as fault:
        if fault.diagnostics[0].code == "A313":
            raise
        raise refuse(fault.diagnostics[0].message) from fault
    return Draft(root=read_trust_statement(payload, file=file), envelopes=envelopes)


def next_version(
    old: TrustRoot, edits: Sequence[Edit], *, issued_at: datetime, expires: datetime, nonce: bytes
) -> Draft:
    """Change a trust root and give the unsigned draft of its next version.

    Raises UsageError: what an edit raises; A310 for terms that nobody could meet; A302-A304 for roles and keys that
    no trust root may have; A315 when nothing would change.
    """
    before = terms_of(old)
    terms = before
    for edit in edits:
        terms = edit(terms)
    if terms == before and expires == old.expires:
        raise UsageError(Diagnostic("A315", "the edit changes nothing", hint="see govern trust edit --help"))
    terms = terms.without_idle_keys(frozenset(item.keyid for item in old.roles["root"].keys))
    predicate = trust_predicate(
        terms, version=old.version + 1, previous=old.digest, issued_at=issued_at, expires=expires, nonce=nonce
    )
    try:
        root = read_trust_statement(trust_payload(predicate))
    except IntegrityError as fault:
        # The caller asked for it, and nothing was signed: no integrity is at stake.
        raise UsageError(fault.diagnostics) from fault
    _check_possible(old, root, terms)
    return Draft(root=root)


def _check_possible(old: TrustRoot, root: TrustRoot, terms: TrustTerms) -> None:
    def impossible(message: str, hint: str) -> UsageError:
        return UsageError(Diagnostic("A310", message, hint=hint))

    if root.issued_at < old.issued_at:
        at = instant_text(old.issued_at)
        raise impossible(f"the new version would be issued before version {old.version}, of {at}", "check the clock")
    if root.expires <= root.issued_at:
        ended = instant_text(root.expires)
        raise impossible(f"the new version would have expired on {ended}", "give it a term: --renew 1y")
    found = tally(root, root, ())
    if len(found.waiting) < found.needed:
        raise impossible(
            f"the root role asks for {found.needed} people, and keys of {len(found.waiting)} are in use then",
            "add a root key, or lower the threshold",
        )
    if terms.timestamps > len(terms.tsas):
        raise impossible(
            f"{terms.timestamps} time-stamps would be asked for, from {len(terms.tsas)} authorities", "add one: --tsa"
        )
    if terms.log_entries > len(terms.logs):
        raise impossible(
            f"{terms.log_entries} log entries would be asked for, from {len(terms.logs)} logs", "add one: --log"
        )


def tallies(draft: Draft, old: TrustRoot) -> tuple[Tally, Tally]:
    """Verify a draft's signatures and count them by the old version and by its own.

    Raises IntegrityError: A306 when it does not follow the old version, A305 for a signature that does not verify.
    """
    check_follows(old, draft.root)
    signed = verified_signers(draft.envelopes, draft.root, [old, draft.root])
    return tally(old, draft.root, signed), tally(draft.root, draft.root, signed)


def sign_draft(draft: Draft, signer: Signer, *, old: TrustRoot) -> Draft:
    """Add one person's signature; an earlier one by the same key is replaced.

    Raises UsageError (A316) for a key whose signature would count for neither version, IntegrityError as `tallies`.
    """
    tallies(draft, old)
    keyid = signer.public.keyid
    able = {
        item.keyid
        for judge in (old, draft.root)
        for item in judge.roles["root"].keys
        if item.window.holds(draft.root.issued_at)
    }
    if keyid not in able:
        message = f"the key {keyid} is not in the root role of version {old.version} or {draft.root.version}"
        raise UsageError(Diagnostic("A316", message, hint="sign with one of: " + ", ".join(sorted(able))))
    kept = [item for item in draft.envelopes if item.keyid != keyid]
    envelopes = sorted([*kept, sign_payload(draft.root.payload, signer)], key=lambda item: item.keyid)
    return replace(draft, envelopes=tuple(envelopes))


def finished(draft: Draft, *, old: TrustRoot) -> bytes:
    """Turn a draft that enough people signed into the trust root's file.

    Raises IntegrityError: A304 while a threshold of the old or the new version is not met, A305, A306.
    """
    tallies(draft, old)
    if not draft.envelopes:
        message = f"version {draft.root.version} of the trust root is signed by nobody"
        raise IntegrityError(Diagnostic("A304", message, hint="every signer adds a signature: govern trust sign"))
    data = trust_file(draft.envelopes)
    extend_trust(old, data)
    return data
