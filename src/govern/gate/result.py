"""The result document: what every output format, the report and the board render (schemas/result.schema.json)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from govern import __version__
from govern.attestation.kinds import WAIVER
from govern.attestation.people import Waiver
from govern.bundle.reading import UNNAMED
from govern.canonical import Json, instant_text
from govern.decision.rulings import note_on
from govern.decision.waivers import Ruling
from govern.gate.check import Checked, Refused
from govern.gate.lineage import with_verdicts
from govern.policy.outcomes import Decision, Enforcement, Outcome

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.decision.decide import Settled

__all__ = ["RESULT_SCHEMA", "refused_document", "result_document"]

RESULT_SCHEMA = "urn:govern:result:v1"


def result_document(
    checked: Checked,
    *,
    exit_code: int,
    certificate: Mapping[str, Json] | None = None,
    timings: Mapping[str, Json] | None = None,
) -> dict[str, Json]:
    """Build the result of a decided bundle. `timings` is the only member that may differ between two runs."""
    evaluation, decision = checked.evaluation, checked.decision
    document = _frame(checked)
    document |= {
        "decision": decision.decision.value,
        "exit_code": exit_code,
        "model": _model(checked.bundle),
        "outcomes": [_outcome(item, evaluation.subject.name, checked) for item in decision.settled],
        "evidence": [item.document() for item in evaluation.evidence()],
        "advisories": _advisories(checked),
        "lineage": with_verdicts(checked.lineage, decision),
        "manifest": {
            "digest": checked.bundle.digest,
            "files": evaluation.subject.files,
            "bytes": evaluation.subject.bytes,
        },
        "files": _files(checked),
        "evaluation": {"digest": evaluation.digest},
        "decision_record": {
            "digest": decision.digest,
            "holds_until": None if decision.holds_until is None else instant_text(decision.holds_until),
        },
        "certificate": certificate,
        "summary": _summary(decision.settled),
        "refused": None,
        "waivers": _waivers(checked),
        "approvals": _approvals(checked),
    }
    if timings is not None:
        document["timings"] = timings
    return document


def refused_document(refused: Refused, *, exit_code: int) -> dict[str, Json]:
    """Build the result of a bundle that could not be opened: undecided, without digest or outcomes."""
    document = _frame(refused)
    document |= {
        "decision": Decision.UNDECIDED.value,
        "exit_code": exit_code,
        "model": {
            "name": refused.request.name,
            "version": refused.request.version,
            "digest": None,
            "model_digest": None,
            "owner": None,
            "purpose": None,
            "risk_tier": None,
        },
        "outcomes": [],
        "evidence": [],
        "advisories": None,
        "lineage": None,
        "manifest": None,
        "evaluation": None,
        "decision_record": None,
        "certificate": None,
        "summary": _summary(()),
        "refused": {
            "diagnostics": [
                {
                    "code": item.code,
                    "message": item.message,
                    "hint": item.hint,
                    "file": item.span.file if item.span else None,
                    "line": item.span.line if item.span else None,
                    "column": item.span.column if item.span else None,
                }
                for item in refused.diagnostics
            ]
        },
    }
    return document


def _frame(made: Checked | Refused) -> dict[str, Json]:
    loaded, request = made.loaded, made.request
    origin = None if request.source is None else request.source.origin
    return {
        **({} if origin is None else {"bundle": origin.document()}),
        "schema": RESULT_SCHEMA,
        "engine": {"version": __version__},
        "clock": instant_text(request.clock),
        "stage": request.stage.value,
        "plan": {"digest": loaded.plan.digest},
        "policies": [item.record() for item in loaded.plan.policies],
        "not_assessed": [{"control": item.control, "title": item.title} for item in loaded.not_assessed],
        "waivers": [],
        "approvals": [],
    }


def _files(checked: Checked) -> list[Json]:
    """Every file of the bundle, in the order of its path's bytes, with who read it; nobody is an empty list.

    A reader is a role in which a rule named the file as evidence, or what said its name when it opened the file.
    """
    roles: dict[str, set[str]] = {}
    for item in checked.evaluation.evidence():
        roles.setdefault(item.file, set()).add(item.name)
    made: list[Json] = []
    for path, entry in checked.bundle.files.items():
        readers = checked.bundle.log.of(path) | roles.get(path, set())
        named: list[Json] = [*sorted(readers - {UNNAMED} or readers)]
        made.append({"path": path, "bytes": entry.size, "read_by": named})
    return made


def _model(bundle: Bundle) -> dict[str, Json]:
    spec = bundle.record.spec
    return {
        "name": bundle.name,
        "version": bundle.version,
        "digest": bundle.digest,
        "model_digest": bundle.model_digest,
        "owner": spec.owner.name if spec.owner else None,
        "purpose": spec.purpose,
        "risk_tier": spec.risk_tier,
    }


def _outcome(item: Settled, model: str, checked: Checked) -> dict[str, Json]:
    document = item.rule.document(model)
    del document["waivable"], document["max_waiver_days"]  # of use to approvers, who sign the record itself
    document["outcome"] = item.outcome.value
    document["evaluated"] = item.rule.outcome.value
    document["why"] = item.why
    if item.waiver is not None:
        document["waiver"] = _waiver(item.rule.rule, item.waiver.digest, Ruling.APPLIED, item.unwaived, checked)
    return document


def _waivers(checked: Checked) -> list[Json]:
    """Every waiver that names a rule of the plan, or should have, with its ruling: also why one did not help."""
    ruled: list[Json] = [
        _waiver(settled.rule.rule, digest, ruling, settled.unwaived, checked)
        for settled in checked.decision.settled
        for digest, ruling in settled.rulings
    ]
    strays = checked.decision.strays
    nothing = Outcome.NOT_APPLICABLE
    return ruled + [_waiver(item.rule, item.digest, Ruling.WRONG_RULE, nothing, checked) for item in strays]


def _waiver(rule: str, digest: str, ruling: Ruling, outcome: Outcome, checked: Checked) -> dict[str, Json]:
    statements = checked.people.statements
    found = None if statements is None else statements.find(WAIVER, digest)
    body = found.claims.body if found is not None and found.claims is not None else None
    made: dict[str, Json] = {"rule": rule, "digest": digest, "ruling": ruling.value}
    facts = next((item for item in checked.people.waivers if item.digest == digest), None)
    note = None if facts is None else note_on(ruling, facts, outcome=outcome, stage=checked.evaluation.stage)
    if note is not None:
        made |= {"code": note.code, "detail": note.detail, "remediation": note.remediation}
    if isinstance(body, Waiver):
        made |= {
            "approver": body.approver,
            "reason": body.reason,
            "compensating_control": "; ".join(body.compensating_controls) or None,
            "until": body.expires,
        }
    return made


def _approvals(checked: Checked) -> list[Json]:
    """Every vote with what became of it."""
    return [
        {
            "digest": item.approval.digest,
            "vote": item.approval.vote,
            "approver": item.approval.owner,
            "role": item.approval.role,
            "at": instant_text(item.approval.signed_at),
            "reading": item.reading.value,
        }
        for item in checked.decision.votes
    ]


def _advisories(checked: Checked) -> Json:
    snapshot = checked.snapshot
    if snapshot is None:
        return None
    return {
        "digest": snapshot.digest,
        "as_of": snapshot.as_of,
        "records": len(snapshot.records),
        "newest": snapshot.newest_modified,
    }


def _summary(settled: tuple[Settled, ...]) -> dict[str, Json]:
    outcomes = Counter(item.outcome for item in settled)
    blocking = [item for item in settled if item.rule.enforcement is Enforcement.BLOCK]
    return {
        "rules": len(settled),
        "outcomes": {item.value: outcomes[item] for item in Outcome},
        "block_rules": len(blocking),
        "blocking": [item.rule.rule for item in settled if item.blocks],
    }
