"""A live second opinion on a bundle's dependencies, through pip-audit. Uses the network; no check ever does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, plain

if TYPE_CHECKING:
    from govern.security.advisories.providers.pip_audit import LiveAnswer

__all__ = ["Ask", "live_opinion"]

Ask = Callable[[Iterable[tuple[str, str]]], Sequence["LiveAnswer"]]


def live_opinion(path: Path, ask: Ask) -> tuple[str, int]:
    """Ask a live service about every package of a bundle; give a text and the exit code.

    1 when something matches, else 3 when anything could not be asked or answered, else 0. A package without one
    exact version cannot be asked about; it is never counted as clean.

    Raises InputError when the bundle has no dependency list or one that cannot be read.
    """
    from govern.bundle import open_bundle
    from govern.checks.context import CheckContext
    from govern.checks.dependencies.evidence import dependency_list

    found = dependency_list(CheckContext(bundle=open_bundle(path), stage="pre-registration"))
    if found is None or not found.requirements.packages:
        hint = "name one in the model record: spec.evidence.requirements"
        raise InputError(Diagnostic(code="S213", message=f"{path} lists no dependencies", hint=hint))
    packages = found.requirements.packages
    asked = sorted({(line.name, line.version) for line in packages if line.name and line.version})
    open_lines = [line for line in packages if not (line.name and line.version)]
    answers = ask(asked)
    lines = [f"{plain(item.package)} {plain(item.version)}  {item.status}{_detail(item)}" for item in answers]
    lines += [f"{plain(line.text)}  undecided  no exact version ({line.file}:{line.line})" for line in open_lines]
    statuses = {str(item.status) for item in answers}
    undecided = bool(open_lines) or bool(statuses - {"match", "no_match"})
    lines.append(f"{len(asked)} packages asked about, {len(open_lines)} could not be; a live answer decides nothing")
    return "\n".join(lines), 1 if "match" in statuses else 3 if undecided else 0


def _detail(item: LiveAnswer) -> str:
    text = ", ".join(item.ids) or item.reason or ""
    return f"  {plain(text)}" if text else ""
