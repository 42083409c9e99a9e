"""`readiness.record`: the facts that a policy asks for are declared, and have the form it asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from govern.canonical import decimal_text
from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.checks.observed import observed_facts
from govern.checks.readiness.evidence import COMES_TO, judged, record_evidence, record_place
from govern.checks.readiness.params import RecordParams
from govern.diagnostics import plain
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, Finding
from govern.policy.patterns import matches

__all__ = ["CHECK"]


class _Judge:
    """Collects what one rule finds in one record."""

    def __init__(self, params: RecordParams, context: CheckContext) -> None:
        self.params = params
        self.context = context
        self.wrong: list[Finding] = []
        self.lacking: list[Finding] = []
        self.notes: list[Finding] = []

    def ask(self, name: str) -> None:
        """Look at one field, wherever lists on the way to it lead."""
        from govern.bundle.record_paths import ABSENT, declared_at

        record, path = self.context.bundle.record, self.params.full(name)
        for at, value in declared_at(record, path):
            if value is ABSENT:
                self.lacking.append(self._undeclared(name, at))
            elif isinstance(value, Mapping) and set(value) == {"not_applicable"}:
                detail = f"{path} is declared not applicable: {plain(str(value['not_applicable']))}"
                self.notes.append(self._finding("C113", name, at, detail))
            elif value in ([], {}, ""):
                self._empty(name, at)
            else:
                self._form(name, at, value)

    def contradicted(self, names: frozenset[str]) -> None:
        """Hold what is declared against what the bundle and the source registry show."""
        for seen in observed_facts(self.context):
            if names & {seen.field, seen.field.rpartition(".")[2]} and seen.contradicts(self.context.bundle.record):
                self.wrong.append(seen.finding(self.context))

    def _undeclared(self, name: str, at: tuple[str | int, ...]) -> Finding:
        from govern.bundle.record_paths import written_at

        key = ".".join(str(step) for step in written_at(self.params.full(name)))
        detail = f"{self.params.full(name)} is not declared"
        return self._finding("C111", name, at, detail, f"Add {key} to govern.yaml.")

    def _empty(self, name: str, at: tuple[str | int, ...]) -> None:
        detail = f"{self.params.full(name)} is declared to be empty"
        if name in self.params.may_be_empty:
            self.notes.append(self._finding("C112", name, at, detail))
        else:
            self.wrong.append(self._finding("C112", name, at, detail, "Say what it is, or ask the policy's owner."))

    def _form(self, name: str, at: tuple[str | int, ...], value: object) -> None:
        pattern, allowed = self.params.patterns.get(name), self.params.allowed.get(name)
        for text in _texts(value):
            shown = plain(text)
            if pattern is not None and not matches(pattern, text):
                detail = f"{self.params.full(name)} has another form than the policy asks for"
                self.wrong.append(self._finding("C114", name, at, detail, None, shown, f"matches {pattern}"))
            if allowed is not None and text not in allowed:
                detail = f"{self.params.full(name)} has a value that the policy does not allow"
                self.wrong.append(self._finding("C115", name, at, detail, None, shown, f"one of {', '.join(allowed)}"))

    def _finding(
        self,
        code: str,
        name: str,
        at: tuple[str | int, ...],
        detail: str,
        remediation: str | None = None,
        observed: str | None = None,
        required: str | None = None,
    ) -> Finding:
        place = record_place(self.context, *at)
        if code in ("C114", "C115"):
            remediation = f"Correct it in govern.yaml: {required}."
        return Finding(
            code=code,
            detail=detail,
            observed=observed,
            required=required,
            location=place,
            remediation=remediation,
            discriminator=f"{name}:{'/'.join(str(step) for step in at)}",
        )


def _texts(value: object) -> Iterator[str]:
    """The texts of a value: itself, or each member of a list; a mapping has none of its own."""
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, bool):
        yield str(value).lower()
    elif isinstance(value, Decimal | int):
        yield decimal_text(value)
    elif isinstance(value, str):
        yield str(value)
    else:
        yield ""  # a mapping where a text is meant matches nothing


def _evaluate(params: RecordParams, context: CheckContext) -> CheckResult:
    evidence = record_evidence(params, context)
    if isinstance(evidence, CheckResult):
        return evidence
    judge = _Judge(params, context)
    asked = sorted({*params.required, *params.patterns, *params.allowed})
    for name in asked:
        judge.ask(name)
    judge.contradicted(frozenset(params.full(name) for name in asked))
    return judged(
        wrong=judge.wrong,
        lacking=judge.lacking,
        notes=judge.notes,
        good=f"All {len(asked)} fields that are asked for are declared.",
        evidence=evidence,
        required=", ".join(asked),
    )


CHECK = Check(
    spec=CheckSpec(
        kind="readiness.record",
        version=1,
        summary="Passes when every field that is asked for is declared in the model record, not empty, and of the form "
        "that is asked for.",
        cannot_show="That what is declared is true: the record is the word of the team that hands the model in. A "
        "field of the inventory that is declared not applicable, with its reason, is shown and accepted.",
        params=RecordParams,
        needs=lambda params: (
            EvidenceNeed("model_record", tuple(f"model.{params.full(name)}" for name in params.required)),
        ),
        default_remediation="Declare the named fields in govern.yaml.",
        comes_to=COMES_TO,
    ),
    evaluate=_evaluate,
)
