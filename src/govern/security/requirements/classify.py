"""Classifying one requirement: what is installed, and whether its version is settled."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from packaging.markers import InvalidMarker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from govern.security.requirements.environment import judge_marker
from govern.security.requirements.model import Kind, RequirementLine
from govern.security.requirements.options import Option

__all__ = ["OPEN_NOTES", "classify", "without_password"]

NO_VERSION = "no version"
A_RANGE = "a range or a wildcard"
OPEN_NOTES = frozenset({NO_VERSION, A_RANGE})
"""Notes of unpinned lines whose version a constraint may settle."""

_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:(?!$)")
_NAMED_URL = re.compile(r"\s*[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\]]*\])?\s*@")
_VCS = ("git", "hg", "bzr", "svn")
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz")
_COMMIT = re.compile(r"[0-9a-fA-F]{40}")
# Begins at `://`, not at the scheme: a long word without one would be tried from each of its letters.
_PASSWORD = re.compile(r"(?P<front>://)[^/@\s]*@")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def without_password(text: str) -> str:
    """Replace the user part of URLs in a line: it may hold a password or a token."""
    return _PASSWORD.sub(r"\g<front>…@", text)


def classify(
    text: str, options: Sequence[Option], *, file: str, line: int, indent: int, environment: Mapping[str, str]
) -> RequirementLine:
    """Classify the requirement `text` with its per-requirement options."""
    hashes = tuple(option.value.lower() for option in options if option.name == "--hash" and option.value)
    base = RequirementLine(file=file, line=line, kind=Kind.INVALID, text=without_password(text), hashes=hashes)
    if _VARIABLE.search(text):
        name = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*(?=\s*[\[=<>!~@;])", text)
        return replace(
            base,
            kind=Kind.UNPINNED,
            name=canonicalize_name(name[0]) if name else None,
            note="holds a variable that only the installing machine knows",
        )
    editable = next((option.value for option in options if option.name == "--editable"), None)
    if editable is not None:
        return _editable(base, editable)
    if _looks_like_path(text):
        return replace(base, kind=Kind.LOCAL, url=without_password(text.partition(";")[0].strip()))
    if _URL.match(text) and not _NAMED_URL.match(text):
        url, _separator, marker = text.partition("; ")
        made = _reference(base, url.strip(), None)
        return _marked(made, marker.strip() or None, environment)
    return _named(base, text, indent, environment)


def _looks_like_path(text: str) -> bool:
    target = text.partition(";")[0].strip()
    if re.match(r"[A-Za-z]:[\\/]", target):
        return True
    if _URL.match(target) or _NAMED_URL.match(target):
        return target.startswith("file:")
    bare = target.partition("[")[0].strip()
    return bare.startswith((".", "/", "~")) or "/" in bare or "\\" in bare or bare.lower().endswith(_ARCHIVES)


def _editable(base: RequirementLine, target: str) -> RequirementLine:
    made = replace(base, text=without_password(f"-e {target}"), editable=True)
    name = _egg(target)
    return replace(made, kind=Kind.LOCAL, name=name, url=without_password(target), note="editable install")


def _egg(url: str) -> str | None:
    found = re.search(r"[#&]egg=([A-Za-z0-9][A-Za-z0-9._-]*)", url)
    return canonicalize_name(found[1]) if found else None


def _reference(base: RequirementLine, url: str, name: str | None) -> RequirementLine:
    """Classify a URL: a local file, a version-control reference or an archive."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return replace(base, note="not a URL")
    scheme = parts.scheme.lower()
    made = replace(base, name=name or _egg(url), url=without_password(url))
    if scheme == "file" or (not scheme and not parts.netloc):
        return replace(made, kind=Kind.LOCAL)
    if scheme.partition("+")[0] in _VCS:
        reference = parts.path.rpartition("@")[2] if "@" in parts.path else ""
        fixed = _COMMIT.fullmatch(reference) is not None
        note = None if fixed else "names a branch or tag, not a 40-digit commit"
        return replace(made, kind=Kind.DIRECT, fixed_reference=fixed, note=note)
    return _archive(made, parts.path, parts.fragment)


def _archive(made: RequirementLine, path: str, fragment: str) -> RequirementLine:
    in_url = [value for key, _sign, value in (item.partition("=") for item in fragment.split("&")) if key == "sha256"]
    hashes = made.hashes + tuple(f"sha256:{value.lower()}" for value in in_url)
    fixed = any(item.startswith("sha256:") and _SHA256.fullmatch(item[7:]) for item in hashes)
    made = replace(
        made, kind=Kind.DIRECT, hashes=hashes, fixed_reference=fixed, note=None if fixed else "no sha256 of the file"
    )
    try:
        wheel, version, _build, _tags = parse_wheel_filename(unquote(path.rpartition("/")[2]))
    except InvalidWheelFilename:
        return made
    return replace(made, name=made.name or wheel, version=str(version) if fixed else None)


def _named(base: RequirementLine, text: str, indent: int, environment: Mapping[str, str]) -> RequirementLine:
    try:
        parsed = Requirement(text)
    except InvalidRequirement as fault:
        span = getattr(fault.__cause__, "span", None)
        column = span[0] + 1 + indent if span else None
        return replace(base, note=str(fault).partition("\n")[0][:160], column=column)
    made = replace(
        base,
        name=canonicalize_name(parsed.name),
        extras=tuple(sorted(canonicalize_name(extra) for extra in parsed.extras)),
        specifier=str(parsed.specifier),
    )
    made = _reference(made, parsed.url, made.name) if parsed.url is not None else _pinned(made, parsed.specifier)
    marker = _marker_text(text, parsed.url is not None) if parsed.marker is not None else None
    return _marked(made, marker, environment)


def _marker_text(text: str, url: bool) -> str:
    """The marker as written: its quoting decides which words are variables."""
    found = re.search(r"\s;" if url else ";", text)
    return text[found.end() :].strip() if found else ""


def _pinned(made: RequirementLine, specifiers: SpecifierSet) -> RequirementLine:
    """Decide whether the version is settled: one `==`/`===` without wildcard that every other specifier allows."""
    pins = [item for item in specifiers if item.operator in ("==", "===") and not item.version.endswith(".*")]
    if len(pins) != 1:
        note = NO_VERSION if not list(specifiers) else A_RANGE if not pins else "more than one =="
        return replace(made, kind=Kind.UNPINNED, note=note)
    version = pins[0].version
    try:
        Version(version)
    except InvalidVersion:
        return replace(made, kind=Kind.UNPINNED, version=version, note="not a PEP 440 version")
    others = [item for item in specifiers if item is not pins[0]]
    if not all(item.contains(version, prereleases=True) for item in others):
        return replace(made, kind=Kind.UNPINNED, note="the specifiers contradict each other")
    return replace(made, kind=Kind.EXACT, version=version)


def _marked(made: RequirementLine, marker: str | None, environment: Mapping[str, str]) -> RequirementLine:
    if not marker:
        return made
    try:
        verdict = judge_marker(marker, environment)
    except InvalidMarker:
        return replace(made, kind=Kind.INVALID, marker=marker, note="the marker cannot be read")
    if not verdict.counts:
        return replace(made, kind=Kind.EXCLUDED, marker=marker)
    note = made.note
    if verdict.unknown:
        note = "; ".join(filter(None, (note, f"environment unknown ({', '.join(verdict.unknown)}): counts in")))
    return replace(made, marker=marker, marker_unknown=bool(verdict.unknown), note=note)
