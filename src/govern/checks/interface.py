"""A check kind: its compile-time face and its evaluation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from govern.checks.context import CheckContext
from govern.policy.interface import CheckSpec
from govern.policy.outcomes import CheckResult

__all__ = ["Check"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check kind. `evaluate(params, context)` is pure, has no clock and opens nothing but the bundle."""

    spec: CheckSpec
    evaluate: Callable[[Any, CheckContext], CheckResult]
