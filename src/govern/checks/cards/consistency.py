"""Check kind `model_card.consistent`: cards, licence files, `MLmodel`, adapter and model record do not contradict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from govern.checks.cards.evidence import cards_of, disagreements, place_of, ready_card
from govern.checks.cards.gathering import statements_of
from govern.checks.cards.licence_statements import licence_files
from govern.checks.cards.metrics import Figure, decimals_of, figure_of
from govern.checks.cards.rule_params import ConsistentParams
from govern.checks.cards.statements import Statement, other_side, refs_of, same, where
from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.diagnostics import plain
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Location, Outcome

if TYPE_CHECKING:
    from govern.evidence.cards import Card

__all__ = ["CHECKS"]

_MOST_FINDINGS = 100
_MOST_FIGURES = 2000


def _evaluate(params: ConsistentParams, context: CheckContext) -> CheckResult:
    ready = ready_card(params, context, cards_of(context))
    if isinstance(ready, CheckResult):
        return ready
    wrong: list[Finding] = []
    sides: list[Finding] = []
    unsure: list[Finding] = []
    heard: list[Statement] = []
    spoken: list[str] = []
    for field in params.fields_:
        if field == "metrics":
            wrong += _figures(ready.card, params)
            spoken += ["metrics"] if ready.card.metrics else []
            continue
        statements = statements_of(field, ready.card, context)
        spoken += [field] if any(item.by == "card" for item in statements) else []
        heard += statements
        for first, also in _contradictions(field, statements):
            wrong.append(first)
            sides.append(also)
        unsure += _incomparable(field, statements)
    others = tuple(
        item for item in disagreements(ready.card) if item.discriminator.partition(":")[2] not in params.fields_
    )
    outcome = _outcome(ready.card, wrong, unsure, spoken)
    if not spoken:
        wrong = [_nothing(ready.card, params)]
    return CheckResult(
        outcome=outcome,
        summary=_summary(outcome, params, wrong, unsure, spoken),
        findings=(*wrong[:_MOST_FINDINGS], *sides[:_MOST_FINDINGS], *unsure[:_MOST_FINDINGS], *others, *ready.notes),
        evidence=_distinct((*ready.evidence, *refs_of(heard, context), *_licence_refs(params, ready.card, context))),
        observed=f"{len(wrong) if spoken else 0} contradictions",
        required="0 contradictions",
        fields={"contradictions": str(len(wrong) if spoken else 0), "fields": ", ".join(spoken) or "none"},
        holds=ready.holds,
    )


def _outcome(card: Card, wrong: Sequence[Finding], unsure: Sequence[Finding], spoken: Sequence[str]) -> Outcome:
    if wrong:
        return Outcome.FAIL
    if card.metadata_unreadable:
        return Outcome.ERROR
    if not spoken:
        return Outcome.MISSING_EVIDENCE
    return Outcome.INCONCLUSIVE if unsure or not card.recognised else Outcome.PASS


def _summary(
    outcome: Outcome, params: ConsistentParams, wrong: Sequence[Finding], unsure: Sequence[Finding], spoken: list[str]
) -> str:
    asked = ", ".join(params.fields_)
    if outcome is Outcome.FAIL:
        return f"{len(wrong)} contradictions about the model: {wrong[0].detail}."
    if outcome is Outcome.ERROR:
        return "The card's front matter cannot be read, so what it declares is unknown."
    if outcome is Outcome.MISSING_EVIDENCE:
        return f"No card declares any of {asked}."
    if unsure:
        return f"Nothing contradicts, and {len(unsure)} statements cannot be compared: {unsure[0].detail}."
    return f"Cards and the files beside them agree on {', '.join(spoken)} ({asked} asked)."


def _nothing(card: Card, params: ConsistentParams) -> Finding:
    return Finding(
        code="E259",
        detail=f"no card declares any of {', '.join(params.fields_)}",
        required="a declaration to compare",
        location=Location(card.sources[0].file, 1),
        remediation="Declare license, model_name, version or base_model in the front matter of the card.",
        discriminator="nothing-declared",
    )


def _contradictions(field: str, statements: Sequence[Statement]) -> Iterator[tuple[Finding, Finding]]:
    """For each statement that contradicts an earlier one a finding, and the same at its own place."""
    said = [item for item in statements if item.key is not None]
    for number, later in enumerate(said):
        earlier = next((item for item in said[:number] if not same(field, item, later)), None)
        if earlier is None:
            continue
        finding = Finding(
            code="E243",
            detail=f"{field}: {_told(earlier)}, {_told(later)}",
            observed=later.said,
            required=earlier.said,
            location=earlier.place,
            remediation=f"Correct the one that is wrong: {where(earlier.place)} or {where(later.place)}.",
            discriminator=f"{field}:{earlier.place.file}:{later.place.file}:{number}",
        )
        yield finding, other_side(finding, later.place)


def _told(item: Statement) -> str:
    return f"the {item.by} says {item.said} ({where(item.place)})"


def _incomparable(field: str, statements: Sequence[Statement]) -> Iterator[Finding]:
    """Statements that nobody can compare; one that stands alone contradicts nothing, but a path on a machine does."""
    for number, item in enumerate(statements):
        if item.key is not None or (field != "base_models" and len(statements) < 2):
            continue
        is_path = field == "base_models"
        others = ", ".join(_told(other) for other in statements if other is not item)[:400]
        yield Finding(
            code="E245" if is_path else "E244",
            detail=f"{field}: {_told(item)}: {item.why}" + (f"; {others}" if others else ""),
            observed=item.said,
            location=item.place,
            remediation="Name the base model by its id on a hub or its URI."
            if is_path
            else "Write an SPDX identifier, or the unchanged text of the licence.",
            discriminator=f"incomparable:{field}:{item.place.file}:{number}",
        )


def _figures(card: Card, params: ConsistentParams) -> Iterator[Finding]:
    """Figures of one metric on the same data in different places must be roundings of one number."""
    seen: dict[tuple[object, ...], Figure] = {}
    ordered = sorted(card.metrics[:_MOST_FIGURES], key=lambda item: (_key(item.locator), item.name, item.raw))
    for number, declared in enumerate(ordered):
        figure = figure_of(declared)
        value = figure.written
        if value is None or (declared.dataset is None and declared.split is None):
            continue
        parts = (declared.dataset, declared.split, declared.slice)
        key = (figure.metric, figure.average, *(part and part.casefold() for part in parts))
        first = seen.setdefault(key, figure)
        other = first.written
        if other is None or first is figure:
            continue
        coarser = min(decimals_of(first.declared), decimals_of(declared))
        if abs(value - other) > Fraction(1, 2 * 10**coarser) + Fraction(params.tolerance):
            places = [place_of(item.locator) or Location("") for item in (first.declared, declared)]
            yield Finding(
                code="E243",
                detail=f"{figure.metric} on {plain(declared.dataset or declared.split or '')}: "
                f"{plain(first.declared.raw)} ({where(places[0])}), {plain(declared.raw)} ({where(places[1])})",
                observed=plain(declared.raw),
                required=plain(first.declared.raw),
                location=places[0],
                remediation="Correct the figure that is wrong.",
                discriminator=f"metric:{figure.metric}:{places[0].file}:{places[1].file}:{number}",
            )


def _key(locator: object) -> tuple[str, int, str]:
    file, line, pointer = (getattr(locator, name) for name in ("file", "line", "pointer"))
    return file, line or 0, pointer or ""


def _licence_refs(params: ConsistentParams, card: Card, context: CheckContext) -> tuple[EvidenceRef, ...]:
    files = licence_files(context, card) if "license" in params.fields_ else ()
    held = context.bundle.files
    return tuple(EvidenceRef(name="licence_file", file=item.file, digest=held[item.file].sha256) for item in files)


def _distinct(refs: Sequence[EvidenceRef]) -> tuple[EvidenceRef, ...]:
    return tuple({item.file: item for item in reversed(refs)}.values())[::-1]


def _needs(_params: ConsistentParams) -> tuple[EvidenceNeed, ...]:
    return (EvidenceNeed("card"),)


CHECKS: tuple[Check, ...] = (
    Check(
        CheckSpec(
            kind="model_card.consistent",
            version=1,
            summary="Cards, licence files, MLmodel, adapter configuration and model record do not contradict.",
            cannot_show="That what they agree on is true; files that are not in the bundle.",
            params=ConsistentParams,
            needs=_needs,
            message_fields=("contradictions", "fields"),
            default_remediation="Correct the file that is wrong.",
        ),
        _evaluate,
    ),
)
"""The family's kinds."""
