"""Check kinds about explanations: `explainability.global_importance`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator

from govern.canonical import Json, fraction_text
from govern.checks.explainability.inputs import Inputs, model_inputs
from govern.checks.interface import Check
from govern.checks.predictions import missing
from govern.checks.tool_evidence import Gathered, Item, ToolParams, gather, place
from govern.diagnostics import plain
from govern.policy.interface import CheckSpec, EvidenceNeed, parameter, unknown_name
from govern.policy.outcomes import CheckResult, Finding, Location, Outcome
from govern.policy.types import Count, Names

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.evidence.tools.figures import Explanation, Importance

__all__ = ["CHECKS", "ImportanceParams"]

_METHODS = ("clarify", "permutation", "shap")
_MOST_NAMED = 20
_MOST_SHOWN = 100
_PLAIN = 12
_WANTED = "a table of feature and mean absolute SHAP value (type: shap), or SageMaker Clarify's analysis.json"


def _known_methods(value: tuple[str, ...]) -> tuple[str, ...]:
    unknown = sorted(set(value) - set(_METHODS))
    if unknown:
        raise unknown_name("method", unknown[0], _METHODS)
    return tuple(sorted(set(value)))


class ImportanceParams(ToolParams):
    """Parameters of `explainability.global_importance`."""

    methods: Annotated[Names, AfterValidator(_known_methods)] = parameter(
        "Methods accepted: shap, permutation, clarify.", tighten="subset", default=_METHODS
    )
    covers: Literal["signature"] = parameter(
        "What the explained features must be: exactly the inputs of the model's signature.", default="signature"
    )
    columns: Annotated[Names, AfterValidator(lambda value: tuple(sorted(set(value))))] = parameter(
        "The model's inputs, for a model without a signature.", default=()
    )
    min_features: Count = parameter("Fewest features with a weight other than 0.", tighten="up", default=1)


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of one file."""

    item: Item[Explanation]
    table: Importance

    @property
    def place(self) -> Location:
        return place(self.item.evidence, *self.table.steps)

    @property
    def name(self) -> str:
        said = self.item.file if self.table.label is None else f"{self.item.file}, output {self.table.label}"
        return plain(said)

    @property
    def weighing(self) -> int:
        """Features whose weight is not 0."""
        return sum(1 for value in self.table.features.values() if value)


def _evaluate(params: ImportanceParams, context: CheckContext) -> CheckResult:
    from govern.evidence.tools.figures import Explanation

    gathered = gather(params, context, Explanation, name="explanations", wanted=_WANTED)
    if isinstance(gathered, CheckResult):
        return gathered
    of_methods = [item for item in gathered.items if item.body.method in params.methods]
    if not of_methods:
        return _other_methods(params, gathered)
    tables = [_Table(item, table) for item in of_methods for table in item.body.tables]
    empty = [_nothing_explained(item, None) for item in of_methods if not item.body.tables]
    empty += [_nothing_explained(one.item, one) for one in tables if not one.weighing]
    if empty:
        return missing("An explanation explains nothing.", empty, gathered.refs)
    inputs = model_inputs(context, params.columns)
    if inputs is None:
        return _no_inputs(gathered, context)
    return _judged(params, gathered, tables, inputs)


def _judged(
    params: ImportanceParams, gathered: Gathered[Explanation], tables: Sequence[_Table], inputs: Inputs
) -> CheckResult:
    findings = [finding for one in tables for finding in _findings(params, one, inputs)]
    first = tables[0]
    count = len(first.table.features)
    if findings:
        summary = f"The explanation of {len(inputs.names)} inputs does not hold: {findings[0].detail}."
    else:
        summary = f"All {count} inputs are explained ({first.item.body.method}); the heaviest is {_heaviest(first)}."
    return CheckResult(
        outcome=Outcome.FAIL if findings else Outcome.PASS,
        summary=summary,
        findings=(*findings, *gathered.notes),
        evidence=(*gathered.refs, *inputs.evidence),
        observed=f"{count} features",
        required=f"the {len(inputs.names)} inputs of {inputs.said}",
        fields={"features": str(count), "inputs": str(len(inputs.names)), "method": first.item.body.method},
        holds=gathered.holds,
        facts=_facts(tables, inputs),
    )


def _findings(params: ImportanceParams, one: _Table, inputs: Inputs) -> list[Finding]:
    explained, wanted = set(one.table.features), set(inputs.names)
    found = []
    for what, names in (("missing", wanted - explained), ("extra", explained - wanted)):
        if names:
            said = "are not explained" if what == "missing" else "are explained and are no inputs"
            found.append(
                Finding(
                    code="E180",
                    detail=f"{_listed(names)} {said} ({one.name})",
                    observed=f"{len(explained)} features",
                    required=f"exactly the inputs of {inputs.said}",
                    location=one.place,
                    remediation="Explain the model that is in the bundle, with every input and nothing else.",
                    discriminator=f"{what}:{one.item.file}:{one.table.label or ''}",
                )
            )
    if one.weighing < params.min_features:
        found.append(
            Finding(
                code="E181",
                detail=f"{one.weighing} features have a weight other than 0 ({one.name})",
                observed=str(one.weighing),
                required=f">= {params.min_features}",
                location=one.place,
                remediation="Explain every feature, on data the model decides differently about.",
                discriminator=f"few:{one.item.file}:{one.table.label or ''}",
            )
        )
    return found


def _listed(names: set[str]) -> str:
    every = sorted(names)
    shown = ", ".join(f"`{plain(name, limit=60)}`" for name in every[:_MOST_NAMED])
    return shown if len(every) <= _MOST_NAMED else f"{shown} and {len(every) - _MOST_NAMED} more"


def _heaviest(one: _Table) -> str:
    return plain(max(sorted(one.table.features), key=lambda name: abs(one.table.features[name])), limit=60)


def _other_methods(params: ImportanceParams, gathered: Gathered[Explanation]) -> CheckResult:
    findings = [
        Finding(
            code="E184",
            detail=f"{plain(item.file)} was made by the method {item.body.method}",
            observed=item.body.method,
            required=f"one of {', '.join(params.methods) or 'none'}",
            location=Location(item.file),
            remediation="Explain the model by an accepted method.",
            discriminator=item.file,
        )
        for item in gathered.items
    ]
    return missing("No explanation was made by an accepted method.", findings, gathered.refs)


def _nothing_explained(item: Item[Explanation], one: _Table | None) -> Finding:
    return Finding(
        code="E182",
        detail=f"no feature of {plain(item.file) if one is None else one.name} has a weight other than 0",
        required="at least one weight other than 0",
        location=Location(item.file) if one is None else one.place,
        remediation="Run the explanation again.",
        discriminator=f"{item.file}:{'' if one is None else one.table.label or ''}",
    )


def _no_inputs(gathered: Gathered[Explanation], context: CheckContext) -> CheckResult:
    span = context.bundle.record_span("spec")
    finding = Finding(
        code="E183",
        detail="neither an MLmodel signature nor the rule nor the record says which inputs the model has",
        required="the names of the model's inputs",
        location=None if span is None else Location(span.file, span.line, span.column),
        remediation="Save the model with a signature of named columns, or list them under `columns` of the rule.",
        discriminator="signature",
    )
    return missing("Nothing says which features the model has.", [finding], gathered.refs)


def _facts(tables: Sequence[_Table], inputs: Inputs) -> Json:
    made: list[Json] = []
    for one in tables:
        weights = sorted(one.table.features.items(), key=lambda item: (-abs(item[1]), item[0]))
        made.append(
            {
                "file": one.item.file,
                "method": one.item.body.method,
                "label": one.table.label,
                "features": [{"name": name, "value": _text(value)} for name, value in weights[:_MOST_SHOWN]],
                "left_out": max(0, len(weights) - _MOST_SHOWN),
            }
        )
    return {"kind": "global-importance", "inputs": len(inputs.names), "inputs_of": inputs.said, "tables": made}


def _text(value: Decimal) -> str:
    """Write a weight with six significant digits or more; as it was written when it is very large or very small."""
    if not value:
        return "0"
    size = value.adjusted()
    return str(value) if abs(size) > _PLAIN else fraction_text(Fraction(value), max(6, 6 - size))


def _needs(params: ImportanceParams) -> tuple[EvidenceNeed, ...]:
    return (EvidenceNeed("explanations", ()),)


CHECKS: tuple[Check, ...] = (
    Check(
        spec=CheckSpec(
            kind="explainability.global_importance",
            version=1,
            summary="Passes when an accepted method gives every input of the model, and nothing else, its weight.",
            cannot_show="That the weights are right, that they were computed on this model rather than another with "
            "the same inputs, or that a feature of little weight is harmless.",
            params=ImportanceParams,
            needs=_needs,
            comes_to=(Outcome.PASS, Outcome.FAIL, Outcome.MISSING_EVIDENCE),
            message_fields=("features", "inputs", "method"),
            default_remediation="Explain the model that is in the bundle, with every input.",
        ),
        evaluate=_evaluate,
    ),
)
"""The family's kinds."""
