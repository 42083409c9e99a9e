"""What is wrong with a dependency list, line by line, and what advisories say about each package of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from govern.checks.context import CheckContext
from govern.checks.dependencies.evidence import line_location
from govern.policy.outcomes import Finding, Location
from govern.security.requirements import Kind, RequirementLine, RequirementSet
from govern.security.requirements.options import HARMLESS

if TYPE_CHECKING:
    from govern.checks.dependencies.params import PinnedParams
    from govern.security.advisories import GroupFinding, Matcher, Snapshot

__all__ = ["Matched", "match_all", "pinned_findings"]

MOST_FINDINGS = 500
_STRONG = re.compile(r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")


@dataclass(frozen=True, slots=True)
class Matched:
    """The matches of a list: with each the line and the version that would clear the package."""

    found: list[tuple[RequirementLine, GroupFinding, str | None]]
    undecided: tuple[Finding, ...]


def pinned_findings(found: RequirementSet, params: PinnedParams) -> tuple[Finding, ...]:
    """Give everything that keeps the list from being settled, in reading order."""
    made = [*_of_lines(found, params), *_of_files(found), *_of_versions(found)]
    return tuple(made[:MOST_FINDINGS])


def _of_lines(found: RequirementSet, params: PinnedParams) -> Iterator[Finding]:
    for line in found.lines:
        if line.kind is Kind.INVALID:
            yield _finding("S210", line, f"not a requirement: {line.text[:120]} ({line.note})", "Correct the line.")
        elif line.kind is Kind.OPTION:
            if params.index_options == "refuse" and line.option not in HARMLESS:
                yield _finding("S209", line, f"the option {line.text[:160]}", "Leave the option out.")
        elif line.constraint:
            continue  # a constraint installs nothing
        elif line.kind is Kind.UNPINNED:
            text = f"{line.name or line.text[:80]} is not pinned: {line.note}"
            yield _finding(
                "S206", line, text, f"Write {line.name or 'name'}==<version>.", line.specifier or "no version"
            )
        elif line.kind is Kind.DIRECT and (params.direct_urls == "refuse" or not line.fixed_reference):
            note = f" ({line.note})" if line.note else ""
            text = f"{line.name or 'a package'} comes from {(line.url or '')[:160]}{note}"
            yield _finding("S207", line, text, "Use a released version with ==.")
        elif line.kind is Kind.LOCAL and params.editable == "refuse":
            yield _finding("S208", line, f"a local path: {line.text[:160]}", "Name the released package instead.")
        if params.hashes == "required" and line.kind in (Kind.EXACT, Kind.DIRECT):
            problem = _hash_problem(line)
            if problem is not None:
                yield _finding("S211", line, f"{line.name or line.text[:80]} {problem}", "Add --hash=sha256:…")


def _hash_problem(line: RequirementLine) -> str | None:
    if not any(item.startswith("sha256:") for item in line.hashes):
        return "has no sha256"
    if not all(_STRONG.fullmatch(item) for item in line.hashes):
        return "has a digest that is weaker than sha256, or malformed"
    return None


def _of_files(found: RequirementSet) -> Iterator[Finding]:
    for problem in found.problems:
        yield Finding(
            code=problem.code,
            detail=problem.message,
            location=Location(problem.file, problem.line),
            remediation="Correct the file, so that the whole list can be read inside the bundle.",
            discriminator=problem.message[:120],
        )


def _of_versions(found: RequirementSet) -> Iterator[Finding]:
    """Give packages that are pinned to several versions at once."""
    versions: dict[str, dict[str, RequirementLine]] = {}
    for line in found.packages:
        if line.kind is Kind.EXACT and line.name and line.version:
            versions.setdefault(line.name, {}).setdefault(line.version, line)
    for name, lines in sorted(versions.items()):
        keys = {_same_key(version) for version in lines}
        if len(keys) > 1:
            last = list(lines.values())[-1]
            text = f"{name} is given {len(keys)} versions: {', '.join(sorted(lines))[:160]}"
            yield _finding("S212", last, text, "Keep one.")


def _same_key(version: str) -> object:
    from govern.security.advisories.versions import version_key

    return version_key(version)


def _finding(code: str, line: RequirementLine, detail: str, remediation: str, observed: str | None = None) -> Finding:
    return Finding(
        code=code,
        detail=detail,
        observed=observed,
        location=line_location(line),
        remediation=remediation,
        discriminator=line.name or line.text[:120],
    )


def match_all(found: RequirementSet, snapshot: Snapshot, context: CheckContext) -> Matched:
    """Match every package of a list against a snapshot; what cannot be matched is undecided, never dropped."""
    from govern.security.advisories import Matcher

    matcher = context.once(("advisories", "matcher", snapshot.digest), lambda: Matcher(snapshot))
    matches: list[tuple[RequirementLine, GroupFinding, str | None]] = []
    undecided: list[Finding] = []
    seen: set[tuple[str, str]] = set()
    for line in found.packages:
        if line.name is not None and line.version is not None:
            if (line.name, line.version) not in seen:
                seen.add((line.name, line.version))
                matches += _matches(matcher, line, line.name, line.version)
                undecided += _undecided_records(matcher, line, line.name, line.version)
        elif line.name is not None:
            # A package that is malicious as a whole needs no version to be one.
            malicious = [item for item in matcher.findings(line.name, "0") if "name" in item.evidence]
            matches += [(line, replace(item, version="(any version)"), None) for item in malicious]
        if line.kind is not Kind.EXACT and not (line.kind is Kind.DIRECT and line.version is not None):
            text = f"{line.name or line.text[:80]} cannot be matched: {line.note or f'a {line.kind} requirement'}"
            undecided.append(_finding("S203", line, text, "Pin the version with ==."))
    for problem in found.problems:
        undecided.append(
            Finding(code=problem.code, detail=problem.message, location=Location(problem.file, problem.line))
        )
    for reason in snapshot.unreadable[:20]:
        text = f"the snapshot holds a record that could not be read: {reason}"
        undecided.append(Finding(code="S105", detail=text, discriminator=reason[:120]))
    matches.sort(key=lambda item: (item[1].package, item[1].version, item[1].ids))
    return Matched(matches, tuple(undecided))


def _matches(
    matcher: Matcher, line: RequirementLine, name: str, version: str
) -> list[tuple[RequirementLine, GroupFinding, str | None]]:
    found = matcher.findings(name, version)
    fix = matcher.clearing_version(name, version) if found else None
    return [(line, item, fix) for item in found]


def _undecided_records(matcher: Matcher, line: RequirementLine, name: str, version: str) -> list[Finding]:
    reasons = matcher.match(name, version).undecided
    return [_finding("S204", line, f"{name} {version}: {reason}", "Look at the record.") for reason in reasons]
