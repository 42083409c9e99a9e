"""Allow-list profiles: which names a pickle may use, how, and with which arguments.

A profile is a data file of exact names. There are no patterns: every pattern tried in practice admitted a class that
opens files or calls its arguments.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from govern.canonical import Json, digest_of
from govern.diagnostics import Diagnostic, UsageError

__all__ = ["Entry", "Profile", "Profiles", "builtin_profile_names", "load_profiles"]

SCHEMA = "urn:govern:scan-profile:v1"
KINDS = frozenset({"reduce", "new", "build", "items", "append", "add", "value", "arg"})


@dataclass(frozen=True, slots=True)
class Entry:
    """What one profile permits for one global."""

    key: tuple[str, str]
    allow: frozenset[str]
    args: tuple[Mapping[str, Any], ...] | None
    """Patterns of positional arguments; None means none are allowed."""
    any_args: bool
    """Whether any plain values are allowed as arguments."""
    optional: int
    """How many of the last patterns may be absent."""
    gives: Json
    """Class of the result: `self`, an argument index, or a `[module, name]` pair."""
    state: str
    """Rule for BUILD: `dict` (the default), `data`, or the name of a rule in code."""
    rule: str | None
    """Name of a rule in code that looks at a call as a whole."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile with its identity."""

    name: str
    version: str
    digest: str
    """sha256 of the canonical JSON of the file."""
    includes: tuple[str, ...]
    entries: tuple[Entry, ...]
    skops_loaders: Mapping[str, tuple[str, ...]]
    """Loader names of the skops format by what they do, for profiles that speak of it."""


class Profiles:
    """Several profiles together: a use is permitted when one of them permits it whole."""

    def __init__(self, members: Iterable[Profile]) -> None:
        self.members = tuple(members)
        table: dict[tuple[str, str], list[Entry]] = {}
        for member in self.members:
            for entry in member.entries:
                table.setdefault(entry.key, []).append(entry)
        self._table = {key: tuple(entries) for key, entries in table.items()}

    def entries(self, key: tuple[str, str]) -> tuple[Entry, ...]:
        """Give what the profiles say about a global; empty for one they do not know."""
        return self._table.get(key, ())

    def allows(self, key: tuple[str, str], kind: str) -> bool:
        """Say whether some profile permits a kind of use."""
        return any(kind in entry.allow for entry in self.entries(key))

    @property
    def facts(self) -> Json:
        """Names, versions and digests, for the evaluation record."""
        return [{"name": m.name, "version": m.version, "digest": m.digest} for m in self.members]


def builtin_profile_names() -> tuple[str, ...]:
    """Give the names of the profiles that come with the package, sorted."""
    folder = files("govern.security") / "profiles"
    return tuple(sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".json")))


def load_profiles(names: Iterable[str]) -> Profiles:
    """Load built-in profiles with everything they include, each once.

    Raises UsageError for a name that does not exist.
    """
    wanted, found = list(names), {}
    while wanted:
        name = wanted.pop(0)
        if name not in found:
            found[name] = _load(name)
            wanted.extend(found[name].includes)
    return Profiles(found[name] for name in sorted(found))


@cache
def _load(name: str) -> Profile:
    known = builtin_profile_names()
    if name not in known:
        raise UsageError(
            Diagnostic("S409", f"there is no scan profile {name[:60]!r}", hint=f"known profiles: {', '.join(known)}")
        )
    raw = json.loads((files("govern.security") / "profiles" / f"{name}.json").read_bytes())
    return _read(raw)


def _read(raw: Mapping[str, Any]) -> Profile:
    if raw["schema"] != SCHEMA:
        raise ValueError(f"not a scan profile: {raw['schema']}")
    entries = [_entry(item) for item in raw["entries"]]
    for module, names in raw.get("classes", {}).items():
        entries.extend(_entry({"global": [module, item], "allow": ["new", "build"]}) for item in names)
    for module, names in raw.get("values", {}).items():
        entries.extend(_entry({"global": [module, item], "allow": ["value"]}) for item in names)
    return Profile(
        name=raw["name"],
        version=raw["version"],
        digest=digest_of(raw),
        includes=tuple(raw["includes"]),
        entries=tuple(entries),
        skops_loaders={key: tuple(value) for key, value in raw.get("skops_loaders", {}).items()},
    )


def _entry(raw: Mapping[str, Any]) -> Entry:
    module, name = raw["global"]
    allow = frozenset(raw["allow"])
    if not allow <= KINDS or "*" in module + name or not module or not name:
        raise ValueError(f"bad profile entry for {module}.{name}")
    args = raw.get("args")
    return Entry(
        key=(module, name),
        allow=allow,
        args=None if args is None or args == "data" else tuple(args),
        any_args=args == "data",
        optional=raw.get("optional", 0),
        gives=raw.get("gives"),
        state=raw.get("state", "dict"),
        rule=raw.get("rule"),
    )
