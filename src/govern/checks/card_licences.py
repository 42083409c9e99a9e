"""Check kind `model_card.licence`: the declared licence is one expression, accepted, and meets the base models'."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from govern.checks.card_base_licences import base_findings
from govern.checks.card_evidence import cards_of, place_of, ready_card
from govern.checks.card_rule_params import LicenceParams
from govern.checks.card_statements import (
    FEW_WORDS,
    Statement,
    is_declared,
    licence_files,
    licence_key,
    licence_statements,
    where,
)
from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.diagnostics import plain
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Location, Outcome
from govern.records import record

if TYPE_CHECKING:
    from govern.evidence.cards import Card, Claim
    from govern.security.licences import Reading

__all__ = ["CHECKS"]

_MOST_FINDINGS = 100


@record
class _Problem:
    """A finding and what it makes of the rule."""

    outcome: Outcome
    finding: Finding


def _evaluate(params: LicenceParams, context: CheckContext) -> CheckResult:
    ready = ready_card(params, context, cards_of(context))
    if isinstance(ready, CheckResult):
        return ready
    card = ready.card
    problems = list(_of_declaration(card, context))
    expression = _declared(card)
    if card.metadata_unreadable:
        problems.append(_unreadable(card))
    elif expression is None and not problems:
        problems.append(_undeclared(card, context))
    if expression is not None:
        problems += _accepted(params, card, expression)
    problems += _against_files(params, card, context, expression)
    bases, base_refs = base_findings(params, context, card, expression)
    problems += [_Problem(*item) for item in bases]
    outcome = _worst([item.outcome for item in problems])
    files = context.bundle.files
    texts = tuple(
        EvidenceRef(name="licence_file", file=item.file, digest=files[item.file].sha256)
        for item in licence_files(context, card)
    )
    shown = expression.expression if expression is not None and expression.expression else "not one licence"
    return CheckResult(
        outcome=outcome,
        summary=f"The declared licence is {plain(shown)}."
        if not problems
        else f"The declared licence is {plain(shown)}: {problems[0].finding.detail}.",
        findings=(*(item.finding for item in problems[:_MOST_FINDINGS]), *ready.notes),
        evidence=(*ready.evidence, *texts, *base_refs),
        observed=plain(shown),
        required=_required(params),
        fields={"licence": plain(shown), "problems": str(len(problems))},
        holds=ready.holds,
    )


def _worst(outcomes: Sequence[Outcome]) -> Outcome:
    order = (Outcome.FAIL, Outcome.ERROR, Outcome.MISSING_EVIDENCE, Outcome.INCONCLUSIVE)
    return next((item for item in order if item in outcomes), Outcome.PASS)


def _required(params: LicenceParams) -> str:
    allowed = f"one of {', '.join(params.allow)}" if params.allow is not None else "a known licence"
    return allowed + (f", not {', '.join(params.deny)}" if params.deny else "")


def _declarations(card: Card) -> list[Claim]:
    """What declares a licence: metadata where there is any, else the text under labels and headings."""
    from govern.security.licences import read_licence

    declared = [claim for claim in card.licences if is_declared(claim)]
    text = [claim for claim in card.licences if not is_declared(claim)]
    said = [claim for claim in text if read_licence(claim.value).state == "named"]
    found = declared or said or [claim for claim in text if len(claim.value.split()) <= FEW_WORDS]
    return [claim for claim in found if read_licence(claim.value).state != "undeclared"]


def _declared(card: Card) -> Reading | None:
    """The one reading of all declarations; None when there is none, or they are not one licence."""
    from govern.security.licences import Reading, read_licence

    made: set[Reading] = set()
    for claim in _declarations(card):
        reading = read_licence(claim.value)
        if reading.state == "other":
            reading = _other(card)
        made.add(Reading(reading.state, reading.expression))
    if len(made) != 1:
        return None
    (one,) = made
    return one if one.state == "named" else None


def _other(card: Card) -> Reading:
    """The hub's `other`: a name that is known, or a name of its own with a link."""
    from govern.security.licences import Reading, read_licence

    if card.licence_name is None or card.licence_link is None:
        return Reading("unknown")
    named = read_licence(card.licence_name.value)
    if named.state == "named":
        return named
    words = "".join(char if char.isascii() and char.isalnum() else "-" for char in card.licence_name.value[:60])
    return Reading("named", f"LicenseRef-{'-'.join(filter(None, words.split('-'))) or 'other'}")


def _of_declaration(card: Card, context: CheckContext) -> Iterator[_Problem]:
    """What is wrong with how the licence is declared."""
    from govern.security.licences import read_licence

    by_file: dict[str, list[Claim]] = {}
    for claim in _declarations(card):
        by_file.setdefault(claim.locator.file, []).append(claim)
        state = read_licence(claim.value).state
        if state == "unknown":
            finding = _finding(
                "E247",
                f"'{plain(claim.value)}' is no licence that is known here",
                claim,
                "Write an SPDX identifier or expression, e.g. Apache-2.0.",
            )
            yield _Problem(Outcome.INCONCLUSIVE, finding)
        elif state == "other" and (card.licence_name is None or card.licence_link is None):
            lacking = " and ".join(
                name
                for name, held in (("license_name", card.licence_name), ("license_link", card.licence_link))
                if held is None
            )
            text = f"the licence is 'other', without {lacking}"
            yield _Problem(Outcome.MISSING_EVIDENCE, _finding("E249", text, claim, f"Add {lacking} beside it."))
    for file, claims in sorted(by_file.items()):
        expressions = {read_licence(claim.value).expression or claim.value for claim in claims}
        if len(expressions) > 1 and all(is_declared(claim) for claim in claims):
            text = f"{plain(file)} lists {', '.join(sorted(map(plain, expressions)))} without AND or OR between them"
            yield _Problem(
                Outcome.FAIL,
                _finding("E247", text, claims[0], "Write one SPDX expression: MIT OR Apache-2.0, MIT AND CC-BY-4.0."),
            )
    yield from _contradictions(card, context)


def _contradictions(card: Card, context: CheckContext) -> Iterator[_Problem]:
    """Two places that declare different licences; no card wins silently."""
    seen: list[Statement] = []
    said = [item for item in licence_statements(card, context) if item.key is not None]
    for item in sorted(said, key=lambda one: (one.place.file, one.place.line or 0, one.said)):
        other = next((one for one in seen if one.key != item.key), None)
        seen.append(item)
        if other is None:
            continue
        finding = Finding(
            code="E243",
            detail=f"the cards declare {other.said} ({where(other.place)}) and {item.said} ({where(item.place)})",
            observed=item.said,
            required=other.said,
            location=other.place,
            remediation="Make them agree: nobody can know which one holds.",
            discriminator=f"licences:{other.place.file}:{item.place.file}",
        )
        yield _Problem(Outcome.FAIL, finding)


def _unreadable(card: Card) -> _Problem:
    finding = Finding(
        code="E246",
        detail="the front matter cannot be read, so the licence that it declares is unknown",
        location=Location(card.sources[0].file, 1),
        remediation="Correct the front matter; the finding beside this one says where.",
        discriminator="unreadable",
    )
    return _Problem(Outcome.ERROR, finding)


def _undeclared(card: Card, context: CheckContext) -> _Problem:
    held = [item.file for item in licence_files(context, card)]
    beside = f"; {', '.join(map(plain, held))} beside it does not say that it is the model's" if held else ""
    finding = Finding(
        code="E246",
        detail=f"no licence is declared{beside}",
        observed="not declared",
        required="a licence",
        location=Location(card.sources[0].file, 1),
        remediation="Declare it in the card's front matter: license: apache-2.0.",
        discriminator="undeclared",
    )
    return _Problem(Outcome.MISSING_EVIDENCE, finding)


def _accepted(params: LicenceParams, card: Card, reading: Reading) -> Iterator[_Problem]:
    """Whoever receives an expression with OR chooses, so that one acceptable way is enough."""
    ways = reading.alternatives
    refused = {name for way in ways for name in way if _denied(name, params.deny)}
    open_ways = [way for way in ways if not way & refused]
    if params.allow is not None:
        open_ways = [way for way in open_ways if way <= set(params.allow)]
    if open_ways:
        return
    why = f"{', '.join(sorted(refused))} is refused" if refused else "it is not among those accepted"
    claim = next(iter(_declarations(card)))
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
    yield _Problem(Outcome.FAIL, finding)


def _denied(name: str, deny: Sequence[str]) -> bool:
    return name in deny or name.partition(" WITH ")[0] in deny


def _against_files(
    params: LicenceParams, card: Card, context: CheckContext, reading: Reading | None
) -> Iterator[_Problem]:
    """Hold the texts in the bundle against the declaration, and follow a link into the bundle."""
    files = licence_files(context, card)
    if params.require_file and not files:
        finding = Finding(
            code="E250",
            detail="the bundle holds no licence text",
            observed="absent",
            required="a file such as LICENSE",
            location=Location(card.sources[0].file),
            remediation="Add the licence's text as LICENSE.",
            discriminator="no-file",
        )
        yield _Problem(Outcome.MISSING_EVIDENCE, finding)
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
            yield _Problem(Outcome.INCONCLUSIVE, finding)
        elif reading is not None and not licence_key(item.match.ids) <= licence_key(reading.ids):
            claim = next(iter(_declarations(card)))
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
            yield _Problem(Outcome.FAIL, finding)
    yield from _broken_link(card, context)


def _broken_link(card: Card, context: CheckContext) -> Iterator[_Problem]:
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
        yield _Problem(Outcome.FAIL, _finding("E249", text, link, "Add the file, or correct the link."))


def _finding(code: str, detail: str, claim: Claim, remediation: str) -> Finding:
    return Finding(
        code=code,
        detail=detail,
        observed=plain(claim.value),
        location=place_of(claim.locator),
        remediation=remediation,
        discriminator=f"{code}:{claim.locator.file}:{claim.locator.pointer or ''}",
    )


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
