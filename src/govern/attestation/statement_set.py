"""Signed statements that stand beside a certificate or a check: found by digest or kind, judged once, never twice.

The gate that decides and the auditor who recounts both read people's words through this, so that they cannot come to
different answers about the same files.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from govern.attestation.dsse import read_envelope
from govern.attestation.kinds import KIND_NAMES, REVOCATION, STATUS_LIST
from govern.attestation.notices import Revocation, StatusList
from govern.attestation.reading import Claims, predicate_type_of
from govern.attestation.sigstore_bundle import read_container
from govern.attestation.trust.root import TrustRoot
from govern.attestation.verification import Line, NamedFile, Request, Signatory, Status
from govern.attestation.verify_steps.core import CORE, TRUST
from govern.attestation.verify_steps.machine import run_steps
from govern.attestation.verify_steps.state import State
from govern.canonical import parse_instant
from govern.diagnostics import GovernError
from govern.records import record

__all__ = ["Judged", "RevokedAt", "StatementSet"]


@record(kw_only=True)
class Judged:
    """One statement after every step that does not ask what it is for."""

    name: str
    """File name, for messages."""
    digest: str
    """sha256 of the payload, hex."""
    kind: str
    claims: Claims | None
    """None when the payload could not be read."""
    signatory: Signatory | None
    index: int | None
    """Where it stands in the log, when that is proven."""
    faults: tuple[Line, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing failed."""
        return not self.faults and self.claims is not None

    @property
    def authentic(self) -> bool:
        """Whether bytes, signature and log proof hold, whatever the signer was allowed to sign."""
        return self.claims is not None and all(line.exit != 4 for line in self.faults)

    @property
    def why(self) -> str:
        """What failed first, in words."""
        return f"{self.faults[0].step}: {self.faults[0].text}" if self.faults else ""


@record
class RevokedAt:
    """That something was revoked, from when, and which file says so."""

    effective: datetime
    source: str


@record
class _File:
    name: str
    digest: str
    kind: str
    data: bytes


class StatementSet:
    """Signed files with the trust root that judges them. Judging is lazy: a set may hold more than anybody asks for."""

    def __init__(
        self, files: Sequence[NamedFile], *, trust: TrustRoot, earlier: Sequence[TrustRoot] = (), at: datetime
    ) -> None:
        """Sort the files by kind; what is no signed statement is kept aside with the reason, see `unreadable`.

        Args:
            files: names and bytes.
            trust: the newest, verified version of the trust root.
            earlier: verified versions before it.
            at: the moment for which the question is asked.
        """
        self._trust, self._earlier = trust, tuple(earlier)
        self.at = at
        """The moment for which the question is asked."""
        self._judged: dict[tuple[str, str], Judged] = {}
        self._revoked: dict[str, RevokedAt] | None = None
        self.unreadable: list[tuple[str, str]] = []
        """(name, reason) of files that are no signed statements."""
        self._files: dict[tuple[str, str], list[_File]] = {}
        for file in files:
            found = self._sorted(file)
            if found is not None:
                self._files.setdefault((found.kind, found.digest), []).append(found)

    def _sorted(self, file: NamedFile) -> _File | None:
        from govern.inputs.json import parse_json

        try:
            envelope = read_envelope(read_container(file.data, file=file.name).envelope)
            kind = predicate_type_of(parse_json(envelope.payload, file=file.name, utf16=False))
        except GovernError as fault:
            self.unreadable.append((file.name, fault.diagnostics[0].message))
            return None
        if kind is None or kind not in KIND_NAMES:
            self.unreadable.append((file.name, f"no statement that is known here: {kind or 'no type'}"))
            return None
        return _File(name=file.name, digest=envelope.digest, kind=kind, data=file.data)

    def find(self, kind: str, digest: str) -> Judged | None:
        """Give the statement of a kind with a payload digest (hex), judged; None when it was not supplied."""
        return self._best((kind, digest)) if (kind, digest) in self._files else None

    def all(self, kind: str) -> tuple[Judged, ...]:
        """Give every statement of a kind, judged, sorted by digest."""
        return tuple(self._best(key) for key in sorted(self._files) if key[0] == kind)

    def files(self) -> tuple[NamedFile, ...]:
        """Give the files that are signed statements, sorted by kind and digest."""
        return tuple(NamedFile(file.name, file.data) for key in sorted(self._files) for file in self._files[key])

    def _best(self, key: tuple[str, str]) -> Judged:
        """Judge every file of one payload and give the one that holds best: a spoilt copy hides no sound one."""
        if key not in self._judged:
            made = [self._judge(file) for file in self._files[key]]
            self._judged[key] = max(made, key=lambda item: (item.sound, item.authentic))
        return self._judged[key]

    def _judge(self, file: _File) -> Judged:
        request = Request(certificate=file.data, trust=b"", at=self.at, certificate_name=file.name, kind=file.kind)
        state = State(request=request, trust=self._trust, earlier=self._earlier)
        lines = run_steps(state, [step for step in CORE if step is not TRUST])
        return Judged(
            name=file.name,
            digest=file.digest,
            kind=file.kind,
            claims=state.claims,
            signatory=state.signatory,
            index=state.included[0].index if state.included else None,
            faults=tuple(line for line in lines if line.status is Status.FAIL),
        )

    def names_of(self, signatory: Signatory) -> frozenset[str]:
        """Give every name by which somebody may know a signer: the holder of the key, and all their fingerprints."""
        own = (item.keyid for item in self._trust.keys.values() if item.owner == signatory.owner)
        return frozenset({signatory.owner, signatory.keyid, *own})

    def status_list(self, *, origins: frozenset[str]) -> Judged | None:
        """Give the sound status list to go by: of one of these logs, not of the future, and the newest of those.

        Where there is no such list the next best is given, so that it can be said what is wrong with it. Without
        origins any log's will do.
        """
        sound = [item for item in self.all(STATUS_LIST) if item.sound]

        def fitness(item: Judged) -> tuple[bool, bool, int, str]:
            body = _list_of(item)
            ours = not origins or body.origin in origins
            return ours, parse_instant(body.time) <= self.at, body.size, item.digest

        return max(sound, key=fitness, default=None)

    def revoked(self, digest: str) -> RevokedAt | None:
        """Say from when a payload (sha256, hex) is revoked, by a sound status list or revocation; the earliest counts.

        Whether that is before the moment somebody cares about is theirs to compare.
        """
        if self._revoked is None:
            self._revoked = {}
            for item in self.all(REVOCATION):
                if item.sound:
                    body = item.claims.body if item.claims is not None else None
                    assert isinstance(body, Revocation)
                    self._note(body.target_digest, body.effective, item.name)
            for item in self.all(STATUS_LIST):
                if item.sound:
                    for line in _list_of(item).revoked:
                        self._note(line.digest, line.effective, item.name)
        return self._revoked.get(digest)

    def _note(self, digest: str, effective: str, source: str) -> None:
        assert self._revoked is not None
        found = RevokedAt(parse_instant(effective), source)
        if digest not in self._revoked or found.effective < self._revoked[digest].effective:
            self._revoked[digest] = found


def _list_of(item: Judged) -> StatusList:
    body = item.claims.body if item.claims is not None else None
    assert isinstance(body, StatusList)
    return body
