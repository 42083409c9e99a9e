"""The result document: what every output format, the report and the board render (schemas/result.schema.json)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from govern import __version__
from govern.canonical import Json, instant_text
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
        "outcomes": [_outcome(item, evaluation.subject.name) for item in decision.settled],
        "evidence": [
            {"name": item.name, "file": item.file, "digest": item.digest, "bound": item.bound}
            for item in evaluation.evidence()
        ],
        "advisories": _advisories(checked),
        "lineage": with_verdicts(checked.lineage, decision),
        "manifest": {
            "digest": checked.bundle.digest,
            "files": evaluation.subject.files,
            "bytes": evaluation.subject.bytes,
        },
        "evaluation": {"digest": evaluation.digest},
        "decision_record": {
            "digest": decision.digest,
            "holds_until": None if decision.holds_until is None else instant_text(decision.holds_until),
        },
        "certificate": certificate,
        "summary": _summary(decision.settled),
        "refused": None,
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
    return {
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


def _outcome(item: Settled, model: str) -> dict[str, Json]:
    document = item.rule.document(model)
    document["outcome"] = item.outcome.value
    document["evaluated"] = item.rule.outcome.value
    document["why"] = item.why
    return document


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
