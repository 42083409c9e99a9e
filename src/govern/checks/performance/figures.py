"""Where a figure of a metric comes from: computed again from predictions, a metrics file, an evaluation of a tool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from govern.checks.performance.measures import COMPUTABLE, Material, material_of
from govern.checks.performance.params import UNBOUNDED_ABOVE
from govern.checks.performance.stated import Stated, stated_figures
from govern.checks.predictions import finding_of, missing, prediction_refs, source_of, terms_of
from govern.checks.tool_evidence import ToolParams
from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.fairness import Measured
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.fairness.figure_intervals import Ends

__all__ = ["Ask", "Figure", "recomputed", "refuse_impossible", "stated"]

_BEYOND = Decimal(10) ** 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Which figure a rule is about."""

    metric: str
    required: str
    """What the rule asks for, in words."""
    dataset: str | None = None
    split: str | None = None
    slice: str | None = None
    must_recompute: bool = False

    @property
    def part(self) -> tuple[str, str] | None:
        """The slice as column and value; None for all cases."""
        column, _mark, value = (self.slice or "").partition("=")
        return None if self.slice is None else (column, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure and where it comes from."""

    measured: Measured
    location: Location
    evidence: tuple[EvidenceRef, ...]
    holds: tuple[Holds, ...]
    source: Literal["predictions", "metrics file", "evaluation"]
    material: Material | None = None
    """The counts that it was computed from."""
    left_out: int = 0
    """Rows without prediction, score, label or known slice."""
    data: str | None = None
    split: str | None = None

    @property
    def n_known(self) -> bool:
        """Whether it is known on how many cases the figure rests."""
        return self.material is not None

    def ends(self, z: Decimal) -> Ends | None:
        """Give its interval; None when it is undefined, or nobody knows on what it rests."""
        return None if self.material is None else self.material.ends(z)


def recomputed(params: ToolParams, ask: Ask, context: CheckContext) -> Figure | CheckResult | None:
    """Compute a figure from predictions; None when another source may be used instead.

    Predictions that are there and cannot be used (another model, damaged, unbound) are never passed over for a
    figure somebody wrote down.
    """
    if ask.metric not in COMPUTABLE:
        return None
    source = source_of(context)
    if isinstance(source, Diagnostic):
        if source.code != "E120" or ask.must_recompute:
            return _not_recomputable(ask, source)
        return None
    if not _selected(params, "predictions", source.file, source.tool):
        return None
    material = material_of(ask.metric, context, source, ask.part)
    if isinstance(material, Diagnostic):
        return None if not ask.must_recompute and material.code == "E122" else _not_recomputable(ask, material)
    evidence = prediction_refs(source)
    terms = terms_of(
        params,
        name="predictions",
        file=source.file,
        bound=source.bound,
        produced_at=source.produced_at,
        tool=source.tool,
    )
    unmet = [*terms.unmet, *_elsewhere(ask, source.dataset, source.split, Location(source.file))]
    if unmet:
        return missing("The predictions do not meet the terms of the rule.", unmet, evidence, ask.required)
    return Figure(
        measured=material.measured(),
        location=Location(source.file),
        evidence=evidence,
        holds=terms.holds,
        source="predictions",
        material=material,
        left_out=material.left_out,
        data=source.dataset,
        split=source.split,
    )


def _selected(params: ToolParams, name: str, file: str, tool: str | None) -> bool:
    """Whether the rule's `from` is about this file; a rule without one is about every file."""
    from fnmatch import fnmatchcase

    wish = params.from_
    if wish is None:
        return True
    by_tool = wish.producer is None or (tool or "").casefold().split(" ")[0] == wish.producer.casefold()
    by_path = wish.path is None or fnmatchcase(file, wish.path)
    return by_tool and by_path and wish.name in (None, name)


def _not_recomputable(ask: Ask, diagnostic: Diagnostic) -> CheckResult:
    if diagnostic.code in ("E107", "E189"):
        said = "The predictions speak of another model." if diagnostic.code == "E107" else "The slice is not there."
        return missing(said, [finding_of(diagnostic)], (), ask.required)
    finding = Finding(
        code="E135",
        detail=f"{ask.metric} cannot be computed again: {diagnostic.message}",
        required=ask.required,
        location=finding_of(diagnostic).location,
        remediation="Add predictions with the columns the metric needs.",
        discriminator=ask.metric,
    )
    return missing(f"There are no predictions to compute {ask.metric} from.", [finding], (), ask.required)


def _elsewhere(
    ask: Ask, dataset: str | None, split: str | None, place: Location, part: str | None = None, *, whole: bool = True
) -> list[Finding]:
    """Findings for a data set, split or slice other than the asked one. `whole`: the source can be cut into slices."""
    asked = [("data set", ask.dataset, dataset), ("split", ask.split, split)]
    asked += [] if whole else [("slice", ask.slice, part)]
    return [
        Finding(
            code="E136",
            detail=f"the figure is not known to be measured on the {what} {plain(wanted)}",
            observed=plain(given) if given is not None else "not stated",
            required=plain(wanted),
            location=place,
            remediation="Evaluate on the asked data and say so in the FairnessRows document or the evaluation.",
            discriminator=what,
        )
        for what, wanted, given in asked
        if wanted is not None and wanted != given
    ]


def stated(params: ToolParams, ask: Ask, context: CheckContext) -> tuple[Figure, ...] | CheckResult:
    """Give every figure of the metric that files of the bundle state, for the data the rule asks for; at least one.

    Raises InputError E141 when two different values stand for the same metric, data, split and slice.
    """
    found = stated_figures(params, context, ask.metric, ask.required, lambda *file: _selected(params, *file))
    if isinstance(found, CheckResult):
        return found
    _refuse_ambiguous(ask, found)
    fit = [item for item in found if not _elsewhere_of(ask, item)]
    if not fit:
        unmet = [finding for item in found for finding in _elsewhere_of(ask, item)]
        refs = tuple(dict.fromkeys(ref for item in found for ref in item.evidence))
        return missing("The metrics do not meet the terms of the rule.", unmet, refs, ask.required)
    held_out = [item for item in fit if item.split != "train" or ask.split == "train"]
    if not held_out:
        return missing(f"No {ask.metric} was found.", [_trained(ask, item) for item in fit], (), ask.required)
    for item in held_out:
        refuse_impossible(ask.metric, item)
    return tuple(
        Figure(
            measured=Measured(Fraction(item.value), 0),
            location=item.location,
            evidence=item.evidence,
            holds=item.holds,
            source="evaluation" if item.evaluation else "metrics file",
            data=item.data,
            split=item.split,
        )
        for item in held_out
    )


def _elsewhere_of(ask: Ask, item: Stated) -> list[Finding]:
    if ask.slice is None and item.slice is not None:
        finding = Finding(
            code="E136",
            detail=f"the figure is of the slice {plain(item.slice, limit=80)} alone",
            required="all cases",
            location=item.location,
            remediation="State the figure of all cases too.",
            discriminator="slice",
        )
        return [finding]
    return _elsewhere(ask, item.data, item.split, item.location, item.slice, whole=False)


def _trained(ask: Ask, item: Stated) -> Finding:
    return Finding(
        code="E188",
        detail=f"{ask.metric} is stated for the training data alone",
        observed="train",
        required="data that were held out",
        location=item.location,
        remediation="Evaluate on data that were held out, and log that figure.",
        discriminator=ask.metric,
    )


def _refuse_ambiguous(ask: Ask, found: Sequence[Stated]) -> None:
    by_key: dict[tuple[str | None, str | None, str | None], Stated] = {}
    for item in found:
        first = by_key.setdefault((item.data, item.split, item.slice), item)
        if first.value != item.value:
            message = f"{ask.metric} is {first.value} in {plain(first.location.file)} and {item.value} here"
            span = Span(item.location.file, item.location.line, item.location.column)
            hint = "Remove the figure that is not of this model, or say which data and split each is of."
            raise InputError(Diagnostic("E141", message, span, hint))


def refuse_impossible(metric: str, item: Stated) -> None:
    """Raise InputError E130 for a figure that cannot be.

    A share above 1 is a percentage or a mistake; comparing it with 0.8 would pass anything. What no report could print
    was not measured.
    """
    if abs(item.value) >= _BEYOND:
        span = Span(item.location.file, item.location.line, item.location.column)
        raise InputError(Diagnostic("E130", f"{metric} is beyond all measure", span, "Write a figure below 1e30."))
    least = -1 if metric == "mcc" else None if metric == "r2" else 0
    most = None if metric in UNBOUNDED_ABOVE else 1
    if (least is not None and item.value < least) or (most is not None and item.value > most):
        raise InputError(
            Diagnostic(
                code="E130",
                message=f"{metric} of {item.value} cannot be: it is written as a share between 0 and 1",
                span=Span(item.location.file, item.location.line, item.location.column),
                hint="Write 0.912 for 91.2 percent.",
            )
        )
