"""What a scan says about one file: its kind, a verdict with reasons, and everything it would load by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from govern.canonical import Json
from govern.records import record

__all__ = ["FileReport", "GlobalUse", "Reason", "Verdict", "worst"]


class Verdict(StrEnum):
    """`clean` only when every byte was given to a grammar rule and every name is permitted by a profile."""

    CLEAN = "clean"
    INCONCLUSIVE = "inconclusive"
    BLOCKED = "blocked"

    @property
    def rank(self) -> int:
        """Position from 0 (clean) to 2 (blocked)."""
        return list(Verdict).index(self)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Give the worst of some verdicts; of none, `clean`."""
    return max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.CLEAN)


@record(kw_only=True)
class Reason:
    """Why a file is not clean."""

    code: str
    """Code of the diagnostics catalogue, S3xx or S4xx."""
    verdict: Verdict
    text: str
    offset: int | None = None
    """Byte offset in the file or member that the report is about."""
    name: str | None = None
    """The global, operator or member that it is about, e.g. `posix.system`."""
    critical: bool = False
    """Known to run code or reach outside, rather than merely not permitted."""


@dataclass(frozen=True, slots=True, order=True)
class GlobalUse:
    """A name that loading would import, and how it is used: reduce, new, build, items, value or arg."""

    module: str
    name: str
    uses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """The scan of one file, or of one member of a container."""

    path: str
    """Bundle path; members of containers as `file!member`."""
    kind: str
    """What the content is, e.g. `pickle`, `safetensors`, `torch-zip`, `text`, `unknown`."""
    size: int
    reasons: tuple[Reason, ...] = ()
    globals: tuple[GlobalUse, ...] = ()
    members: tuple[FileReport, ...] = ()
    external: tuple[str, ...] = ()
    """Bundle paths of files that the model reads its tensors from."""
    spans: dict[str, int] = field(default_factory=dict)
    """How many bytes each grammar rule took, by label."""

    @property
    def verdict(self) -> Verdict:
        """The worst of its own reasons and of its members."""
        return worst((*(reason.verdict for reason in self.reasons), *(member.verdict for member in self.members)))

    def flat(self) -> Iterator[FileReport]:
        """Give this report and those of all members, outside first."""
        yield self
        for member in self.members:
            yield from member.flat()

    def facts(self) -> Json:
        """Give the report as canonical JSON."""
        return {
            "path": self.path,
            "kind": self.kind,
            "size": self.size,
            "verdict": str(self.verdict),
            "reasons": [
                {"code": r.code, "verdict": str(r.verdict), "text": r.text, "offset": r.offset, "name": r.name}
                for r in self.reasons
            ],
            "globals": [{"module": g.module, "name": g.name, "uses": list(g.uses)} for g in self.globals],
            "members": [member.facts() for member in self.members],
            "external": list(self.external),
            "spans": dict(sorted(self.spans.items())),
        }
