"""Steps on trust: the trust root itself, the version that the certificate names, the signer's role."""

from __future__ import annotations

from govern.attestation.kinds import TRUST_ROOT, short_type
from govern.attestation.reading import Claims
from govern.attestation.trust.reading import extend_trust, load_trust
from govern.attestation.trust.root import Role, TrustRoot
from govern.attestation.verification import Line, Signatory
from govern.attestation.verify_steps.state import State, fail, from_error, ok, present
from govern.canonical import instant_text
from govern.diagnostics import IntegrityError

__all__ = ["named_trust", "role", "trust"]


def trust(state: State) -> list[Line]:
    """The trust root is sound, follows the pinned or given earlier versions, and has not expired."""
    request = state.request
    try:
        chain = _chain((*request.earlier_trust, request.trust), request.trust_name)
    except IntegrityError as fault:
        return [from_error("trust", 4, fault)]
    root, state.earlier = chain[-1], tuple(chain[:-1])
    fingerprints = [item.digest for item in chain]
    if request.pinned is not None and request.pinned.removeprefix("sha256:") not in fingerprints:
        return [
            fail(
                "trust",
                4,
                "the trust root is not the pinned one, nor a successor of it",
                expected=request.pinned,
                found=", ".join(fingerprints),
            )
        ]
    state.trust = root
    if request.at >= root.expires:
        return [
            fail(
                "trust",
                3,
                f"version {root.version} of the trust root expired on {instant_text(root.expires)}",
                help="take the newest version from whoever maintains it",
            )
        ]
    pin = "" if request.pinned else "; not pinned, compare it with one from elsewhere"
    return [
        ok(
            "trust",
            f"version {root.version}, signed by {', '.join(root.signers)}, fingerprint sha256:{root.digest}, "
            f"until {instant_text(root.expires)}{pin}",
        )
    ]


def _chain(files: tuple[bytes, ...], name: str) -> list[TrustRoot]:
    chain = [load_trust(files[0], file=name)]
    for data in files[1:]:
        chain.append(extend_trust(chain[-1], data, file=name))
    return chain


def named_trust(state: State) -> list[Line]:
    """The version of the trust root that the gate used is this one or one before it."""
    root, verdict = present(state.trust), present(state.claims).verdict
    if verdict is None:
        return []
    named = verdict.trust
    known = {item.version: item.digest for item in (*state.earlier, root)}
    if named.version > root.version:
        return [
            fail(
                "trust",
                3,
                f"the certificate was issued under version {named.version} of the trust root, this is {root.version}",
                help="give the newest version",
            )
        ]
    if named.version not in known:
        text = f"issued under version {named.version}, of which no copy was given to compare"
        return [ok("trust", text)]
    if known[named.version] != named.digest:
        return [
            fail(
                "trust",
                4,
                f"the certificate was issued under another version {named.version} of the trust root",
                expected=named.digest,
                found=known[named.version],
            )
        ]
    return [ok("trust", f"issued under version {named.version}, the same")]


def role(state: State) -> list[Line]:
    """The key plays a role that may sign this type, for this stage, as this verifier; a person is who they say."""
    root, key, claims = present(state.trust), present(state.key), present(state.claims)
    if claims.kind == TRUST_ROOT:
        state.signatory = Signatory(keyid=key.keyid, owner=key.owner, role="root")
        return [ok("role", f"{key.owner} signed as root with {key.keyid}")]
    roles = root.roles_of(key.keyid)
    kind = short_type(claims.kind)
    may = [item for item in roles if kind in item.types]
    if not may:
        may_sign = ", ".join(name for name, item in sorted(root.roles.items()) if kind in item.types) or "no role"
        names = ", ".join(item.name for item in roles)
        return [fail("role", 1, f"{key.owner} may not sign a {kind}", expected=may_sign, found=names)]
    for item in may:
        if _fits(item, claims):
            state.signatory = Signatory(keyid=key.keyid, owner=key.owner, role=item.name)
            break
    else:
        return [_unfit(key.owner, kind, may, claims)]
    if claims.signer is not None and claims.signer != key.owner:
        text = f"the statement says that {claims.signer} signed it, the key is {key.owner}'s"
        return [fail("role", 1, text, expected=key.owner, found=claims.signer)]
    return [ok("role", f"{key.owner} signed as {state.signatory.role} with {key.keyid}")]


def _fits(role: Role, claims: Claims) -> bool:
    if claims.role is not None and claims.role != role.name:
        return False
    if role.stages is not None and not claims.stages <= role.stages:
        return False
    return role.verifier_ids is None or claims.verifier_id is None or claims.verifier_id in role.verifier_ids


def _unfit(owner: str, kind: str, may: list[Role], claims: Claims) -> Line:
    found = [f"stage {', '.join(sorted(claims.stages)) or 'any'}"]
    found += [] if claims.verifier_id is None else [f"verifier {claims.verifier_id}"]
    found += [] if claims.role is None else [f"role {claims.role}"]
    return fail(
        "role",
        1,
        f"{owner} may not sign a {kind} for this stage, in this role, as this verifier",
        expected="; ".join(
            f"{item.name}: stages {_list(item.stages)}, verifiers {_list(item.verifier_ids)}" for item in may
        ),
        found=", ".join(found),
    )


def _list(names: frozenset[str] | None) -> str:
    return "any" if names is None else ", ".join(sorted(names)) or "none"
