"""Run a compiled plan over an opened bundle: every rule to an outcome, in the plan's order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from govern.canonical import Json
from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.checks.people.signatures import with_signatures
from govern.checks.soundness import rests_on_nothing, unsound
from govern.decision.evaluation import Evaluation, RuleOutcome, Subject
from govern.diagnostics import Diagnostic, InputError
from govern.policy.interface import CheckParams
from govern.policy.outcomes import CheckResult, Finding, Location, Outcome
from govern.policy.plan import Plan, PlanRule

__all__ = ["evaluate_safely", "run_plan"]


def run_plan(
    plan: Plan,
    checks: Mapping[str, Check],
    context: CheckContext,
    *,
    subject: Subject,
    not_assessed: tuple[str, ...],
    advisories: Mapping[str, Json] | None,
    lineage_digest: str | None,
) -> Evaluation:
    """Evaluate every rule of a plan. Never raises for anything a bundle holds: that is an outcome.

    Args:
        plan: the compiled plan of one stage.
        checks: check kinds by name; every kind of the plan must be there.
        context: the opened bundle and the policy-side inputs.
        subject: identity and digests of the bundle.
        not_assessed: clauses of the loaded control catalogues that no rule of the plan covers.
        advisories: digest and date of the advisory snapshot, or None.
        lineage_digest: sha256 of the lineage graph, or None when there is none that can be read.
    """
    return Evaluation(
        plan_digest=plan.digest,
        stage=plan.stage.value,
        subject=subject,
        policies=tuple(item.record() for item in plan.policies),
        outcomes=tuple(_outcome(rule, checks[rule.check], context) for rule in plan.rules),
        not_assessed=not_assessed,
        advisories=advisories,
        lineage_digest=lineage_digest,
    )


def _outcome(rule: PlanRule, check: Check, context: CheckContext) -> RuleOutcome:
    reason = rule.switched_off(context)
    if reason is not None:
        result = CheckResult(outcome=Outcome.NOT_APPLICABLE, summary=reason)
    else:
        result = evaluate_safely(rule.check, check, rule.params, context)
        result = replace(result, holds=(*result.holds, *rule.in_force))
    return RuleOutcome(
        rule=rule.id,
        policy=rule.policy,
        rule_digest=rule.digest,
        title=rule.title,
        check=rule.check,
        severity=rule.severity,
        enforcement=rule.enforcement,
        controls=rule.controls,
        waivable=rule.waivable,
        max_waiver_days=rule.max_waiver_days,
        message=rule.render_message(result.fields),
        remediation=rule.remediation,
        reason=reason,
        result=result,
    )


def evaluate_safely(kind: str, check: Check, params: CheckParams, context: CheckContext) -> CheckResult:
    """Evaluate one check at the border where unreadable evidence, crashes and unsound results become `error`."""
    whose = kind if check.spec.plugin is None else f"{kind} of the plug-in {check.spec.plugin}"
    try:
        # A plug-in may break its promise at run time, whatever its annotations say.
        result: object = check.evaluate(params, context)
        fault = unsound(result, check.spec, context) if isinstance(result, CheckResult) else None
    except InputError as refusal:
        return unreadable(refusal)
    except KeyboardInterrupt:
        raise
    except BaseException as crash:  # the check runner's border: a crash is an outcome, and so is a call of sys.exit()
        name = type(crash).__name__
        return _no_result(
            "D101", f"The check {kind} crashed ({name}); nothing was measured.", f"{whose} raised {name}."
        )
    if not isinstance(result, CheckResult):
        found = type(result).__name__
        return _no_result("D101", f"The check {kind} gave no result.", f"{whose} returned {found}.")
    if fault is not None:
        return _no_result("D121", f"The check {kind} gave a result that no check may give.", f"{whose}: {fault}.")
    if rests_on_nothing(result):
        # The first law, held for every check kind, plug-ins included: what lets a model through names its grounds.
        said = result.outcome.value.replace("_", " ")
        summary = f"The check {kind} came to {said} without naming any evidence; that is not a pass."
        return _no_result("D103", summary, f"{whose} gave {said} with an empty evidence list.")
    return with_signatures(result, context)


def _no_result(code: str, summary: str, detail: str) -> CheckResult:
    return CheckResult(outcome=Outcome.ERROR, summary=summary, findings=(Finding(code=code, detail=detail),))


def unreadable(fault: InputError) -> CheckResult:
    """Turn evidence that could not be read into the outcome `error`, each diagnostic a finding."""
    first = fault.diagnostics[0]
    more = len(fault.diagnostics) - 1
    return CheckResult(
        outcome=Outcome.ERROR,
        summary=first.message + (f" ({more} more)" if more else ""),
        findings=tuple(_finding(item) for item in fault.diagnostics),
    )


def _finding(item: Diagnostic) -> Finding:
    location = None
    if item.span is not None:
        location = Location(file=item.span.file, line=item.span.line, column=item.span.column)
    return Finding(
        code=item.code,
        detail=item.message,
        location=location,
        remediation=item.hint,
        discriminator=item.message,
    )
