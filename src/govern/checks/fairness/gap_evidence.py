"""The evidence of kinds on scores, numeric predictions and ranks: counts a group at a time, or why there are none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from govern.canonical import Json
from govern.checks.fairness.evidence import grounds, refuse_many_groups
from govern.checks.fairness.gap_params import GapParams
from govern.checks.fairness.gap_restricted import errors_json, ranks_json
from govern.checks.predictions import finding_of, missing
from govern.checks.scores import errors_of, ranks_of, scores_of
from govern.diagnostics import Diagnostic
from govern.fairness import Axis, Counts, Missing, Tally, scores_to_json
from govern.fairness.gaps import Groups
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.evidence.predictions import PredictionSource

__all__ = ["Held", "held_errors", "held_ranks", "held_scores"]

Params = TypeVar("Params", bound=GapParams)
Params_co = TypeVar("Params_co", bound=GapParams, covariant=True)


@dataclass(frozen=True, slots=True)
class Held(Generic[Params_co]):
    """Counts that answer a rule."""

    params: Params_co
    """The rule's parameters, with what the model record declares in the place of the names that stand for it."""
    tables: tuple[Groups, ...]
    people: Counts
    """How many people of each label each cell holds: what suppression goes by."""
    restricted: Json
    """All counts, from which every figure can be made again."""
    file: str
    evidence: tuple[EvidenceRef, ...]
    holds: tuple[Holds, ...]


def held_scores(params: Params, context: CheckContext, *, labels: bool) -> Held[Params] | CheckResult:
    """Count the scores of the predictions by the rule's columns, and with `labels` by the true outcome."""
    from govern.fairness.score_groups import score_table

    def people(counts: Any) -> dict[tuple[int, ...], Tally]:
        return {
            key: Tally(sums.negatives.n, 0, 0, sums.positives.n) if labels else Tally(sums.both.n, 0, 0, 0)
            for key, sums in counts.sums.items()
        }

    def load(source: PredictionSource, columns: tuple[str, ...]) -> Any:
        return scores_of(context, source, columns, labels=labels)

    return _held(params, context, ("binary",), load, score_table, people, scores_to_json)


def held_errors(params: Params, context: CheckContext) -> Held[Params] | CheckResult:
    """Sum the errors of numeric predictions by the rule's columns."""
    from govern.fairness.regression import error_table

    def people(counts: Any) -> dict[tuple[int, ...], Tally]:
        return {key: Tally(sums.n, 0, 0, 0) for key, sums in counts.cells.items()}

    def load(source: PredictionSource, columns: tuple[str, ...]) -> Any:
        return errors_of(context, source, columns)

    return _held(params, context, ("regression",), load, error_table, people, errors_json)


def held_ranks(params: Params, context: CheckContext) -> Held[Params] | CheckResult:
    """Count the ranks of ranked lists by the rule's columns."""
    from govern.fairness.ranking import rank_table

    def people(counts: Any) -> dict[tuple[int, ...], Tally]:
        return {key: Tally(sum(ranks.values()), 0, 0, 0) for key, ranks in counts.cells.items()}

    def load(source: PredictionSource, columns: tuple[str, ...]) -> Any:
        return ranks_of(context, source, columns)

    return _held(params, context, ("ranking", "binary"), load, rank_table, people, ranks_json)


def _held(
    params: Params,
    context: CheckContext,
    tasks: Sequence[str],
    load: Callable[[PredictionSource, tuple[str, ...]], Any],
    table: Callable[[Any, tuple[str, ...]], tuple[dict[tuple[str, ...], Any], int]],
    people: Callable[[Any], dict[tuple[int, ...], Tally]],
    written: Callable[[Any], Json],
) -> Held[Params] | CheckResult:
    found = grounds(params, context)
    if isinstance(found, CheckResult):
        return found
    params, source = found.params, found.source
    if source.task not in tasks:
        return missing("The predictions cannot answer the question.", [_other_task(source, tasks)], found.evidence)
    counts = load(source, params.columns)
    if isinstance(counts, Diagnostic):
        return missing("The predictions lack a column.", [finding_of(counts)], found.evidence)
    if not counts.rows:
        return missing("The predictions cannot answer the question.", [_no_rows(source.file)], found.evidence)
    axes: tuple[Axis, ...] = counts.axes
    refuse_many_groups(params, axes, source.file)
    declared = {axis.name for axis in axes if axis.declared}
    tables = []
    for attributes in params.tables:
        groups, unknown = table(counts, attributes)
        tables.append(Groups(attributes, groups, unknown, len(attributes) == 1 and attributes[0] in declared))
    gone = Missing(counts.missing, 0, counts.missing)
    tallies = Counts(axes, getattr(counts, "labelled", False), people(counts), gone, counts.rows)
    return Held(params, tuple(tables), tallies, written(counts), source.file, found.evidence, found.holds)


def _other_task(source: PredictionSource, tasks: Sequence[str]) -> Finding:
    return Finding(
        code="F128",
        detail=f"the predictions are of task {source.task}, and the measure is of {' or '.join(tasks)}",
        observed=source.task,
        required=" or ".join(tasks),
        location=Location(source.described_by or source.file),
        remediation="Choose a measure of what the model predicts, or declare the task in the FairnessRows document.",
        discriminator="task",
    )


def _no_rows(file: str) -> Finding:
    return Finding(
        code="E104",
        detail="the table has a header and no rows",
        location=Location(file),
        remediation="Evaluate the model and write one row a case.",
        discriminator="no-rows",
    )
