"""Environment markers judged against a declared target, never against the interpreter that runs the gate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

__all__ = ["VARIABLES", "MarkerVerdict", "declared_environment", "judge_marker"]

VARIABLES = (
    "implementation_name",
    "implementation_version",
    "os_name",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_full_version",
    "python_version",
    "sys_platform",
)
"""The environment variables of the dependency specifiers specification (formerly PEP 508)."""

_TOKEN = re.compile(r"'[^']*'|\"[^\"]*\"|[A-Za-z_][A-Za-z0-9_.]*|\S")
_WORDS = frozenset({"and", "or", "in", "not"})
_OLD_NAMES = {  # spellings of PEP 345 that the specification still reads
    "os.name": "os_name",
    "sys.platform": "sys_platform",
    "platform.version": "platform_version",
    "platform.machine": "platform_machine",
    "platform.python_implementation": "platform_python_implementation",
    "python_implementation": "platform_python_implementation",
}


@dataclass(frozen=True, slots=True)
class MarkerVerdict:
    """Whether a requirement counts in the declared environment."""

    counts: bool
    unknown: tuple[str, ...] = ()
    """Variables the marker asks for that the environment does not declare; such a requirement counts."""


def declared_environment(declared: Mapping[str, str]) -> dict[str, str]:
    """Complete a declared environment by what follows from it, and by nothing else.

    `python` or `python_full_version` of three parts gives both Python variables, two parts give `python_version`.
    """
    environment = {key: value for key, value in declared.items() if key in VARIABLES}
    full = declared.get("python") or environment.get("python_full_version")
    if full:
        parts = full.split(".")
        if len(parts) >= 2:
            environment.setdefault("python_version", ".".join(parts[:2]))
        if len(parts) >= 3:
            environment.setdefault("python_full_version", full)
    return environment


def judge_marker(text: str, environment: Mapping[str, str]) -> MarkerVerdict:
    """Evaluate a marker with declared variables only.

    `packaging` fills a missing variable from the running interpreter, so a marker that mentions an undeclared one is
    not evaluated at all. `extra` counts as empty, as for a top-level requirement. Raises InvalidMarker.
    """
    names = {_OLD_NAMES.get(token, token) for token in _TOKEN.findall(text) if token[0].isalpha() or token[0] == "_"}
    unknown = tuple(sorted(names - _WORDS - {"extra"} - environment.keys()))
    marker = Marker(text)
    if unknown:
        return MarkerVerdict(counts=True, unknown=unknown)
    complete = {variable: environment.get(variable, "") for variable in VARIABLES}
    try:
        return MarkerVerdict(counts=marker.evaluate({**complete, "extra": ""}))
    except (UndefinedComparison, UndefinedEnvironmentName, InvalidMarker, ValueError):
        return MarkerVerdict(counts=True, unknown=tuple(sorted(names - _WORDS)))
