"""`govern ledger add`: log signed statements that were made without the log's key, and give them their proofs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from govern.attestation.dsse import Envelope, read_envelope
from govern.attestation.keys import PublicKey
from govern.attestation.kinds import CERTIFICATE, KIND_NAMES, REFUSAL, TRUST_ROOT, VSA
from govern.attestation.signing import Signed, log_envelopes
from govern.attestation.sigstore_bundle import Container, read_container
from govern.attestation.statement_set import StatementSet
from govern.attestation.trust.root import TrustRoot
from govern.attestation.verification import NamedFile
from govern.diagnostics import Diagnostic, GovernError, InputError, UsageError
from govern.gate.cosign import Notify, appending
from govern.gate.desk import log_key_of
from govern.gate.files import read_file
from govern.gate.outputs import write_atomic, writing
from govern.gate.trust.file import read_trust
from govern.gate.workspace import Workspace

__all__ = ["add_statements", "publish_trust"]

_GATES_OWN = frozenset({CERTIFICATE, REFUSAL, VSA})
_OF_THE_LOG = frozenset({"log-entry", "checkpoint", "inclusion", "witness"})
"""Steps that a statement which waits for the log cannot pass yet."""


def add_statements(
    workspace: Workspace, paths: Sequence[Path], *, environment: Mapping[str, str], notify: Notify
) -> tuple[str, ...]:
    """Log the statements of files and write each file again with its proof; give a line a file.

    Only sound statements of keys that the trust root lets sign their kind are logged: the log is no dump. Nothing is
    logged when one of the files is refused. Raises UsageError A511 with every reason.
    """
    trust = read_trust(Path(workspace.need("trust")))
    faults: list[Diagnostic] = []
    found: list[tuple[Path, Container, Envelope, PublicKey]] = []
    for path in paths:
        try:
            found.append((path, *_loggable(path, trust)))
        except GovernError as fault:
            faults += [Diagnostic("A511", f"{path}: {item.message}", hint=item.hint) for item in fault.diagnostics]
    if faults:
        raise UsageError(faults)
    lines = []
    log = log_key_of(workspace, environment)
    with appending(workspace, signer=log, trust=trust, notify=notify) as ledger:
        for path, container, envelope, key in found:
            (signed,) = log_envelopes([(envelope, key)], ledger=ledger, tokens=container.tokens)
            with writing(path):
                write_atomic(path, signed.data)
            lines.append(f"{path}: log entry {signed.index}")
    return tuple(lines)


def _loggable(path: Path, trust: TrustRoot) -> tuple[Container, Envelope, PublicKey]:
    """Give what is in a file that may be logged: sound in everything but the log's proof, which it is to get."""
    data = read_file(path)
    statements = StatementSet((NamedFile(str(path), data),), trust=trust, at=trust.expires)
    for _name, why in statements.unreadable:
        raise _refuse(why)
    (judged,) = (item for kind in KIND_NAMES for item in statements.all(kind))
    if judged.kind == TRUST_ROOT:
        raise _refuse("it is a trust root", "log every signature on it: govern trust publish")
    if judged.kind in _GATES_OWN:
        raise _refuse("certificates, refusals and summaries are logged by the gate when it decides")
    for fault in judged.faults:
        if fault.step not in _OF_THE_LOG:
            raise _refuse(f"{fault.step}: {fault.text}", fault.help)
    container = read_container(data, file=str(path))
    envelope = read_envelope(container.envelope)
    return container, envelope, trust.keys[envelope.keyid].public


def _refuse(why: str, hint: str | None = None) -> UsageError:
    return UsageError(Diagnostic("A511", why, hint=hint))


def publish_trust(
    workspace: Workspace, file: Path, folder: Path, *, environment: Mapping[str, str], at: datetime, notify: Notify
) -> tuple[str, ...]:
    """Log every envelope of a trust root, and write each as a file with its proof.

    The files are `trust-root-<version>.<number>.trust-root.sigstore.json`. Raises InputError U112 when the version has
    expired, IntegrityError when the trust root does not hold.
    """
    from govern.attestation.trust.reading import load_trust, parse_trust

    data = read_file(file)
    root = load_trust(data, file=str(file))
    if at >= root.expires:
        raise InputError(Diagnostic("U112", f"version {root.version} of the trust root has expired"))
    _, envelopes = parse_trust(data, file=str(file))
    pairs = [(item, root.keys[item.keyid].public) for item in envelopes if item.keyid in root.keys]
    with appending(workspace, signer=log_key_of(workspace, environment), trust=root, notify=notify) as ledger:
        made: tuple[Signed, ...] = log_envelopes(pairs, ledger=ledger)
    lines = []
    for number, signed in enumerate(made, start=1):
        path = folder / f"trust-root-{root.version}.{number}.trust-root.sigstore.json"
        with writing(path):
            write_atomic(path, signed.data)
        lines.append(f"{path}: log entry {signed.index}")
    return tuple(lines)
