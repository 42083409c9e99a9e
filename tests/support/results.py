"""Result documents for renderer tests: a realistic denied one, and how to change it."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from typing import Any

from govern.policy.outcomes import Outcome

Document = dict[str, Any]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def finding(code: str, detail: str, **changes: Any) -> Document:
    made: Document = {
        "code": code,
        "detail": detail,
        "observed": None,
        "required": None,
        "location": None,
        "remediation": None,
        "fingerprint": digest(code + detail),
    }
    return made | changes


def location(file: str, line: int | None = None, column: int | None = None, pointer: str | None = None) -> Document:
    return {"file": file, "line": line, "column": column, "pointer": pointer}


def outcome(rule: str, came_to: str = "pass", **changes: Any) -> Document:
    policy = rule.split("/", maxsplit=1)[0]
    made: Document = {
        "rule": rule,
        "policy": policy,
        "digest": digest(rule),
        "title": "A rule",
        "check": "model_card.present",
        "severity": "medium",
        "enforcement": "block",
        "outcome": came_to,
        "evaluated": came_to,
        "controls": [],
        "message": None,
        "remediation": None,
        "reason": None,
        "why": None,
        "summary": "It was measured.",
        "observed": None,
        "required": None,
        "findings": [],
        "evidence": [],
        "holds": [],
        "facts": None,
    }
    return made | changes


def group_row(label: str, n: int, k: int, low: str | None, high: str | None, **changes: Any) -> Document:
    rate = None if n == 0 else f"{k / n:.6f}".rstrip("0").rstrip(".")
    made: Document = {
        "group": {},
        "label": label,
        "n": n,
        "numerator": k,
        "denominator": n,
        "rate": rate,
        "low": low,
        "high": high,
        "ratio": None,
        "ratio_low": None,
        "ratio_high": None,
        "difference": None,
        "difference_low": None,
        "difference_high": None,
        "small": False,
        "shown": True,
        "undefined": None,
    }
    return made | changes


FAIRNESS: Document = {
    "kind": "fairness-table",
    "metric": "selection_rate",
    "compare": "ratio",
    "threshold": "0.8",
    "direction": "at_least",
    "decide": "evidence_of_harm",
    "alpha": "0.05",
    "min_n": 30,
    "comparisons": 4,
    "reference": None,
    "smallest_shown": 11,
    "rows": 1240,
    "missing": {"rows": 3, "y_pred": 0, "y_true": 0},
    "tables": [
        {
            "attributes": ["race"],
            "metric": "selection_rate",
            "verdict": "fail",
            "unknown": 3,
            "holds_for": None,
            "needed": 92,
            "groups": [
                group_row("race=White", 610, 372, "0.570565", "0.64765", ratio="1", difference="0"),
                group_row("race=Black", 402, 156, "0.341655", "0.436466", ratio="0.636341", ratio_low="0.5529", ratio_high="0.7284", difference="0.22178", difference_low="0.1589", difference_high="0.2821"),
                group_row("race=Asian", 205, 121, "0.521817", "0.655406", ratio="0.967873", ratio_low="0.8487", ratio_high="1.0918", difference="0.019592", difference_low="-0.0561", difference_high="0.0976"),
                group_row("race=Native", 18, 9, "0.290303", "0.709697", ratio="0.819892", ratio_low="0.4866", ratio_high="1.1804", difference="0.109836", difference_low="-0.1001", difference_high="0.3232", small=True),
                group_row("race=Other", 0, 0, None, None, undefined="nobody applied", rate=None, denominator=0),
            ],
            "worst": {
                "group": "race=Black",
                "reference": "race=White",
                "ratio": "0.636341",
                "difference": "0.22178",
                "n": 402,
                "reference_n": 610,
                "p": "0.000001",
                "low": "0.553",
                "high": "0.731",
                "simultaneous": False,
            },
        },
        {
            "attributes": ["sex"],
            "metric": "selection_rate",
            "verdict": "pass",
            "unknown": 0,
            "holds_for": 41,
            "groups": [
                group_row("sex=F", 598, 310, "0.478", "0.558", ratio="0.958", ratio_low="0.8594", ratio_high="1.0678", difference="0.022", difference_low="-0.0326", difference_high="0.0768"),
                group_row("sex=M", 642, 348, "0.503", "0.58", ratio="1", difference="0"),
            ],
            "worst": {
                "group": "sex=F",
                "reference": "sex=M",
                "ratio": "0.958",
                "difference": "0.022",
                "n": 598,
                "reference_n": 642,
                "p": "0.41",
                "low": "0.86",
                "high": "1.07",
                "simultaneous": False,
            },
        },
    ],
}  # fmt: skip


def section(
    name: str, state: str, words: int, line: int | None, missing: str | None, *, required: bool = True
) -> Document:
    return {
        "id": name,
        "state": state,
        "words": words,
        "file": "README.md" if line else None,
        "line": line,
        "pointer": None,
        "required": required,
        "missing": missing,
    }


SCORECARD: Document = {
    "kind": "card-scorecard",
    "placeholders": 2,
    "sources": [{"file": "README.md", "format": "huggingface"}],
    "sections": [
        section("intended_use", "complete", 41, 14, None),
        section("limitations", "placeholder", 0, 22, "placeholder text only"),
        section("training_data", "complete", 36, 28, None),
        section("evaluation", "missing_facts", 30, 36, "does not say on which data its numbers were measured"),
        section("human_oversight", "absent", 0, None, "nothing in the card claims this section"),
        section("contact", "complete", 4, 9, None, required=False),
    ],
}


def _node(kind: str, uri: str, version: str, name: str) -> Document:
    return {
        "asserted_by": [],
        "attributes": {},
        "digests": {},
        "key": f"{kind} {uri} {version}",
        "kind": kind,
        "name": name,
        "strength": "strong",
        "uri": uri,
        "version": version,
    }


def _edge(kind: str, source: Document, target: Document) -> Document:
    return {
        "ancestry": True,
        "asserted_by": [],
        "grade": "E1",
        "kind": kind,
        "source": source["key"],
        "target": target["key"],
    }


def lineage() -> Document:
    sha = "sha256:" + digest("x")
    bureau = _node("dataset", "s3://lake/bureau", sha, "credit bureau 2025Q4")
    loans = _node("dataset", "s3://lake/loans", sha, "loan book 2019-2025")
    scraped = _node("dataset", "https://web/profiles", "unversioned", "scraped profiles")
    join = _node("run", "run:join", "version:1", "join")
    table = _node("dataset", "s3://lake/train", sha, "training table")
    train = _node("run", "run:train", "version:1", "train")
    model = _node("model", "models:/credit-risk", "version:3.1.0", "credit-risk")
    edges = [
        _edge("used", bureau, join),
        _edge("used", loans, join),
        _edge("used", scraped, join),
        _edge("generated", join, table),
        _edge("used", table, train),
        _edge("generated", train, model),
    ]
    bad = [scraped["key"], join["key"], table["key"], train["key"], model["key"]]
    return {
        "nodes": [bureau, loans, scraped, join, table, train, model],
        "edges": edges,
        "digest": digest("lineage"),
        "subjects": [model["key"]],
        "statuses": [
            {"key": bureau["key"], "status": "approved"},
            {"key": loans["key"], "status": "approved"},
            {"key": scraped["key"], "status": "not_approved"},
        ],
        "witnesses": [bad],
    }


def _outcomes() -> list[Document]:
    predictions = {"name": "predictions", "file": "predictions/test.csv", "digest": digest("p"), "bound": True}
    card = {"name": "model_card", "file": "README.md", "digest": digest("c"), "bound": False}
    return [
        outcome(
            "fair-lending/parity",
            "fail",
            title="Approval rates do not differ between groups",
            check="fairness.disparity",
            severity="critical",
            controls=["ecoa/1002.4-a", "ugesp/1607.4-d"],
            message="The approval rate of race=Black is 0.64 of the best group's; the limit is 0.8.",
            remediation="Look for features that stand in for race, retrain without them, or ask the board for a waiver "
            "with a compensating control.",
            summary="1 of 2 tables misses the limit significantly.",
            observed="0.636341",
            required=">= 0.8",
            findings=[
                finding(
                    "F201",
                    "race=Black (156 of 402) compared with race=White (372 of 610): ratio 0.636, p = 0.000001",
                    observed="0.636341",
                    required=">= 0.8",
                    location=location("predictions/test.csv", 1),
                    remediation="60 more approvals in this group, all else equal, would meet the limit.",
                )
            ],
            evidence=[predictions],
            facts=FAIRNESS,
        ),
        outcome(
            "documentation/card",
            "fail",
            title="The model card says what a reviewer must know",
            check="model_card.sections",
            severity="high",
            controls=["sr-26-2/documentation"],
            summary="2 of 5 required sections are complete: limitations is placeholder, evaluation is missing_facts, "
            "human_oversight is absent.",
            observed="2 of 5 complete",
            required="5 of 5 complete",
            findings=[
                finding(
                    "E212",
                    "section 'limitations' is placeholder: placeholder text only",
                    observed="placeholder (0 words)",
                    required="complete, 8 words or more",
                    location=location("README.md", 22),
                    remediation="Write under a heading '## Limitations': Where it is known to be unreliable.",
                ),
                finding(
                    "E214",
                    "section 'evaluation' is missing_facts: does not say on which data its numbers were measured",
                    location=location("README.md", 36),
                    remediation="Write under a heading '## Evaluation': A table of metrics with their values.",
                ),
                finding(
                    "E210",
                    "section 'human_oversight' is absent: nothing in the card claims this section",
                    location=location("README.md"),
                    remediation="Write under a heading '## Human oversight': Who reviews which outputs.",
                ),
            ],
            evidence=[card],
            facts=SCORECARD,
        ),
        outcome(
            "data/sources",
            "inconclusive",
            title="Every source of the training data is approved",
            check="lineage.sources",
            severity="high",
            controls=["eu-ai-act/art-10"],
            summary="2 of 3 sources are approved; 1 cannot be told because it is not pinned.",
            observed="2 of 3",
            required="every source approved",
            findings=[
                finding(
                    "L210",
                    "'scraped profiles' is not pinned by a digest: the approved bytes may be others",
                    location=location("lineage.yaml", 41, 7),
                    remediation="Record the sha256 of the data that was used.",
                )
            ],
        ),
        outcome(
            "security/advisories",
            "missing_evidence",
            title="No dependency has a known severe vulnerability",
            check="dependencies.vulnerabilities",
            severity="high",
            summary="There is no requirements or lock file to match with advisories.",
            remediation="Add requirements.txt with exact versions to the bundle.",
            holds=[
                {
                    "start": None,
                    "until": "2026-05-01T00:00:00Z",
                    "otherwise": "missing_evidence",
                    "reason": "advisory snapshot older than 30d",
                }
            ],
        ),
        outcome(
            "security/licences",
            "fail",
            title="Licences of dependencies are on the list",
            check="dependencies.licences",
            severity="low",
            enforcement="warn",
            summary="1 package has no licence on the list.",
            observed="1",
            required="0",
        ),
        outcome(
            "fair-lending/alternatives",
            "waived",
            title="A less discriminatory alternative was looked for",
            check="fairness.alternatives",
            evaluated="missing_evidence",
            why="waived until 2026-09-01",
            summary="No record of a search.",
            waiver={
                "rule": "fair-lending/alternatives",
                "digest": digest("w"),
                "ruling": "applied",
                "approver": "Chief model risk officer",
                "reason": "The search runs with the next retraining.",
                "compensating_control": "Monthly review of approval rates by the fair-lending team.",
                "until": "2026-09-01T00:00:00Z",
            },
        ),
        outcome(
            "performance/auc",
            title="The model separates good from bad loans",
            check="performance.threshold",
            summary="AUC computed again from 1,240 predictions.",
            observed="0.812",
            required=">= 0.75",
            controls=["sr-26-2/outcomes"],
        ),
        outcome(
            "artefacts/formats",
            title="Weights are in a format that runs no code",
            check="artefacts.formats",
            summary="1 file, safetensors.",
            findings=[finding("E207", "the card is spelt 'readme.MD'", location=location("readme.MD"))],
        ),
        outcome(
            "privacy/dpia",
            "not_applicable",
            title="An impact assessment is recorded",
            reason="model.data_classes has no special category",
        ),
    ]


def waiver(**changes: Any) -> Document:
    """A waiver that had ended."""
    return {
        "rule": "fair-lending/parity",
        "digest": digest("w"),
        "ruling": "expired",
        "approver": "person:heidi",
        "reason": "A better model is in training",
        "compensating_control": "a person reads each refusal",
        "until": "2026-04-01T00:00:00Z",
        "code": "D210",
        "detail": "held from one day to another",
        "remediation": "have another signed",
        **changes,
    }


def denied() -> Document:
    """A denied model with every group of outcomes, figures, a card and a lineage."""
    return settled(
        {
            "schema": "urn:govern:result:v1",
            "engine": {"version": "0.1.0"},
            "clock": "2026-04-02T09:30:00Z",
            "model": {
                "name": "credit-risk",
                "version": "3.1.0",
                "digest": digest("bundle"),
                "model_digest": digest("model"),
                "owner": "Retail credit models",
                "purpose": "Rank consumer loan applications for manual review.",
                "risk_tier": "high",
            },
            "stage": "pre-deployment",
            "decision": "denied",
            "exit_code": 1,
            "plan": {"digest": digest("plan")},
            "policies": [
                {
                    "name": "fair-lending",
                    "version": "2.1.0",
                    "title": "Fair lending",
                    "digest": digest("policy"),
                    "legal_status": "in_force",
                    "applies_from": "2024-01-01",
                    "applies_until": None,
                    "source": "12 CFR 1002",
                    "source_checked_on": "2026-03-01",
                },
                {
                    "name": "documentation",
                    "version": "1.0.0",
                    "title": "Model documentation",
                    "digest": digest("policy 2"),
                    "legal_status": None,
                    "applies_from": None,
                    "applies_until": None,
                    "source": None,
                    "source_checked_on": None,
                },
            ],
            "outcomes": _outcomes(),
            "not_assessed": [
                {"control": "eu-ai-act/art-14", "title": "Human oversight"},
                {"control": "eu-ai-act/art-15", "title": "Accuracy, robustness and cybersecurity"},
            ],
            "waivers": [],
            "approvals": [],
            "evidence": [
                {"name": "model_card", "file": "README.md", "digest": digest("c"), "bound": False},
                {"name": "predictions", "file": "predictions/test.csv", "digest": digest("p"), "bound": True},
            ],
            "advisories": {
                "digest": digest("adv"),
                "as_of": "2026-04-01T00:00:00Z",
                "records": 18231,
                "newest": "2026-03-31T21:10:00Z",
            },
            "lineage": lineage(),
            "manifest": {"digest": digest("bundle"), "files": 9, "bytes": 812345},
            "evaluation": {"digest": digest("evaluation")},
            "decision_record": {"digest": digest("decision"), "holds_until": "2026-05-01T00:00:00Z"},
            "certificate": {
                "kind": "refusal",
                "path": "credit-risk-3.1.0.pre-deployment.refusal.sigstore.json",
                "digest": digest("payload"),
                "ledger_index": 17,
                "keyid": "SHA256:2l3q0Yt0l0tq2fY3yE0mQm1n0vZ0s8hYfS6m5y4o2aE",
                "valid_until": None,
            },
            "refused": None,
            "timings": {"total_ms": 812},
        }
    )


def settled(document: Document) -> Document:
    """Give the document with a summary that fits its outcomes."""
    outcomes = document["outcomes"]
    through = ("pass", "waived", "not_applicable")
    blocking = [item["rule"] for item in outcomes if item["enforcement"] == "block" and item["outcome"] not in through]
    document["summary"] = {
        "rules": len(outcomes),
        "outcomes": {item.value: sum(one["outcome"] == item.value for one in outcomes) for item in Outcome},
        "block_rules": sum(one["enforcement"] == "block" for one in outcomes),
        "blocking": blocking,
    }
    return document


def allowed() -> Document:
    """The same model after it was mended: certified."""
    made = denied()
    keep = ("pass", "waived", "not_applicable")
    made["outcomes"] = [item for item in made["outcomes"] if item["outcome"] in keep or item["enforcement"] == "warn"]
    made |= {"decision": "allowed", "exit_code": 0}
    made["certificate"] |= {
        "kind": "certificate",
        "path": "credit-risk-3.1.0.pre-deployment.certificate.sigstore.json",
        "valid_until": "2027-04-02T09:30:00Z",
    }
    return settled(made)


def undecided() -> Document:
    """Nothing failed, something could not be judged, nothing was signed."""
    made = denied()
    made["outcomes"] = [item for item in made["outcomes"] if item["outcome"] != "fail"]
    made |= {"decision": "undecided", "exit_code": 3, "certificate": None}
    return settled(made)


def refused() -> Document:
    """A folder that could not be opened."""
    made = denied()
    made |= {"decision": "undecided", "exit_code": 3, "outcomes": [], "not_assessed": [], "evidence": []}
    made |= dict.fromkeys(("advisories", "lineage", "manifest", "evaluation", "decision_record", "certificate"))
    made["model"] = dict.fromkeys(made["model"])
    fault: Mapping[str, Any] = {
        "code": "B101",
        "message": "a symbolic link",
        "hint": "Replace it by the file it points to.",
        "file": "weights/latest",
        "line": None,
        "column": None,
    }
    made["refused"] = {"diagnostics": [fault, {**fault, "code": "B102", "message": "a named pipe", "file": "in"}]}
    return settled(made)


def copied(document: Document) -> Document:
    return copy.deepcopy(document)
