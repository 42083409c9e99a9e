"""CycloneDX 1.5 to 1.7: the `modelCard` of a component of type `machine-learning-model`."""

from __future__ import annotations

from collections.abc import Mapping

from govern.diagnostics import Diagnostic, Severity, Span
from govern.evidence.cards.model import Claim, Dataset, Fairness, Governance, Identity
from govern.evidence.cards.shapes.draft import Draft
from govern.evidence.cards.shapes.part import Part
from govern.inputs.json import JsonValue

__all__ = ["is_bom", "read_bom"]

_CONSIDERATIONS = {
    "users": "users",
    "useCases": "intended_use",
    "technicalLimitations": "limitations",
    "performanceTradeoffs": "limitations",
    "ethicalConsiderations": "bias_ethics",
    "fairnessAssessments": "bias_ethics",
    "environmentalConsiderations": "environmental_impact",
}


def is_bom(root: Part) -> bool:
    """Tell a CycloneDX document by its `bomFormat`."""
    return root.object.get("bomFormat") == "CycloneDX"


def read_bom(draft: Draft, root: Part) -> bool:
    """Read the model card of a bill of materials. False when there is none, or several and none is the subject."""
    components = _components(root)
    cards = [item for item in components if item.object.get("type") == "machine-learning-model"]
    cards = [item for item in cards if item.get("modelCard") is not None]
    subject = [item for item in cards if item.pointer == "/metadata/component"]
    if len(cards) > 1 and not subject:
        names = ", ".join(str(item.object.get("name", "?"))[:60] for item in cards[:5])
        message = f"{len(cards)} components of this bill of materials have a model card ({names}); none is its subject"
        hint = "Name the model under metadata.component, or keep one model a file."
        draft.problems.append(Diagnostic("E222", message, Span(draft.file), hint, Severity.WARNING))
        return False
    if not cards:
        return False
    component = (subject or cards)[0]
    _component(draft, component)
    by_ref = {item.object.get("bom-ref"): item for item in components if isinstance(item.object.get("bom-ref"), str)}
    _model_card(draft, by_ref, component.get("modelCard") or Part({}))
    for item in root.all("declarations", "attestations"):
        draft.facts(draft.approvals, item.get("summary"), "attestation")
    return True


def _components(root: Part) -> list[Part]:
    """All components in reading order, nested ones too."""
    found: list[Part] = []
    waiting = [*reversed(root.all("components")), *(part for part in (root.dig("metadata", "component"),) if part)]
    while waiting:
        found.append(waiting.pop())
        waiting.extend(reversed(found[-1].all("components")))
    return found


def _component(draft: Draft, component: Part) -> None:
    draft.identity = Identity(draft.said(component.get("name")), draft.said(component.get("version")))
    draft.claim("description", component.get("description"))
    for entry in component.all("licenses"):
        named = entry.get("license") or Part({})
        draft.licence(entry.get("expression") or named.get("id", "name"), bom=True)
    people = [*component.all("authors"), *component.all("manufacturer"), *component.all("supplier")]
    for person in people:
        draft.owner(person.get("name"))
        draft.contact(person.get("email"))
        for contact in person.all("contact"):
            draft.contact(contact.get("email"))
    draft.owner(component.get("author"), component.get("publisher"))


def _model_card(draft: Draft, by_ref: Mapping[JsonValue, Part], card: Part) -> None:
    parameters = card.get("modelParameters") or Part({})
    draft.claim("description", parameters.get("modelArchitecture"))
    for key in ("architectureFamily", "modelArchitecture", "task"):
        draft.claim("architecture", parameters.get(key))
        draft.facts(draft.metadata, parameters.get(key), key)
    draft.facts(draft.metadata, parameters.dig("approach", "type"), "approach")
    for key, into in (("inputs", draft.inputs), ("outputs", draft.outputs)):
        for item in parameters.all(key):
            draft.facts(into, item.get("format"), "format")
    for item in parameters.all("datasets"):
        _dataset(draft, by_ref, item)
    considerations = card.get("considerations") or Part({})
    for key, section in _CONSIDERATIONS.items():
        draft.claim(section, considerations.get(key))
    for item in considerations.all("ethicalConsiderations"):
        draft.risk(item.get("name"), item.get("mitigationStrategy"))
    for item in considerations.all("fairnessAssessments"):
        keys = ("groupAtRisk", "harms", "benefits", "mitigationStrategy")
        draft.fairness.append(Fairness(*(draft.said(item.get(key)) for key in keys)))
    _metrics(draft, card)


def _metrics(draft: Draft, card: Part) -> None:
    metrics = card.dig("quantitativeAnalysis", "performanceMetrics")
    draft.claim("evaluation", metrics)
    slices = 0
    for item in metrics.elements if metrics is not None else ():
        group = item.get("slice")
        draft.metric(
            "evaluation",
            item.get("type"),
            item.get("value"),
            group=group.text if group else None,
            ci=draft.interval(item.get("confidenceInterval"), "lowerBound", "upperBound"),
        )
        if group is not None:
            draft.claim("subgroups", group)
            slices += 1
    draft.count_items("subgroups", slices)


def _dataset(draft: Draft, by_ref: Mapping[JsonValue, Part], item: Part) -> None:
    """Inline, or `{ref}` to a component of type data; what neither names is left alone."""
    ref = item.get("ref")
    if ref is not None:
        component = by_ref.get(ref.value if isinstance(ref.value, str) else "")
        if component is None:
            draft.claim("training_data", ref)
            return
        data = next(iter(component.all("data")), Part({}))
        name = draft.said(component.get("name")) or draft.said(data.get("name"))
        draft.claim("training_data", component.get("name"))
        draft.claim("training_data", data.get("description"))
        digests = component.all("hashes")
        digest = draft.said(digests[0].get("content")) if digests else None
        item = data
    else:
        name, digest = draft.said(item.get("name")), None
        draft.claim("training_data", item, without=("type",))
    uri = draft.said(item.dig("contents", "url"))
    named = name or uri
    if named is None:
        return
    sensitive = [*item.all("sensitiveData"), *item.all("classification")]
    governance = item.get("governance") or Part({})
    draft.datasets.append(
        Dataset(
            named.value,
            named.locator,
            uri=uri,
            digest=digest,
            sensitive=tuple(said for one in sensitive if (said := draft.said(one))),
            governance=Governance(
                *(_party(draft, governance, role) for role in ("owners", "stewards", "custodians")),
            ),
        )
    )


def _party(draft: Draft, governance: Part, role: str) -> Claim | None:
    for item in governance.all(role):
        for kind in ("organization", "contact"):
            said = draft.said(item.dig(kind, "name"))
            if said is not None:
                return said
    return None
