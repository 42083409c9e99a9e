"""Reading requirements files of a bundle: every line classified, includes followed inside the bundle only."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from govern.diagnostics import Diagnostic, InputError, Span
from govern.inputs.limits import REQUIREMENTS_BYTES, REQUIREMENTS_LINES
from govern.inputs.text import decode_text
from govern.security.requirements.classify import OPEN_NOTES, classify, without_password
from govern.security.requirements.environment import declared_environment
from govern.security.requirements.lines import LogicalLine, logical_lines
from govern.security.requirements.model import Kind, Problem, RequirementLine, RequirementSet
from govern.security.requirements.options import Option, OptionError, split_options

__all__ = ["MAX_FILE_BYTES", "read_requirements"]

MAX_FILE_BYTES = REQUIREMENTS_BYTES
MAX_INCLUDE_DEPTH = 32
_CODING = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)")
_UTF8_NAMES = frozenset({"utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii"})
_INCLUDES = {"--requirement": Kind.INCLUDE, "--constraint": Kind.CONSTRAINT}


def read_requirements(
    roots: Sequence[str],
    *,
    files: Collection[str],
    read: Callable[[str], bytes],
    environment: Mapping[str, str] | None = None,
) -> RequirementSet:
    """Read requirements files and everything they include.

    `files` are the paths that exist, relative to the bundle root with `/`; `read` gives the bytes of one of them and
    raises InputError when it cannot. `environment` declares marker variables of the target (`python` may stand for
    the two Python variables); a marker that asks for anything else counts in. A fault of one line or include is part
    of the result; a root that cannot be decoded raises InputError.
    """
    reader = _Reader(frozenset(files), read, declared_environment(environment or {}))
    for root in roots:
        reader.follow(root, constraint=False, trail=())
    lines = _constrained(reader.lines)
    return RequirementSet(tuple(lines), tuple(reader.problems), tuple(dict.fromkeys(reader.read_files)))


class _Reader:
    def __init__(self, files: Collection[str], read: Callable[[str], bytes], environment: Mapping[str, str]) -> None:
        self._files = files
        self._read = read
        self._environment = environment
        self._seen: set[tuple[str, bool]] = set()
        self.lines: list[RequirementLine] = []
        self.problems: list[Problem] = []
        self.read_files: list[str] = []

    def follow(self, file: str, *, constraint: bool, trail: tuple[str, ...]) -> None:
        """Read one file; each is read once as requirements and once as constraints, so the work stays linear."""
        if (file, constraint) in self._seen:
            return
        self._seen.add((file, constraint))
        self.read_files.append(file)
        data = self._read(file)
        content = decode_text(data, file=file)
        coding = _declared_coding(content)
        if coding is not None:
            self.problems.append(
                Problem("S217", f"declares the encoding {coding[:20]!r}; only UTF-8, or UTF-16 with its mark", file, 1)
            )
            return
        for line in logical_lines(content):
            if len(self.lines) >= REQUIREMENTS_LINES:
                message = f"more than {REQUIREMENTS_LINES:,} requirement lines"
                raise InputError(Diagnostic("I110", message, Span(file, line.number), "List what is installed, once."))
            self._take(file, line, constraint, (*trail, file))

    def _take(self, file: str, line: LogicalLine, constraint: bool, trail: tuple[str, ...]) -> None:
        try:
            text, options = split_options(line.text)
        except OptionError as fault:
            self.lines.append(
                RequirementLine(
                    file=file,
                    line=line.number,
                    kind=Kind.INVALID,
                    text=without_password(line.text),
                    note=str(fault),
                    column=line.indent + 1,
                    constraint=constraint,
                )
            )
            return
        if text or any(option.name == "--editable" for option in options):
            made = classify(
                text, options, file=file, line=line.number, indent=line.indent, environment=self._environment
            )
            self.lines.append(replace(made, constraint=constraint))
        for option in options:
            self._option(file, line, option, constraint, trail, alone=not text)

    def _option(
        self, file: str, line: LogicalLine, option: Option, constraint: bool, trail: tuple[str, ...], *, alone: bool
    ) -> None:
        if option.name in ("--hash", "--editable"):
            return
        kind = _INCLUDES.get(option.name, Kind.OPTION) if alone else Kind.OPTION
        value = without_password(option.value) if option.value is not None else None
        self.lines.append(
            RequirementLine(
                file=file,
                line=line.number,
                kind=kind,
                text=f"{option.name} {value}" if value is not None else option.name,
                option=option.name,
                value=value,
                constraint=constraint,
            )
        )
        if kind is not Kind.OPTION and option.value is not None:
            self._include(file, line.number, option.value, kind is Kind.CONSTRAINT or constraint, trail)

    def _include(self, file: str, line: int, value: str, constraint: bool, trail: tuple[str, ...]) -> None:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(file), value))
        if "://" in value or value.startswith(("/", "~")) or target.startswith("../") or target == "..":
            message = f"includes {without_password(value)[:120]!r}, which is outside the bundle"
            self.problems.append(Problem("S216", message, file, line))
        elif target in trail:
            chain = " -> ".join((*trail[trail.index(target) :], target))
            self.problems.append(Problem("S215", f"includes form a cycle: {chain}", file, line))
        elif target not in self._files:
            self.problems.append(Problem("S214", f"included file {target[:120]!r} is absent", file, line))
        elif len(trail) >= MAX_INCLUDE_DEPTH:
            message = f"includes are nested more than {MAX_INCLUDE_DEPTH} deep"
            self.problems.append(Problem("S215", message, file, line))
        else:
            try:
                self.follow(target, constraint=constraint, trail=trail)
            except InputError as fault:
                reason = "; ".join(item.message for item in fault.diagnostics)
                self.problems.append(Problem("S217", f"included file {target[:120]!r}: {reason}", file, line))


def _declared_coding(content: str) -> str | None:
    """Give an encoding other than UTF-8 that the first two lines declare, as pip would obey it; else None."""
    for line in content.splitlines()[:2]:
        found = _CODING.match(line)
        if found and found[1].lower().replace("_", "-") not in _UTF8_NAMES:
            return found[1]
    return None


def _constrained(lines: list[RequirementLine]) -> list[RequirementLine]:
    """Settle open versions by constraints: one exact constraint that the requirement's own specifier allows."""
    limits: dict[str, list[RequirementLine]] = {}
    for line in lines:
        if line.constraint and line.name is not None and line.kind is not Kind.EXCLUDED:
            limits.setdefault(line.name, []).append(line)
    made: list[RequirementLine] = []
    for line in lines:
        found = limits.get(line.name or "", [])
        settled = {Version(item.version) for item in found if item.kind is Kind.EXACT and item.version}
        if (
            line.kind is Kind.UNPINNED
            and not line.constraint
            and (line.note or "").partition(";")[0] in OPEN_NOTES
            and len(settled) == 1
            and all(item.kind is Kind.EXACT and not item.marker_unknown for item in found)
            and SpecifierSet(line.specifier).contains(str(next(iter(settled))), prereleases=True)
        ):
            place = f"{found[0].file}:{found[0].line}"
            line = replace(line, kind=Kind.EXACT, version=found[0].version, note=f"version from constraint {place}")  # noqa: PLW2901
        made.append(line)
    return made
