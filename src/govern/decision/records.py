"""Reading an evaluation record back: enough of it to decide again, without the bundle and without running a check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from govern.canonical import Json, canonical_bytes, parse_instant
from govern.decision.evaluation import EVALUATION_SCHEMA, Evaluation, RuleOutcome, Subject
from govern.diagnostics import Diagnostic, GovernError, InputError, Span
from govern.policy.durations import parse as parse_duration
from govern.policy.outcomes import CheckResult, Enforcement, EvidenceRef, Finding, Holds, Outcome, SignedBy, Stage
from govern.policy.sides import Side

__all__ = ["read_evaluation"]

MAX_BYTES = 64 * 1024 * 1024
_MOST_DAYS = 3_650


def read_evaluation(data: bytes, *, file: str = "evaluation.json") -> Evaluation:
    """Read an evaluation record. Its digest is that of the bytes given, whatever of them is understood here.

    Of findings only the codes are read: no decision depends on more of them. Raises InputError (D104) for anything but
    the canonical bytes of an evaluation.
    """
    from govern.inputs.json import parse_json

    try:
        value: object = parse_json(data, file=file, max_bytes=MAX_BYTES, utf16=False)
        if not isinstance(value, dict) or value.get("schema") != EVALUATION_SCHEMA:
            raise _unfit(file, f"its schema is not {EVALUATION_SCHEMA}")
        if canonical_bytes(value) != data:
            raise _unfit(file, "it is not in canonical form")
        return _evaluation(value, data)
    except GovernError as fault:
        if fault.diagnostics[0].code == "D104":
            raise
        raise _unfit(file, fault.diagnostics[0].message) from fault
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise _unfit(file, f"a member is missing or of another type ({type(fault).__name__})") from fault


def _unfit(file: str, why: str) -> InputError:
    hint = "use the .evaluation.json that was written beside the certificate or refusal"
    return InputError(Diagnostic("D104", f"not an evaluation record: {why}", Span(file), hint))


def _evaluation(value: Mapping[str, object], data: bytes) -> Evaluation:
    advisories, lineage = value["advisories"], value["lineage"]
    return Evaluation(
        plan_digest=_sha256(value["plan"]),
        stage=Stage(_text(value["stage"])).value,
        subject=_subject(_map(value["bundle"])),
        policies=(),
        outcomes=_outcomes(_list(value["outcomes"])),
        not_assessed=tuple(_text(item) for item in _list(value["not_assessed"])),
        advisories=None if advisories is None else _map(advisories),  # type: ignore[arg-type]  # parsed JSON
        lineage_digest=None if lineage is None else _sha256(lineage),
        record=data,
    )


def _subject(value: Mapping[str, object]) -> Subject:
    owner = value["owner"]
    return Subject(
        name=_text(value["name"]),
        version=_text(value["version"]),
        digest=_text(_map(value["digest"])["sha256"]),
        model_digest=_sha256(value["model"]),
        layout=_text(value["layout"]),
        files=_count(value["files"]),
        bytes=_count(value["bytes"]),
        owner=None if owner is None else _text(owner),
        principal=_maybe(value.get("principal")),
        developers=tuple(_text(item) for item in _list(value.get("developers", []))),
        validators=tuple(_text(item) for item in _list(value.get("validators", []))),
    )


def _outcomes(values: Sequence[object]) -> tuple[RuleOutcome, ...]:
    made = tuple(_outcome(_map(item)) for item in values)
    if len({item.rule for item in made}) != len(made):
        raise ValueError("a rule is listed twice")
    return made


def _outcome(value: Mapping[str, object]) -> RuleOutcome:
    waivable = value["waivable"]
    if not isinstance(waivable, bool):
        raise TypeError("waivable is not true or false")
    return RuleOutcome(
        rule=_text(value["rule"]),
        policy=_text(value["policy"]),
        rule_digest=_text(value["digest"]),
        title=_text(value["title"]),
        check=_text(value["check"]),
        severity=_text(value["severity"]),
        enforcement=Enforcement(_text(value["enforcement"])),
        controls=tuple(_text(item) for item in _list(value["controls"])),
        waivable=waivable,
        max_waiver_days=_days(value["max_waiver_days"]),
        message=_maybe(value["message"]),
        remediation=_maybe(value["remediation"]),
        reason=_maybe(value["reason"]),
        result=CheckResult(
            outcome=_unwaived(value["outcome"]),
            summary=_text(value["summary"]),
            observed=_maybe(value["observed"]),
            required=_maybe(value["required"]),
            findings=tuple(Finding(code=_text(_map(item)["code"]), detail="") for item in _list(value["findings"])),
            evidence=tuple(_evidence(_map(item)) for item in _list(value["evidence"])),
            holds=tuple(_holds(_map(item)) for item in _list(value["holds"])),
            facts=_facts(value["facts"]),
        ),
    )


def _evidence(value: Mapping[str, object]) -> EvidenceRef:
    bound = value["bound"]
    if not isinstance(bound, bool):
        raise TypeError("bound is not true or false")
    signed = None if value.get("signed_by") is None else _map(value["signed_by"])
    return EvidenceRef(
        name=_text(value["name"]),
        file=_text(value["file"]),
        digest=_text(value["digest"]),
        bound=bound,
        signed_by=None
        if signed is None
        else SignedBy(
            owner=_text(signed["owner"]), keyid=_text(signed["keyid"]), digest=_sha256({"digest": signed["digest"]})
        ),
    )


def _holds(value: Mapping[str, object]) -> Holds:
    start, until = _maybe(value["start"]), _maybe(value["until"])
    for text in (start, until):
        if text is not None:
            parse_instant(text)
    return Holds(otherwise=_unwaived(value["otherwise"]), reason=_text(value["reason"]), start=start, until=until)


def _unwaived(value: object) -> Outcome:
    """Read what a check may say. An evaluation waives nothing: only the decision does that, by a signed waiver."""
    made = Outcome(_text(value))
    if made is Outcome.WAIVED:
        raise ValueError("an evaluation waives nothing")
    return made


def _facts(value: object) -> Json:
    """Read the figures of a check. Those that take part in decisions are held to their form."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind in ("approval-quorum", "approval-separation"):
        _asked_of_people(_map(value))
    if kind == "policy-exceptions":
        _bounds_of_exceptions(_map(value))
    if kind == "dependency-findings":
        for item in _list(_map(value)["findings"]):
            _text(_map(item)["package"])
            _text(_map(item)["version"])
            for name in _list(_map(item)["ids"]):
                _text(name)
    return value  # type: ignore[return-value]  # parsed JSON, and canonical: there are no decimals in it


def _asked_of_people(value: Mapping[str, object]) -> None:
    for item in _list(value["roles"]) if value["kind"] == "approval-quorum" else ():
        _text(_map(item)["role"])
        if _count(_map(item)["count"]) < 1:
            raise ValueError("a quorum of nobody")
    for pair in _list(value["pairs"]) if value["kind"] == "approval-separation" else ():
        first, second = (Side(_text(side)) for side in _list(pair))
        if first is second:
            raise ValueError("a side that is kept apart from itself")
    if "max_age" in value:
        parse_duration(_text(value["max_age"]))


def _bounds_of_exceptions(value: Mapping[str, object]) -> None:
    _days(value["max_days"])
    if not isinstance(value["compensating_control"], bool):
        raise TypeError("compensating_control is not true or false")
    if "max_active" in value and _count(value["max_active"]) < 0:
        raise ValueError("fewer than none")
    for name in (*_list(value["roles"]), *_list(value["for_controls"])):
        _text(name)


def _map(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _list(value: object) -> Sequence[object]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _maybe(value: object) -> str | None:
    return None if value is None else _text(value)


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not a whole number")
    return value


def _days(value: object) -> int:
    made = _count(value)
    if not 0 <= made <= _MOST_DAYS:
        raise ValueError("not a number of days that a waiver may last")
    return made


def _sha256(value: object) -> str:
    return _text(_map(_map(value)["digest"])["sha256"])
