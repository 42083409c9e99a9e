"""`readiness.rollback`: there is a named way back, somebody takes it, and it was tried."""

from __future__ import annotations

import re
from dataclasses import replace

from govern.canonical import instant_text, parse_instant
from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.checks.predictions import not_of_the_future
from govern.checks.readiness.evidence import COMES_TO, judged, record_evidence, record_place
from govern.checks.readiness.params import RollbackParams
from govern.diagnostics import plain
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, Finding, Holds, Outcome

__all__ = ["CHECK"]

_URL = re.compile(r"https?://[^\s/]+(?:/\S*)?", re.IGNORECASE)


class _Judge:
    """Collects what one rule finds in the plan of one record."""

    def __init__(self, params: RollbackParams, context: CheckContext) -> None:
        self.params = params
        self.context = context
        self.plan = context.bundle.record.spec.rollback
        self.wrong: list[Finding] = []
        self.lacking: list[Finding] = []
        self.holds: list[Holds] = []

    def all(self) -> None:
        """Look at every part of the plan that is asked for."""
        self.procedure()
        self.target()
        if self.params.owner:
            self.owner()
        if self.params.kill_switch:
            self.kill_switch()
        if self.params.tested_within is not None:
            self.tested(self.params.tested_within)

    def procedure(self) -> None:
        """The procedure is a page elsewhere, which nobody looks at here, or a file that is there and not empty."""
        text = self.plan.procedure if self.plan else None
        if text is None:
            self._lacks("procedure", "the path of a file in the bundle, or a URL")
            return
        if _URL.fullmatch(text):
            return
        path = self.context.bundle.resolve(text)
        if path is None or not self.context.bundle.files[path].size:
            what = "is empty" if path is not None else "is not in the bundle"
            self._wrong(
                "C117", "procedure", f"the rollback procedure {plain(text)} {what}", "Add the file, or give a URL."
            )

    def target(self) -> None:
        """The way leads to another version than this one; where the policy says so, to the one before it."""
        bundle = self.context.bundle
        to = self.plan.to_version if self.plan else None
        previous = bundle.record.metadata.previous
        if to is None:
            self._lacks("to_version", "the version to go back to")
        elif to == bundle.version:
            self._wrong("C118", "to_version", f"the rollback leads to version {to}, which is this one", "Name another.")
        elif self.params.target == "previous_certified" and previous is None:
            detail = "the record does not say which version this one replaces"
            hint = "Add metadata.previous to govern.yaml."
            self.lacking.append(self._finding("C116", ("metadata", "previous"), detail, hint))
        elif self.params.target == "previous_certified" and to != previous:
            detail = f"the rollback leads to version {to}, and the version before this one is {previous}"
            self._wrong("C118", "to_version", detail, f"Go back to {previous}, or correct metadata.previous.")

    def owner(self) -> None:
        """Somebody is named."""
        if self.plan is None or self.plan.owner is None:
            self._lacks("owner", "who takes the model back")

    def kill_switch(self) -> None:
        """The model can be switched off."""
        declared = self.plan.kill_switch if self.plan else None
        if declared is None:
            self._lacks("kill_switch", "true, once there is one")
        elif not declared:
            self._wrong("C119", "kill_switch", "the model cannot be switched off at once", "Build a switch.")

    def tested(self, within: str) -> None:
        """The way back was tried lately. A day without a zone is taken to begin as early as it can."""
        from govern.evidence.instants import oldest_instant
        from govern.policy.durations import add

        day = self.plan.tested_on if self.plan else None
        if day is None:
            self._lacks("tested_on", "the day on which the way back was tried")
            return
        try:
            moment = oldest_instant(day.isoformat())
            until = instant_text(add(parse_instant(moment), within))
        except ValueError as fault:
            self._wrong(
                "C117", "tested_on", f"the way back was tried on {day.isoformat()}: {fault}", "Correct the day."
            )
            return
        reason = f"rollback tried longer than {within} ago, on {day.isoformat()}"
        self.holds += [
            not_of_the_future("rollback tests", moment),
            Holds(otherwise=Outcome.MISSING_EVIDENCE, reason=reason, until=until),
        ]

    def _lacks(self, key: str, what: str) -> None:
        detail = f"the rollback plan has no {key}" if self.plan else "the model has no rollback plan"
        hint = f"Add spec.rollback.{key} to govern.yaml: {what}."
        self.lacking.append(self._finding("C116", ("spec", "rollback", key), detail, hint))

    def _wrong(self, code: str, key: str, detail: str, hint: str) -> None:
        self.wrong.append(self._finding(code, ("spec", "rollback", key), detail, hint))

    def _finding(self, code: str, path: tuple[str, ...], detail: str, hint: str) -> Finding:
        return Finding(
            code=code,
            detail=detail,
            location=record_place(self.context, *path),
            remediation=hint,
            discriminator="/".join(path),
        )


def _evaluate(params: RollbackParams, context: CheckContext) -> CheckResult:
    evidence = record_evidence(params, context)
    if isinstance(evidence, CheckResult):
        return evidence
    judge = _Judge(params, context)
    judge.all()
    to = judge.plan.to_version if judge.plan else None
    result = judged(
        wrong=judge.wrong,
        lacking=judge.lacking,
        notes=(),
        good=f"The way back leads to version {to}.",
        evidence=evidence,
    )
    return result if judge.wrong or judge.lacking else replace(result, holds=tuple(judge.holds))


def _needs(params: RollbackParams) -> tuple[EvidenceNeed, ...]:
    asked = ["procedure", "to_version"] + (["owner"] if params.owner else [])
    asked += ["kill_switch"] if params.kill_switch else []
    asked += ["tested_on"] if params.tested_within is not None else []
    paths = [f"model.rollback.{name}" for name in asked]
    paths += ["model.previous"] if params.target == "previous_certified" else []
    return (EvidenceNeed("model_record", tuple(sorted(paths))),)


CHECK = Check(
    spec=CheckSpec(
        kind="readiness.rollback",
        version=1,
        summary="Passes when the record names a way back: a procedure that is there, a version other than this one, "
        "who takes it, and, where asked, a switch and a test that is recent enough.",
        cannot_show="That the way works, that the version it leads to was certified or can still be deployed, or what "
        "a page behind a URL says.",
        params=RollbackParams,
        needs=_needs,
        default_remediation="Complete spec.rollback in govern.yaml.",
        comes_to=COMES_TO,
    ),
    evaluate=_evaluate,
)
