"""Replay: decide again what a pack says was decided, and compare byte for byte.

Whoever replays need not believe whoever signed: the certificate is verified, the policies are compiled again, the
bundle is rebuilt and judged with the clock of the decision record, and what comes out must be the plan and the two
records whose digests the certificate names, and the very statement that was signed. Reads the pack and nothing else:
no network, no clock, no randomness, no environment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from govern.attestation.pack.claims import Engine, Named, payload_of
from govern.attestation.pack.index import Role
from govern.attestation.pack.reading import Pack, read_pack
from govern.attestation.pack.statements import looked_at
from govern.canonical import parse_instant
from govern.diagnostics import Diagnostic, GovernError, InputError, IntegrityError, UsageError
from govern.gate.engine import engine_digest
from govern.gate.files import read_file
from govern.gate.replaying.authentic import Authentic, TrustGiven, authenticate, statements_of, trust_named
from govern.gate.replaying.compare import Comparison, compare_records
from govern.gate.replaying.plan import recorded_parameters, recorded_plan, refuse_unavailable
from govern.gate.replaying.rebuild import Rebuilt, private_folder, rebuild
from govern.inputs.json import parse_json

if TYPE_CHECKING:
    from govern.gate.check import CheckRequest

__all__ = ["ReplayRequest", "Replayed", "opened_pack", "recorded_inputs", "replay"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRequest:
    """What the auditor asks."""

    pack: Path
    scratch: Path
    """Where the bundle may be rebuilt: a folder of its own is made here and removed again."""
    trust: Path | None = None
    """A trust root from elsewhere; without it, and without `fingerprint`, the pack vouches for itself."""
    earlier_trust: tuple[Path, ...] = ()
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came of it."""

    pinned: bool
    """Whether trust began outside the pack."""
    authentic: Authentic
    engine_here: Engine
    comparisons: tuple[Comparison, ...] = ()
    """Plan, evaluation, decision, statement: as far as it came."""
    stopped: tuple[str, ...] = ()
    """Why deciding again came to no end, when it did not."""
    withheld: tuple[str, ...] = ()
    """Files of the bundle whose bytes are not in the pack."""
    wanted: tuple[str, ...] = ()
    """Those of them without which a rule could not be judged."""

    @property
    def another_engine(self) -> bool:
        """Whether another build decided than the one that is running."""
        named = self.authentic.named
        return named is not None and named.engine.digest != self.engine_here.digest

    @property
    def exit_code(self) -> int:
        """4 damaged or invalid; 3 another engine, or evidence withheld that was needed; 1 differs; 0 identical."""
        if not self.authentic.holds:
            return 4
        undecided = bool(self.authentic.undecided)
        if self.another_engine or undecided:
            return 3
        if any(item.name == "plan" and not item.same for item in self.comparisons):
            return 1  # what is withheld cannot explain that
        if self.wanted:
            return 3
        return 0 if self.identical else 1

    @property
    def identical(self) -> bool:
        """Whether everything came out again, byte for byte."""
        return not self.stopped and len(self.comparisons) == 4 and all(item.same for item in self.comparisons)


def replay(request: ReplayRequest) -> Replayed:
    """Decide again from a pack.

    Raises UsageError U103 for files that cannot be read and P602 when the plan asks for check kinds or versions of them
    that are not here, IntegrityError (A601 to A608) for a damaged pack and B109 when
    somebody changed what was rebuilt, InputError A621 when the bundle cannot be rebuilt. Whatever a sound pack holds
    is an answer, not an error.
    """
    from govern import __version__

    given = TrustGiven(
        root=None if request.trust is None else read_file(request.trust),
        earlier=tuple(read_file(path) for path in request.earlier_trust),
        fingerprint=request.fingerprint,
    )
    here = Engine(version=__version__, digest=engine_digest(), lock=None)
    with opened_pack(request.pack) as stream:
        try:
            pack = read_pack(stream)
            authentic = authenticate(pack, given)
        except OSError as fault:
            raise _unreadable(request.pack, fault.strerror or str(fault)) from fault
        if authentic.named is None or not authentic.holds:
            return Replayed(pinned=given.pinned, authentic=authentic, engine_here=here)
        refuse_unavailable(recorded_plan(pack))
        with private_folder(request.scratch) as root:
            parts = rebuild(pack, root)
            again = _again(pack, authentic.named, parts, root)
        return Replayed(
            pinned=given.pinned,
            authentic=authentic,
            engine_here=here,
            comparisons=again.comparisons,
            stopped=again.stopped,
            withheld=tuple(item.path for item in parts.withheld),
            wanted=_wanted(parts, again),
        )


def opened_pack(path: Path) -> BinaryIO:
    """Open a pack for reading. Raises UsageError U103."""
    if path.exists() and not path.is_file():
        raise _unreadable(path, "not a file; a pack is read twice, so it cannot come through a pipe")
    try:
        return path.open("rb")
    except OSError as fault:
        raise _unreadable(path, fault.strerror or str(fault)) from fault


def _unreadable(path: Path, why: str) -> UsageError:
    return UsageError(Diagnostic("U103", f"cannot read {path}: {why}"))


@dataclass(frozen=True, slots=True)
class _Again:
    comparisons: tuple[Comparison, ...]
    stopped: tuple[str, ...] = ()


def _again(pack: Pack, named: Named, parts: Rebuilt, root: Path) -> _Again:
    """Compile, check and decide; compare each with what the certificate names."""
    from govern.gate.check import Checked, check
    from govern.gate.policies import load_policies
    from govern.gate.replaying.stated import stated_again

    made: list[Comparison] = []
    try:
        clock, submitter = recorded_inputs(pack.need(Role.DECISION))
        request = _request(pack, parts, named, clock, submitter)
        plan = load_policies(parts.policies, stage=request.stage, places=parts.places, params=request.params).plan
        made.append(compare_records("plan", pack.need(Role.PLAN), plan.data()))
        if len(parts.withheld) == len(pack.manifest.entries):
            parts.wanted.asked.update(item.path for item in parts.withheld)
            return _Again(tuple(made), ("every file of the bundle is withheld: there is nothing to decide from",))
        checked = check(request)
    except IntegrityError:
        raise  # somebody reached into the private folder
    except GovernError as fault:
        return _Again(tuple(made), _reasons(fault.diagnostics, root))
    if not isinstance(checked, Checked):
        return _Again(tuple(made), _reasons(checked.diagnostics, root))
    made.append(compare_records("evaluation", pack.need(Role.EVALUATION), checked.evaluation.data()))
    made.append(compare_records("decision", pack.need(Role.DECISION), checked.decision.data()))
    payload = payload_of(pack.need(pack.kind), file=pack.kind.value)
    try:
        made.append(compare_records("statement", payload, stated_again(checked, payload)))
    except GovernError as fault:
        return _Again(tuple(made), _reasons(fault.diagnostics, root))
    return _Again(tuple(made))


def _request(pack: Pack, parts: Rebuilt, named: Named, clock: datetime, submitter: str | None) -> CheckRequest:
    """The one place where the parts of a pack are handed to the gate, people's words among them.

    They are judged under the version of the trust root that the certificate names, whatever the auditor's own is: it
    is part of what was decided, and its fingerprint is signed.
    """
    from govern.gate.check import CheckRequest
    from govern.policy.outcomes import Stage

    return CheckRequest(
        bundle=parts.bundle,
        stage=Stage(named.stage),
        policies=parts.policies,
        places=parts.places,
        clock=clock,
        advisories=parts.advisories,
        name=named.model,
        version=named.version,
        statements=looked_at(
            statements_of(pack), named, evaluation=pack.need(Role.EVALUATION), decision=pack.need(Role.DECISION)
        ),
        trust=trust_named(pack, named),
        submitter=submitter,
        params=recorded_parameters(recorded_plan(pack)),
        withheld=parts.withheld,
    )


def recorded_inputs(record: bytes) -> tuple[datetime, str | None]:
    """Give clock and submitter of a decision record. Raises InputError for a record that has no clock."""
    document = parse_json(record, file="records/decision.json", utf16=False)
    members = document if isinstance(document, dict) else {}
    clock, submitter = members.get("clock"), members.get("submitter")
    try:
        return parse_instant(clock if isinstance(clock, str) else ""), submitter if isinstance(submitter, str) else None
    except ValueError as fault:
        raise InputError(Diagnostic("A609", f"the decision record has no clock: {fault}")) from fault


def _reasons(diagnostics: Sequence[Diagnostic], root: Path) -> tuple[str, ...]:
    """Say what stopped it, in the pack's own names instead of those of a folder that is gone."""
    policies, bundle = f"{root / 'policies'}/", f"{root / 'bundle'}/"
    texts = (str(item).partition("\n")[0] for item in diagnostics[:10])
    return tuple(text.replace(policies, "policy/source/").replace(bundle, "").replace(str(root), "") for text in texts)


def _wanted(parts: Rebuilt, again: _Again) -> tuple[str, ...]:
    """The withheld files that matter: asked for, or, when something differs, told by their names alone."""
    wanted = set(parts.wanted.asked)
    if again.stopped or not all(item.same for item in again.comparisons):
        wanted |= parts.wanted.guessed
    return tuple(sorted(wanted, key=str.encode))
