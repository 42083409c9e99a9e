"""`fairness.disparity` of many classes: each class against all others, and one verdict over all of them.

Each class is judged with its share of the rule's alpha (Bonferroni), so that the chance of error over all comparisons
of all classes stays below alpha, however the classes hang together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import TYPE_CHECKING

from govern.canonical import decimal_text
from govern.checks.fairness.evidence import grounds, lacking_of, refuse_many_groups
from govern.checks.predictions import counts_of, finding_of, missing
from govern.diagnostics import Diagnostic, plain
from govern.fairness import Counts, judge, needs_labels
from govern.policy.outcomes import CheckResult, Finding, Location, Outcome

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.checks.fairness.disparity import DisparityParams
    from govern.checks.fairness.evidence import Grounds
    from govern.evidence.predictions import Predictions

__all__ = ["ALL_CLASSES", "judge_classes"]

ALL_CLASSES = "all"
"""Stands for every class that the FairnessRows document lists."""
_WORST_FIRST = (Outcome.FAIL, Outcome.ERROR, Outcome.MISSING_EVIDENCE, Outcome.INCONCLUSIVE, Outcome.PASS)


def judge_classes(params: DisparityParams, context: CheckContext) -> CheckResult:
    """Judge every class that the rule names. Raises InputError for a table that cannot be taken at its word."""
    found = grounds(params, context)
    if isinstance(found, CheckResult):
        return found
    stranger = _stranger(found)
    if stranger is not None:
        return missing("The predictions do not have the classes of the rule.", [stranger], found.evidence)
    counts = _counted(found, context)
    if isinstance(counts, CheckResult):
        return counts
    shared = found.params.model_copy(update=_shared(found.params, counts))
    return _together({name: _judged(found, shared, tensor) for name, tensor in counts.items()}, shared)


def _stranger(found: Grounds[DisparityParams]) -> Finding | None:
    """Word that the table has no classes, or not those that are asked for."""
    source, asked = found.source, found.params.classes
    strangers = [name for name in asked if name != ALL_CLASSES and name not in source.classes]
    if source.classes and not strangers:
        return None
    detail = "the table is of two values, and the rule asks for classes"
    if source.classes:
        detail = f"the document lists no class {', '.join(plain(name, limit=60) for name in strangers)}"
    return Finding(
        code="E122",
        detail=detail,
        location=Location(source.described_by or source.file),
        remediation="List the classes in the FairnessRows document, in place of positive.",
        discriminator="classes",
    )


def _counted(found: Grounds[DisparityParams], context: CheckContext) -> dict[str, Counts] | CheckResult:
    from govern.evidence.class_counts import read_classes

    params, source = found.params, found.source
    columns = tuple(sorted({*params.columns, *(() if params.stratum is None else (params.stratum,))}))

    def read() -> Mapping[str, Predictions] | Diagnostic:
        return read_classes(context.bundle, source, columns)

    predictions = context.once(("predictions.classes", source.file, columns), read)
    if isinstance(predictions, Diagnostic):
        return missing("The predictions lack a column.", [finding_of(predictions)], found.evidence)
    lacking = lacking_of(next(iter(predictions.values())), params.metric if needs_labels(params.metric) else None)
    if lacking is not None:
        return missing("The predictions cannot answer the question.", [lacking], found.evidence)
    chosen = (
        source.classes if ALL_CLASSES in params.classes else tuple(c for c in source.classes if c in params.classes)
    )
    counts = {name: counts_of(predictions[name]) for name in chosen}
    refuse_many_groups(params, counts[chosen[0]].axes, source.file)
    return counts


def _shared(params: DisparityParams, counts: Mapping[str, Counts]) -> dict[str, object]:
    """Give each class its part of alpha, rounded down, and hide the same groups in all of them.

    What is hidden for a rare outcome in one class follows from the other classes, whose outcomes add up to everybody:
    then no number of any group is shown.
    """
    from govern.fairness.disclosure import hidden_groups

    with localcontext() as arithmetic:
        arithmetic.prec, arithmetic.rounding = 20, ROUND_DOWN
        made: dict[str, object] = {"alpha": Decimal(params.alpha) / len(counts)}
    smallest = params.smallest_shown
    for tensor in counts.values() if needs_labels(params.metric) else ():
        for table in params.tables:
            by_people = hidden_groups(tensor, table, smallest, labels=False)
            if hidden_groups(tensor, table, smallest, labels=True) != by_people:
                made["smallest_shown"] = max(smallest, tensor.rows + 1)
    return made


def _judged(found: Grounds[DisparityParams], params: DisparityParams, counts: Counts) -> CheckResult:
    from govern.checks.fairness.findings import result_of

    judgement = judge(params.question(), counts)
    return result_of(params, counts, judgement, file=found.source.file, evidence=found.evidence, holds=found.holds)


def _together(results: Mapping[str, CheckResult], params: DisparityParams) -> CheckResult:
    """Take the worst class for the verdict and the words, and the findings and facts of all."""
    worst = min(results, key=lambda name: _WORST_FIRST.index(results[name].outcome))
    leading = results[worst]
    shown = {name: plain(name, limit=60) for name in results}
    fields = dict(leading.fields)
    fields["worst.group"] = f"class {shown[worst]}: {fields['worst.group']}"
    return replace(
        leading,
        summary=f"Class {shown[worst]}, one of {len(results)}: {leading.summary}",
        findings=tuple(
            replace(item, detail=f"class {shown[name]}: {item.detail}", discriminator=f"{name}:{item.discriminator}")
            for name, result in results.items()
            for item in result.findings
        ),
        fields=fields,
        facts={
            "kind": "fairness-classes",
            "alpha": decimal_text(params.alpha),
            "classes": [{"class": name, "facts": result.facts} for name, result in results.items()],
        },
    )
