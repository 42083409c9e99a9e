"""Signing the next version of the trust root, and putting it in force once enough people signed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from govern.attestation.keys import Signer
from govern.attestation.signers import load_attestation_signer
from govern.attestation.trust.draft import Draft, finished, is_draft, read_draft, sign_draft, tallies
from govern.attestation.trust.reading import Tally, load_trust, parse_trust
from govern.attestation.trust.root import TrustRoot
from govern.attestation.trust.signing import add_signature
from govern.diagnostics import Diagnostic, IntegrityError, UsageError, plain
from govern.gate.files import read_file
from govern.gate.outputs import write_atomic, writing
from govern.gate.trust.show import changed_lines

__all__ = ["accept_draft", "draft_path", "missing_line", "root_signer", "settle", "sign_trust_file", "trust_path"]

_DRAFT_MARK = ".next"


def draft_path(file: Path) -> Path:
    """`trust.json` -> `trust.next.json`."""
    return file.with_name(f"{file.stem}{_DRAFT_MARK}{file.suffix}")


def trust_path(draft: Path) -> Path:
    """`trust.next.json` -> `trust.json`. Raises UsageError (U103) for a draft of another name."""
    if not draft.stem.endswith(_DRAFT_MARK):
        message = f"{draft} does not say which trust root it follows"
        raise UsageError(Diagnostic("U103", message, hint="name it: --trust trust.json"))
    return draft.with_name(draft.stem.removesuffix(_DRAFT_MARK) + draft.suffix)


def root_signer(key: str, environment: Mapping[str, str]) -> Signer:
    """Load a root key: a PEM file, env:NAME, or a device or service. Raises UsageError (A104, A401 to A406)."""
    return load_attestation_signer(key, environment=environment)


def sign_trust_file(file: Path, key: str, *, trust: Path | None, environment: Mapping[str, str]) -> str:
    """Add one signature to a draft, and put it in force when that was the last one; or to the version in force.

    What was signed is said line by line, as a change of the version before.

    Args:
        file: a draft, or a trust root that lacks signatures.
        key: the root key.
        trust: the version that a draft follows; by default named after the draft.
        environment: holds the key or its password.

    Raises UsageError, IntegrityError; nothing is written then.
    """
    data = read_file(file)
    signer = root_signer(key, environment)
    if not is_draft(data):
        return _sign_in_place(file, data, signer)
    target = trust or trust_path(file)
    old = load_trust(read_file(target), file=str(target))
    draft = sign_draft(read_draft(data, file=str(file)), signer, old=old)
    return "\n".join((*changed_lines(old, draft.root), settle(draft, old=old, target=target, path=file)))


def _sign_in_place(file: Path, data: bytes, signer: Signer) -> str:
    root, _ = parse_trust(data, file=str(file))
    if not any(item.keyid == signer.public.keyid for item in root.roles["root"].keys):
        message = f"the key {signer.public.keyid} is not in the root role"
        able = ", ".join(item.keyid for item in root.roles["root"].keys)
        raise UsageError(Diagnostic("A316", message, hint=f"sign with one of: {able}"))
    signed = add_signature(data, signer, file=str(file))
    try:
        root = load_trust(signed, file=str(file))
    except IntegrityError as fault:
        if fault.diagnostics[0].code != "A304":
            raise
        with writing(file):
            write_atomic(file, signed)
        return f"{file}: version {root.version}, signed; {fault.diagnostics[0].message}"
    with writing(file):
        write_atomic(file, signed)
    return f"{file}: version {root.version}, signed by {_names(root.signers)}"


def accept_draft(draft_file: Path, *, trust: Path | None) -> str:
    """Put a draft in force that enough people signed.

    Raises IntegrityError: A304 while signatures are missing, A305, A306, A313, A318.
    """
    target = trust or trust_path(draft_file)
    old = load_trust(read_file(target), file=str(target))
    draft = read_draft(read_file(draft_file), file=str(draft_file))
    finished(draft, old=old)
    return settle(draft, old=old, target=target, path=draft_file)


def settle(draft: Draft, *, old: TrustRoot, target: Path, path: Path) -> str:
    """Write a draft where it belongs: in the trust root's place when it is complete, else into its own file.

    Args:
        draft: the draft, whose signatures are verified here.
        old: the version in force.
        target: its file. The old version is kept beside it under its number, for auditors who hold only that.
        path: the draft's file.
    """
    by_old, by_new = tallies(draft, old)
    name = f"version {draft.root.version}, fingerprint sha256:{draft.root.digest}"
    if not (by_old.met and by_new.met):
        with writing(path):
            write_atomic(path, draft.data)
        missing = [missing_line(item) for item in (by_old, by_new) if not item.met]
        return "\n".join((f"{path}: draft of {name}", *missing, f"next: govern trust sign {path} --key ROOT-KEY"))
    data = finished(draft, old=old)
    kept = _keep(target, old)
    with writing(target):
        write_atomic(target, data)
        path.unlink(missing_ok=True)
    signers = load_trust(data, file=str(target)).signers
    return f"{target}: {name}, signed by {_names(signers)}; version {old.version} is kept as {kept}"


def _keep(target: Path, old: TrustRoot) -> Path:
    kept = target.with_name(f"{target.stem}.{old.version}{target.suffix}")
    data = read_file(target)
    if kept.exists() and parse_trust(read_file(kept), file=str(kept))[0].digest != old.digest:
        message = f"{kept} is another version {old.version} than the one in force"
        raise IntegrityError(Diagnostic("A318", message, hint="find out which one was published"))
    with writing(kept):
        write_atomic(kept, data)
    return kept


def missing_line(item: Tally) -> str:
    """Say whose signatures a version still asks for."""
    have = f"has {_names(item.signed)}" if item.signed else "has none"
    return (
        f"  version {item.version} asks for {item.needed} of its root owners and {have}; "
        f"could sign: {_names(item.waiting)}"
    )


def _names(owners: tuple[str, ...]) -> str:
    return ", ".join(plain(item) for item in owners)
