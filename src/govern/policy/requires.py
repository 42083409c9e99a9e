"""What a plan requires of the engine that runs it: the version of each check kind, and whose kind it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from govern.canonical import Json
from govern.diagnostics import Diagnostic
from govern.policy.interface import CheckSpec, UnusableKindError

__all__ = ["kinds_required", "unavailable"]

_REQUIREMENT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?==[A-Za-z0-9.!+_-]{1,64}", re.ASCII)


def kinds_required(specs: Iterable[CheckSpec]) -> dict[str, Json]:
    """Give `checks` (kind -> version) and, when a kind comes from a plug-in, `plugins` (kind -> `name==version`)."""
    used = {spec.kind: spec for spec in specs}
    made: dict[str, Json] = {"checks": {kind: spec.version for kind, spec in used.items()}}
    plugins: dict[str, Json] = {kind: str(spec.plugin) for kind, spec in used.items() if spec.plugin is not None}
    return made | {"plugins": plugins} if plugins else made


def unavailable(plan: Mapping[str, object], checks: Mapping[str, CheckSpec]) -> tuple[Diagnostic, ...]:
    """Say which check kinds of a plan from elsewhere this engine does not have in that version (P602), by kind.

    An engine without the very version refuses: to approximate a check would be to decide something else. Members that
    are not what a plan has are passed over, for then the plan is held against another anyway.
    """
    requires = plan.get("requires")
    held = requires if isinstance(requires, Mapping) else {}
    versions, plugins = held.get("checks"), held.get("plugins")
    offers = plugins if isinstance(plugins, Mapping) else {}
    found: list[Diagnostic] = []
    for kind, version in sorted(versions.items()) if isinstance(versions, Mapping) else ():
        found += _faults(kind, version, offers.get(kind), checks)
    return tuple(found)


def _faults(kind: str, version: object, plugin: object, checks: Mapping[str, CheckSpec]) -> Iterator[Diagnostic]:
    wanted = f"the plan asks for the check kind {kind} in version {version}"
    fix = "Use the version of govern that the certificate names."
    if plugin is not None:
        wanted += f" of the plug-in {plugin}"
        fix = "Install that very version, from a source that you trust"
        # What a plan from elsewhere says is pasted into no shell unless it is a requirement and nothing more.
        fix += f": pip install {plugin}" if _REQUIREMENT.fullmatch(str(plugin)) else "."
    spec: CheckSpec | None = None
    try:
        spec = checks.get(kind)
    except UnusableKindError as unusable:
        slip = unusable.diagnostics[0].code == "P209"  # another kind has a like name: this one is not here
        if not slip:
            why = unusable.diagnostics[0].message
            yield Diagnostic("P602", f"{wanted}, which cannot be used here: {why}", hint=fix)
            return
    if spec is None:
        yield Diagnostic("P602", f"{wanted}, which is not {'installed' if plugin else 'known'} here", hint=fix)
    elif plugin != (None if spec.plugin is None else str(spec.plugin)):
        here = "built in" if spec.plugin is None else f"of {spec.plugin}"
        yield Diagnostic("P602", f"{wanted}; the one here is {here}", hint=fix)
    elif spec.version != version:
        yield Diagnostic("P602", f"{wanted}; this engine has version {spec.version}", hint=fix)
