"""Making keys and trust roots, and showing them in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from govern.attestation.export import export_pems
from govern.attestation.keys import (
    PublicKey,
    Signer,
    generate_certifier_key,
    generate_log_key,
    private_pem,
    write_private_key,
)
from govern.attestation.trust import TrustRoot
from govern.attestation.trust_reading import extend_trust, load_trust
from govern.attestation.trust_signing import first_trust_root as first_predicate
from govern.attestation.trust_signing import sign_trust
from govern.canonical import Json, base64_text, instant_text
from govern.diagnostics import Diagnostic, UsageError, plain
from govern.gate.outputs import write_atomic, writing
from govern.ledger.note import NoteKey, NoteSigner, is_origin
from govern.policy.durations import add
from govern.policy.outcomes import Stage

__all__ = ["describe_trust", "first_trust_root", "new_key", "next_trust_root", "write_pems"]

KINDS = ("certifier", "root", "log")


def new_key(folder: Path, name: str, *, kind: str, origin: str | None = None, password: bytes | None = None) -> str:
    """Make a private key `<name>.pem` (PKCS #8, mode 0600) and its public half `<name>.pub`; give the key id.

    A `log` key is Ed25519 and its id is the C2SP verifier key, which needs the log's origin; all others are P-256
    and their id is the OpenSSH fingerprint.

    Raises UsageError: A107 when a key of that name exists, U111 for a log key without a proper origin.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    if kind == "log":
        if origin is None or not is_origin(origin):
            message = "a log key needs --origin, a bare lower-case host name such as ledger.example"
            raise UsageError(Diagnostic(code="U111", message=message))
        log_key = generate_log_key()
        write_private_key(folder / f"{name}.pem", private_pem(log_key, password=password))
        vkey = NoteSigner(origin, log_key).key.vkey
        write_atomic(folder / f"{name}.vkey", f"{vkey}\n".encode())
        return vkey
    from govern.attestation.keys import LocalSigner

    key = generate_certifier_key()
    write_private_key(folder / f"{name}.pem", private_pem(key, password=password))
    public = LocalSigner(key).public
    write_atomic(folder / f"{name}.pub", public.pem)
    return public.keyid


def first_trust_root(
    *,
    root: Signer,
    root_owner: str,
    certifier: PublicKey,
    certifier_owner: str,
    log: NoteKey,
    verifier_id: str,
    issued_at: datetime,
    valid_for: str,
    entropy: Callable[[int], bytes],
) -> bytes:
    """Sign version 1 of a trust root: one root key, one certifier, one log; every stage, no witnesses."""
    predicate = first_predicate(
        issued_at=instant_text(issued_at),
        expires=instant_text(add(issued_at, valid_for)),
        nonce=entropy(16),
        roots=[(root.public, root_owner)],
        certifiers=[(certifier, certifier_owner)],
        stages=[item.value for item in Stage],
        verifier_id=verifier_id,
        log=log,
    )
    return sign_trust(predicate, [root])


def next_trust_root(
    old: TrustRoot, *, signers: Sequence[Signer], issued_at: datetime, valid_for: str, entropy: Callable[[int], bytes]
) -> bytes:
    """Sign the next version of a trust root: the same keys and roles for another period.

    Raises IntegrityError when the signers do not meet the root threshold.
    """
    predicate = dict(_predicate(old))
    predicate |= {
        "version": old.version + 1,
        "previous": {"digest": {"sha256": old.digest}},
        "issuedAt": instant_text(issued_at),
        "expires": instant_text(add(issued_at, valid_for)),
        "nonce": base64_text(entropy(16)),
    }
    data = sign_trust(predicate, signers)
    extend_trust(old, data)
    return data


def _predicate(root: TrustRoot) -> Mapping[str, Json]:
    import json

    predicate: Mapping[str, Json] = json.loads(root.payload)["predicate"]
    return predicate


def describe_trust(data: bytes, *, file: str, at: datetime) -> tuple[str, int]:
    """Say in words what a trust root allows, and whether it is in force; give the text and the exit code."""
    root = load_trust(data, file=file)
    in_force = root.issued_at <= at < root.expires
    lines = [
        f"trust root version {root.version}",
        f"fingerprint  sha256:{root.digest}",
        f"in force     {instant_text(root.issued_at)} to {instant_text(root.expires)}"
        + ("" if in_force else f"  NOT IN FORCE at {instant_text(at)}"),
        f"signed by    {', '.join(plain(item) for item in root.signers)}",
    ]
    for name, role in sorted(root.roles.items()):
        threshold = f" (threshold {role.threshold})" if role.threshold > 1 or name == "root" else ""
        lines.append(f"role {plain(name)}{threshold}")
        for item in role.keys:
            lines.append(f"  {item.keyid}  {plain(root.keys[item.keyid].owner)}")
    lines += [f"log  {plain(item.key.vkey)}" for item in root.logs]
    lines.append(f"requires     {root.log_entries} log entry, {root.timestamps} time stamps")
    return "\n".join(lines), 0 if in_force else 3


def write_pems(data: bytes, *, file: str, folder: Path) -> tuple[str, ...]:
    """Write every key of a trust root as PEM, for openssl and others; give the file names."""
    made = export_pems(load_trust(data, file=file))
    with writing(folder):
        for name, pem in made.items():
            write_atomic(folder / name, pem)
    return tuple(sorted(made))
