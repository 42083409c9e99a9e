"""Figures that files of a bundle state: the flat metrics file, and the evaluations that other tools wrote."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from govern.checks.performance.measures import metrics_of
from govern.checks.predictions import finding_of, missing, terms_of
from govern.checks.tool_evidence import Item, ToolParams, gather, place, read_one, sightings_of
from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.evidence.tools.figures import MetricItem, Metrics
    from govern.evidence.tools.finding import Evidence

__all__ = ["Stated", "evaluation_root", "is_rival", "stated_figures", "stated_in", "unfinished"]

_RIVALS = re.compile(r"(?:champion|challenger|baseline)s?(?:[-_. ].*|[0-9]+)?", re.ASCII | re.IGNORECASE)
"""Names under `spec.evidence` of what speaks of other models on purpose."""
_WANTED = "a metrics.json, an exported MLflow run or another tool's evaluation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """One figure that a file states."""

    value: Decimal
    data: str | None
    split: str | None
    slice: str | None
    location: Location
    evidence: tuple[EvidenceRef, ...]
    holds: tuple[Holds, ...]
    evaluation: bool
    """Whether a tool wrote it; else it stands in a flat file."""


Selects = Callable[[str, str, str | None], bool]


def is_rival(evidence: Evidence) -> bool:
    """Whether evidence speaks of another model on purpose, by its name in the record.

    One whose envelope names this very model does not, whatever it is called.
    """
    bound_to_this = evidence.envelope is not None and evidence.envelope.model == "match"
    return _RIVALS.fullmatch(evidence.name) is not None and not bound_to_this


def stated_figures(
    params: ToolParams, context: CheckContext, metric: str, required: str, selects: Selects
) -> tuple[Stated, ...] | CheckResult:
    """Give every figure of the metric that a file of this model states; at least one.

    Raises InputError for files that cannot be read, and E130 for a figure that is no number.
    """
    flat = _flat(params, context, metric, required, selects)
    if isinstance(flat, CheckResult) and flat.findings[0].code not in ("E120", "E137"):
        return flat
    evaluated = _evaluated(params, context, metric, required)
    if isinstance(evaluated, CheckResult):
        if evaluated.findings[0].code == "E120":
            return (flat,) if isinstance(flat, Stated) else flat
        return evaluated
    return (flat, *evaluated) if isinstance(flat, Stated) else evaluated


def _flat(
    params: ToolParams, context: CheckContext, metric: str, required: str, selects: Selects
) -> Stated | CheckResult:
    metrics = metrics_of(context)
    if isinstance(metrics, Diagnostic):
        return missing(f"No {metric} was found.", [finding_of(metrics)], (), required)
    if not selects("metrics", metrics.file, metrics.tool):
        return missing(f"No {metric} was found.", [_absent(metric, required, metrics.file)], (), required)
    evidence = (EvidenceRef(name="metrics", file=metrics.file, digest=metrics.digest, bound=metrics.bound),)
    if metric in metrics.others:
        hint = "Write a JSON number, such as 0.91."
        raise InputError(Diagnostic("E130", f"{metric} is not a number", Span(metrics.file), hint))
    value = metrics.values.get(metric)
    if value is None:
        finding = _absent(metric, required, metrics.file)
        return missing(f"No {metric} was found.", [finding], evidence, required)
    terms = terms_of(
        params,
        name="metrics",
        file=metrics.file,
        bound=metrics.bound,
        produced_at=metrics.produced_at,
        tool=metrics.tool,
    )
    if terms.unmet:
        return missing("The metrics do not meet the terms of the rule.", terms.unmet, evidence, required)
    return Stated(
        value=Decimal(value),
        data=None,
        split=None,
        slice=None,
        location=Location(metrics.file, pointer=f"/{metric}"),
        evidence=evidence,
        holds=terms.holds,
        evaluation=False,
    )


def _absent(metric: str, required: str, file: str) -> Finding:
    return Finding(
        code="E137",
        detail=f"the metrics file holds no {metric}",
        required=required,
        location=Location(file, pointer=f"/{metric}"),
        remediation="Measure it and write it into the file, or add predictions.",
        discriminator=metric,
    )


def _evaluated(
    params: ToolParams, context: CheckContext, metric: str, required: str
) -> tuple[Stated, ...] | CheckResult:
    from govern.evidence.tools.figures import Metrics

    gathered = gather(
        params,
        context,
        Metrics,
        name="evaluations",
        wanted=_WANTED,
        leave_out=lambda evidence: is_rival(evidence) or not _states(evidence, metric),
    )
    if isinstance(gathered, CheckResult):
        return gathered
    broken = [finding for item in gathered.items if (finding := unfinished(item)) is not None]
    if broken:
        return missing("A run that states the figure does not count.", broken, gathered.refs, required)
    return tuple(
        one for item in gathered.items for one in stated_in(item, metric, refs_of(item, gathered.refs), gathered.holds)
    )


def _states(evidence: Evidence, metric: str) -> bool:
    from govern.evidence.tools.figures import Metrics

    body = evidence.readout.body(Metrics)
    return body is not None and any(item.name == metric for item in body.items)


def refs_of(item: Item[Metrics], refs: tuple[EvidenceRef, ...]) -> tuple[EvidenceRef, ...]:
    """Give the references of one file and of what was read with it."""
    files = {item.file, *item.evidence.readout.files}
    return tuple(ref for ref in refs if ref.file in files)


def unfinished(item: Item[Metrics]) -> Finding | None:
    """Say why the run that made the figures does not count; None when it does."""
    why = item.body.unfinished
    if why is None:
        return None
    return Finding(
        code="E142",
        detail=f"the run in {plain(item.file)} does not count: {why}",
        observed=why,
        required="a finished run",
        location=Location(item.file),
        remediation="Export a finished run.",
        discriminator=item.file,
    )


def stated_in(
    item: Item[Metrics], metric: str, refs: tuple[EvidenceRef, ...], holds: tuple[Holds, ...]
) -> tuple[Stated, ...]:
    """Give every figure of the metric that one evaluation states."""
    return tuple(
        Stated(
            value=one.value,
            data=one.data,
            split=one.split,
            slice=one.slice,
            location=_place(item.evidence, one),
            evidence=refs,
            holds=holds,
            evaluation=True,
        )
        for one in item.body.items
        if one.name == metric
    )


def _place(evidence: Evidence, one: MetricItem) -> Location:
    if one.file is not None:
        return Location(one.file, one.line)
    return place(evidence, *one.steps)


def evaluation_root(
    context: CheckContext, stated: Mapping[str, Decimal | int]
) -> tuple[dict[str, Decimal], list[EvidenceRef]]:
    """Give the figures of evaluations that expressions may read beside those of the metrics file, by name.

    A figure of the training data or of a slice is none of them, nor is a name that stands for several data sets or
    splits with different values. Raises InputError: E107 for an evaluation of another model, E141 when two files state
    different values of one figure.
    """
    from govern.evidence.tools.figures import Metrics
    from govern.evidence.tools.finding import Selector, selected

    by_name: dict[str, dict[tuple[str | None, str | None], Decimal]] = {
        name: {(None, None): Decimal(value)} for name, value in stated.items()
    }
    refs: list[EvidenceRef] = []
    for sighting in selected(sightings_of(context, Metrics), Metrics, Selector()):
        evidence = read_one(context, sighting)
        body = evidence.readout.body(Metrics)
        if body is None or body.unfinished is not None or is_rival(evidence):
            continue
        if evidence.envelope is not None and evidence.envelope.model == "mismatch":
            hint = "Measure again with the model that is in the bundle."
            message = f"the evaluation {plain(evidence.file)} speaks of another model"
            raise InputError(Diagnostic("E107", message, Span(evidence.envelope.file), hint))
        for item in body.items:
            if item.slice is not None or item.split == "train":
                continue
            held = by_name.setdefault(item.name, {}).setdefault((item.data, item.split), item.value)
            if held != item.value:
                message = f"metrics.{plain(item.name, limit=80)} is {held} elsewhere and {item.value} here"
                hint = "Remove the figure that is not of this model, or say which data and split each is of."
                raise InputError(Diagnostic("E141", message, evidence.document.span(*item.steps), hint))
        files = {evidence.file: evidence.digest}
        files |= {path: context.bundle.files[path].sha256 for path in evidence.readout.files}
        refs += [
            EvidenceRef(name="evaluations", file=file, digest=digest, bound=evidence.bound)
            for file, digest in files.items()
        ]
    agreed = {name: values for name, values in by_name.items() if len(set(values.values())) == 1}
    return {name: next(iter(values.values())) for name, values in agreed.items() if name not in stated}, refs
