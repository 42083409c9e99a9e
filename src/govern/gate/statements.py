"""The signed statements of a workspace: found in folders, judged by the trust root, handed to the decision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from govern.attestation.kinds import APPROVAL, ATTESTATION, EVIDENCE, KIND_NAMES, POLICY_RELEASE, WAIVER
from govern.attestation.notices import PolicyRelease
from govern.attestation.people_facts import approvals_of, waivers_of
from govern.attestation.signed_facts import signed_envelopes, signed_statements
from govern.attestation.statement_set import StatementSet
from govern.attestation.trust.reading import load_trust
from govern.attestation.trust.root import TrustRoot
from govern.attestation.verification import NamedFile
from govern.bundle import Bundle
from govern.canonical import instant_text
from govern.checks.people.facts import Signed
from govern.decision.approvals import VerifiedApproval
from govern.decision.waivers import VerifiedWaiver
from govern.diagnostics import Diagnostic, Severity, Span
from govern.gate.files import read_file
from govern.gate.statement_files import read_statements
from govern.gate.workspace import Workspace

__all__ = ["People", "no_people", "people_of", "workspace_statements", "workspace_trust"]


def workspace_statements(workspace: Workspace) -> tuple[NamedFile, ...]:
    """Read the statements of a workspace. The folder of govern.toml may not be there yet; one on a flag must be."""
    paths = workspace.paths("statements")
    if workspace.origins.get("statements") != "flag":
        paths = tuple(path for path in paths if path.exists())
    return read_statements(paths)


def workspace_trust(workspace: Workspace) -> TrustRoot | None:
    """Read the trust root of a workspace, None when it names none or has none yet. IntegrityError when it is broken."""
    path = workspace.path("trust")
    return None if path is None or not path.is_file() else load_trust(read_file(path), file=str(path))


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What people and offices have signed, as far as the decision at one moment is concerned."""

    statements: StatementSet | None
    trust: TrustRoot | None = None
    waivers: tuple[VerifiedWaiver, ...] = ()
    approvals: tuple[VerifiedApproval, ...] = ()
    notes: tuple[Diagnostic, ...] = ()

    def signed(self, bundle: Bundle) -> Signed:
        """Give what the checks may see: attestations about a bundle, and the signed envelopes of its evidence."""
        if self.statements is None or self.trust is None:
            return Signed()
        return Signed(
            statements=signed_statements(
                self.statements,
                trust=self.trust,
                at=self.statements.at,
                bundle=bundle.digest,
                model=bundle.name,
                version=bundle.version,
            ),
            envelopes=signed_envelopes(
                self.statements,
                at=self.statements.at,
                files=frozenset(entry.sha256 for entry in bundle.files.values()),
            ),
        )

    def release_of(self, name: str, version: str, source: str) -> str | None:
        """Give the digest (hex) of the signed release of a policy with these bytes; None when there is none."""
        held = ((body.name, body.version, body.source, digest) for body, digest, _keyid in self._releases())
        return next((digest for *what, digest in held if tuple(what) == (name, version, source)), None)

    def releases(self) -> Iterator[tuple[str, str, str, str, str]]:
        """Yield name, version, source, digest (hex) and key of every signed release that holds."""
        for body, digest, keyid in self._releases():
            yield body.name, body.version, body.source, digest, keyid

    def _releases(self) -> Iterator[tuple[PolicyRelease, str, str]]:
        for item in () if self.statements is None else self.statements.all(POLICY_RELEASE):
            body = item.claims.body if item.claims is not None else None
            if not item.sound or not isinstance(body, PolicyRelease) or self.statements is None:
                continue
            revoked = self.statements.revoked(item.digest)
            if revoked is None or revoked.effective > self.statements.at:
                yield body, item.digest, item.signatory.keyid if item.signatory else ""


def no_people() -> People:
    """Nobody was asked."""
    return People(statements=None)


def people_of(files: Sequence[NamedFile], *, trust: TrustRoot | None, at: datetime) -> People:
    """Judge signed statements by a trust root at the moment of a decision.

    Without a trust root that is in force none of them counts, and a note says so. What cannot be read or does not
    hold is noted; the decision lists it with its ruling.
    """
    if not files:
        return no_people()
    if trust is None or not trust.issued_at <= at < trust.expires:
        why = "there is no trust root" if trust is None else f"the trust root is not in force at {instant_text(at)}"
        message = f"{len(files)} signed statements were not looked at: {why}"
        return People(statements=None, notes=(_warning("A502", message, None, "set [workspace] trust"),))
    statements = StatementSet(files, trust=trust, at=at)
    return People(
        statements=statements,
        trust=trust,
        waivers=waivers_of(statements, at=at),
        approvals=approvals_of(statements, trust=trust, at=at),
        notes=tuple(_notes(statements)),
    )


def _notes(statements: StatementSet) -> Iterator[Diagnostic]:
    for name, why in statements.unreadable:
        yield _warning("A501", f"not a signed statement: {why}", name, "take it out of the folder")
    for kind in (WAIVER, APPROVAL, ATTESTATION, EVIDENCE, POLICY_RELEASE):
        for item in statements.all(kind):
            if not item.sound:
                text = f"the {KIND_NAMES[kind]} does not hold: {item.why}"
                yield _warning("A501", text, item.name, f"see: govern verify {item.name} --kind {KIND_NAMES[kind]}")


def _warning(code: str, message: str, name: str | None, hint: str) -> Diagnostic:
    span = None if name is None else Span(name)
    return Diagnostic(code=code, message=message, span=span, hint=hint, severity=Severity.WARNING)
