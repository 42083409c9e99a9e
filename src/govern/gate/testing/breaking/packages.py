"""Dependency lists and model files: gone, empty, unpinned, with a known vulnerability, not what they should be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from govern.gate.testing.advisories import osv_record
from govern.gate.testing.breaking.interface import Break, Operation, Target, remove, replace
from govern.policy.testing.documents import AdvisoryDocument
from govern.policy.testing.patches import Value, pointer_of

__all__ = ["artefacts", "dependencies"]

_EXACT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*==\s*([^\s;#*]+)(.*)", re.DOTALL)
_MALICIOUS = "MAL-0000-1"
_POINTER_FILE = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 123456\n"
_HOSTILE_PICKLE = b"cos\nsystem\n(S'true'\ntR."
"""A pickle that would run a program if anybody loaded it; here it is only looked at."""


def dependencies(target: Target) -> Iterator[Break]:
    """Spoil the list of dependencies that a rule rests on."""
    if not target.rule.check.startswith("dependencies."):
        return
    held = [pointer for path in target.cited("requirements") if (pointer := target.file_at(path)) is not None]
    if held:
        yield Break(name="removed:requirements", told="there is no list of dependencies", patch=remove(*held))
        patch = tuple(one for pointer in held for one in replace(pointer, ""))
        yield Break(name="empty:requirements", told="the list of dependencies is empty", patch=patch)
    if target.cites("requirements"):
        yield from _lines(target)
        named = "/model/spec/evidence/requirements"
        if target.params.bound and target.has(named):
            yield Break(name="unbound:requirements", told="no record names the list", patch=remove(named))
    if target.rule.check == "dependencies.vulnerabilities":
        yield Break(name="removed:advisories", told="there is no advisory snapshot", no_advisories=True)
        yield from _vulnerable(target)


def _lines(target: Target) -> Iterator[Break]:
    lines = target.document["requirements"]
    if not isinstance(lines, list):
        return
    yield _line(len(lines), "broken", "a line of the list cannot be read", "=== ;;", target)
    for index, line in enumerate(lines):
        found = _EXACT.fullmatch(line) if isinstance(line, str) else None
        if found is None:
            continue
        name, version, rest = found[1], found[2], re.sub(r"\s*\\?\s*--hash=\S+", "", found[3]).rstrip(" \\\n")
        told = f"{name} names no version"
        yield _line(index, f"unpinned:{name}", told, f"{name}>={version}{rest}", target)
        if getattr(target.params, "hashes", "") == "required" and "--hash" in found[3]:
            yield _line(index, f"unhashed:{name}", f"{name} has no digest", f"{name}=={version}{rest}", target)
        return


def _line(index: int, name: str, told: str, text: str, target: Target) -> Break:
    lines = target.document["requirements"]
    held: list[Value] = list(lines) if isinstance(lines, list) else []
    made = [*held[:index], text, *held[index + 1 :]]
    # What continued on the next line belonged to the requirement that was replaced.
    while index + 1 < len(made) and str(made[index + 1]).lstrip().startswith("--hash"):
        del made[index + 1]
    return Break(name=name, told=told, patch=replace("/requirements", made))


def _vulnerable(target: Target) -> Iterator[Break]:
    """Let an advisory be known of one of the packages: a malicious package is tolerated by no parameter."""
    lines = target.document.get("requirements")
    for line in lines if isinstance(lines, list) else ():
        found = _EXACT.fullmatch(line) if isinstance(line, str) else None
        snapshot = None if target.material.context is None else target.material.context.advisories
        if found is not None and snapshot is not None and ";" not in found[3]:
            record = osv_record(AdvisoryDocument(id=_MALICIOUS, package=found[1]), snapshot.as_of)
            yield Break(name="vulnerable:requirements", told=f"{found[1]} is known to be bad", advisories=(record,))
            return


def artefacts(target: Target) -> Iterator[Break]:
    """Spoil the model files that a rule rests on."""
    kind = target.rule.check
    if not kind.startswith("artefacts."):
        return
    held = {path: pointer for path in target.cited("artefacts") if (pointer := target.file_at(path)) is not None}
    if not held:
        return
    yield Break(name="removed:artefacts", told="the model's files are gone", patch=remove(*held.values()))
    path, pointer = next(iter(held.items()))
    yield Break(name="empty:artefact", told=f"{path} is empty", patch=replace(pointer, b""))
    if getattr(target.params, "lfs_pointers", "refuse") == "refuse":
        told = f"{path} only points at a file"
        yield Break(name="pointer:artefact", told=told, patch=replace(pointer, _POINTER_FILE))
    if kind == "artefacts.present":
        yield from _cut(target, path, pointer)
        return
    if kind == "artefacts.pickle" or "pickle" not in getattr(target.params, "allowed", ()):
        told = f"{path} is a pickle that runs a program"
        yield Break(name="pickle:artefact", told=told, patch=replace(pointer, _HOSTILE_PICKLE))
    if kind == "artefacts.pickle":
        beside: Operation = {"op": "add", "path": pointer_of("files", "extra/model.pkl"), "value": _HOSTILE_PICKLE}
        yield Break(name="pickle:beside", told="a pickle that runs a program lies beside the model", patch=(beside,))


def _cut(target: Target, path: str, pointer: str) -> Iterator[Break]:
    """Cut a model file short. Of a model in text the end may be white space or a list that nobody needs."""
    data = target.at(pointer)
    if isinstance(data, bytes) and len(data) > 1 and not data.isascii():
        yield Break(name="cut:artefact", told=f"{path} is cut short", patch=replace(pointer, data[:-1]))
