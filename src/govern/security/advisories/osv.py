"""Which records of a snapshot affect a package at a version.

The evaluation of OSV 1.7.5 made precise: a version is affected when it stands in `versions` **or** in a range.
Lists and ranges disagree in real databases, so leaving either out loses true matches.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from packaging.utils import canonicalize_name

from govern.security.advisories.records import Affected, Record, VersionRange
from govern.security.advisories.severity import Band, highest
from govern.security.advisories.versions import ORIGIN, VersionKey, forms, version_key

if TYPE_CHECKING:
    from govern.security.advisories.snapshot import Snapshot

__all__ = ["GroupFinding", "Match", "Matcher", "PackageMatches"]

Evidence = Literal["versions", "range", "both", "name"]
_EVENT_ORDER = {"introduced": 0, "last_affected": 1, "fixed": 2}


@dataclass(frozen=True, slots=True)
class Match:
    """One record that affects a package at a version."""

    record: Record
    evidence: Evidence
    """What matched: the list, a range, both, or the bare name (malicious packages)."""
    band: Band | None
    fixed: tuple[str, ...]
    """`fixed` versions of the matched entries that lie above the version, ascending."""


@dataclass(frozen=True, slots=True)
class PackageMatches:
    """Everything a snapshot says about one package at one version."""

    name: str
    version: str
    matches: tuple[Match, ...]
    undecided: tuple[str, ...]
    """Reasons why a record could not be evaluated for this package, e.g. commit ranges only."""


@dataclass(frozen=True, slots=True)
class GroupFinding:
    """Records that are aliases of one another, as one finding about one package."""

    package: str
    version: str
    ids: tuple[str, ...]
    """Ids of the matched records."""
    aliases: tuple[str, ...]
    """Every other name of the same flaw."""
    severity: Band | None
    """Highest over the matched records; None when none of them carries one."""
    malicious: bool
    evidence: tuple[Evidence, ...]
    fixed: tuple[str, ...]
    """Known fixed versions above the installed one, ascending."""
    published: str | None
    """Earliest publication in the group."""
    summary: str


@dataclass(frozen=True, slots=True)
class _Range:
    limits: tuple[VersionKey | None, ...]
    """None stands for `*`, which is above everything."""
    events: tuple[tuple[VersionKey, str], ...]
    """Sorted by version, then introduced < last_affected < fixed."""
    fixed: tuple[str, ...]
    problem: str | None


@dataclass(frozen=True, slots=True)
class _Entry:
    record: Record
    affected: Affected
    versions: frozenset[VersionKey]
    ranges: tuple[_Range, ...]


class Matcher:
    """Matches packages against one snapshot; keeps parsed versions and compiled ranges for its lifetime."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._keys: dict[str, VersionKey] = {}
        self._entries: dict[str, tuple[_Entry, ...]] = {}

    def match(self, name: str, version: str) -> PackageMatches:
        """Give the records that affect `name` at `version`, in order of id. O(candidate records x events)."""
        package = canonicalize_name(name)
        spellings = [self._key(form) for form in forms(version)]
        found: list[Match] = []
        undecided: list[str] = []
        for entry in self._compiled(package):
            evidence, problem = _evaluate(entry, spellings)
            if evidence is not None:
                fixed = self._above({text for item in entry.ranges for text in item.fixed}, spellings[0])
                found.append(Match(entry.record, evidence, entry.record.band(entry.affected), fixed))
            elif problem is not None:
                undecided.append(f"{entry.record.id}: {problem}")
        return PackageMatches(package, version, _one_per_record(found), tuple(dict.fromkeys(undecided)))

    def findings(self, name: str, version: str) -> tuple[GroupFinding, ...]:
        """Give the matches of `match` grouped over aliases, in order of their first id."""
        result = self.match(name, version)
        groups: dict[str, list[Match]] = {}
        for item in result.matches:
            groups.setdefault(self._snapshot.group_of(item.record.id), []).append(item)
        made = [self._finding(result, items) for items in groups.values()]
        return tuple(sorted(made, key=lambda finding: finding.ids))

    def clearing_version(self, name: str, version: str) -> str | None:
        """Give the smallest known fixed version above `version` that no record matches, or None.

        Only versions that records name as fixed are tried: whether one exists on an index, or whether other packages
        allow it, is not looked at.
        """
        candidates = {text for item in self.match(name, version).matches for text in item.fixed}
        for candidate in self._above(candidates, self._key(version)):
            tried = self.match(name, candidate)
            if not tried.matches and not tried.undecided:
                return candidate
        return None

    def _key(self, version: str) -> VersionKey:
        key = self._keys.get(version)
        if key is None:
            key = self._keys[version] = version_key(version)
        return key

    def _above(self, versions: Iterable[str], floor: VersionKey) -> tuple[str, ...]:
        return tuple(sorted((v for v in versions if self._key(v) > floor), key=lambda v: (self._key(v), v)))

    def _finding(self, result: PackageMatches, items: list[Match]) -> GroupFinding:
        ids = tuple(sorted({item.record.id for item in items}))
        names = {alias for item in items for alias in item.record.aliases}
        names.update(self._snapshot.aliases_of(ids[0]))
        return GroupFinding(
            package=result.name,
            version=result.version,
            ids=ids,
            aliases=tuple(sorted(names - set(ids))),
            severity=highest(item.band for item in items),
            malicious=any(item.record.malicious for item in items),
            evidence=tuple(item.evidence for item in items),
            fixed=self._above({text for item in items for text in item.fixed}, self._key(result.version)),
            published=min((item.record.published for item in items if item.record.published), default=None),
            summary=next((item.record.summary for item in items if item.record.summary), ""),
        )

    def _compiled(self, package: str) -> tuple[_Entry, ...]:
        entries = self._entries.get(package)
        if entries is None:
            entries = self._entries[package] = tuple(
                _Entry(
                    record,
                    affected,
                    frozenset(self._key(version) for version in affected.versions),
                    tuple(self._compile(item) for item in affected.ranges),
                )
                for record in self._snapshot.records_of(package)
                if not record.withdrawn
                for affected in record.affected
                if affected.name == package
            )
        return entries

    def _compile(self, item: VersionRange) -> _Range:
        if item.kind not in ("ECOSYSTEM", "SEMVER"):
            return _Range((), (), (), f"ranges of type {item.kind[:20]} cannot be evaluated")
        events: list[tuple[VersionKey, str]] = []
        limits: list[VersionKey | None] = []
        for kind, version in item.events:
            if kind == "limit":
                limits.append(None if version == "*" else self._key(version))
            elif kind in _EVENT_ORDER:
                events.append((ORIGIN if kind == "introduced" and version == "0" else self._key(version), kind))
            else:
                return _Range((), (), (), f"unknown range event {kind[:20]!r}")
        if not any(kind == "introduced" for _key, kind in events):
            return _Range((), (), (), "a range without an introduced event")
        events.sort(key=lambda event: (event[0], _EVENT_ORDER[event[1]]))
        fixed = tuple(version for kind, version in item.events if kind == "fixed")
        return _Range(tuple(limits), tuple(events), fixed, None)


def _evaluate(entry: _Entry, spellings: list[VersionKey]) -> tuple[Evidence | None, str | None]:
    """Say what matched, or why it cannot be said; (None, None) is a decided no."""
    if entry.record.malicious and not entry.versions:
        return "name", None
    listed = any(key in entry.versions for key in spellings)
    ranged = any(_in_range(item, key) for item in entry.ranges for key in spellings)
    if listed or ranged:
        return ("both" if ranged else "versions") if listed else "range", None
    problems = [item.problem for item in entry.ranges if item.problem is not None]
    readable = [item for item in entry.ranges if item.problem is None]
    if problems and (not readable and not entry.versions):
        return None, problems[0]
    if any(not problem.startswith("ranges of type GIT") for problem in problems):
        return None, problems[0]
    if not entry.ranges and not entry.versions:
        return None, "neither versions nor ranges are given"
    return None, None


def _in_range(item: _Range, key: VersionKey) -> bool:
    if item.problem is not None:
        return False
    if item.limits and not any(limit is None or key < limit for limit in item.limits):
        return False
    state = False
    for bound, kind in item.events:
        if kind == "introduced" and key >= bound:
            state = True
        elif (kind == "fixed" and key >= bound) or (kind == "last_affected" and key > bound):
            state = False
    return state


def _one_per_record(found: list[Match]) -> tuple[Match, ...]:
    """Merge the matches of several entries of one record: a record counts once a package."""
    merged: dict[str, Match] = {}
    for item in found:
        known = merged.get(item.record.id)
        if known is None:
            merged[item.record.id] = item
            continue
        evidence: Evidence = known.evidence if known.evidence == item.evidence else "both"
        fixed = tuple(dict.fromkeys((*known.fixed, *item.fixed)))
        merged[item.record.id] = Match(item.record, evidence, highest((known.band, item.band)), fixed)
    return tuple(merged[key] for key in sorted(merged))
