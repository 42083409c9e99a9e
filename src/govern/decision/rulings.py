"""What a ruling means to a reader: its diagnostic code, what is the matter, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from govern.canonical import instant_text
from govern.decision.waivers import Ruling, VerifiedWaiver
from govern.policy.outcomes import Outcome
from govern.records import record

__all__ = ["RULING_CODES", "UNUSED_CODE", "RulingNote", "is_unused", "note_on", "words_for"]

UNUSED_CODE = "D215"
"""A waiver of a rule that needs none."""

_TEXTS: Mapping[Ruling, tuple[str, str, str]] = {
    Ruling.BAD_SIGNATURE: (
        "D201",
        "has a signature, or a proof of the log, that does not hold",
        "have it signed again; see what is wrong: govern verify FILE --kind waiver",
    ),
    Ruling.REVOKED: ("D202", "was revoked before this was decided", "have another signed, or mend what the rule found"),
    Ruling.WRONG_SUBJECT: (
        "D203",
        "is for another model, version or bundle",
        "have one signed for this bundle, or for this version: govern waive --versions",
    ),
    Ruling.WRONG_STAGE: (
        "D204",
        "does not hold for the stage {stage}",
        "have one signed for it: govern waive --stages",
    ),
    Ruling.WRONG_RULE: (
        "D205",
        "is for the rule {rule}, which is not asked here",
        "name the rule as <policy>/<rule>, or take the waiver out of the folder",
    ),
    Ruling.RULE_CHANGED: (
        "D206",
        "is for the rule as it was before it changed",
        "have the exception judged anew: govern waive with the new evaluation",
    ),
    Ruling.RULE_NOT_WAIVABLE: ("D207", "is for a rule that may not be waived", "mend what the rule found"),
    Ruling.OUTCOME_NOT_COVERABLE: (
        "D208",
        "does not cover the outcome {outcome}",
        "an error, evidence of another model or a vote against can never be waived; the rest by name: --covers",
    ),
    Ruling.NOT_YET_VALID: ("D209", "{held}", "wait until it begins, or have one signed that begins now"),
    Ruling.EXPIRED: ("D210", "{held}", "mend what the rule found, or have the exception judged anew"),
    Ruling.TOO_LONG: (
        "D211",
        "lasts longer than the rule allows",
        "have one signed within max_waiver_days of the rule",
    ),
    Ruling.APPROVER_NOT_ALLOWED: (
        "D212",
        "is signed by somebody who may not sign it",
        "have it signed by a holder of the role waiver: govern trust show",
    ),
    Ruling.APPROVER_IS_OWNER: (
        "D213",
        "is signed by {approver}, who owns, develops or submitted the model",
        "somebody else must sign it",
    ),
    Ruling.WORSE_THAN_WAIVED: (
        "D214",
        "reaches less far than what was found",
        "have the exception judged anew, on what is found now",
    ),
}
_UNUSED = (
    UNUSED_CODE,
    "waives nothing: the rule is {outcome}",
    "take it out of the folder when it is not needed again",
)

RULING_CODES: Mapping[Ruling, str] = {ruling: texts[0] for ruling, texts in _TEXTS.items()}
"""Ruling -> diagnostic code. A waiver that was applied has none."""


@record
class RulingNote:
    """Why a waiver did not help."""

    code: str
    detail: str
    """What is the matter, such that `the waiver <detail>` is a sentence."""
    remediation: str


def is_unused(ruling: Ruling, evaluated: Outcome) -> bool:
    """Whether a waiver did not help because its rule needs none."""
    return ruling is Ruling.OUTCOME_NOT_COVERABLE and evaluated in (Outcome.PASS, Outcome.NOT_APPLICABLE)


def note_on(ruling: Ruling, waiver: VerifiedWaiver, *, outcome: Outcome, stage: str) -> RulingNote | None:
    """Say why a waiver did not help an outcome (the one before waiving); None for one that was applied."""
    if ruling is Ruling.APPLIED:
        return None
    code, text, hint = _UNUSED if is_unused(ruling, outcome) else _TEXTS[ruling]
    held = f"held from {instant_text(waiver.not_before)} to {instant_text(waiver.expires)}, not when this was decided"
    facts = {
        "rule": waiver.rule,
        "stage": stage,
        "outcome": outcome.value.replace("_", " "),
        "approver": waiver.approver,
        "held": held,
    }
    return RulingNote(code, text.format_map(facts), hint)


def words_for(ruling: Ruling, waiver: VerifiedWaiver, *, outcome: Outcome, stage: str) -> str:
    """Give the detail of a note followed by the ruling's own name; nothing for an applied one."""
    note = note_on(ruling, waiver, outcome=outcome, stage=stage)
    return "" if note is None else f"{note.detail}: {ruling.value}"
