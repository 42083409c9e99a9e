"""Making the first trust root, and showing one in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from govern.attestation.keys import PublicKey, Signer
from govern.attestation.trust.draft import is_draft, read_draft, tallies
from govern.attestation.trust.export import export_pems
from govern.attestation.trust.reading import load_trust
from govern.attestation.trust.signing import first_trust_root as first_predicate
from govern.attestation.trust.signing import sign_trust
from govern.canonical import instant_text
from govern.diagnostics import GovernError, plain
from govern.gate.files import read_file
from govern.gate.outputs import write_atomic, writing
from govern.gate.trust.show import changed_lines, trust_lines, trust_title
from govern.gate.trust.sign import missing_line, trust_path
from govern.ledger.note import NoteKey
from govern.policy.durations import add
from govern.policy.outcomes import Stage

__all__ = ["describe_trust", "first_trust_root", "write_pems"]


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


def describe_trust(file: Path, *, at: datetime) -> tuple[str, int]:
    """Say in words what a trust root or a draft allows; give the text and the exit code.

    0 in force, 3 expired, not yet in force or a draft. Raises IntegrityError for one that does not hold.
    """
    data = read_file(file)
    if is_draft(data):
        return _describe_draft(file, data, at=at), 3
    root = load_trust(data, file=str(file))
    title = [*trust_title(root, at=at), f"signed by    {', '.join(plain(item) for item in root.signers)}"]
    in_force = root.issued_at <= at < root.expires
    return "\n".join((*title, *trust_lines(root, at=at))), 0 if in_force else 3


def _describe_draft(file: Path, data: bytes, *, at: datetime) -> str:
    draft = read_draft(data, file=str(file))
    title = ["DRAFT, not in force", *trust_title(draft.root, at=at)]
    try:
        target = trust_path(file)
        old = load_trust(read_file(target), file=str(target))
        counted = tallies(draft, old)
    except GovernError as fault:
        why = f"signatures   not checked: {plain(fault.diagnostics[0].message)}"
        return "\n".join((*title, why, *trust_lines(draft.root)))
    missing = [missing_line(item) for item in counted if not item.met] or ["complete: govern trust accept"]
    changes = [f"changes of version {old.version}:", *changed_lines(old, draft.root)]
    return "\n".join((*title, *missing, *trust_lines(draft.root), *changes))


def write_pems(data: bytes, *, file: str, folder: Path) -> tuple[str, ...]:
    """Write every key of a trust root as PEM, for openssl and others; give the file names."""
    made = export_pems(load_trust(data, file=file))
    with writing(folder):
        for name, pem in made.items():
            write_atomic(folder / name, pem)
    return tuple(sorted(made))
