"""`govern ledger add`: log signed statements that were made without the log's key, and give them their proofs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from govern.attestation.dsse import Envelope, read_envelope
from govern.attestation.keys import PublicKey
from govern.attestation.kinds import CERTIFICATE, KIND_NAMES, TRUST_ROOT, short_type
from govern.attestation.reading import predicate_type_of, read_claims
from govern.attestation.signing import Signed, log_envelopes
from govern.attestation.sigstore_bundle import Container, read_container
from govern.attestation.trust import TrustRoot
from govern.canonical import canonical_bytes
from govern.diagnostics import Diagnostic, GovernError, UsageError
from govern.gate.desk import log_key_of
from govern.gate.files import read_file
from govern.gate.ledgers import open_ledger
from govern.gate.outputs import write_atomic, writing
from govern.gate.signing import read_trust
from govern.gate.workspace import Workspace
from govern.inputs.json import parse_json

__all__ = ["add_statements", "publish_trust"]

Refuse = Callable[[str], UsageError]


def add_statements(workspace: Workspace, paths: Sequence[Path], *, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Log the statements of files and write each file again with its proof; give a line a file.

    Only sound statements of keys that the trust root lets sign their kind are logged: the log is no dump. Nothing is
    logged when one of the files is refused. Raises UsageError A511 with every reason.
    """
    trust = read_trust(Path(workspace.need("trust")))
    faults: list[Diagnostic] = []
    found: list[tuple[Path, Container, Envelope, PublicKey]] = []
    for path in paths:
        try:
            found.append((path, *_readable(path, trust)))
        except GovernError as fault:
            faults += [Diagnostic("A511", f"{path}: {item.message}", hint=item.hint) for item in fault.diagnostics]
    if faults:
        raise UsageError(faults)
    lines = []
    with open_ledger(workspace, signer=log_key_of(workspace, environment)) as ledger:
        for path, container, envelope, key in found:
            (signed,) = log_envelopes([(envelope, key)], ledger=ledger, tokens=container.tokens)
            with writing(path):
                write_atomic(path, signed.data)
            lines.append(f"{path}: log entry {signed.index}")
    return tuple(lines)


def _readable(path: Path, trust: TrustRoot) -> tuple[Container, Envelope, PublicKey]:
    """Give what is in a file that may be logged."""

    def refuse(why: str) -> UsageError:
        return UsageError(Diagnostic("A511", why))

    container = read_container(read_file(path), file=str(path))
    envelope = read_envelope(container.envelope)
    kind = _kind(envelope, refuse)
    known = trust.keys.get(envelope.keyid)
    may = known is not None and any(short_type(kind) in role.types for role in trust.roles_of(envelope.keyid))
    if known is None or not may:
        raise refuse(f"the trust root does not let the key {envelope.keyid} sign a {KIND_NAMES[kind]}")
    if not known.public.verifies(envelope.signature, envelope.pae):
        raise refuse("its signature does not verify")
    return container, envelope, known.public


def _kind(envelope: Envelope, refuse: Refuse) -> str:
    statement: object = parse_json(envelope.payload, file="payload", utf16=False)
    if canonical_bytes(statement) != envelope.payload:  # type: ignore[arg-type]  # parsed JSON
        raise refuse("its payload is not in canonical form")
    kind = predicate_type_of(statement)
    if kind is None or kind not in KIND_NAMES or kind == TRUST_ROOT:
        raise refuse(f"it is no statement that is logged by itself: {kind or 'no type'}")
    if kind == CERTIFICATE:
        raise refuse("certificates are logged by the gate when it decides")
    read_claims(statement, kind)
    return kind


def publish_trust(
    workspace: Workspace, file: Path, folder: Path, *, environment: Mapping[str, str], at: datetime
) -> tuple[str, ...]:
    """Log every envelope of a trust root, and write each as a file with its proof: `trust-root-<n>.<i>.sigstore.json`.

    Raises UsageError U112 when the version is not in force, IntegrityError when the trust root does not hold.
    """
    from govern.attestation.trust_reading import load_trust, parse_trust

    data = read_file(file)
    root = load_trust(data, file=str(file))
    if at >= root.expires:
        raise UsageError(Diagnostic("U112", f"version {root.version} of the trust root has expired"))
    _, envelopes = parse_trust(data, file=str(file))
    pairs = [(item, root.keys[item.keyid].public) for item in envelopes if item.keyid in root.keys]
    with open_ledger(workspace, signer=log_key_of(workspace, environment)) as ledger:
        made: tuple[Signed, ...] = log_envelopes(pairs, ledger=ledger)
    lines = []
    for number, signed in enumerate(made, start=1):
        path = folder / f"trust-root-{root.version}.{number}.trust-root.sigstore.json"
        with writing(path):
            write_atomic(path, signed.data)
        lines.append(f"{path}: log entry {signed.index}")
    return tuple(lines)
