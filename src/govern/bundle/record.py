"""The model record `govern.yaml`: what the model's team declares about it.

Undeclared is not empty: a field that was not written is absent from `facts()`, so that rules which depend on it
apply. A declared empty list is a declaration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from govern.bundle.record_facts import declared, extended
from govern.bundle.record_fields import (
    AsTuple,
    Contact,
    Digest,
    Either,
    FilePath,
    IsoDate,
    IsoDuration,
    Jurisdictions,
    Key,
    ModelName,
    ModelVersion,
    NonEmpty,
    Part,
    Slug,
    Uri,
)
from govern.policy.types import Flag, Names, Number

__all__ = [
    "ArtefactItem",
    "DocumentItem",
    "EvidenceItem",
    "Metadata",
    "ModelRecord",
    "MonitoringItem",
    "NotApplicable",
    "Owner",
    "Spec",
]

Level = Literal["low", "medium", "high"]


class NotApplicable(Part):
    """Stands in place of an inventory value and says why there is none."""

    not_applicable: NonEmpty


class Metadata(Part):
    """Which model and version this is."""

    name: ModelName
    version: ModelVersion
    title: NonEmpty | None = None
    uri: Uri | None = None
    tags: Annotated[tuple[Slug, ...], AsTuple] = ()
    previous: ModelVersion | None = None
    """The version that this one replaces."""


class Owner(Part):
    """Who answers for the model."""

    name: NonEmpty
    contact: Contact
    team: NonEmpty | None = None
    principal: NonEmpty | None = None
    """The owner as the trust root names principals."""


class Materiality(Part):
    """How much depends on the model, and why."""

    exposure: Level
    purpose: Level
    reason: NonEmpty


class DecisionUse(Part):
    """What the model's output decides about people."""

    automation: Literal["none", "support", "sole"] | None = None
    effect: Literal["none", "legal_or_similar"] | None = None
    output: Literal["class", "score", "ranking", "text"] | None = None
    subjects: Names = ()


class Groups(Part):
    """Protected attributes for fairness."""

    attributes: Names = ()
    intersections: Annotated[tuple[Names, ...], AsTuple] = ()
    reference: NonEmpty | None = None


class Vendor(Part):
    """Who supplied a third-party model."""

    name: NonEmpty
    contract: NonEmpty | None = None
    contact: Contact | None = None


Region = Annotated[Annotated[NonEmpty, Tag("=value")] | Annotated[NotApplicable, Tag("=absent")], Either]
Classification = Annotated[
    Annotated[Literal["public", "internal", "confidential", "restricted"], Tag("=value")]
    | Annotated[NotApplicable, Tag("=absent")],
    Either,
]
InventoryDate = Annotated[Annotated[IsoDate, Tag("=value")] | Annotated[NotApplicable, Tag("=absent")], Either]
InventoryDuration = Annotated[Annotated[IsoDuration, Tag("=value")] | Annotated[NotApplicable, Tag("=absent")], Either]


class Inventory(Part):
    """The asset inventory of 23 NYCRR 500.13(a)(1)(ii) to (v); each field may say why it does not apply."""

    location: Region | None = None
    classification: Classification | None = None
    support_until: InventoryDate | None = None
    recovery_time_objective: InventoryDuration | None = None
    end_of_life: InventoryDate | None = None
    system_id: Region | None = None


class Latency(Part):
    """Promised latency in milliseconds by percentile."""

    p50: Number | None = None
    p95: Number | None = None
    p99: Number | None = None


class ServiceLevel(Part):
    """What the service promises."""

    availability: Number | None = None
    """A share from 0 to 1."""
    latency_ms: Latency | None = None
    throughput_per_s: Number | None = None
    window: IsoDuration | None = None


class Rollback(Part):
    """How the model is taken out of use."""

    procedure: NonEmpty | None = None
    """A path inside the bundle, or a URL."""
    to_version: ModelVersion | None = None
    owner: NonEmpty | None = None
    tested_on: IsoDate | None = None
    kill_switch: Flag | None = None
    within: IsoDuration | None = None


class MonitoringItem(Part):
    """One planned measurement in operation. At least one bound is required."""

    metric: NonEmpty
    source: NonEmpty
    at_least: Number | None = None
    at_most: Number | None = None
    cadence: IsoDuration
    owner: NonEmpty
    escalation: NonEmpty
    evidence: FilePath | None = None

    @model_validator(mode="after")
    def _bounded(self) -> MonitoringItem:
        if self.at_least is None and self.at_most is None:
            raise PydanticCustomError("bad_value", "at_least or at_most is needed: without a bound nothing can alarm")
        return self


class Change(Part):
    """The last material change."""

    material_on: IsoDate
    kind: NonEmpty | None = None
    description: NonEmpty | None = None


class ArtefactItem(Part):
    """A file, or a folder of files, that makes up the model."""

    path: FilePath
    role: Literal["weights", "tokenizer", "config", "code", "explainer"]
    format: Slug | None = None


class EvidenceItem(Part):
    """Where one item of evidence is, and of which type."""

    path: FilePath
    type: Slug | None = None
    envelope: FilePath | None = None


class DocumentItem(Part):
    """A document beside the model: in the bundle, or elsewhere and pinned by digest."""

    path: FilePath | None = None
    uri: Uri | None = None
    sha256: Digest | None = None
    covers: Names = ()

    @model_validator(mode="after")
    def _one_place(self) -> DocumentItem:
        if (self.path is None) == (self.uri is None):
            raise PydanticCustomError("bad_value", "exactly one of path and uri is needed")
        if (self.uri is None) != (self.sha256 is None):
            raise PydanticCustomError("bad_value", "sha256 goes with uri, and uri needs it")
        return self


class EuAiAct(Part):
    """Facts for the pack `eu-ai-act` (Regulation (EU) 2024/1689)."""

    risk_class: Literal["prohibited", "high", "limited", "minimal"] | None = None
    role: Literal["provider", "deployer", "both"] | None = None
    annex_iii_point: NonEmpty | None = None
    article_6_3_assessment: NonEmpty | None = None


class Gdpr(Part):
    """Facts for the pack `gdpr`."""

    ropa_id: NonEmpty | None = None
    dpia_triggers: Names = ()


class Nydfs500(Part):
    """Facts for the pack `nydfs-500`."""

    encryption_at_rest: Literal["yes", "infeasible", "none"] | None = None


class Hipaa(Part):
    """Facts for the pack `hipaa`."""

    deidentification: Literal["none", "safe_harbor", "expert", "limited_data_set"] | None = None


DataClass = Literal["public", "internal", "personal", "special_category", "npi", "phi", "pci", "minors"]
Sector = Literal["banking", "insurance", "employment", "health", "education", "public", "other"]


class Spec(Part):
    """Everything declared about the model but its identity."""

    owner: Owner | None = None
    """Required in govern.yaml; None only for a bundle that has no record."""
    developers: Names = ()
    validators: Names = ()
    purpose: NonEmpty | None = None
    purposes: Names = ()
    uses: Names = ()
    prohibited_uses: Names = ()
    risk_tier: Literal["low", "medium", "high", "critical"] | None = None
    materiality: Materiality | None = None
    data_classes: Annotated[tuple[DataClass, ...], AsTuple] = ()
    jurisdictions: Jurisdictions = ()
    sectors: Annotated[tuple[Sector, ...], AsTuple] = ()
    decision: DecisionUse | None = None
    groups: Groups | None = None
    necessary_columns: Names = ()
    third_party: Flag | None = None
    vendor: Vendor | None = None
    inventory: Inventory | None = None
    sla: ServiceLevel | None = None
    rollback: Rollback | None = None
    monitoring: Annotated[tuple[MonitoringItem, ...], AsTuple] = ()
    retention: IsoDuration | None = None
    change: Change | None = None
    artefacts: Annotated[tuple[ArtefactItem, ...], AsTuple] = ()
    evidence: Mapping[Key, EvidenceItem] = Field(default_factory=dict)
    cards: Annotated[tuple[FilePath, ...], AsTuple] = ()
    lineage: Annotated[tuple[FilePath, ...], AsTuple] = ()
    risk_register: FilePath | None = None
    documents: Mapping[Key, DocumentItem] = Field(default_factory=dict)
    eu_ai_act: EuAiAct | None = None
    gdpr: Gdpr | None = None
    nydfs_500: Nydfs500 | None = None
    hipaa: Hipaa | None = None


class ModelRecord(Part):
    """The whole record. `extensions` is room for others: a policy pack may declare facts that it reads there."""

    api_version: Literal["govern/v1"] = Field(alias="apiVersion")
    kind: Literal["Model"]
    metadata: Metadata
    spec: Spec = Field(default_factory=Spec)
    extensions: Mapping[str, object] = Field(default_factory=dict)

    def facts(self) -> dict[str, object]:
        """Give the declared facts for expressions (`model.<field>`): metadata and spec in one map.

        Undeclared fields are absent. Dates are ISO text, numbers are Decimal, lists are lists. A mapping under
        `extensions` is read as `model.<name>.<field>`; it adds to the record's own fields and never replaces one.
        """
        own = {**declared(self.metadata), **declared(self.spec)}
        return own | extended(own, self.extensions)
