"""What a record says of the model itself, and what a reader hands over."""

from __future__ import annotations

from dataclasses import dataclass, field

from govern.bundle.paths import inside
from govern.diagnostics import Diagnostic, InputError
from govern.lineage.graph import Assertion, NodeKey

__all__ = ["BundleFiles", "ModelClaim", "Record", "Reference"]


@dataclass(frozen=True, slots=True)
class BundleFiles:
    """The bundle as a reader needs it: its identity and the digests of its files."""

    name: str
    version: str
    digests: dict[str, str]
    """Path to sha256, from the manifest."""
    weights: tuple[str, ...] = ()
    """Paths of the files that are the model."""

    @property
    def model_digests(self) -> frozenset[str]:
        """What a record may call the model: the digests of its weights, or of any file when none are known."""
        return frozenset(self.digests[path] for path in self.weights) or frozenset(self.digests.values())

    def locate(self, path: str) -> str | None:
        """Give the bundle's spelling of a path, or None when it is not a file of the bundle."""
        try:
            found = inside(path)
        except InputError:
            return None
        return found if found in self.digests else None


@dataclass(frozen=True, slots=True)
class ModelClaim:
    """One file (or one content) that a record calls the model."""

    path: str | None
    """Path in the bundle, or None when the record names no file."""
    sha256: str | None
    by: Assertion
    malformed: bool = False
    """A digest stands there and is none: already a diagnostic, and never "not recorded"."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that is used and described nowhere."""

    key: NodeKey
    what: str
    by: Assertion
    hint: str | None = None


@dataclass(slots=True)
class Record:
    """One file that was read."""

    file: str
    format: str
    digest: str
    """sha256 in hex of the bytes that were parsed."""
    model_name: tuple[str, Assertion] | None = None
    model_version: tuple[str, Assertion] | None = None
    claims: list[ModelClaim] = field(default_factory=list)
    subjects: list[NodeKey] = field(default_factory=list)
    dangling: list[Reference] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
