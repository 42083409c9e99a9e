"""The published schema of what expressions may read: every root, every field, its type.

The compiler checks each path against it (P503, P504) and the evaluator each value. A change that removes a field or
changes a type needs a new `VERSION`, because plans pin it.
"""

from __future__ import annotations

from functools import cache

from govern.policy.evidence_schema import (
    AnyType,
    EvidenceSchema,
    ListType,
    MapType,
    PathType,
    RootSchema,
    ScalarType,
)

__all__ = ["VERSION", "evidence_schema"]

VERSION = 1

_TEXT = ScalarType("text")
_NUMBER = ScalarType("number")
_BOOL = ScalarType("bool")
_TEXTS = ListType(_TEXT)

_METRICS = (
    *("accuracy", "auc", "average_precision", "balanced_accuracy", "brier", "ece", "f1", "log_loss", "mae", "mcc"),
    *("mse", "precision", "r2", "recall", "rmse", "specificity", "true_positive_rate", "false_positive_rate"),
    *("demographic_parity_difference", "demographic_parity_ratio"),
    *("equalized_odds_difference", "equalized_odds_ratio"),
)
_RESERVED = ("evaluations", "scans", "data", "attestations", "previous")


def _declared(**fields: PathType) -> MapType:
    return MapType(fields)


def _model() -> MapType:
    """The model record, metadata and spec in one: see `govern.bundle.record`."""
    inventory = dict.fromkeys(
        (
            *("location", "classification", "support_until"),
            *("recovery_time_objective", "end_of_life", "system_id"),
        ),
        AnyType(),
    )
    return _declared(
        name=_TEXT,
        version=_TEXT,
        title=_TEXT,
        uri=_TEXT,
        tags=_TEXTS,
        previous=_TEXT,
        owner=_declared(name=_TEXT, contact=_TEXT, team=_TEXT, principal=_TEXT),
        developers=_TEXTS,
        validators=_TEXTS,
        purpose=_TEXT,
        purposes=_TEXTS,
        uses=_TEXTS,
        prohibited_uses=_TEXTS,
        risk_tier=_TEXT,
        materiality=_declared(exposure=_TEXT, purpose=_TEXT, reason=_TEXT),
        data_classes=_TEXTS,
        jurisdictions=_TEXTS,
        sectors=_TEXTS,
        decision=_declared(automation=_TEXT, effect=_TEXT, output=_TEXT, subjects=_TEXTS),
        groups=_declared(attributes=_TEXTS, intersections=ListType(_TEXTS), reference=_TEXT),
        necessary_columns=_TEXTS,
        third_party=_BOOL,
        vendor=_declared(name=_TEXT, contract=_TEXT, contact=_TEXT),
        inventory=MapType(inventory),
        sla=_declared(
            availability=_NUMBER,
            latency_ms=_declared(p50=_NUMBER, p95=_NUMBER, p99=_NUMBER),
            throughput_per_s=_NUMBER,
            window=_TEXT,
        ),
        rollback=_declared(
            procedure=_TEXT, to_version=_TEXT, owner=_TEXT, tested_on=_TEXT, kill_switch=_BOOL, within=_TEXT
        ),
        monitoring=ListType(
            _declared(
                metric=_TEXT,
                source=_TEXT,
                at_least=_NUMBER,
                at_most=_NUMBER,
                cadence=_TEXT,
                owner=_TEXT,
                escalation=_TEXT,
                evidence=_TEXT,
            )
        ),
        retention=_TEXT,
        change=_declared(material_on=_TEXT, kind=_TEXT, description=_TEXT),
        artefacts=ListType(_declared(path=_TEXT, role=_TEXT, format=_TEXT)),
        evidence=MapType(value=_declared(path=_TEXT, type=_TEXT, envelope=_TEXT)),
        cards=_TEXTS,
        lineage=_TEXTS,
        risk_register=_TEXT,
        documents=MapType(value=_declared(path=_TEXT, uri=_TEXT, sha256=_TEXT, covers=_TEXTS)),
        eu_ai_act=_declared(risk_class=_TEXT, role=_TEXT, annex_iii_point=_TEXT, article_6_3_assessment=_TEXT),
        gdpr=_declared(ropa_id=_TEXT, dpia_triggers=_TEXTS),
        nydfs_500=_declared(encryption_at_rest=_TEXT),
        hipaa=_declared(deidentification=_TEXT),
    )


@cache
def evidence_schema() -> EvidenceSchema:
    """Give the schema that policies are compiled against."""
    from govern.evidence.cards.aliases import section_ids

    section = _declared(state=_TEXT, words=_NUMBER)
    roots = {
        "model": RootSchema(_model(), "model_record", "the model record govern.yaml"),
        "bundle": RootSchema(
            _declared(digest=_TEXT, layout=_TEXT, files=_NUMBER, bytes=_NUMBER), "bundle", "the bundle's manifest"
        ),
        "card": RootSchema(
            _declared(
                owners=_TEXTS,
                license=_TEXTS,
                base_models=_TEXTS,
                datasets=_TEXTS,
                sections=MapType(value=section, known=section_ids()),
            ),
            "card",
            "the model card",
        ),
        "metrics": RootSchema(MapType(value=_NUMBER, known=_METRICS), "metrics", "predictions and the metrics file"),
        "lineage": RootSchema(
            _declared(roots=_TEXTS, models=_TEXTS, labels=_TEXTS, complete=_BOOL), "lineage", "the lineage record"
        ),
        "dependencies": RootSchema(
            ListType(_declared(name=_TEXT, version=_TEXT, pinned=_BOOL, hashed=_BOOL, licence=_TEXT)),
            "dependencies",
            "requirement and lock files",
        ),
        "drift": RootSchema(
            ListType(_declared(column=_TEXT, method=_TEXT, score=_NUMBER, drifted=_BOOL, file=_TEXT)),
            "drift",
            "drift reports of other tools",
        ),
        "artefacts": RootSchema(
            ListType(_declared(path=_TEXT, format=_TEXT, bytes=_NUMBER, verdict=_TEXT)),
            "artefacts",
            "the model's files",
        ),
        "params": RootSchema(MapType(), None, "the policy's parameters"),
        "stage": RootSchema(_TEXT, None, "the stage that is asked for"),
    }
    return EvidenceSchema(VERSION, roots, _RESERVED)
