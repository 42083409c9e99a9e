"""A bundle judged by one rule, and what a stored result would keep of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from govern.bundle import open_bundle
from govern.checks.context import CheckContext
from govern.checks.registry import builtin_checks
from govern.checks.replay import NotReplayable, StoredOutcome, rejudge
from govern.policy.interface import CheckParams
from govern.policy.outcomes import CheckResult, Outcome
from support.policies import parameters


def params_of(kind: str, values: dict[str, Any]) -> CheckParams:
    """Parameters as the compiler hands them to a check."""
    return parameters(builtin_checks()[kind].spec, values)


def context_of(bundle: Path, **options: Any) -> CheckContext:
    """Open a bundle for checks."""
    return CheckContext(bundle=open_bundle(bundle), stage="pre-registration", **options)


def judged(context: CheckContext, kind: str, values: dict[str, Any]) -> CheckResult:
    """Evaluate a rule on a bundle."""
    return builtin_checks()[kind].evaluate(params_of(kind, values), context)


def stored(result: CheckResult) -> StoredOutcome:
    """What a result keeps of an outcome."""
    return StoredOutcome(result.outcome, result.observed, result.facts)


def replayed(
    context: CheckContext, kind: str, old: dict[str, Any], new: dict[str, Any]
) -> tuple[Outcome | NotReplayable, Outcome]:
    """Judge by the old parameters and replay by the new ones; gives that and what a real run comes to."""
    before = stored(judged(context, kind, old))
    return rejudge(kind, params_of(kind, old), params_of(kind, new), before), judged(context, kind, new).outcome
