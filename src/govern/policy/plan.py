"""The plan: the compiled rules of one stage as data, with canonical JSON and a digest.

The digest changes with everything that can change an outcome and with nothing else: no path, line, date of today or
digest of a source file is in it. `rule.digest` covers what is evaluated (check, parameters, conditions) and is what
a waiver binds to; title, message, severity, enforcement and controls are outside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from govern.canonical import Json, canonical_bytes, digest_of, sha256_hex
from govern.policy.cel.evaluation import Expression, evaluate, judge, ready
from govern.policy.evidence_schema import EvidenceSchema
from govern.policy.expressions import FALSE, engine_for
from govern.policy.interface import CheckParams, CheckSpec, CompiledText, EvidenceSource
from govern.policy.message import Message
from govern.policy.outcomes import Enforcement, Holds, Outcome, Stage
from govern.policy.parameters import Resolved
from govern.policy.requires import kinds_required
from govern.policy.rules import CompiledPolicy, CompiledRule, attribute_of, expressions_of
from govern.policy.shape import RegistryDocument

__all__ = ["PLAN_VERSION", "Plan", "PlanPolicy", "PlanRule", "build_plan"]

PLAN_VERSION = "govern/plan/v1"
_AST_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPolicy:
    """A policy of the plan: name, version, standing and the digest of its source file."""

    name: str
    version: str
    title: str | None
    owner: str | None
    legal_status: str
    applies_from: str | None
    """First day on which the rules apply."""
    applies_until: str | None
    """First day on which they no longer apply."""
    superseded_by: str | None
    source: str | None
    source_checked_on: str | None
    digest: str
    """sha256 (hex) of the source file."""
    applies_when: Expression | None = None

    def record(self) -> dict[str, Json]:
        """The policy as results and evaluations list it; `digest` is bare hex."""
        return {
            "name": self.name,
            "version": self.version,
            "title": self.title,
            "digest": self.digest,
            "legal_status": self.legal_status,
            "applies_from": self.applies_from,
            "applies_until": self.applies_until,
            "source": self.source,
            "source_checked_on": self.source_checked_on,
        }

    def document(self) -> dict[str, Json]:
        """The policy as the plan writes it: only what can change an outcome."""
        made: dict[str, Json] = {"name": self.name, "version": self.version, "legal_status": self.legal_status}
        if self.applies_when is not None:
            made["applies_when"] = self.applies_when.document()
        for name in ("applies_from", "applies_until"):
            if getattr(self, name) is not None:
                made[name] = getattr(self, name)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRule:
    """One rule, ready to run. Everything a default decided is written out."""

    id: str
    """Qualified: `<policy>/<rule>`."""
    policy: str
    digest: str
    """sha256 (hex) of what is evaluated."""
    title: str
    severity: str
    enforcement: Enforcement
    controls: tuple[str, ...]
    waivable: bool
    max_waiver_days: int
    when: tuple[Expression, ...]
    """Conditions; the rule falls away when one of them is surely false."""
    also_when: tuple[Expression, ...]
    """Conditions of imports; while one of them is not surely false, the rule applies all the same."""
    check: str
    check_version: int
    params: CheckParams
    message: Message | None
    remediation: str | None
    applies_from: str | None
    applies_until: str | None
    document: Mapping[str, Json] = field(repr=False)
    """The rule as the plan writes it."""

    def render_message(self, fields: Mapping[str, str]) -> str | None:
        """Fill the message in; None without a message, or when the check did not measure one of its fields."""
        return None if self.message is None else self.message.render(fields)

    def switched_off(self, source: EvidenceSource) -> str | None:
        """Say why the rule does not apply, or None when it does.

        Fails closed: only a condition that is surely false switches a rule off; one that is true, that cannot be
        evaluated or whose facts are absent makes the rule apply.
        """
        for condition in self.when:
            bound = source.bind(condition.roots, condition.params)
            if judge(condition, bound) == FALSE and not self._widened(source):
                found = evaluate(condition, bound)
                values = [f"{name} is {value}" for item in found.conjuncts for name, value in item.values]
                because = f" ({', '.join(values)})" if values else ""
                return f"does not apply: {condition.text} is false{because}"
        return None

    def _widened(self, source: EvidenceSource) -> bool:
        verdicts = [judge(item, source.bind(item.roots, item.params)) for item in self.also_when]
        return any(verdict != FALSE for verdict in verdicts)

    @property
    def in_force(self) -> tuple[Holds, ...]:
        """From when until when the rule is law; outside it does not apply. Only `decide` compares with a clock."""
        if self.applies_from is None and self.applies_until is None:
            return ()
        start = None if self.applies_from is None else f"{self.applies_from}T00:00:00Z"
        until = None if self.applies_until is None else f"{self.applies_until}T00:00:00Z"
        return (Holds(otherwise=Outcome.NOT_APPLICABLE, reason="not in force", start=start, until=until),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The compiled, content-addressed form of the policies for one stage."""

    stage: Stage
    policies: tuple[PlanPolicy, ...]
    rules: tuple[PlanRule, ...]
    document: Mapping[str, Json] = field(repr=False)

    def data(self) -> bytes:
        """RFC 8785 bytes of the plan."""
        return canonical_bytes(self.document)

    @property
    def digest(self) -> str:
        """sha256 (hex) of the plan's bytes."""
        return sha256_hex(self.data())

    @property
    def columns(self) -> frozenset[str]:
        """Columns of the predictions that rules name, and the names that stand for columns of the model record."""
        needs = self.document.get("evidence")
        reads = [need.get("reads") for need in needs if isinstance(need, dict)] if isinstance(needs, list) else []
        named = [str(text) for several in reads if isinstance(several, list) for text in several]
        return frozenset(text.removeprefix("columns:") for text in named if text.startswith(("columns:", "model.")))


def build_plan(
    policies: Sequence[CompiledPolicy],
    stage: Stage,
    *,
    schema: EvidenceSchema,
    registries: Mapping[str, RegistryDocument],
    not_assessed: Sequence[str],
) -> Plan:
    """Put the rules of one stage together, sorted by id."""
    ordered = sorted(policies, key=lambda item: item.draft.metadata.name)
    plan_policies = tuple(_policy(item) for item in ordered)
    pairs = [(index, item, rule) for index, item in enumerate(ordered) for rule in item.rules if stage in rule.stages]
    rules = sorted((_rule(index, policy, rule) for index, policy, rule in pairs), key=lambda rule: rule.id)
    chosen = [rule for _index, _policy, rule in pairs]
    _same_trees(pairs, schema)
    document: dict[str, Json] = {
        "plan_version": PLAN_VERSION,
        "stage": stage.value,
        "requires": {"ast": _AST_VERSION, "evidence_schema": schema.version, **kinds_required(_specs(chosen))},
        "policies": [item.document() for item in plan_policies],
        "params": _params(ordered, pairs),
        "registries": {
            name: f"sha256:{registries[name].digest}" for name in sorted({*_registries(chosen)}) if name in registries
        },
        "evidence": _evidence(rules, chosen, schema),
        "rules": [rule.document for rule in rules],
    }
    if not_assessed:
        document["not_assessed"] = sorted(not_assessed)
    return Plan(stage=stage, policies=plan_policies, rules=tuple(rules), document=document)


def _same_trees(pairs: Iterable[tuple[int, CompiledPolicy, CompiledRule]], schema: EvidenceSchema) -> None:
    """Hold the text that a plan writes of each expression against the tree that its author's text has.

    Raises InternalError P517 where they differ: a plan must mean what was compiled.
    """
    engine = None
    for _index, policy, rule in pairs:
        for expression in (policy.applies_when, *expressions_of(rule)):
            if expression is not None:
                engine = engine or engine_for(tuple(sorted({*schema.roots, "params"})))
                ready(engine, expression.text, expression.digest)


def _policy(policy: CompiledPolicy) -> PlanPolicy:
    meta = policy.draft.metadata
    return PlanPolicy(
        name=meta.name,
        version=meta.version,
        title=meta.title,
        owner=meta.owner,
        legal_status=meta.legal_status,
        applies_from=meta.applies_from,
        applies_until=meta.applies_until,
        superseded_by=meta.superseded_by,
        source=meta.source,
        source_checked_on=meta.source_checked_on,
        digest=policy.draft.document.digest,
        applies_when=policy.applies_when,
    )


def _rule(index: int, policy: CompiledPolicy, compiled: CompiledRule) -> PlanRule:
    rule, spec = compiled.draft.rule, compiled.draft.spec
    conditions = tuple(item for item in (policy.applies_when, compiled.when) if item is not None)
    written, meaning = _with(compiled.params, spec)
    meant: dict[str, Json] = {
        "check": spec.kind,
        "check_version": spec.version,
        "with": meaning,
        "when": [item.meaning() for item in conditions],
    }
    if compiled.also_when:
        meant["also_when"] = _in_order(item.meaning() for item in compiled.also_when)
    if spec.plugin is not None:  # a waiver of a rule is none of another author's kind of that name
        meant["plugin"] = spec.plugin.distribution
    digest = digest_of(meant)
    identity = f"{policy.draft.metadata.name}/{rule.id}"
    when: list[Json] = [] if policy.applies_when is None else [index]
    if compiled.when is not None:
        when.append(compiled.when.document())
    document: dict[str, Json] = {
        "id": identity,
        "digest": f"sha256:{digest}",
        "title": rule.title or rule.id,
        "severity": rule.severity,
        "enforcement": compiled.draft.enforcement.value,
        "controls": sorted(set(rule.controls)),
        "waivable": rule.waivable,
        "max_waiver_days": rule.max_waiver_days,
        "when": when,
        "check": spec.kind,
        "with": written,
    }
    if compiled.also_when:
        document["also_when"] = _in_order(item.document() for item in compiled.also_when)
    if compiled.message is not None:
        document["message"] = compiled.message.document()
    if rule.remediation is not None:
        document["remediation"] = rule.remediation
    if rule.references:
        document["references"] = list(rule.references)
    return PlanRule(
        id=identity,
        policy=policy.draft.metadata.name,
        digest=digest,
        title=rule.title or rule.id,
        severity=rule.severity,
        enforcement=compiled.draft.enforcement,
        controls=tuple(sorted(set(rule.controls))),
        waivable=rule.waivable,
        max_waiver_days=rule.max_waiver_days,
        when=conditions,
        also_when=compiled.also_when,
        check=spec.kind,
        check_version=spec.version,
        params=compiled.params,
        message=compiled.message,
        remediation=rule.remediation or spec.default_remediation or None,
        applies_from=policy.draft.metadata.applies_from,
        applies_until=policy.draft.metadata.applies_until,
        document=document,
    )


def _in_order(items: Iterable[Json]) -> list[Json]:
    """Sort by canonical bytes: the order in which imports stand must not matter."""
    return sorted(items, key=canonical_bytes)


def _with(params: CheckParams, spec: CheckSpec) -> tuple[dict[str, Json], dict[str, Json]]:
    """Parameters as the plan writes them and as the rule digest hashes them: every default, no unset optional."""
    dumped: dict[str, Any] = params.model_dump(mode="json", by_alias=True, exclude_none=True)
    meaning = dict(dumped)
    for name in spec.texts_of_expressions:
        held = getattr(params, attribute_of(type(params), name))
        if isinstance(held, CompiledText):
            dumped[name] = held.expression.document()
            meaning[name] = held.expression.meaning()
        elif isinstance(held, tuple):
            several = [item.expression for item in held if isinstance(item, CompiledText)]
            dumped[name] = _in_order(item.document() for item in several)
            meaning[name] = _in_order(item.meaning() for item in several)
    return dumped, meaning


def _params(
    policies: Sequence[CompiledPolicy], pairs: Iterable[tuple[int, CompiledPolicy, CompiledRule]]
) -> dict[str, Json]:
    """The parameters that the rules of the stage really use; others cannot change an outcome."""
    used: dict[str, Resolved] = {}
    for _index, policy, rule in pairs:
        names = set(rule.origins.values())
        names.update(name for expression in expressions_of(rule) for name in expression.params)
        if policy.applies_when is not None:
            names.update(policy.applies_when.params)
        used.update({f"{policy.draft.metadata.name}/{name}": policy.params[name] for name in names})
    return {name: used[name].document() for name in sorted(used)}


def _specs(rules: Iterable[CompiledRule]) -> Iterable[CheckSpec]:
    return (rule.draft.spec for rule in rules)


def _registries(rules: Iterable[CompiledRule]) -> Iterable[str]:
    for rule in rules:
        for name in rule.draft.spec.registry_params:
            held = getattr(rule.params, attribute_of(type(rule.params), name))
            if held is not None:
                yield str(held)


def _evidence(
    rules: Sequence[PlanRule],
    chosen: Sequence[CompiledRule],
    schema: EvidenceSchema,
) -> list[Json]:
    """The union of what the rules and their conditions read, by kind of evidence."""
    needs: dict[str, set[str]] = {}
    for rule in chosen:
        for need in rule.draft.spec.needs(rule.params):
            needs.setdefault(need.kind, set()).update(need.reads)
    for condition in (item for rule in rules for item in (*rule.when, *rule.also_when)):
        for path, text in zip(condition.reads, condition.read_texts, strict=True):
            kind = schema.roots[str(path[0])].evidence if str(path[0]) in schema.roots else None
            if kind is not None:
                needs.setdefault(kind, set()).add(text)
    return [{"kind": kind, "reads": sorted(needs[kind])} for kind in sorted(needs)]
