"""The compiler: policy files in, one plan out, every fault placed. Pure: no clock, network or current directory.

The stages stand in `STAGES`, in order. Each takes the draft that the one before has left and collects all of its
faults; what is faulty is left out of the draft, so that the next stage can still judge the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from govern.canonical import Json
from govern.diagnostics import Diagnostic, Severity, Span, in_order
from govern.inputs.yaml import MapNode
from govern.policy.conflicts import conflicting
from govern.policy.evidence_schema import EvidenceSchema, suggest
from govern.policy.interface import CheckSpec
from govern.policy.load import Document, load
from govern.policy.outcomes import Stage
from govern.policy.plan import Plan, build_plan
from govern.policy.rules import CompiledPolicy, CompiledRule, attribute_of, expressions, parameters
from govern.policy.shape import Catalogue, RegistryDocument, Shaped, shape

__all__ = ["STAGES", "Compiled", "NotAssessed", "Origin", "RegistryDocument", "compile_policies", "source_map_document"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something in a plan was written."""

    file: str
    line: int | None
    column: int | None


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
    not_assessed: tuple[NotAssessed, ...]
    source_map: Mapping[str, tuple[Origin, ...]] = field(repr=False)
    """JSON pointers of the plan to where each value was written, nearest last. Not part of any digest."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """What the stages hand on."""

    files: Mapping[str, bytes]
    checks: Mapping[str, CheckSpec]
    schema: EvidenceSchema
    overrides: Mapping[str, str]
    stage: Stage | None
    documents: tuple[Document, ...] = ()
    shaped: Shaped = field(default_factory=lambda: Shaped((), {}, {}))
    policies: tuple[CompiledPolicy, ...] = ()
    plan: Plan | None = None
    not_assessed: tuple[NotAssessed, ...] = ()


_Step = tuple[_Draft, tuple[Diagnostic, ...]]


def _load(draft: _Draft) -> _Step:
    documents, faults = load(draft.files)
    return replace(draft, documents=documents), faults


def _shape(draft: _Draft) -> _Step:
    shaped, faults = shape(draft.documents, draft.checks)
    return replace(draft, shaped=shaped), faults


def _parameters(draft: _Draft) -> _Step:
    by_policy, faults = _overrides(draft)
    made: list[CompiledPolicy] = []
    for policy in draft.shaped.policies:
        compiled, problems = parameters(policy, by_policy.get(policy.metadata.name, {}))
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
    params: Mapping[str, str] | None = None,
) -> Compiled:
    """Compile policy documents (`file name -> bytes`) into the plan of one stage.

    Args:
        files: policies, control catalogues and source registries, together.
        stage: the gate to compile for; None compiles every rule of every stage and gives no plan (lint).
        checks: the check kinds there are.
        evidence_schema: what expressions may read.
        params: values for policy parameters, by name or `<policy>/<name>`; they may only tighten.

    Never raises for anything a file holds: that is in `diagnostics`, sorted by place.
    """
    draft = _Draft(files, checks, evidence_schema, params or {}, stage)
    found: list[Diagnostic] = []
    for _name, step in STAGES:
        draft, faults = step(draft)
        found += faults
    broken = any(item.severity is Severity.ERROR for item in found)
    plan = None if broken else draft.plan
    return Compiled(
        plan=plan,
        diagnostics=in_order(dict.fromkeys(found)),
        policies=draft.policies,
        catalogues=draft.shaped.catalogues,
        registries=draft.shaped.registries,
        not_assessed=draft.not_assessed,
        source_map={} if plan is None else _source_map(plan, draft.policies),
    )


def _overrides(draft: _Draft) -> tuple[dict[str, dict[str, str]], list[Diagnostic]]:
    """Sort `--param` values by policy; a bare name must mean exactly one parameter."""
    declared = {
        policy.metadata.name: set(policy.spec.params) if policy.spec.params else set()
        for policy in draft.shaped.policies
    }
    made: dict[str, dict[str, str]] = {}
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
            made.setdefault(owners[0], {})[name] = value
    return made, faults


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


# --- the source map


def _source_map(plan: Plan, policies: tuple[CompiledPolicy, ...]) -> dict[str, tuple[Origin, ...]]:
    made: dict[str, tuple[Origin, ...]] = {}
    for index, policy in enumerate(policies):
        made[f"/policies/{index}"] = (_origin(policy.draft.document.node.key_span("metadata")),)
        if policy.applies_when is not None:
            made[f"/policies/{index}/applies_when"] = (_origin(policy.draft.spec_node.key_span("applies_when")),)
        for name, item in policy.params.items():
            pointer = f"{policy.draft.metadata.name}/{name}".replace("~", "~0").replace("/", "~1")
            made[f"/params/{pointer}"] = tuple(_origin(span) for span in item.origin)
    places = {rule.id: index for index, rule in enumerate(plan.rules)}
    for policy in policies:
        for rule in policy.rules:
            position = places.get(f"{policy.draft.metadata.name}/{rule.draft.rule.id}")
            if position is not None:
                made.update(_rule_map(f"/rules/{position}", policy, rule))
    return dict(sorted(made.items()))


def _rule_map(pointer: str, policy: CompiledPolicy, rule: CompiledRule) -> dict[str, tuple[Origin, ...]]:
    made: dict[str, tuple[Origin, ...]] = {pointer: (_origin(rule.draft.node.span),)}
    for key, node in rule.draft.node.entries:
        made[f"{pointer}/{key.text}"] = (_origin(node.span),)
    with_node = rule.draft.node.get("with")
    for key, node in with_node.entries if isinstance(with_node, MapNode) else ():
        chain = [_origin(node.span)]
        for path, name in rule.origins.items():
            if path[0] == key.text:
                chain += [_origin(span) for span in policy.params[name].origin]
        made[f"{pointer}/with/{key.text}"] = tuple(chain)
    return made


def _origin(span: Span) -> Origin:
    return Origin(span.file, span.line, span.column)


def source_map_document(compiled: Compiled) -> dict[str, Json]:
    """Give the source map as JSON, the file `plan.map.json` beside a plan."""
    return {
        pointer: [{"file": item.file, "line": item.line, "column": item.column} for item in chain]
        for pointer, chain in compiled.source_map.items()
    }
