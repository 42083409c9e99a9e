"""What a requirements file says, line by line: nothing is dropped."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Kind", "Problem", "RequirementLine", "RequirementSet"]


class Kind(StrEnum):
    """What one logical line of a requirements file is."""

    EXACT = "exact"
    """Exactly one `==` or `===` of a PEP 440 version without wildcard, allowed by every other specifier."""
    UNPINNED = "unpinned"
    """No version, a range, `~=`, a wildcard, an unresolved variable. Its lower bound is never taken for a version."""
    DIRECT = "direct"
    """A URL or a version-control reference."""
    LOCAL = "local"
    """A path, or an editable install."""
    EXCLUDED = "excluded"
    """Its marker is false in the declared environment."""
    PRIVATE = "private"
    """Named by the policy, with an owner, as a package that public advisories know nothing of."""
    OPTION = "option"
    INCLUDE = "include"
    CONSTRAINT = "constraint"
    """An included constraints file: it limits versions and installs nothing."""
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementLine:
    """One logical line, or one option of it."""

    file: str
    line: int
    """Number of its first physical line."""
    kind: Kind
    text: str
    """The logical line without comments, with any password in a URL left out."""
    name: str | None = None
    """PEP 503 normalised."""
    version: str | None = None
    """Only of exact lines, of wheels with a hash, and of `===` versions outside PEP 440."""
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str | None = None
    marker_unknown: bool = False
    """The marker asks for something the declared environment does not say; the line counts in."""
    hashes: tuple[str, ...] = ()
    """`algorithm:hex`, lower case."""
    url: str | None = None
    option: str | None = None
    """Long name of the option, e.g. `--index-url`."""
    value: str | None = None
    editable: bool = False
    fixed_reference: bool = False
    """Of direct references: names one content, by sha256 or by a full commit."""
    constraint: bool = False
    """Stands in a constraints file."""
    note: str | None = None
    """Why it has this kind, where that is not plain."""
    column: int | None = None
    """Where an invalid line goes wrong."""
    form: str = "requirements"
    """The format of the file, e.g. `requirements`, `uv.lock`, `pylock`, `conda`, `cyclonedx`."""
    ecosystem: str = "PyPI"
    """Where the name is registered; a package of another ecosystem is never matched by equal name."""
    groups: tuple[str, ...] = ()
    """Dependency groups or extras of the file that ask for it; empty for the main list."""
    index: str | None = None
    """Index or channel that the file says it comes from, without user and password."""
    purl: str | None = None
    """Package URL, where the file gives one."""
    licences: tuple[str, ...] = ()
    """Licence expressions or names that the file states for it, as written."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault of the files themselves, e.g. an include that is absent."""

    code: str
    message: str
    file: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class RequirementSet:
    """The lines of all files that were read, in reading order."""

    lines: tuple[RequirementLine, ...]
    problems: tuple[Problem, ...]
    files: tuple[str, ...]
    """Every file that was read, roots first."""

    @property
    def packages(self) -> tuple[RequirementLine, ...]:
        """The lines that ask for a package to be installed in the declared environment."""
        wanted = (Kind.EXACT, Kind.UNPINNED, Kind.DIRECT, Kind.LOCAL, Kind.INVALID)
        return tuple(line for line in self.lines if line.kind in wanted and not line.constraint)
