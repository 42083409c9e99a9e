"""What a person's word holds for: one bundle, or named versions of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from govern.canonical import Json, digest_of
from govern.records import record

__all__ = ["EVERY", "Reach", "Scope", "read_scope"]

EVERY = "*"
"""Stands for all versions of a model, or for all models."""

Reach = Literal["version", "model", "fleet"]


@record(kw_only=True)
class Scope:
    """Either `bundle` is set, or `versions` are; `model` is there in both."""

    model: str
    bundle: str | None = None
    """Bundle digest, hex."""
    version: str | None = None
    """Version of the bundle; its name in the subject, nothing else."""
    versions: tuple[str, ...] = ()

    def document(self) -> dict[str, Json]:
        """The scope as the predicate writes it."""
        if self.bundle is not None:
            return {"bundle": {"digest": {"sha256": self.bundle}}}
        return {"model": self.model, "versions": list(self.versions)}

    @property
    def subject(self) -> tuple[str, str]:
        """Name and digest (hex) of the statement's subject: the bundle, or the digest of the scope itself."""
        if self.bundle is not None:
            return f"{self.model}@{self.version}", self.bundle
        return self.model, digest_of(self.document())

    def reach(self, *, bundle: str, model: str, version: str) -> Reach | None:
        """How specific a statement of this scope is about a bundle; None when it is not about it.

        `*` among the versions means the model as a whole, and as the model all models: words that an office gives once
        for everything. Waivers never reach that far; they ask `covers`.
        """
        if self.covers(bundle=bundle, model=model, version=version):
            return "version"
        if self.bundle is not None or EVERY not in self.versions:
            return None
        if self.model == EVERY:
            return "fleet"
        return "model" if self.model == model else None

    def covers(self, *, bundle: str, model: str, version: str) -> bool:
        """Whether a bundle, by digest and by the name and version it declares, lies inside."""
        if self.bundle is not None:
            return self.bundle == bundle
        return self.model == model and version in self.versions


def read_scope(predicate: Mapping[str, object], name: str) -> Scope:
    """Read the scope of a predicate of the right shape; `name` is that of its subject."""
    scope = predicate["scope"]
    assert isinstance(scope, dict)
    if "bundle" in scope:
        model, _, version = name.rpartition("@")
        return Scope(model=model, version=version, bundle=scope["bundle"]["digest"]["sha256"])
    return Scope(model=scope["model"], versions=tuple(scope["versions"]))
