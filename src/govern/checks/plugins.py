"""Check kinds that other distributions offer, by the entry-point group `govern.checks`.

The name of an entry point is the kind, its object the `Check`. What is offered is read from metadata alone; a plug-in
is imported only when a policy, or a person, asks for its kind by name. A plug-in is code that the operator installed:
the borders here and in `decision/run.py` are against its mistakes, not against its malice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from govern.checks.duties import KIND, duty_faults
from govern.checks.guarded import guarded_params
from govern.checks.interface import Check
from govern.diagnostics import Diagnostic
from govern.policy.interface import PluginOrigin, UnusableKindError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["GROUP", "RESERVED", "Installed", "Offer", "clashes", "installed_plugins", "load"]

GROUP = "govern.checks"

RESERVED = frozenset(
    """approval artefacts attestation data dependencies drift explainability expression fairness lineage model_card
    performance policy readiness secrets""".split()  # noqa: SIM905 - legible
)
"""Namespaces of kinds that govern has or may come to have: what a policy says today must not change its meaning."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the metadata of an installed distribution says: this kind is there. Nothing has been imported."""

    kind: str
    origin: PluginOrigin
    load: Callable[[], object]
    """Imports the plug-in and gives its object; may raise anything."""

    @property
    def namespace(self) -> str:
        """The part of the kind before the first dot."""
        return self.kind.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Installed:
    """Everything that is offered, and entry points of distributions whose metadata does not say who they are."""

    offers: tuple[Offer, ...] = ()
    unreadable: tuple[str, ...] = ()


def installed_plugins() -> Installed:
    """Read the entry points of the group; of two distributions with one name the first on the path counts."""
    from importlib.metadata import entry_points

    offers: list[Offer] = []
    unreadable: list[str] = []
    for point in entry_points(group=GROUP):
        try:
            offers.append(Offer(point.name, _origin(point), point.load))
        except Exception:  # somebody's broken metadata must neither end the run nor hide the plug-ins of others
            unreadable.append(f"{point.name} = {point.value}")
    return Installed(tuple(sorted(offers, key=lambda item: (item.kind, str(item.origin)))), tuple(sorted(unreadable)))


def _origin(point: EntryPoint) -> PluginOrigin:
    assert point.dist is not None
    name, version = point.dist.metadata["Name"], point.dist.metadata["Version"]
    if not name or not version:
        raise ValueError("a distribution without a name or a version")
    return PluginOrigin(name, version)


def clashes(installed: Installed, builtin: Mapping[str, object]) -> dict[str, tuple[Diagnostic, ...]]:
    """Say why some of the kinds that are offered cannot be used, whatever is behind them: by kind, P222."""
    owners: dict[str, set[str]] = {}
    for offer in installed.offers:
        owners.setdefault(offer.namespace, set()).add(str(offer.origin))
    kinds = [offer.kind for offer in installed.offers]
    found: dict[str, tuple[Diagnostic, ...]] = {}
    for offer in installed.offers:
        why = _clash(offer, sorted(owners[offer.namespace]), kinds.count(offer.kind), builtin)
        if why is not None:
            message, hint = why
            found[offer.kind] = (*found.get(offer.kind, ()), Diagnostic("P222", message, hint=hint))
    return found


def _clash(offer: Offer, owners: Sequence[str], times: int, builtin: Mapping[str, object]) -> tuple[str, str] | None:
    subject = f"the plug-in {offer.origin} offers the check kind '{offer.kind}'"
    if offer.kind in builtin:
        return f"{subject}, which is built in; the built-in one is used", f"Uninstall {offer.origin.distribution}."
    if not KIND.fullmatch(offer.kind) or "." not in offer.kind:
        return f"{subject}, which is not written as kinds are", "Write <namespace>.<name> in lower case."
    if offer.namespace in RESERVED:
        return f"{subject}, and `{offer.namespace}` is a namespace of govern", "Give the kind a namespace of its own."
    if len(owners) > 1:
        message = f"the namespace `{offer.namespace}` is claimed by {' and '.join(owners)}"
        return f"{message}; '{offer.kind}' could be anybody's", "Uninstall all but one of them."
    if times > 1:
        return f"{subject} {times} times", "Have its author name each kind once."
    return None


def load(offer: Offer) -> Check:
    """Import a plug-in's check kind, hold it to its duties and put it behind the borders.

    Raises UnusableKindError P221, naming the distribution, for whatever keeps it from being used.
    """
    try:
        made = offer.load()
        faults = _faults(made, offer)
    except KeyboardInterrupt:
        raise
    except BaseException as fault:  # a module that calls sys.exit() must not end the gate with its own exit code
        raise UnusableKindError(_broken(offer, f"raised {_words(fault)} while it was loaded")) from fault
    if faults or not isinstance(made, Check):
        raise UnusableKindError([_broken(offer, text) for text in faults])
    spec = replace(made.spec, params=guarded_params(made.spec), plugin=offer.origin)
    return replace(made, spec=spec)


def _faults(made: Any, offer: Offer) -> list[str]:
    faults = [f"is not usable: {text}" for text in duty_faults(made)]
    if faults:
        return faults
    if made.spec.kind != offer.kind:
        return [f"is not usable: it calls itself '{made.spec.kind}'"]
    if made.spec.plugin is not None:
        return ["is not usable: it says itself which plug-in it is from"]
    return []


def _broken(offer: Offer, what: str) -> Diagnostic:
    hint = f"Tell the authors of {offer.origin.distribution}, or install another version of it."
    return Diagnostic("P221", f"the check kind '{offer.kind}' of the plug-in {offer.origin} {what}", hint=hint)


def _words(fault: BaseException) -> str:
    text = " ".join(str(fault).split())
    return f"{type(fault).__name__}: {text}" if text else type(fault).__name__
