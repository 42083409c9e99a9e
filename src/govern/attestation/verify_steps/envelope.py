"""Steps on the file and its signature: read, envelope, key, signature, canonical, statement."""

from __future__ import annotations

from govern.attestation.dsse import read_envelope
from govern.attestation.kinds import KIND_NAMES, TRUST_ROOT, short_type
from govern.attestation.reading import predicate_type_of, read_claims
from govern.attestation.sigstore_bundle import read_container
from govern.attestation.trust.root import TrustKey
from govern.attestation.verification import Line
from govern.attestation.verify_steps.state import State, fail, from_error, ok, present, unchecked
from govern.canonical import canonical_bytes
from govern.diagnostics import GovernError, IntegrityError
from govern.inputs.json import parse_json

__all__ = ["canonical", "envelope", "key", "read", "signature", "statement"]


def read(state: State) -> list[Line]:
    """The file is a bundle in its one canonical form, and nothing in it is unknown."""
    request = state.request
    try:
        state.container = read_container(request.certificate, file=request.certificate_name)
    except IntegrityError as fault:
        return [from_error("read", 4, fault)]
    return [ok("read", f"sigstore bundle, {len(request.certificate)} bytes, canonical form")]


def envelope(state: State) -> list[Line]:
    """One signature over one in-toto payload."""
    try:
        state.envelope = read_envelope(present(state.container).envelope)
    except IntegrityError as fault:
        return [from_error("envelope", 4, fault)]
    return [ok("envelope", f"one signature, payload of {len(state.envelope.payload)} bytes")]


def key(state: State) -> list[Line]:
    """The signer's key is one of the trust root's attesting keys, and the file names that very key.

    Key id and hint only say which candidate is tried first; afterwards both must be those of the key that verified,
    for other tools find the key by them.
    """
    signed, container = present(state.envelope), present(state.container)
    candidates = _candidates(state)
    hinted = sorted(
        candidates, key=lambda item: (item.keyid != signed.keyid, item.public.hint != container.hint, item.keyid)
    )
    message = signed.pae
    found = next((item for item in hinted if item.public.verifies(signed.signature, message)), None)
    named = next((item for item in candidates if item.keyid == signed.keyid), None)
    state.key, state.key_verified = found or named, found is not None
    if state.key is None:
        return [_no_key(state, candidates)]
    if signed.keyid != state.key.keyid or container.hint != state.key.public.hint:
        return [
            fail(
                "key",
                4,
                "the file names another key than the one that signed it",
                expected=f"keyid {state.key.keyid}, hint {state.key.public.hint}",
                found=f"keyid {signed.keyid}, hint {container.hint}",
            )
        ]
    return [ok("key", f"{state.key.keyid}, held by {state.key.owner}")]


def _candidates(state: State) -> tuple[TrustKey, ...]:
    """The keys that may have signed: root keys sign trust roots and nothing else."""
    root = present(state.trust)
    if state.request.kind == TRUST_ROOT:
        return tuple(root.keys[item.keyid] for item in root.roles["root"].keys)
    return root.attesting_keys()


def _no_key(state: State, candidates: tuple[TrustKey, ...]) -> Line:
    trust, keyid = present(state.trust), present(state.envelope).keyid
    known = "a root key, which may sign nothing else" if keyid in trust.keys else "not in the trust root"
    return fail(
        "key",
        4,
        f"the key {keyid} is {known}",
        expected=f"one of {', '.join(item.keyid for item in candidates) or 'none: no key attests anything'}",
        found=keyid,
        help=f"see who may sign: govern trust show {state.request.trust_name}",
    )


def signature(state: State) -> list[Line]:
    """The signature covers the payload's bytes as they are."""
    if not state.key_verified:
        return [fail("signature", 4, f"the signature of {present(state.key).keyid} does not cover this payload")]
    return [ok("signature", "ECDSA P-256 over SHA-256 of the payload's pre-authentication encoding")]


def canonical(state: State) -> list[Line]:
    """The payload is its own canonical form: it reads the same everywhere."""
    payload = present(state.envelope).payload
    try:
        value = parse_json(payload, file="payload", utf16=False)
        same = canonical_bytes(value) == payload  # type: ignore[arg-type]  # a decimal raises TypeError, which is meant
    except GovernError as fault:
        return [from_error("canonical", 4, fault)]
    except (TypeError, ValueError) as fault:
        return [fail("canonical", 4, f"the payload has no canonical form: {fault}")]
    if not same:
        return [fail("canonical", 4, "the payload is not in canonical form (RFC 8785)")]
    state.statement = value
    return [ok("canonical", "the payload is its own canonical form")]


def statement(state: State) -> list[Line]:
    """The payload is a statement of the type that was asked for, about one subject, and does not contradict itself."""
    wanted = state.request.kind
    kind = predicate_type_of(state.statement)
    if kind is None or kind not in KIND_NAMES:
        text = "the payload is no statement that is known here"
        return [fail("statement", 4, text, expected=wanted, found=kind or "no type")]
    try:
        state.claims = read_claims(state.statement, kind)
    except IntegrityError as fault:
        return [from_error("statement", 4, fault)]
    if kind != wanted:
        verdict = state.claims.verdict
        found = kind if verdict is None else f"{kind} (decision {verdict.decision})"
        lines = [
            fail(
                "statement",
                1,
                f"this is a {short_type(kind)}, not a {short_type(wanted)}",
                expected=wanted,
                found=found,
                help=f"to see whether it is a sound one: govern verify --kind {KIND_NAMES[kind]}",
            )
        ]
    else:
        lines = [ok("statement", f"{short_type(kind)} for {state.claims.subject_name}, {state.claims.subject_digest}")]
    lines += [unchecked("statement", f"unknown member {pointer}") for pointer in state.claims.unknown]
    return lines
