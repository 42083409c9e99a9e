"""The compiler: policy files in, one plan out, every fault placed. Pure: no clock, network or current directory.

The stages stand in `STAGES`, in order. Each takes the draft that the one before has left and collects all of its
faults; what is faulty is left out of the draft, so that the next stage can still judge the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from govern.diagnostics import Diagnostic, Severity, Span, in_order
from govern.inputs.yaml import MapNode
from govern.policy.advice.conflicts import conflicting
from govern.policy.evidence_schema import EvidenceSchema, suggest
from govern.policy.interface import CheckSpec
from govern.policy.load import Document, load
from govern.policy.outcomes import Stage
from govern.policy.overlays.overlay import ParamLayer, gather
from govern.policy.packs.bringing import Brought, Pack, ReadPack, bring
from govern.policy.packs.facts import with_facts
from govern.policy.packs.lockfile import Lock
from govern.policy.parameters import Override, given_layer
from govern.policy.plan import Plan, build_plan
from govern.policy.rules import CompiledPolicy, CompiledRule, attribute_of, expressions, parameters
from govern.policy.shape import Catalogue, RegistryDocument, Shaped, shape
from govern.policy.source_map import Origin, source_map

__all__ = ["STAGES", "Compiled", "NotAssessed", "RegistryDocument", "compile_policies"]


@dataclass(frozen=True, slots=True)
class NotAssessed:
    """A clause of a loaded control catalogue that no rule of the plan covers."""

    control: str
    """`<catalogue>/<clause>`."""
    title: str
    clause: str
    """As a lawyer writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What the compiler found. There is a plan only when a stage was asked for and nothing is wrong."""

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]
    policies: tuple[CompiledPolicy, ...]
    """Every policy with all its rules, whatever their stage: for lint and explain."""
    catalogues: Mapping[str, Catalogue]
    registries: Mapping[str, RegistryDocument]
    packs: Mapping[str, Pack]
    """Every pack that the policies build on."""
    not_assessed: tuple[NotAssessed, ...]
    source_map: Mapping[str, tuple[Origin, ...]] = field(repr=False)
    """JSON pointers of the plan to where each value was written, nearest last. Not part of any digest."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """What the stages hand on."""

    files: Mapping[str, bytes]
    checks: Mapping[str, CheckSpec]
    schema: EvidenceSchema
    overrides: Mapping[str, Override]
    stage: Stage | None
    lock: Lock | None = None
    read_pack: ReadPack | None = None
    documents: tuple[Document, ...] = ()
    brought: Brought = field(default_factory=lambda: Brought(documents=()))
    shaped: Shaped = field(default_factory=lambda: Shaped((), {}, {}))
    policies: tuple[CompiledPolicy, ...] = ()
    plan: Plan | None = None
    not_assessed: tuple[NotAssessed, ...] = ()


_Step = tuple[_Draft, tuple[Diagnostic, ...]]


def _load(draft: _Draft) -> _Step:
    documents, faults = load(draft.files)
    return replace(draft, documents=documents), faults


def _packs(draft: _Draft) -> _Step:
    brought, faults = bring(draft.documents, draft.lock, draft.read_pack)
    schema, problems = with_facts(draft.schema, brought)
    return replace(draft, brought=brought, documents=brought.documents, schema=schema), (*faults, *problems)


def _shape(draft: _Draft) -> _Step:
    shaped, faults = shape(draft.documents, draft.checks)
    return replace(draft, shaped=shaped), faults


def _parameters(draft: _Draft) -> _Step:
    overlays, found = gather(draft.brought, draft.shaped.policies)
    given, problems = _overrides(draft)
    merged = {key: (*overlays.params.get(key, ()), *given.get(key, ())) for key in {*overlays.params, *given}}
    overlays = replace(overlays, params=merged)
    faults = [*found, *problems]
    made: list[CompiledPolicy] = []
    for policy in draft.shaped.policies:
        compiled, problems = parameters(policy, overlays, draft.shaped.catalogues)
        made.append(compiled)
        faults += [*problems, *_registry_faults(compiled, draft.shaped.registries)]
    return replace(draft, policies=tuple(made)), tuple(faults)


def _expressions(draft: _Draft) -> _Step:
    done = [expressions(policy, draft.schema) for policy in draft.policies]
    faults = tuple(fault for _policy, problems in done for fault in problems)
    return replace(draft, policies=tuple(policy for policy, _problems in done)), faults


def _plan(draft: _Draft) -> _Step:
    rules = [rule for policy in draft.policies for rule in policy.rules]
    if draft.stage is not None:
        rules = [rule for rule in rules if draft.stage in rule.stages]
    missing = _not_assessed(draft.shaped.catalogues, rules)
    draft = replace(draft, not_assessed=missing)
    notes = tuple(conflicting(draft.policies))
    if draft.stage is None:
        return draft, notes
    plan = build_plan(
        draft.policies,
        draft.stage,
        schema=draft.schema,
        registries=draft.shaped.registries,
        not_assessed=[item.control for item in missing],
    )
    if not plan.rules:
        notes = (*notes, _no_rule(draft))
    return replace(draft, plan=plan), notes


STAGES: tuple[tuple[str, Callable[[_Draft], _Step]], ...] = (
    ("load", _load),
    ("packs", _packs),
    ("shape", _shape),
    ("parameters", _parameters),
    ("expressions", _expressions),
    ("plan", _plan),
)
"""The compile stages by name, in order."""


def compile_policies(
    files: Mapping[str, bytes],
    *,
    stage: Stage | None,
    checks: Mapping[str, CheckSpec],
    evidence_schema: EvidenceSchema,
    params: Mapping[str, Override] | None = None,
    lock: Lock | None = None,
    read_pack: ReadPack | None = None,
) -> Compiled:
    """Compile policy documents (`file name -> bytes`) into the plan of one stage.

    Args:
        files: policies, control catalogues and source registries, together.
        stage: the gate to compile for; None compiles every rule of every stage and gives no plan (lint).
        checks: the check kinds there are.
        evidence_schema: what expressions may read.
        params: values for policy parameters, by name or `<policy>/<name>`; they may only tighten.
        lock: the packs that imports may name, each pinned by version and digest.
        read_pack: gives the files of a locked pack; called for the packs that are imported, and for no others.

    Never raises for anything a file holds: that is in `diagnostics`, sorted by place.
    """
    draft = _Draft(files, checks, evidence_schema, params or {}, stage, lock, read_pack)
    found: list[Diagnostic] = []
    for _name, step in STAGES:
        draft, faults = step(draft)
        found += faults
    found = _first_causes(found)
    broken = any(item.severity is Severity.ERROR for item in found)
    plan = None if broken else draft.plan
    return Compiled(
        plan=plan,
        diagnostics=in_order(dict.fromkeys(found)),
        policies=draft.policies,
        catalogues=draft.shaped.catalogues,
        registries=draft.shaped.registries,
        packs=draft.brought.packs,
        not_assessed=draft.not_assessed,
        source_map={} if plan is None else source_map(plan, draft.policies),
    )


def _first_causes(found: list[Diagnostic]) -> list[Diagnostic]:
    """Leave out what follows from a word that could not be read as it stands: the reader has said what is wrong."""
    unread = {
        (item.span.file, item.span.line): (item.span.column or 0, item.span.end_column or 0)
        for item in found
        if item.code.startswith("I") and item.span is not None
    }
    if not unread:
        return found

    def follows(item: Diagnostic) -> bool:
        if item.code.startswith("I") or item.span is None:
            return False
        start, end = unread.get((item.span.file, item.span.line), (1, 0))
        return start <= (item.span.column or 0) < max(end, start + 1)

    return [item for item in found if not follows(item)]


def _overrides(draft: _Draft) -> tuple[dict[tuple[str, str], tuple[ParamLayer, ...]], tuple[Diagnostic, ...]]:
    """Sort `--param` values by policy; a bare name must mean exactly one parameter."""
    declared = {
        policy.metadata.name: set(policy.spec.params) if policy.spec.params else set()
        for policy in draft.shaped.policies
    }
    made: dict[tuple[str, str], tuple[ParamLayer, ...]] = {}
    faults: list[Diagnostic] = []
    for key, value in sorted(draft.overrides.items()):
        policy, slash, name = key.rpartition("/")
        owners = [policy] if slash else sorted(item for item, names in declared.items() if key in names)
        span = Span(f"--param {key}", 1, 1)
        if len(owners) > 1:
            hint = f"Write {owners[0]}/{key}."
            faults.append(Diagnostic("P401", f"several policies have a parameter '{key}'", span, hint))
        elif not owners or name not in declared.get(owners[0], ()):
            known = sorted(f"{item}/{each}" for item, names in declared.items() for each in names)
            near = suggest(key, [*known, *(item.rpartition("/")[2] for item in known)])
            fix = f"Did you mean '{near}'?" if near else None
            faults.append(Diagnostic("P401", f"there is no parameter '{key}'", span, fix))
        else:
            made[owners[0], name] = (*made.get((owners[0], name), ()), given_layer(name, value))
    return made, tuple(faults)


def _registry_faults(policy: CompiledPolicy, registries: Mapping[str, RegistryDocument]) -> list[Diagnostic]:
    faults: list[Diagnostic] = []
    for rule in policy.rules:
        node = rule.draft.node.get("with")
        for written in rule.draft.spec.registry_params:
            name = getattr(rule.params, attribute_of(type(rule.params), written))
            if name is None or str(name) in registries:
                continue
            held = node.get(written) if isinstance(node, MapNode) else None
            near = suggest(str(name), registries)
            hint = f"Did you mean '{near}'?" if near else "Load the SourceRegistry with the policy."
            span = held.span if held is not None else rule.draft.node.key_span("check")
            faults.append(Diagnostic("P215", f"no source registry '{name}' is loaded", span, hint))
    return faults


def _not_assessed(catalogues: Mapping[str, Catalogue], rules: list[CompiledRule]) -> tuple[NotAssessed, ...]:
    named = {control for rule in rules for control in rule.draft.rule.controls}
    missing: list[NotAssessed] = []
    for name in sorted(catalogues):
        catalogue = catalogues[name]
        for clause in sorted(catalogue.controls):
            if not _covered(name, clause, catalogue, named):
                control = catalogue.controls[clause]
                missing.append(NotAssessed(f"{name}/{clause}", control.title, control.clause))
    return tuple(missing)


def _covered(name: str, clause: str, catalogue: Catalogue, named: set[str]) -> bool:
    """Whether a rule names the clause, or a clause above it that is declared to cover its children."""
    here: str | None = clause
    seen: set[str] = set()
    while here is not None and here not in seen:
        seen.add(here)
        control = catalogue.controls.get(here)
        covers = here == clause or (control is not None and control.covers_children)
        if covers and f"{name}/{here}" in named:
            return True
        here = None if control is None else control.parent
    return False


def _no_rule(draft: _Draft) -> Diagnostic:
    stages = sorted({stage.value for policy in draft.policies for rule in policy.rules for stage in rule.stages})
    stage = "" if draft.stage is None else draft.stage.value
    hint = f"Rules here are for {', '.join(stages)}." if stages else "The policies have no rules."
    message = f"no rule of these policies is asked at {stage}: the decision will be undecided"
    return Diagnostic("P601", message, hint=hint, severity=Severity.WARNING)
