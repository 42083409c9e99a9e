"""Model Card Toolkit, schemas 0.0.1 and 0.0.2, and the fields that VerifyML adds to the latter."""

from __future__ import annotations

from govern.evidence.cards.model import Claim, Dataset, Fairness, Identity
from govern.evidence.cards.shapes.draft import Draft
from govern.evidence.cards.shapes.part import Part
from govern.evidence.cards.words import squeeze

__all__ = ["is_toolkit", "read_toolkit"]

_PARTS = ("model_parameters", "quantitative_analysis", "considerations")
_SECTIONS = {
    "description": (
        ("model_details", "overview"),
        ("model_details", "documentation"),
        ("model_parameters", "model_architecture"),
    ),
    "architecture": (("model_parameters", "model_architecture"),),
    "citation": (("model_details", "citation"), ("model_details", "citations"), ("model_details", "references")),
    "intended_use": (("considerations", "use_cases"),),
    "users": (("considerations", "users"),),
    "limitations": (("considerations", "limitations"), ("considerations", "tradeoffs")),
    "bias_ethics": (
        ("considerations", "ethical_considerations"),
        ("considerations", "fairness_assessment"),
        ("fairness_analysis", "fairness_reports"),
    ),
}
_HELD_OUT = ("eval", "test", "holdout", "validation")


def is_toolkit(root: Part) -> bool:
    """Tell a toolkit card by its parts; `schema_version` alone, or `model_details` alone, is not enough."""
    details = isinstance(root.object.get("model_details"), dict)
    parts = sum(isinstance(root.object.get(part), dict) for part in _PARTS)
    return (details and (parts > 0 or "schema_version" in root.object)) or parts >= 2


def read_toolkit(draft: Draft, root: Part) -> None:
    """Read every field; numbers of the second schema are texts, and read like any declared number."""
    for section, paths in _SECTIONS.items():
        for path in paths:
            draft.claim(section, root.dig(*path))
    details = root.get("model_details") or Part({}, "/model_details")
    draft.identity = Identity(
        draft.said(details.get("name")),
        draft.said(details.dig("version", "name")),
        draft.said(details.dig("version", "date")),
    )
    draft.facts(draft.metadata, details.dig("version", "diff"), "version diff")
    draft.facts(draft.metadata, details.get("path"), "path")
    draft.facts(draft.metadata, details.get("regulatory_requirements"))
    for owner in details.all("owners"):
        draft.owner(owner.get("name"))
        draft.contact(owner.get("contact"))
    for licence in details.all("license") + details.all("licenses"):
        draft.licence(licence.get("identifier") or licence.get("custom_text") if licence.object else licence)
    _data(draft, root)
    _io(draft, root)
    _considerations(draft, root)
    _analysis(draft, root)


def _data(draft: Draft, root: Part) -> None:
    """0.0.1 has `{train, eval}`, 0.0.2 a list; a set is for evaluation when its key or name says so."""
    data = root.dig("model_parameters", "data")
    if data is None:
        return
    for key, part in [*data.members, *(("", item) for item in data.elements)]:
        name = draft.said(part.get("name")) or draft.said(part.get("link"))
        words = f"{key} {name.value if name else ''}".casefold()
        held_out = any(word in words for word in _HELD_OUT)
        draft.claim("evaluation_data" if held_out else "training_data", part)
        if name is None:
            continue
        draft.datasets.append(
            Dataset(
                squeeze(name.value)[:200],
                name.locator,
                uri=draft.said(part.get("link")),
                role="evaluate" if held_out else "train" if key else None,
                sensitive=_sensitive(draft, part.get("sensitive")),
            )
        )


def _sensitive(draft: Draft, part: Part | None) -> tuple[Claim, ...]:
    """A flag (0.0.1), kinds of data (0.0.2), or kinds with use and justification (VerifyML)."""
    if part is None:
        return ()
    if isinstance(part.value, bool):
        said = draft.said(part) if part.value else None
        return (said,) if said else ()
    kinds = part.all("sensitive_data") + part.all("sensitive_data_used")
    return tuple(said for item in kinds if (said := draft.said(item)))


def _io(draft: Draft, root: Part) -> None:
    parameters = root.get("model_parameters") or Part({})
    for key, into in (("input_format", draft.inputs), ("output_format", draft.outputs)):
        draft.facts(into, parameters.get(key), key)
        for pair in parameters.all(f"{key}_map"):
            name = pair.get("key")
            draft.facts(into, pair.get("value"), (name.text if name else None) or key)


def _considerations(draft: Draft, root: Part) -> None:
    considerations = root.get("considerations") or Part({})
    for item in considerations.all("ethical_considerations"):
        draft.risk(item.get("name"), item.get("mitigation_strategy"))
    for item in considerations.all("fairness_assessment"):
        draft.fairness.append(
            Fairness(
                draft.said(item.get("group_at_risk")),
                draft.said(item.get("harms")),
                draft.said(item.get("benefits")),
                draft.said(item.get("mitigation_strategy")),
            )
        )


def _analysis(draft: Draft, root: Part) -> None:
    metrics = root.dig("quantitative_analysis", "performance_metrics")
    draft.claim("evaluation", metrics)
    slices = 0
    for item in metrics.elements if metrics is not None else ():
        group = item.get("slice")
        draft.metric(
            "evaluation",
            item.get("type"),
            item.get("value"),
            group=group.text if group else None,
            ci=draft.interval(item.get("confidence_interval"), "lower_bound", "upper_bound"),
            threshold=item.get("threshold"),
        )
        if group is not None:
            draft.claim("subgroups", group)
            slices += 1
        _tests(draft, item)
    draft.count_items("subgroups", slices)
    for path in (("fairness_analysis", "fairness_reports"), ("explainability_analysis", "explainability_reports")):
        for report in (root.dig(*path) or Part(None)).elements:
            _tests(draft, report)


def _tests(draft: Draft, report: Part) -> None:
    """VerifyML's tests: the result is a claimed number, and `passed` is the tool's word, which decides nothing."""
    group = report.get("slice", "segment")
    for test in report.all("tests"):
        draft.metric(
            None,
            test.get("name"),
            test.get("result"),
            group=group.text if group else None,
            threshold=test.get("threshold"),
            verdict=test.get("passed"),
        )
