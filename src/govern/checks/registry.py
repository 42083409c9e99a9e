"""The check kinds of a run. The built-in ones are an explicit list: nothing registers itself on import."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module

from govern.checks.interface import Check
from govern.checks.plugins import Installed, Offer, clashes, load
from govern.diagnostics import Diagnostic, Severity
from govern.policy.evidence_schema import suggest
from govern.policy.interface import CheckSpec, UnusableKindError

__all__ = ["FAMILIES", "CheckRegistry", "builtin_checks", "builtin_specs"]

FAMILIES = (
    "cards.sections",
    "cards.fields",
    "cards.consistency",
    "cards.claims",
    "cards.licences",
    "cards.freshness",
    "cards.originality",
    "performance.threshold",
    "performance.change",
    "performance.benchmark",
    "explainability.importance",
    "fairness.disparity",
    "fairness.impact",
    "fairness.significance",
    "fairness.coverage",
    "fairness.score_kinds",
    "fairness.floor",
    "fairness.robustness",
    "fairness.change",
    "fairness.alternatives",
    "fairness.production",
    "drift.distribution",
    "lineage.rules",
    "dependencies.pinned",
    "artefacts.formats",
    "artefacts.present",
    "data.validation",
    "expression.assertion",
    "people.approval",
    "people.exceptions",
    "people.attestation",
    "readiness.kinds",
)
"""Modules of this package; each lists its kinds in `CHECKS`."""


def builtin_checks() -> Mapping[str, Check]:
    """Give every built-in check kind by name, sorted. Raises ValueError when two families claim one name."""
    found: dict[str, Check] = {}
    for family in FAMILIES:
        checks: tuple[Check, ...] = import_module(f"govern.checks.{family}").CHECKS
        for check in checks:
            if check.spec.kind in found:
                raise ValueError(f"two check kinds are called {check.spec.kind}")
            found[check.spec.kind] = check
    return dict(sorted(found.items()))


def builtin_specs() -> Mapping[str, CheckSpec]:
    """Give the compile-time face of every built-in check kind by name, sorted."""
    return {kind: check.spec for kind, check in builtin_checks().items()}


class CheckRegistry(Mapping[str, Check]):
    """The check kinds of one run, by name: those that are built in, and a plug-in's as soon as somebody names it.

    Iterating gives the built-in kinds and the plug-ins' that were named so far. What is installed is looked up at the
    first name that is not built in, because reading metadata is slow and most policies need none of it.

    `registry[kind]` raises KeyError for a kind that nobody offers, and UnusableKindError for one that somebody offers
    and that cannot be used (P221, P222) or that is a slip of one that is offered (P209).
    """

    def __init__(self, installed: Callable[[], Installed] = Installed) -> None:
        """Make a registry of the built-in kinds; `installed` says what plug-ins there are, by default none."""
        self._builtin = builtin_checks()
        self._look = installed
        self._installed: Installed | None = None
        self._clashes: Mapping[str, tuple[Diagnostic, ...]] = {}
        self._loaded: dict[str, Check] = {}
        self._unusable: dict[str, tuple[Diagnostic, ...]] = {}

    def __getitem__(self, kind: str) -> Check:
        held = self._builtin.get(kind) or self._loaded.get(kind)
        if held is not None:
            return held
        if kind not in self._unusable:
            try:
                made = self._loaded[kind] = load(self._offer(kind))
                return made
            except UnusableKindError as fault:
                self._unusable[kind] = fault.diagnostics
        raise UnusableKindError(self._unusable[kind])

    def __iter__(self) -> Iterator[str]:
        return iter(sorted([*self._builtin, *self._loaded]))

    def __len__(self) -> int:
        return len(self._builtin) + len(self._loaded)

    def __contains__(self, kind: object) -> bool:
        return kind in self._builtin or any(offer.kind == kind for offer in self._found().offers)

    @property
    def specs(self) -> Mapping[str, CheckSpec]:
        """The compile-time faces, as lazily as the kinds themselves: what the compiler is handed."""
        return _Specs(self)

    @property
    def notes(self) -> tuple[Diagnostic, ...]:
        """What whoever asked for a plug-in should hear of the others: warnings, none of which concerns that kind.

        Empty as long as no plug-in was asked for.
        """
        if self._installed is None:
            return ()
        others = [kind for kind in sorted(self._clashes) if kind not in self._unusable]  # the unusable ones were said
        found = [item for kind in others for item in self._clashes[kind]]
        found += _anonymous(self._installed)
        return tuple(_warning(item) for item in found)

    def offered(self) -> tuple[str, ...]:
        """Give the kinds that plug-ins offer, usable or not, sorted; imports none of them."""
        return tuple(sorted({offer.kind for offer in self._found().offers}))

    def load_all(self) -> tuple[Diagnostic, ...]:
        """Load every plug-in that is installed, for a listing; give what is wrong with those that cannot be used."""
        faults: list[Diagnostic] = []
        for kind in self.offered():
            if kind in self._builtin:
                faults += self._clashes[kind]
                continue
            try:
                self[kind]
            except UnusableKindError as fault:
                faults += fault.diagnostics
        return (*faults, *_anonymous(self._found()))

    def _found(self) -> Installed:
        if self._installed is None:
            self._installed = self._look()
            self._clashes = clashes(self._installed, self._builtin)
        return self._installed

    def _offer(self, kind: str) -> Offer:
        offers = {offer.kind: offer for offer in self._found().offers}
        if kind in self._clashes:
            raise UnusableKindError(self._clashes[kind])
        if kind not in offers:
            near = suggest(kind, offers)
            if near is None or suggest(kind, [*offers, *self._builtin]) != near:
                raise KeyError(kind)
            hint = f"Did you mean '{near}'?"
            raise UnusableKindError(Diagnostic("P209", f"there is no check kind '{kind}'", hint=hint))
        return offers[kind]


class _Specs(Mapping[str, CheckSpec]):
    """The specs of a registry's kinds."""

    def __init__(self, checks: CheckRegistry) -> None:
        self._checks = checks

    def __getitem__(self, kind: str) -> CheckSpec:
        return self._checks[kind].spec

    def __iter__(self) -> Iterator[str]:
        return iter(self._checks)

    def __len__(self) -> int:
        return len(self._checks)

    def __contains__(self, kind: object) -> bool:
        return kind in self._checks


def _anonymous(installed: Installed) -> list[Diagnostic]:
    return [
        Diagnostic("P221", f"a distribution whose metadata has no name or version offers a check kind: {place}")
        for place in installed.unreadable
    ]


def _warning(item: Diagnostic) -> Diagnostic:
    return Diagnostic(item.code, item.message, item.span, item.hint, Severity.WARNING)
