"""The check kinds that a command works with: those built in, and what plug-ins offer to whoever names it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from govern.checks.plugins import installed_plugins
from govern.checks.registry import CheckRegistry
from govern.diagnostics import UsageError
from govern.diagnostics.catalogue import Code
from govern.policy.interface import CheckSpec

__all__ = ["check_registry", "every_kind", "explained_kind", "known_kinds", "plugin_code"]

_PLUGIN_CODE = re.compile(r"([a-z][a-z0-9_]*)-[0-9]{3}", re.ASCII)


def check_registry() -> CheckRegistry:
    """Make the registry of a run. Metadata of installed distributions is read only when a policy asks for a kind."""
    return CheckRegistry(installed_plugins)


def every_kind() -> Mapping[str, CheckSpec]:
    """Give every kind there is, those of installed plug-ins included, for a listing.

    Raises UsageError P221, P222 when a plug-in is installed that cannot be used: a listing without it would be wrong.
    """
    registry = check_registry()
    faults = registry.load_all()
    if faults:
        raise UsageError(faults)
    return dict(registry.specs)


def known_kinds() -> list[str]:
    """Give the name of every kind, built in or offered by an installed plug-in, sorted; imports no plug-in."""
    registry = check_registry()
    return sorted({*registry, *registry.offered()})


def explained_kind(name: str) -> str | None:
    """Explain a check kind by name, built in or of an installed plug-in; None when there is none.

    Raises UsageError P221, P222 for one that cannot be used.
    """
    from govern.policy.explain import explain_kind

    registry = check_registry()
    if name not in registry:
        return None
    spec = registry[name].spec
    text = explain_kind(spec)
    if spec.plugin is None:
        return text
    lines = [text, "", f"From the plug-in {spec.plugin}; govern does not vouch for it."]
    if spec.codes:
        lines += ["", "Codes of its findings:"]
        lines += [f"  {code} {entry.slug}: {entry.title}" for code, entry in sorted(spec.codes.items())]
    return "\n".join(lines)


def plugin_code(name: str) -> Code | None:
    """Give what a code of a plug-in's findings means, e.g. `carbon-101`; None when no installed plug-in has it.

    Raises UsageError P221, P222 when the kinds of that namespace cannot be used.
    """
    match = _PLUGIN_CODE.fullmatch(name)
    if match is None:
        return None
    registry = check_registry()
    for kind in registry.offered():
        if kind.partition(".")[0] == match[1]:
            found = registry[kind].spec.codes.get(name)
            if found is not None:
                return found
    return None
