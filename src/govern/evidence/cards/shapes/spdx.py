"""SPDX 3: an `ai_AIPackage` in a JSON-LD document, with the elements it is related to."""

from __future__ import annotations

from govern.diagnostics import Diagnostic, Severity, Span
from govern.evidence.cards.model import Dataset, Identity
from govern.evidence.cards.shapes.draft import Draft
from govern.evidence.cards.shapes.part import Part

__all__ = ["is_spdx", "read_spdx"]

_SECTIONS = {
    "description": ("description", "summary"),
    "architecture": ("ai_typeOfModel",),
    "intended_use": ("ai_informationAboutApplication", "ai_domain"),
    "limitations": ("ai_limitation",),
    "training_data": ("ai_informationAboutTraining",),
    "training_procedure": ("ai_hyperparameter", "ai_modelDataPreprocessing"),
    "decision_logic": ("ai_modelExplainability",),
    "risk": ("ai_safetyRiskAssessment",),
    "evaluation": ("ai_metric",),
}
_METADATA = (
    "ai_autonomyType",
    "ai_useSensitivePersonalInformation",
    "ai_domain",
    "ai_typeOfModel",
    "ai_standardCompliance",
)
_ROLES = {"trainedOn": "train", "testedOn": "evaluate"}


def is_spdx(root: Part) -> bool:
    """Tell an SPDX 3 document by its JSON-LD context."""
    contexts = [item.text or "" for item in root.all("@context")]
    return any("spdx.org/rdf/3" in text for text in contexts)


def read_spdx(draft: Draft, root: Part) -> bool:
    """Read the one AI package of a document. False when there is none, or several."""
    elements = root.all("@graph") or [root]
    packages = [item for item in elements if _type(item) == "ai_AIPackage"]
    if len(packages) > 1:
        message = f"this document describes {len(packages)} AI packages; which one is the model is not said"
        hint = "Keep one model a file, or name a card under spec.cards."
        draft.problems.append(Diagnostic("E222", message, Span(draft.file), hint, Severity.WARNING))
    if len(packages) != 1:
        return False
    package = packages[0]
    by_id = {name.text: item for item in elements if (name := item.get("spdxId", "@id")) is not None and name.text}
    draft.identity = Identity(
        draft.said(package.get("name")),
        draft.said(package.get("software_packageVersion", "packageVersion")),
        draft.said(package.get("releaseTime", "builtTime")),
    )
    for section, keys in _SECTIONS.items():
        for key in keys:
            draft.claim(section, package.get(key), without=("type", "@type"))
    for key in _METADATA:
        draft.facts(draft.metadata, package.get(key), key)
    draft.risk_rating = draft.said(package.get("ai_safetyRiskAssessment"))
    for entry in package.all("ai_hyperparameter"):
        name = entry.get("key")
        draft.facts(draft.metadata, entry.get("value"), (name.text if name else None) or "hyperparameter")
    thresholds = {_key(item): item.get("value") for item in package.all("ai_metricDecisionThreshold")}
    for entry in package.all("ai_metric"):
        draft.metric("evaluation", entry.get("key"), entry.get("value"), threshold=thresholds.get(_key(entry)))
    for key in ("suppliedBy", "originatedBy"):
        for agent in package.all(key):
            known = by_id.get(agent.text or "")
            draft.owner(known.get("name") if known is not None else agent)
    _relations(draft, package, elements, by_id)
    return True


def _relations(draft: Draft, package: Part, elements: list[Part], by_id: dict[str, Part]) -> None:
    own = package.object.get("spdxId", package.object.get("@id"))
    for item in elements:
        if _type(item) != "Relationship" or item.object.get("from") != own:
            continue
        kind = item.object.get("relationshipType")
        for target in item.all("to"):
            known = by_id.get(target.text or "")
            if kind == "hasDeclaredLicense":
                written = known.get("simplelicensing_licenseExpression") if known is not None else None
                draft.licence(written or target, bom=True)
            elif isinstance(kind, str) and kind in _ROLES and known is not None:
                name = draft.said(known.get("name"))
                train = kind == "trainedOn"
                draft.claim("training_data" if train else "evaluation_data", known.get("name"))
                if name is not None:
                    uri = draft.said(known.get("software_downloadLocation"))
                    draft.datasets.append(
                        Dataset(name.value, name.locator, uri=uri, role="train" if train else "evaluate")
                    )


def _type(part: Part) -> str:
    kind = part.get("type", "@type")
    return (kind.text or "").replace("ai:", "ai_") if kind is not None else ""


def _key(entry: Part) -> str:
    key = entry.get("key")
    return (key.text or "").casefold() if key is not None else ""
