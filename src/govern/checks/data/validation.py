"""Check kind `data.validation`: did a data-validation tool look at the model's data, and were they as expected?

The tool's own success decides nothing. Items are judged one by one: by their severity, by the rule's tolerance, and by
whether they looked at anything at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from govern.checks.context import CheckContext
from govern.checks.data.facts import facts_of
from govern.checks.data.findings import MOST_FINDINGS, Remark, finding_of_remark, note_of, told
from govern.checks.data.params import ValidationParams
from govern.checks.data.sameness import other_data
from govern.checks.interface import Check
from govern.checks.tool_evidence import Gathered, Item, gather, places
from govern.evidence.tools.quality import DataQuality, QualityItem
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Location, Outcome, Stage

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = ["CHECKS", "judge", "judged"]

_WANTED = "a result of Great Expectations, Deepchecks or Giskard"
_RANK = (Outcome.PASS, Outcome.MISSING_EVIDENCE, Outcome.FAIL, Outcome.ERROR)
"""From the best to the worst: what an item failed is not made better by not knowing something else."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """What one file came to."""

    item: Item[DataQuality]
    remarks: tuple[Remark, ...]
    elsewhere: tuple[Finding, ...]
    """Findings about which data it is of."""
    refs: tuple[EvidenceRef, ...]

    @property
    def outcome(self) -> Outcome:
        found = [remark.outcome for remark in self.remarks if remark.outcome is not None]
        return max([*found, *(Outcome.MISSING_EVIDENCE for _ in self.elsewhere)], key=_RANK.index, default=Outcome.PASS)


def judged(item: QualityItem, params: ValidationParams) -> bool:
    """Say whether an item counts: critical, of a severity that is listed, or of a type that is."""
    return is_critical(item) or item.severity in params.severities or item.type in params.must_include


def is_critical(item: QualityItem) -> bool:
    """Say whether an item is critical; one without a known severity is."""
    return item.severity not in ("warning", "info")


def _evaluate(params: ValidationParams, context: CheckContext) -> CheckResult:
    gathered = gather(params, context, DataQuality, name="data-quality results", wanted=_WANTED, speaks_of="data")
    if isinstance(gathered, CheckResult):
        return gathered
    files = [_file(item, params, context) for item in gathered.items]
    outcome = max((file.outcome for file in files), key=_RANK.index)
    findings = [finding for file in files for finding in _findings(file)]
    findings.sort(key=lambda pair: -_RANK.index(pair[0]))
    remarks = [remark for file in files for remark in file.remarks]
    asked = [item for file in files for item in file.item.body.items if judged(item, params)]
    failed = [remark for remark in remarks if remark.outcome in (Outcome.FAIL, Outcome.ERROR)]
    return CheckResult(
        outcome=outcome,
        summary=_summary(outcome, files, len(asked), failed),
        findings=tuple(finding for _rank, finding in findings[:MOST_FINDINGS]) + gathered.notes,
        evidence=_refs(gathered, files),
        observed=f"{len(failed)} of {len(asked)} failed" if asked else "nothing was evaluated",
        required="0 failed",
        fields={
            "evaluated": str(sum(file.item.body.evaluated for file in files)),
            "failed": str(len(failed)),
            "first": told(failed[0]) if failed else "",
        },
        holds=gathered.holds,
        facts=facts_of([file.item for file in files], gathered.refs, lambda item: judged(item, params)),
    )


def _file(item: Item[DataQuality], params: ValidationParams, context: CheckContext) -> _Judged:
    elsewhere, refs = other_data(item, context) if params.same_data else ((), ())
    return _Judged(item, judge(item.body, params), elsewhere, refs)


def judge(body: DataQuality, params: ValidationParams) -> tuple[Remark, ...]:
    """Say what is to be said of a result, whatever data it is of. Without an outcome in any remark it is a pass."""
    remarks = [remark for item in body.items if (remark := _item(item, params)) is not None]
    return (*remarks, *_lacking(body, params))


def _item(item: QualityItem, params: ValidationParams) -> Remark | None:
    """Judge one item; None for one that is in order."""
    if item.verdict == "error":
        return Remark("E105", item, Outcome.ERROR)
    counts = judged(item, params)
    required = item.type in params.must_include
    if item.verdict == "not_evaluated":
        waits = counts and (required or not item.optional)
        return Remark("E167", item, Outcome.MISSING_EVIDENCE if waits else None)
    if item.verdict == "fail":
        return Remark("E161", item, Outcome.FAIL) if counts else Remark("E168", item, None)
    if not counts:
        return None
    tolerated = _tolerated(item, params)
    if not item.counted and item.mostly is not None and 1 - item.mostly > tolerated:
        return Remark("E167", item, Outcome.MISSING_EVIDENCE)
    if item.share is not None and item.share > tolerated:
        return Remark("E164", item, Outcome.FAIL)
    return None


def _tolerated(item: QualityItem, params: ValidationParams) -> Fraction:
    """Give the share of values that may be wrong: by the rule, or by the expectation where that is stricter."""
    from fractions import Fraction

    least = Fraction(params.min_mostly)
    return 1 - least if item.share is None else 1 - max(least, Fraction(1) if item.mostly is None else item.mostly)


def _lacking(body: DataQuality, params: ValidationParams) -> list[Remark]:
    """Say what was not evaluated at all: empty suites, too few expectations, types that the rule names."""
    lacking = [
        Remark("E104", None, Outcome.MISSING_EVIDENCE, steps=suite.steps, about=suite.name or "")
        for suite in body.suites
        if not suite.items
    ]
    if not body.suites:
        lacking.append(Remark("E104", None, Outcome.MISSING_EVIDENCE))
    done = [item for item in body.items if item.verdict in ("pass", "fail")]
    count = sum(is_critical(item) for item in done)
    if count < params.min_evaluated and not lacking:
        lacking.append(
            Remark("E162", None, Outcome.MISSING_EVIDENCE, observed=str(count), required=f">= {params.min_evaluated}")
        )
    types = {item.type for item in body.items}
    lacking += [
        Remark("E163", None, Outcome.MISSING_EVIDENCE, about=name, observed="absent", required="evaluated")
        for name in params.must_include
        if name not in types
    ]
    return lacking


def _findings(file: _Judged) -> list[tuple[Outcome, Finding]]:
    """Give a file's findings with what they come to. Looking up places is slow, so they are looked up together."""
    told_of = sorted(file.remarks, key=lambda remark: -_RANK.index(remark.outcome or Outcome.PASS))[:MOST_FINDINGS]
    where = places(file.item.evidence, {remark.place for remark in told_of})
    made = [
        (remark.outcome or Outcome.PASS, finding_of_remark(remark, file.item, where[remark.place]))
        for remark in told_of
    ]
    made += [(Outcome.MISSING_EVIDENCE, finding) for finding in file.elsewhere]
    left = len(file.remarks) - len(told_of)
    if left:
        made.append((Outcome.PASS, note_of(left, Location(file.item.file))))
    return made


def _refs(gathered: Gathered[DataQuality], files: Sequence[_Judged]) -> tuple[EvidenceRef, ...]:
    return tuple(dict.fromkeys([*gathered.refs, *(ref for file in files for ref in file.refs)]))


def _summary(outcome: Outcome, files: Sequence[_Judged], asked: int, failed: Sequence[Remark]) -> str:
    count = f"{len(files)} results" if len(files) > 1 else f"{files[0].item.body.suite or 'the suite'}"
    if failed:
        more = f"; {len(failed) - 1} more" if len(failed) > 1 else ""
        return f"{len(failed)} of {asked} expectations that count are not met: {told(failed[0])}{more}."
    if outcome is Outcome.PASS:
        return f"All {asked} expectations that count are met ({count})."
    remarks = [remark for file in files for remark in file.remarks if remark.outcome is outcome]
    if remarks:
        return f"Not shown ({count}): {told(remarks[0])}."
    return "The result does not name the model's data, so it says nothing about them."


def _needs(_params: ValidationParams) -> tuple[EvidenceNeed, ...]:
    return (EvidenceNeed("data_quality"),)


CHECKS: tuple[Check, ...] = (
    Check(
        spec=CheckSpec(
            kind="data.validation",
            version=1,
            summary="Passes when every expectation that counts was evaluated on the model's data and is met.",
            cannot_show="That the expectations ask what matters, nor that the tool ran as the file says; without "
            "`bound` or signed envelopes a file is the word of whoever handed it in. Giskard's and Deepchecks' files "
            "hold no totals: what was cut out of them is not seen.",
            params=ValidationParams,
            needs=_needs,
            default_stages=(Stage.PRE_TRAINING, Stage.PRE_REGISTRATION),
            comes_to=(Outcome.PASS, Outcome.FAIL, Outcome.MISSING_EVIDENCE),
            message_fields=("evaluated", "failed", "first"),
            default_remediation="Correct the data, validate them again, and bind the result with govern evidence add.",
        ),
        evaluate=_evaluate,
    ),
)
"""The family's kinds."""
