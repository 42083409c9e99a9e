"""pip-audit as a live second opinion, and our snapshot as a service for its auditor.

pip-audit answers "no vulnerabilities" in several cases where it did not look (a page left unread, a record of a newer
schema, a skipped package). Here each of those is `undecided` or `error`; nothing but a complete answer is `no_match`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govern.diagnostics import Diagnostic, UsageError
from govern.security.advisories.osv import Matcher
from govern.security.advisories.versions import is_pep440

if TYPE_CHECKING:
    from pip_audit._service import VulnerabilityService

    from govern.security.advisories.snapshot import Snapshot

__all__ = ["LiveAnswer", "LiveStatus", "query_live", "snapshot_service"]


class LiveStatus(StrEnum):
    """What a live query came to."""

    MATCH = "match"
    NO_MATCH = "no_match"
    UNDECIDED = "undecided"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class LiveAnswer:
    """The live service's word on one package."""

    package: str
    version: str
    status: LiveStatus
    ids: tuple[str, ...] = ()
    reason: str | None = None


class _IncompleteAnswerError(Exception):
    """The service answered, but pip-audit would pass over a part of the answer."""


def query_live(
    packages: Iterable[tuple[str, str]], *, cache_dir: Path | None = None, timeout: int = 30, osv_url: str | None = None
) -> tuple[LiveAnswer, ...]:
    """Ask OSV through pip-audit about `(name, version)` pairs. Uses the network; never called by a check.

    Raises UsageError when the installed pip-audit is not one this adapter knows.
    """
    try:
        from pip_audit._service import OsvService, ResolvedDependency
    except ImportError as fault:
        raise UsageError(
            Diagnostic("S110", "the installed pip-audit is not supported", hint="install pip-audit >= 2.10, < 3")
        ) from fault
    service = OsvService(cache_dir, timeout, **({"osv_url": osv_url} if osv_url else {}))
    service.session.hooks["response"].append(_refuse_incomplete)
    return tuple(_ask(service, ResolvedDependency, name, version) for name, version in packages)


def _ask(service: Any, resolved: Any, name: str, version: str) -> LiveAnswer:
    from packaging.version import Version

    if not is_pep440(version):
        return LiveAnswer(name, version, LiveStatus.UNDECIDED, reason="not a PEP 440 version")
    try:
        spec, results = service.query(resolved(name, Version(version)))
    except _IncompleteAnswerError as fault:
        return LiveAnswer(name, version, LiveStatus.UNDECIDED, reason=str(fault))
    except Exception as fault:  # the adapter's border: requests, JSON and key errors come through raw
        return LiveAnswer(name, version, LiveStatus.ERROR, reason=type(fault).__name__)
    if spec.is_skipped():
        return LiveAnswer(name, version, LiveStatus.UNDECIDED, reason="skipped by pip-audit")
    ids = sorted({str(item) for result in results for item in (result.id, *result.aliases)})
    return LiveAnswer(name, version, LiveStatus.MATCH if results else LiveStatus.NO_MATCH, tuple(ids))


def _refuse_incomplete(response: Any, *_args: Any, **_options: Any) -> None:
    """Response hook: raise for an answer that pip-audit would read only in part."""
    if response.status_code != 200:
        return  # pip-audit raises for it
    body = response.json()
    if not isinstance(body, dict) or not isinstance(body.get("vulns", []), list):
        raise _IncompleteAnswerError("the answer is not an OSV query result")
    if body.get("next_page_token"):
        raise _IncompleteAnswerError("the answer has further pages")
    for record in body.get("vulns", []):
        if not isinstance(record, dict) or not isinstance(record.get("affected"), list):
            raise _IncompleteAnswerError("a record has no `affected` list")
        if str(record.get("schema_version", "1.0.0")).partition(".")[0] != "1":
            raise _IncompleteAnswerError("a record of an unknown schema version")


def snapshot_service(snapshot: Snapshot) -> VulnerabilityService:
    """Give our snapshot as a pip-audit service, so that its auditor and formatters can run on it."""
    from packaging.version import InvalidVersion, Version
    from pip_audit._service import ResolvedDependency, VulnerabilityResult, VulnerabilityService
    from pip_audit._service.interface import Dependency

    matcher = Matcher(snapshot)

    def versions(texts: Iterable[str]) -> list[Version]:
        made = []
        for text in texts:
            try:
                made.append(Version(text))
            except InvalidVersion:
                continue  # pip-audit has no place for versions outside PEP 440
        return sorted(made)

    class SnapshotService(VulnerabilityService):  # type: ignore[misc]  # pip-audit is untyped here
        """Answers from the snapshot."""

        def query(self, spec: Dependency) -> tuple[Dependency, list[VulnerabilityResult]]:
            """Give one result a matched record."""
            if not isinstance(spec, ResolvedDependency):
                return spec, []
            found = matcher.match(spec.canonical_name, str(spec.version)).matches
            return spec, [
                VulnerabilityResult.create(
                    ids=[item.record.id, *item.record.aliases],
                    description=item.record.summary or "N/A",
                    fix_versions=versions(item.fixed),
                    published=None,
                )
                for item in found
            ]

    return SnapshotService()
