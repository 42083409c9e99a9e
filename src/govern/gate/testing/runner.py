"""Runs a case by the functions of the gate: the compiler, the readers, the checks, the decision. None of its own."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from govern.canonical import canonical_bytes
from govern.checks.context import CheckContext
from govern.decision.decide import DecisionRecord, decide
from govern.decision.run import run_plan
from govern.diagnostics import Diagnostic, InputError, Span, UsageError
from govern.gate.check import subject_of
from govern.gate.lineage import readable_graph
from govern.gate.packs.places import PackPlaces
from govern.gate.policies import Loaded, PolicyError, compile_files
from govern.gate.testing import advisories, people
from govern.gate.testing.fixture import Fixture, read_fixture
from govern.gate.testing.materials import Evidence, evidence_of, write_files
from govern.gate.testing.paths import beside
from govern.gate.testing.remembering import remembering
from govern.inputs.limits import POLICY_BYTES
from govern.inputs.yaml import parse_yaml
from govern.policy.outcomes import CheckResult, Decision, Stage
from govern.policy.plan import Plan
from govern.policy.testing.cases import Case, Waiver, waiver_of
from govern.policy.testing.documents import ApprovalDocument, AttestationDocument, WaiverDocument
from govern.policy.testing.running import CaseRun, RuleRun
from govern.security.advisories.snapshot import Snapshot

__all__ = ["Bench", "Material", "Ready"]

_UNNAMED = ("model", "1.0.0")
"""Name and version of a bundle without a record, as a caller would give them."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Policies compiled for one stage."""

    loaded: Loaded

    @property
    def plan(self) -> Plan:
        """The plan."""
        return self.loaded.plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """The evidence of a case, on disk and opened. `context` is None for a bundle that is refused."""

    evidence: Evidence
    clock: datetime
    stage: Stage
    context: CheckContext | None
    refused: tuple[Diagnostic, ...]
    waivers: tuple[WaiverDocument, ...]
    approvals: tuple[ApprovalDocument, ...]
    attestations: tuple[AttestationDocument, ...] = ()
    submitter: str | None = None
    results: dict[object, CheckResult] = field(default_factory=dict, repr=False)
    """What each check came to on this evidence, by what was asked: shared by all policies that ask it."""
    lineage: list[str | None] = field(default_factory=list, repr=False)


class Bench:
    """Makes bundles below a temporary folder, and runs plans on them. Whoever made the folder removes it."""

    def __init__(self, folder: Path, places: PackPlaces | None = None) -> None:
        """Work below an empty folder; `places` says where the packs are that policies import."""
        self.places = places
        self._folder = folder
        self._count = 0
        self._fixtures: dict[tuple[Path, bool], Fixture] = {}
        self._snapshots: dict[object, Snapshot] = {}

    # --- compiling

    def compiled(self, files: Mapping[str, bytes], stage: Stage) -> Ready | None:
        """Compile policy files for a stage; None when they do not compile."""
        try:
            return Ready(compile_files(files, stage=stage, places=self.places))
        except PolicyError:
            return None

    # --- opening

    def opened(self, case: Case) -> Material:
        """Make the evidence of a case and open it. Raises InputError for a case that cannot be made."""
        fixture = None if case.bundle is None else self._fixture(case)
        evidence = evidence_of(case, fixture)
        waivers = tuple(_waiver(item, case) for item in case.waivers)
        snapshot, problem = self._snapshot(case)
        return self.made(
            evidence,
            clock=case.clock,
            stage=case.stage,
            snapshot=snapshot,
            problem=problem,
            waivers=waivers,
            approvals=case.approvals,
            attestations=case.attestations,
            submitter=case.submitter,
        )

    def made(
        self,
        evidence: Evidence,
        *,
        clock: datetime,
        stage: Stage,
        snapshot: Snapshot | None,
        problem: Diagnostic | None = None,
        waivers: tuple[WaiverDocument, ...] = (),
        approvals: tuple[ApprovalDocument, ...] = (),
        attestations: tuple[AttestationDocument, ...] = (),
        submitter: str | None = None,
    ) -> Material:
        """Write evidence as a bundle and open it. Raises InputError P707 when it cannot be written."""
        folder = self._new_folder()
        context, refused = _open(folder, evidence, stage)
        if context is not None:
            context = replace(context, advisories=snapshot, advisories_problem=problem)
        return Material(
            evidence=evidence,
            clock=clock,
            stage=stage,
            context=context,
            refused=refused,
            waivers=waivers,
            approvals=approvals,
            attestations=attestations,
            submitter=submitter,
        )

    def discard(self, material: Material) -> None:
        """Remove the bundle of a material that is not needed any more."""
        if material.context is not None:
            shutil.rmtree(material.context.bundle.root, ignore_errors=True)

    def snapshot(self, records: tuple[dict[str, Any], ...], as_of: str, span: Span) -> Snapshot:
        """Build a snapshot of some advisories, once for the same. Raises InputError P707 at `span`."""
        key = canonical_bytes([as_of, *records])
        if key not in self._snapshots:
            self._snapshots[key] = advisories.built(records, as_of, self._folder / "advisories", span)
        return self._snapshots[key]

    def _new_folder(self) -> Path:
        self._count += 1
        folder = self._folder / f"bundle-{self._count}"
        folder.mkdir()
        return folder

    def _fixture(self, case: Case) -> Fixture:
        assert case.bundle is not None  # asked only then
        folder = beside(case.file, case.bundle.text, case.bundle.span)
        key = (folder, case.follow)
        if key not in self._fixtures:
            self._fixtures[key] = read_fixture(folder, follow=case.follow, span=case.bundle.span)
        return self._fixtures[key]

    def _snapshot(self, case: Case) -> tuple[Snapshot | None, Diagnostic | None]:
        folder = advisories.snapshot_folder(case)
        if folder is not None:
            from govern.security.advisories.snapshot import load_snapshot

            if folder not in self._snapshots:
                try:
                    self._snapshots[folder] = load_snapshot(folder)
                except InputError as fault:
                    return None, fault.diagnostics[0]
            return self._snapshots[folder], None
        listed = advisories.records_in(case)
        if listed is None or case.advisories is None:
            return None, None
        return self.snapshot(*listed, case.advisories.span), None

    # --- running

    def run(
        self, compiled: Ready, opened: Material, *, only: str | None = None, clock: datetime | None = None
    ) -> CaseRun:
        """Decide a material by a plan. `only` asks one rule; `clock` decides at another instant than the case's."""
        if opened.context is None:
            return CaseRun(decision=Decision.UNDECIDED, rules={}, refused=opened.refused)
        loaded, plan = compiled.loaded, compiled.plan
        if only is not None:
            plan = _only(plan, only)
        signed = people.signed_of(opened.attestations, opened.context.bundle, clock=opened.clock)
        context = replace(opened.context, registries=loaded.registries, signed=signed)
        evaluation = run_plan(
            plan,
            remembering(loaded, opened.results),
            context,
            subject=subject_of(context.bundle),
            not_assessed=tuple(item.control for item in loaded.not_assessed),
            advisories=None
            if context.advisories is None
            else {"digest": {"sha256": context.advisories.digest}, "as_of": context.advisories.as_of},
            lineage_digest=_lineage_digest(context, opened),
        )
        moment = clock or opened.clock
        waivers = people.waivers_of(opened.waivers, plan, evaluation)
        approvals = people.approvals_of(opened.approvals, evaluation, clock=opened.clock, waivers=waivers)
        submitter = opened.submitter
        return _run_of(decide(evaluation, clock=moment, waivers=waivers, approvals=approvals, submitter=submitter))


def _only(plan: Plan, name: str) -> Plan:
    """Give a plan of one rule; its record is cut as well, so that its digest costs one rule."""
    rules = tuple(rule for rule in plan.rules if rule.id == name)
    return replace(plan, rules=rules, document={**plan.document, "rules": [rule.document for rule in rules]})


def _open(folder: Path, evidence: Evidence, stage: Stage) -> tuple[CheckContext | None, tuple[Diagnostic, ...]]:
    from govern.bundle import open_bundle

    names_model = write_files(folder, evidence)
    for attempt in (True, False):
        recorded = (folder / "govern.yaml").exists()
        name, version = (None, None) if recorded else _UNNAMED
        try:
            bundle = open_bundle(folder, name=name, version=version)
        except (InputError, UsageError) as fault:
            return None, fault.diagnostics
        if not (attempt and names_model):
            return CheckContext(bundle=bundle, stage=stage.value), ()
        # What names the model digest is no part of the model: written again, it does not change it.
        write_files(folder, evidence, model_digest=bundle.model_digest)
    raise AssertionError("the second attempt always returns")


def _lineage_digest(context: CheckContext, opened: Material) -> str | None:
    if not opened.lineage:
        from govern.lineage.document import graph_document

        graph = readable_graph(context)
        opened.lineage.append(None if graph is None else str(graph_document(graph)["digest"]))
    return opened.lineage[0]


def _run_of(record: DecisionRecord) -> CaseRun:
    return CaseRun(
        decision=record.decision,
        rules={
            item.rule.rule: RuleRun(
                outcome=item.outcome,
                evaluated=item.rule.outcome,
                why=item.why,
                enforcement=item.rule.enforcement,
                result=item.rule.result,
                rulings=tuple(sorted(ruling.value for _digest, ruling in item.rulings)),
            )
            for item in record.settled
        },
    )


def _waiver(item: Waiver, case: Case) -> WaiverDocument:
    document = item.document
    if item.file is not None:
        path = beside(case.file, item.file, item.span)
        try:
            with path.open("rb") as stream:
                data = stream.read(POLICY_BYTES + 1)
        except OSError as fault:
            text = f"cannot read {item.file}: {fault.strerror or fault}"
            raise InputError(Diagnostic("P707", text, item.span, "Name a file, relative to the test.")) from fault
        document, faults = waiver_of(parse_yaml(data, file=str(path), strictness="policy"))
        if document is None:
            raise InputError(faults)
    assert document is not None  # a waiver is written or lies in a file
    try:
        people.limit_of(document.limit)
    except (TypeError, ValueError) as fault:
        raise InputError(Diagnostic("P204", f"limit: {fault}", item.span)) from fault
    return document
