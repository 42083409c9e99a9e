"""Check kind `model_card.licence`: the declared licence is one expression, accepted, and meets the base models'."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from govern.checks.cards.base_licences import base_findings
from govern.checks.cards.declarations import (
    Problem,
    claim_finding,
    declarations,
    declared_licence,
    problems_of_declaration,
    undeclared,
    unreadable,
)
from govern.checks.cards.evidence import cards_of, place_of, ready_card
from govern.checks.cards.licence_statements import licence_files, licence_key
from govern.checks.cards.rule_params import LicenceParams
from govern.checks.cards.statements import where
from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.diagnostics import plain
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Location, Outcome

if TYPE_CHECKING:
    from govern.evidence.cards import Card
    from govern.security.licences import Reading

__all__ = ["CHECKS"]

_MOST_FINDINGS = 100


def _evaluate(params: LicenceParams, context: CheckContext) -> CheckResult:
    ready = ready_card(params, context, cards_of(context))
    if isinstance(ready, CheckResult):
        return ready
    card = ready.card
    problems = list(problems_of_declaration(card, context))
    expression = declared_licence(card)
    if card.metadata_unreadable:
        problems.append(unreadable(card))
    elif expression is None and not problems:
        problems.append(undeclared(card, context))
    if expression is not None:
        problems += _accepted(params, card, expression)
    problems += _against_files(params, card, context, expression)
    bases, base_refs = base_findings(params, context, card, expression)
    problems += [Problem(*item) for item in bases]
    outcome = _worst([item.outcome for item in problems])
    files = context.bundle.files
    texts = tuple(
        EvidenceRef(name="licence_file", file=item.file, digest=files[item.file].sha256)
        for item in licence_files(context, card)
    )
    shown = expression.expression if expression is not None and expression.expression else "not one licence"
    return CheckResult(
        outcome=outcome,
        summary=_sentence(problems[0].finding.detail if problems else f"the declared licence is {plain(shown)}"),
        findings=(*_findings(problems[:_MOST_FINDINGS]), *ready.notes),
        evidence=(*ready.evidence, *texts, *base_refs),
        observed=plain(shown),
        required=_required(params),
        fields={"licence": plain(shown), "problems": str(len(problems))},
        holds=ready.holds,
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _findings(problems: Sequence[Problem]) -> Iterator[Finding]:
    yield from (item.finding for item in problems)
    yield from (item.also for item in problems if item.also is not None)


def _worst(outcomes: Sequence[Outcome]) -> Outcome:
    order = (Outcome.FAIL, Outcome.ERROR, Outcome.MISSING_EVIDENCE, Outcome.INCONCLUSIVE)
    return next((item for item in order if item in outcomes), Outcome.PASS)


def _required(params: LicenceParams) -> str:
    allowed = f"one of {', '.join(params.allow)}" if params.allow is not None else "a known licence"
    return allowed + (f", not {', '.join(params.deny)}" if params.deny else "")


def _accepted(params: LicenceParams, card: Card, reading: Reading) -> Iterator[Problem]:
    """Whoever receives an expression with OR chooses, so that one acceptable way is enough."""
    ways = reading.alternatives
    refused = {name for way in ways for name in way if _denied(name, params.deny)}
    open_ways = [way for way in ways if not way & refused]
    if params.allow is not None:
        open_ways = [way for way in open_ways if way <= set(params.allow)]
    if open_ways:
        return
    why = f"{', '.join(sorted(refused))} is refused" if refused else "it is not among those accepted"
    claim = next(iter(declarations(card)))
    text = f"the licence {plain(reading.expression or '')} is not accepted: {why}"
    finding = Finding(
        code="E248",
        detail=text,
        observed=plain(reading.expression or ""),
        required=_required(params),
        location=place_of(claim.locator),
        remediation="Release the model under an accepted licence, or ask for a waiver.",
        discriminator="not-accepted",
    )
    yield Problem(Outcome.FAIL, finding)


def _denied(name: str, deny: Sequence[str]) -> bool:
    return name in deny or name.partition(" WITH ")[0] in deny


def _against_files(
    params: LicenceParams, card: Card, context: CheckContext, reading: Reading | None
) -> Iterator[Problem]:
    """Hold the texts in the bundle against the declaration, and follow a link into the bundle."""
    files = licence_files(context, card)
    if params.require_file and not files:
        finding = Finding(
            code="E250",
            detail="the bundle holds no licence text",
            observed="absent",
            required="a file such as LICENSE",
            location=Location(card.sources[0].file, 1),
            remediation="Add the licence's text as LICENSE.",
            discriminator="no-file",
        )
        yield Problem(Outcome.MISSING_EVIDENCE, finding)
    for item in files:
        if not item.match.ids:
            finding = Finding(
                code="E250",
                detail=f"{plain(item.file)} is no licence text that is known: {item.match.why}",
                observed="unknown",
                location=Location(item.file, 1),
                remediation="Put the unchanged text of the licence there; keep other terms in files of their own.",
                discriminator=f"text:{item.file}",
            )
            yield Problem(Outcome.INCONCLUSIVE, finding)
        elif reading is not None and not licence_key(item.match.ids) <= licence_key(reading.ids):
            claim = next(iter(declarations(card)))
            place = place_of(claim.locator) or Location(item.file)
            held = " and ".join(item.match.ids)
            finding = Finding(
                code="E243",
                detail=f"the card declares {plain(reading.expression or '')} ({where(place)}), "
                f"{plain(item.file)} holds {held} ({item.match.certainty})",
                observed=held,
                required=plain(reading.expression or ""),
                location=place,
                remediation=f"Correct the card or {plain(item.file)}.",
                discriminator=f"file:{item.file}",
            )
            yield Problem(Outcome.FAIL, finding)
    yield from _broken_link(card, context)


def _broken_link(card: Card, context: CheckContext) -> Iterator[Problem]:
    """A link that names no URL names a file of the bundle."""
    from govern.diagnostics import InputError

    link = card.licence_link
    if link is None or "://" in link.value or link.value.casefold().startswith(("mailto:", "www.")):
        return
    folder = link.locator.file.rpartition("/")[0]
    try:
        held = context.bundle.resolve(link.value.partition("#")[0], base=folder)
    except InputError:
        held = None
    if held is None:
        text = f"license_link names {plain(link.value)}, and the bundle has no such file"
        yield Problem(Outcome.FAIL, claim_finding("E249", text, link, "Add the file, or correct the link."))


def _needs(_params: LicenceParams) -> tuple[EvidenceNeed, ...]:
    return (EvidenceNeed("card"),)


CHECKS: tuple[Check, ...] = (
    Check(
        CheckSpec(
            kind="model_card.licence",
            version=1,
            summary="The declared licence is one known expression, accepted, and does not conflict with the licence "
            "text or the base models' entries in the source registry.",
            cannot_show="What a licence means in law, and whether whoever declared it may grant it.",
            params=LicenceParams,
            needs=_needs,
            message_fields=("licence", "problems"),
            registry_params=("registry",),
            default_remediation="Declare an accepted licence as an SPDX expression.",
        ),
        _evaluate,
    ),
)
"""The family's kinds."""
