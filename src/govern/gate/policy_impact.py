"""Whom a change of policies would meet: decisions that flip, that stay, and that stored results cannot tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from govern.canonical import Json, JsonObject, digest_of, parse_instant
from govern.checks.replay import NotReplayable, StoredOutcome, rejudge
from govern.decision.decide import outcome_at
from govern.decision.overall import overall
from govern.gate.packs.places import PackPlaces
from govern.gate.policies import Loaded, load_policies
from govern.policy.outcomes import Decision, Enforcement, Holds, Outcome, Stage
from govern.policy.plan import PlanRule

__all__ = ["Impact", "Moved", "Side", "Subject", "collected", "impact_of_bundles", "impact_of_results"]


@dataclass(frozen=True, slots=True)
class Side:
    """One version of policies: their paths, and where their packs are."""

    paths: Sequence[Path]
    places: PackPlaces


@dataclass(frozen=True, slots=True)
class Subject:
    """A model version at a stage, and who owns it."""

    model: str
    owner: str | None
    stage: str
    source: str
    """The file or folder it was read from."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One model whose decision changes, or cannot be told."""

    subject: Subject
    before: Decision
    after: Decision | None
    """None where it cannot be told."""
    rules: tuple[tuple[str, str, str], ...]
    """(rule, outcome before, outcome after or the reason why there is none)."""

    def document(self) -> dict[str, Json]:
        """The model as canonical JSON."""
        return {
            "model": self.subject.model,
            "owner": self.subject.owner,
            "stage": self.subject.stage,
            "source": self.subject.source,
            "before": self.before.value,
            "after": None if self.after is None else self.after.value,
            "rules": [{"rule": rule, "before": old, "after": new} for rule, old, new in self.rules],
        }


@dataclass(frozen=True, slots=True)
class Impact:
    """What became of every model that was looked at."""

    flips: tuple[Moved, ...]
    unchanged: int
    not_replayable: tuple[Moved, ...]

    def document(self) -> dict[str, Json]:
        """The impact as canonical JSON."""
        return {
            "flips": [item.document() for item in self.flips],
            "unchanged": self.unchanged,
            "not_replayable": [item.document() for item in self.not_replayable],
        }


def collected(items: Sequence[Moved]) -> Impact:
    """Sort what became of the models into flips, unchanged ones, and those that cannot be told."""
    ordered = sorted(items, key=lambda item: (item.subject.model, item.subject.stage, item.subject.source))
    return Impact(
        flips=tuple(item for item in ordered if item.after is not None and item.after is not item.before),
        unchanged=sum(item.after is item.before for item in ordered),
        not_replayable=tuple(item for item in ordered if item.after is None),
    )


# --- stored results


@dataclass(frozen=True, slots=True)
class _Versions:
    """Both versions compiled for one stage."""

    old: Mapping[str, PlanRule]
    new: Mapping[str, PlanRule]
    policies: frozenset[str]
    """Policies of either side: what a result holds of others is not touched."""


def impact_of_results(old: Side, new: Side, results: Sequence[tuple[str, JsonObject]]) -> tuple[Moved, ...]:
    """Decide stored results again under the new policies, from the figures they keep.

    The clock of each result is kept; waivers and votes count as they did where their rule is the same.
    Raises InputError R101 for a document that is no result, PolicyError for policies that do not compile.
    """
    from govern.report.result import Result

    versions: dict[str, _Versions] = {}
    made: list[Moved] = []
    for source, document in results:
        stage = Result.from_document(document).stage
        if stage not in versions:
            versions[stage] = _versions(old, new, Stage(stage))
        made.append(_replayed(source, document, versions[stage]))
    return tuple(made)


def _versions(old: Side, new: Side, stage: Stage) -> _Versions:
    before, after = (load_policies(side.paths, stage=stage, places=side.places) for side in (old, new))
    names = {item.name for side in (before, after) for item in side.plan.policies}
    return _Versions(_rules(before), _rules(after), frozenset(names))


def _rules(loaded: Loaded) -> dict[str, PlanRule]:
    return {rule.id: rule for rule in loaded.plan.rules}


def _replayed(source: str, document: Any, versions: _Versions) -> Moved:
    model = document["model"]
    name = " ".join(part for part in (model["name"], model["version"]) if part) or "a model without a name"
    subject = Subject(name, model["owner"], document["stage"], source)
    before = Decision(document["decision"])
    if document["refused"] is not None:
        return Moved(subject, before, before, ())  # no policy changes that a bundle could not be opened
    stored = {item["rule"]: item for item in document["outcomes"]}
    by_digest = {item["digest"]: item for item in document["outcomes"]}
    clock = parse_instant(document["clock"])
    known = [
        (Enforcement(item["enforcement"]), Outcome(item["outcome"]))
        for item in stored.values()
        if item["policy"] not in versions.policies
    ]
    moves: list[tuple[str, str, str]] = []
    unknown: list[tuple[str, str, str]] = []
    enforcements: list[Enforcement] = []
    for rule in versions.new.values():
        held = stored.get(rule.id) or by_digest.get(rule.digest)
        was = "not asked" if held is None else str(held["outcome"])
        found = _outcome(rule, held, versions.old.get(rule.id), clock)
        if isinstance(found, NotReplayable):
            unknown.append((rule.id, was, f"not replayable: {found.why}"))
            enforcements.append(rule.enforcement)
            continue
        known.append((rule.enforcement, found))
        if _counts(held, found, rule):
            moves.append((rule.id, was, f"{found.value} ({rule.enforcement.value})"))
    moves += [
        (name, item["outcome"], "no longer asked")
        for name, item in stored.items()
        if item["policy"] in versions.policies and name not in versions.new
    ]
    after = _settled(known, enforcements)
    told = [*moves, *unknown] if after is not before else moves
    return Moved(subject, before, after, tuple(sorted(told)))


def _counts(held: Any, found: Outcome, rule: PlanRule) -> bool:
    return held is None or held["outcome"] != found.value or held["enforcement"] != rule.enforcement.value


def _settled(known: Sequence[tuple[Enforcement, Outcome]], unknown: Sequence[Enforcement]) -> Decision | None:
    """Give the decision when it is the same whatever the rules that cannot be replayed come to, else None."""
    could = (Outcome.PASS, Outcome.FAIL, Outcome.MISSING_EVIDENCE, Outcome.NOT_APPLICABLE)
    found = {overall([*known, *((item, outcome) for item in unknown)]) for outcome in could}
    return found.pop() if len(found) == 1 else None


def _outcome(rule: PlanRule, held: Any, old: PlanRule | None, clock: datetime) -> Outcome | NotReplayable:
    """Give what a stored result says of a rule of the new policies at the result's own clock."""
    if held is None:
        return NotReplayable("the rule is new, and no figures of it are stored")
    evaluated = Outcome(held["evaluated"])
    if held["digest"] == rule.digest:
        if held["outcome"] == Outcome.WAIVED.value:
            return _still_waived(rule, old)
        if Outcome(held["outcome"]) is not outcome_at(evaluated, _holds(held), clock)[0]:
            return Outcome(held["outcome"])  # votes were counted, and count still
        return outcome_at(evaluated, _holds_under(rule, held), clock)[0]
    if old is None or old.digest != held["digest"]:
        return NotReplayable("the result was made with another version of the rule")
    if old.check != rule.check:
        return NotReplayable(f"the check changed from {old.check} to {rule.check}")
    if _meaning(old) != _meaning(rule):
        return NotReplayable("the conditions of the rule changed, and facts are not stored")
    if evaluated is Outcome.NOT_APPLICABLE:
        return evaluated
    found = rejudge(rule.check, old.params, rule.params, StoredOutcome(evaluated, held["observed"], held["facts"]))
    if isinstance(found, NotReplayable):
        return found
    return outcome_at(found, _holds_under(rule, held), clock)[0]  # a waiver of the old rule does not cover the new one


def _still_waived(rule: PlanRule, old: PlanRule | None) -> Outcome | NotReplayable:
    if not rule.waivable or (old is not None and rule.max_waiver_days < old.max_waiver_days) or old is None:
        return NotReplayable("a waiver covered it, and the rule may not allow that waiver any more")
    return Outcome.WAIVED


def _meaning(rule: PlanRule) -> str:
    also = sorted(digest_of(item.meaning()) for item in rule.also_when)
    return digest_of({"when": [item.meaning() for item in rule.when], "also_when": also})


def _holds(held: Any) -> Iterator[Holds]:
    for item in held["holds"]:
        otherwise = Outcome(item["otherwise"])
        yield Holds(otherwise=otherwise, reason=item["reason"], start=item["start"], until=item["until"])


def _holds_under(rule: PlanRule, held: Any) -> tuple[Holds, ...]:
    """What ends by the evidence as it was stored; when the law is in force, as the new policy says."""
    evidence = [item for item in _holds(held) if item.otherwise is not Outcome.NOT_APPLICABLE]
    return (*evidence, *rule.in_force)


# --- bundles


def impact_of_bundles(
    old: Side,
    new: Side,
    bundles: Sequence[Path],
    *,
    stage: Stage,
    clock: datetime,
    advisories: Path | None = None,
) -> tuple[Moved, ...]:
    """Check each bundle under both versions. Raises as `gate.check.check` does."""
    return tuple(_checked(old, new, bundle, stage, clock, advisories) for bundle in bundles)


def _checked(old: Side, new: Side, bundle: Path, stage: Stage, clock: datetime, advisories: Path | None) -> Moved:
    from govern.gate.check import CheckRequest, Refused, check

    before, after = (
        check(
            CheckRequest(
                bundle=bundle,
                stage=stage,
                policies=side.paths,
                places=side.places,
                clock=clock,
                advisories=advisories,
            )
        )
        for side in (old, new)
    )
    if isinstance(before, Refused) or isinstance(after, Refused):
        refused = before if isinstance(before, Refused) else after
        why = refused.diagnostics[0].message if isinstance(refused, Refused) else ""
        return Moved(Subject(bundle.name, None, stage.value, str(bundle)), Decision.UNDECIDED, None, (("", "", why),))
    held = before.evaluation.subject
    subject = Subject(f"{held.name} {held.version}", held.owner, stage.value, str(bundle))
    was = {item.rule.rule: item for item in before.decision.settled}
    now = {item.rule.rule: item for item in after.decision.settled}
    moves = []
    for name in sorted(was.keys() | now.keys()):
        first = was[name].outcome.value if name in was else "not asked"
        second = f"{now[name].outcome.value} ({now[name].rule.enforcement.value})" if name in now else "no longer asked"
        same = name in was and name in now and was[name].rule.enforcement is now[name].rule.enforcement
        if not same or was[name].outcome is not now[name].outcome:
            moves.append((name, first, second))
    return Moved(subject, before.decision.decision, after.decision.decision, tuple(moves))
