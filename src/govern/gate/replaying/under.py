"""Judging what a pack holds under other policies, or on another day: never the decision that was signed.

The counts and figures that the evaluation record keeps are held against the rules of other policies, by the same
functions that judge a change of policies beforehand (`checks.replay`). No check is run again, so nothing depends on
evidence that was withheld; what the stored figures do not settle cannot be told, and is said so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govern.attestation.pack.index import Role
from govern.attestation.pack.reading import Pack, read_pack
from govern.checks.fairness.again import judge_counts
from govern.checks.fairness.declared import DECLARED, expanded
from govern.checks.replay import NotReplayable, StoredOutcome, rejudge
from govern.decision.decide import outcome_at
from govern.decision.overall import overall
from govern.diagnostics import InputError
from govern.gate.files import read_file
from govern.gate.packs.places import PackPlaces
from govern.gate.policies import load_policies
from govern.gate.replaying.authentic import Authentic, TrustGiven, authenticate
from govern.gate.replaying.plan import recorded_parameters, recorded_plan, refuse_unavailable
from govern.gate.replaying.rebuild import Rebuilt, private_folder, rebuild
from govern.gate.replaying.replay import opened_pack, recorded_inputs
from govern.inputs.json import parse_json
from govern.policy.outcomes import Decision, Enforcement, Holds, Outcome, Stage

if TYPE_CHECKING:
    from govern.attestation.pack.claims import Named
    from govern.checks.context import CheckContext
    from govern.policy.interface import CheckParams
    from govern.policy.plan import Plan, PlanPolicy, PlanRule

__all__ = ["JudgedRule", "JudgedUnder", "UnderRequest", "judge_under"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderRequest:
    """What the auditor asks."""

    pack: Path
    scratch: Path
    policies: tuple[Path, ...]
    """The policies to judge under."""
    places: PackPlaces
    at: datetime | None = None
    """The day to judge at; None for the clock of the decision."""
    trust: Path | None = None
    earlier_trust: tuple[Path, ...] = ()
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRule:
    """One rule of the other policies."""

    rule: str
    enforcement: Enforcement
    stored_as: str | None
    """The rule of the signed decision whose figures were judged; None where no figures fit."""
    was: str | None
    """Its outcome in the signed decision."""
    now: Outcome | None
    """None where the stored figures do not tell."""
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedUnder:
    """What came of it."""

    pinned: bool
    authentic: Authentic
    signed_at: datetime | None = None
    at: datetime | None = None
    policies: tuple[PlanPolicy, ...] = ()
    rules: tuple[JudgedRule, ...] = ()
    was: Decision | None = None
    now: Decision | None = None
    """None where it hangs on a rule that cannot be told."""

    @property
    def exit_code(self) -> int:
        """4 damaged or invalid; 3 what is stored does not tell; else 1: whatever it is, it is not what was signed."""
        if not self.authentic.holds:
            return 4
        return 3 if self.now is None else 1


def judge_under(request: UnderRequest) -> JudgedUnder:
    """Judge the stored figures of a pack under other policies.

    Raises PolicyError for policies that do not compile, UsageError U103 and P602 and IntegrityError as `replay` does,
    InputError A621 when the pack cannot be unpacked and A609 when it has no clock.
    """
    given = TrustGiven(
        root=None if request.trust is None else read_file(request.trust),
        earlier=tuple(read_file(path) for path in request.earlier_trust),
        fingerprint=request.fingerprint,
    )
    with opened_pack(request.pack) as stream:
        pack = read_pack(stream)
        authentic = authenticate(pack, given)
        if authentic.named is None or not authentic.holds:
            return JudgedUnder(pinned=given.pinned, authentic=authentic)
        refuse_unavailable(recorded_plan(pack))
        with private_folder(request.scratch) as root:
            parts = rebuild(pack, root)
            return _judged(request, pack, authentic, parts, pinned=given.pinned)


def _judged(request: UnderRequest, pack: Pack, authentic: Authentic, parts: Rebuilt, *, pinned: bool) -> JudgedUnder:
    named = authentic.named
    assert named is not None
    clock, _submitter = recorded_inputs(pack.need(Role.DECISION))
    stage, params = Stage(named.stage), recorded_parameters(recorded_plan(pack))
    old = load_policies(parts.policies, stage=stage, places=parts.places, params=params).plan
    new = load_policies(request.policies, stage=stage, places=request.places).plan
    desk = _Desk(old, _stored(pack), _context(parts, named), request.at or clock)
    rules = tuple(desk.rule(rule) for rule in new.rules)
    document = _document(pack, Role.DECISION)
    return JudgedUnder(
        pinned=pinned,
        authentic=authentic,
        signed_at=clock,
        at=desk.at,
        policies=new.policies,
        rules=rules,
        was=Decision(document["decision"]),
        now=_overall(rules),
    )


def _document(pack: Pack, role: Role) -> Any:
    data = pack.need(role)
    return parse_json(data, file=role.value, max_bytes=len(data), utf16=False)


def _overall(rules: Sequence[JudgedRule]) -> Decision | None:
    """Give the decision when it is the same whatever the rules that cannot be told come to."""
    known = [(rule.enforcement, rule.now) for rule in rules if rule.now is not None]
    unknown = [rule.enforcement for rule in rules if rule.now is None]
    could = (Outcome.PASS, Outcome.FAIL, Outcome.MISSING_EVIDENCE, Outcome.NOT_APPLICABLE)
    found = {overall([*known, *((item, outcome) for item in unknown)]) for outcome in could}
    return found.pop() if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the records keep of one rule."""

    evaluated: Outcome
    settled: str
    """After the clock, waivers and votes."""
    observed: str | None
    facts: Any
    holds: tuple[Holds, ...]
    bound: bool
    """Whether all its evidence names model and data."""
    digest: str


def _stored(pack: Pack) -> dict[str, _Stored]:
    evaluation, decision = _document(pack, Role.EVALUATION), _document(pack, Role.DECISION)
    settled = {item["rule"]: str(item["outcome"]) for item in decision["outcomes"]}
    return {
        item["rule"]: _Stored(
            evaluated=Outcome(item["outcome"]),
            settled=settled.get(item["rule"], str(item["outcome"])),
            observed=item["observed"],
            facts=item["facts"],
            holds=tuple(_holds(item["holds"])),
            bound=bool(item["evidence"]) and all(ref["bound"] for ref in item["evidence"]),
            digest=str(item["digest"]),
        )
        for item in evaluation["outcomes"]
    }


def _holds(items: Any) -> Iterator[Holds]:
    """What ends by the evidence; when a law is in force, the policies that are judged under say."""
    for item in items:
        otherwise = Outcome(item["otherwise"])
        if otherwise is not Outcome.NOT_APPLICABLE:
            yield Holds(otherwise=otherwise, reason=item["reason"], start=item["start"], until=item["until"])


def _context(parts: Rebuilt, named: Named) -> CheckContext | None:
    """The bundle as far as it is in the pack: for conditions, and for the groups that the model declares."""
    from govern.bundle import open_bundle
    from govern.checks.context import CheckContext

    try:
        bundle = open_bundle(parts.bundle, name=named.model, version=named.version, withheld=parts.withheld)
    except InputError:
        return None
    if bundle.record_file is None or bundle.files[bundle.record_file].withheld is not None:
        return None
    return CheckContext(bundle=bundle, stage=named.stage)


@dataclass(frozen=True, slots=True)
class _Desk:
    old: Plan
    stored: Mapping[str, _Stored]
    context: CheckContext | None
    at: datetime

    def rule(self, rule: PlanRule) -> JudgedRule:
        """Judge one rule: by the figures of the rule of its name, else of the first rule of its kind that has them."""
        if (rule.when or rule.also_when) and self.context is None:
            return self._told(rule, None, NotReplayable("its conditions read a model record that is not in the pack"))
        if self.context is not None:
            reason = rule.switched_off(self.context)
            if reason is not None:
                return self._told(rule, None, Outcome.NOT_APPLICABLE, reason)
        same_kind = [item for item in self.old.rules if item.check == rule.check and item.id in self.stored]
        same_kind.sort(key=lambda item: (item.id != rule.id, item.id))
        first: tuple[PlanRule, NotReplayable] | None = None
        for item in same_kind:
            found = self._by(rule, item)
            if not isinstance(found, NotReplayable):
                return self._told(rule, item, found)
            first = first or (item, found)
        for item in self._counted(rule):
            found = self._from_counts(rule, item)
            if not isinstance(found, NotReplayable):
                return self._told(rule, item, found)
        if first is not None:
            return self._told(rule, first[0] if first[0].id == rule.id else None, first[1])
        out_of_force = self._out_of_force(rule)
        if out_of_force is not None:
            return self._told(rule, None, Outcome.NOT_APPLICABLE, out_of_force)
        return self._told(rule, None, NotReplayable(f"no figures of a rule of the kind {rule.check} are stored"))

    def _out_of_force(self, rule: PlanRule) -> str | None:
        """Why the rule is no law on that day, whatever its check would find."""
        settled, why = outcome_at(Outcome.PASS, rule.in_force, self.at)
        return why if settled is Outcome.NOT_APPLICABLE else None

    def _by(self, rule: PlanRule, item: PlanRule) -> Outcome | NotReplayable:
        held = self.stored[item.id]
        if self._out_of_force(rule) is not None:
            return Outcome.NOT_APPLICABLE
        if held.evaluated is Outcome.NOT_APPLICABLE:
            return NotReplayable("the rule did not apply when the decision was made, and nothing was measured")
        before, after = self._alike(item.params, rule.params, held)
        if held.digest == item.digest and before == after:
            found: Outcome | NotReplayable = held.evaluated  # the very question that was asked
        else:
            found = rejudge(rule.check, before, after, StoredOutcome(held.evaluated, held.observed, held.facts))
        if isinstance(found, NotReplayable):
            return found
        return outcome_at(found, (*held.holds, *rule.in_force), self.at)[0]

    def _counted(self, rule: PlanRule) -> list[PlanRule]:
        """Rules on groups whose stored counts could answer this one, whatever they asked of them."""
        groups = "fairness."
        fits = [item for item in self.old.rules if item.check.startswith(groups) and item.id in self.stored]
        return sorted(fits, key=lambda item: item.id) if rule.check.startswith(groups) else []

    def _from_counts(self, rule: PlanRule, item: PlanRule) -> Outcome | NotReplayable:
        held, params = self.stored[item.id], self._written_out(rule.params)
        if params.bound and not held.bound:
            return NotReplayable("the counts are of evidence that does not name model and data")
        if params.max_age is not None or params.min_grade > item.params.min_grade:
            return NotReplayable("how old or how well made the evidence was is not stored with the counts")
        found = judge_counts(rule.check, params, held.facts)
        if isinstance(found, NotReplayable):
            return found
        return outcome_at(found, (*held.holds, *rule.in_force), self.at)[0]

    def _alike(self, old: CheckParams, new: CheckParams, held: _Stored) -> tuple[CheckParams, CheckParams]:
        """Take out what does not differ on this evidence: that it be bound, and names that the model record fills."""
        if old.bound != new.bound and held.bound:
            old = old.model_copy(update={"bound": new.bound})
        return self._written_out(old), self._written_out(new)

    def _written_out(self, params: CheckParams) -> CheckParams:
        tables = getattr(params, "tables", ())
        names = {name for table in tables if isinstance(table, tuple) for name in table}
        groups = None if self.context is None else self.context.bundle.record.spec.groups
        if not names & {*DECLARED} or groups is None or not hasattr(params, "attributes"):
            return params
        return params.model_copy(
            update={"attributes": expanded(params.tables, groups.attributes, groups.intersections)}  # type: ignore[attr-defined]  # has just been asked for
        )

    def _told(
        self, rule: PlanRule, item: PlanRule | None, found: Outcome | NotReplayable, why: str | None = None
    ) -> JudgedRule:
        held = None if item is None else self.stored[item.id]
        out_of_force = self._out_of_force(rule)
        told = isinstance(found, Outcome)
        reason = why if told else found.why  # type: ignore[union-attr]  # told apart above
        if found is Outcome.NOT_APPLICABLE and why is None:
            reason = out_of_force
        return JudgedRule(
            rule=rule.id,
            enforcement=rule.enforcement,
            stored_as=None if item is None else item.id,
            was=None if held is None else held.settled,
            now=found if isinstance(found, Outcome) else None,
            why=reason,
        )
