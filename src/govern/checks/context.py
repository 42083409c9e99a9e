"""What a check may look at: the opened bundle, policy-side inputs, and what other checks of the run have read."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from govern.checks.people.facts import Signed
from govern.policy.outcomes import EvidenceRef
from govern.records import record

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.diagnostics import Diagnostic
    from govern.lineage.registry import SourceRegistry
    from govern.policy.cel.bind import Bound
    from govern.policy.values import ParameterValue
    from govern.security.advisories.snapshot import Snapshot

__all__ = ["CheckContext", "Root"]

Loaded = TypeVar("Loaded")


@record
class Root:
    """One root of the expression language, e.g. `metrics`: JSON types, `Decimal` for numbers that are not counts."""

    value: Any
    evidence: tuple[EvidenceRef, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckContext:
    """Everything one run of a plan may read. Built by `gate`; shared by all rules so that nothing is read twice."""

    bundle: Bundle
    stage: str
    registries: Mapping[str, SourceRegistry] = field(default_factory=dict)
    advisories: Snapshot | None = None
    advisories_problem: Diagnostic | None = None
    """Why there is no snapshot, when one was asked for and could not be read."""
    signed: Signed = field(default_factory=Signed)
    """What people and offices have signed about this bundle, verified by the gate."""
    columns: frozenset[str] = frozenset()
    """Columns of the predictions that the rules of the run name: they are counted together, in one pass."""
    _cache: dict[Hashable, Any] = field(default_factory=dict)

    def bind(self, roots: frozenset[str], params: Mapping[str, ParameterValue]) -> Bound:
        """Give the evidence of some roots of the expression language, bound once a run for the same roots."""
        from govern.checks.roots import bind_roots

        return bind_roots(self, roots, params)

    def once(self, key: Hashable, load: Callable[[], Loaded]) -> Loaded:
        """Load something once a run: the second rule that asks under the same key gets the same object.

        An exception is remembered too and raised again, so that two rules never see two answers.
        """
        if key not in self._cache:
            try:
                self._cache[key] = (load(), None)
            except Exception as fault:  # remembered and raised again below
                self._cache[key] = (None, fault)
        value, problem = self._cache[key]
        if problem is not None:
            raise problem
        return value  # type: ignore[no-any-return]  # the key fixes the type
