"""The gate: policies and a bundle in, a decision out. Signs nothing; see `gate.issue`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from govern.decision.decide import DecisionRecord, decide
from govern.decision.evaluation import Evaluation, Subject
from govern.decision.run import run_plan
from govern.diagnostics import Diagnostic, InputError, Severity, UsageError
from govern.gate.packs.places import PackPlaces
from govern.gate.parameters import ParameterArgument
from govern.gate.policies import Loaded, load_policies
from govern.gate.statements import People, people_of
from govern.policy.outcomes import Outcome, Stage

if TYPE_CHECKING:
    from govern.attestation.trust.root import TrustRoot
    from govern.attestation.verification import NamedFile
    from govern.bundle import Bundle, FileEntry
    from govern.gate.sources.interface import Source
    from govern.lineage.graph import Graph
    from govern.security.advisories.snapshot import Snapshot

__all__ = ["CheckRequest", "Checked", "Refused", "check", "subject_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """What the caller asks: everything that decides is named here, the clock included."""

    bundle: Path
    stage: Stage
    policies: Sequence[Path]
    clock: datetime
    advisories: Path | None = None
    name: str | None = None
    version: str | None = None
    statements: tuple[NamedFile, ...] = ()
    """Signed statements of people and offices; they count only under `trust`."""
    trust: TrustRoot | None = None
    submitter: str | None = None
    """Who asks: may neither waive nor approve."""
    only: frozenset[str] | None = None
    """Qualified names of the rules to run; None for all. What comes of a part of a plan is never signed."""
    places: PackPlaces | None = None
    """Where `govern.lock` and its packs are; without it no policy can import one."""
    params: Mapping[str, ParameterArgument] = field(default_factory=dict)
    """Values for parameters of the policies, by name or `<policy>/<name>`; they may only tighten."""
    withheld: Sequence[FileEntry] = ()
    """Files of the bundle whose bytes are not in its folder: the replay of a pack that keeps some back."""
    source: Source | None = None
    """Where the bundle's folder came from, when an archive or an address was named; shown, and never signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A bundle that could not be opened or identified: undecided, no digest, nothing to sign."""

    request: CheckRequest
    loaded: Loaded
    diagnostics: tuple[Diagnostic, ...]

    @property
    def notes(self) -> tuple[Diagnostic, ...]:
        """What the caller should hear beside the result: the compiler's warnings."""
        return self.loaded.warnings


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A decision with everything it was made from."""

    request: CheckRequest
    loaded: Loaded
    bundle: Bundle
    snapshot: Snapshot | None
    evaluation: Evaluation
    decision: DecisionRecord
    people: People
    lineage: Graph | None
    contradictions: tuple[Diagnostic, ...] = ()
    """Facts of the model record that the bundle or a source registry contradicts (E112)."""

    @property
    def notes(self) -> tuple[Diagnostic, ...]:
        """What the caller should hear beside the result: warnings of compiler and folder, and that no rule applied."""
        before = (*self.loaded.warnings, *self.bundle.notes, *self.people.notes, *self.contradictions)
        if any(item.outcome is not Outcome.NOT_APPLICABLE for item in self.decision.settled):
            return before
        nothing = Diagnostic(
            code="D102",
            message=f"no rule applies to this bundle at the stage {self.request.stage.value}; it is undecided",
            hint="name a policy with rules for this stage, or declare the facts that its applies_when asks for",
            severity=Severity.WARNING,
        )
        return (*before, nothing)


def check(request: CheckRequest) -> Checked | Refused:
    """Decide whether a bundle may pass the gate of a stage.

    Deterministic: the same policies, bundle, advisory snapshot and clock give the same evaluation and decision
    bytes. Reads nothing but the request's paths; no network, no environment, no clock.

    Raises:
        UsageError: the caller's fault (absent path, policies that do not compile, no identity).
        IntegrityError: a file changed while it was read, or the snapshot is not what its name says.
    """
    loaded = load_policies(request.policies, stage=request.stage, places=request.places, params=request.params)
    if request.only is not None:
        loaded = _part(loaded, request.only)
    if request.source is not None and request.source.refused:
        return Refused(request=request, loaded=loaded, diagnostics=request.source.refused)
    if not request.bundle.is_dir():
        message = f"there is no folder {request.bundle}"
        raise UsageError(Diagnostic(code="U103", message=message, hint="pass the folder that holds the model"))
    try:
        bundle = _open(request)
    except InputError as fault:
        return Refused(request=request, loaded=loaded, diagnostics=_of_registry(request, fault))
    snapshot, problem = _snapshot(request.advisories)
    return _judge(request, loaded, bundle, snapshot, problem)


def _part(loaded: Loaded, names: frozenset[str]) -> Loaded:
    rules = tuple(rule for rule in loaded.plan.rules if rule.id in names)
    return replace(loaded, plan=replace(loaded.plan, rules=rules))


def _open(request: CheckRequest) -> Bundle:
    from govern.bundle import open_bundle

    return open_bundle(request.bundle, name=request.name, version=request.version, withheld=request.withheld)


def _of_registry(request: CheckRequest, fault: InputError) -> tuple[Diagnostic, ...]:
    """Say of a contradiction with the record that it was the registry that named the model, where it was."""
    source = request.source
    if source is None or not source.binding or source.origin is None:
        return fault.diagnostics
    hint = f"the registry has it as {source.origin.uri}: correct the record or register it by its name and version"
    return tuple(replace(item, hint=hint) if item.code == "B113" else item for item in fault.diagnostics)


def _snapshot(path: Path | None) -> tuple[Snapshot | None, Diagnostic | None]:
    """Load the advisory snapshot. Unreadable is a problem for the rules that need it, not for the others."""
    if path is None:
        return None, None
    from govern.security.advisories.snapshot import current_snapshot, load_snapshot

    try:
        folder = path if (path / "snapshot.json").exists() else current_snapshot(path)
        return (None, None) if folder is None else (load_snapshot(folder), None)
    except InputError as fault:
        return None, fault.diagnostics[0]


def _judge(
    request: CheckRequest,
    loaded: Loaded,
    bundle: Bundle,
    snapshot: Snapshot | None,
    problem: Diagnostic | None,
) -> Checked:
    from govern.checks.context import CheckContext
    from govern.checks.observed import contradictions_of
    from govern.gate.lineage import readable_graph
    from govern.lineage.document import graph_document

    people = people_of(request.statements, trust=request.trust, at=request.clock)
    context = CheckContext(
        bundle=bundle,
        stage=request.stage.value,
        registries=loaded.registries,
        advisories=snapshot,
        advisories_problem=problem,
        signed=people.signed(bundle),
        columns=loaded.plan.columns,
    )
    graph = readable_graph(context)
    evaluation = run_plan(
        loaded.plan,
        loaded.checks,
        context,
        subject=subject_of(bundle),
        not_assessed=tuple(item.control for item in loaded.not_assessed),
        advisories=None if snapshot is None else {"digest": {"sha256": snapshot.digest}, "as_of": snapshot.as_of},
        lineage_digest=None if graph is None else str(graph_document(graph)["digest"]),
    )
    bundle.verify_unchanged()
    decision = decide(
        evaluation,
        clock=request.clock,
        waivers=people.waivers,
        approvals=people.approvals,
        submitter=request.submitter,
    )
    return Checked(
        request=request,
        loaded=loaded,
        bundle=bundle,
        snapshot=snapshot,
        evaluation=evaluation,
        decision=decision,
        people=people,
        lineage=graph,
        contradictions=contradictions_of(context),
    )


def subject_of(bundle: Bundle) -> Subject:
    """Say of which model and bundle an evaluation speaks."""
    said = bundle.record.spec
    return Subject(
        name=bundle.name,
        version=bundle.version,
        digest=bundle.digest,
        model_digest=bundle.model_digest,
        layout=bundle.layout,
        files=len(bundle.files),
        bytes=sum(entry.size for entry in bundle.files.values()),
        owner=said.owner.name if said.owner else None,
        principal=said.owner.principal if said.owner else None,
        developers=said.developers,
        validators=said.validators,
    )
