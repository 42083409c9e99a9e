"""Model repositories of a Hugging Face hub, at the commit that a branch or tag stands for now."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from govern.diagnostics import Diagnostic, InputError
from govern.gate.sources.faults import fetching, lacking, not_a_uri, unreachable
from govern.gate.sources.interface import Fetched, Listed, Origin
from govern.gate.sources.stores import bring
from govern.inputs.limits import FetchLimits

__all__ = ["HubClient", "fetch", "fetch_with"]

_PART = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,95}"
_URI = re.compile(rf"hf://(?P<repo>(?:{_PART}/)?(?P<name>{_PART}))(?:@(?P<revision>[A-Za-z0-9._/-]{{1,255}}))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_BOOKS = ".cache/huggingface/"
"""Where the client keeps its books within a folder that it fetched into."""


class HubClient(Protocol):
    """What is asked of a hub. Address and token are those of the client's own settings."""

    def resolve(self, repo: str, revision: str | None) -> tuple[str, tuple[Listed, ...]]:
        """Give the commit that a revision stands for, and the files of it."""
        ...

    def bring(self, repo: str, commit: str, target: Path) -> Path:
        """Fetch every file of a commit into `target`, as files and never as links to a cache."""
        ...


def fetch(uri: str, target: Path, limits: FetchLimits) -> Fetched:
    """Fetch by huggingface_hub. See `interface.Fetch`."""
    return fetch_with(_client, uri, target, limits)


def fetch_with(client_of: Callable[[], HubClient], uri: str, target: Path, limits: FetchLimits) -> Fetched:
    """Fetch by the client given.

    The repository's name in lower case and its commit say which model it is when no record does. Raises InputError
    B133 when the hub names no commit: a branch means something else tomorrow.
    """
    parts = _URI.fullmatch(uri)
    if parts is None or uri.startswith(("hf://datasets/", "hf://spaces/", "hf://buckets/")):
        raise not_a_uri(uri, "this is not a model repository", "write hf://organisation/name@revision")
    repo = parts["repo"]
    with fetching(uri):
        client = client_of()
        commit, files = client.resolve(repo, parts["revision"])
        if _COMMIT.fullmatch(commit) is None:
            text = f"the hub names no commit for {uri}: {commit[:80]}"
            raise InputError(Diagnostic("B133", text, hint="give the commit itself, 40 hex digits"))
        if any(item.path.startswith(_BOOKS) for item in files):
            raise unreachable(uri, f"the repository has files below {_BOOKS}, where the client keeps its own")
        folder = bring(uri, _Commit(client, repo, commit, files), target, limits)
    origin = Origin(kind="hub", uri=f"hf://{repo}@{commit}", revision=commit)
    return Fetched(folder=folder, origin=origin, name=parts["name"].lower(), version=commit)


@dataclass(frozen=True, slots=True)
class _Commit:
    client: HubClient
    repo: str
    commit: str
    files: tuple[Listed, ...]

    def listing(self) -> Iterable[Listed]:
        return self.files

    def bring(self, target: Path) -> Path:
        folder = self.client.bring(self.repo, self.commit, target)
        books = folder / _BOOKS
        if books.is_dir() and not books.is_symlink():  # written by the client: the commit has nothing there
            shutil.rmtree(books)
            if not any(books.parent.iterdir()):
                books.parent.rmdir()
        return folder


def _client() -> HubClient:
    try:
        import huggingface_hub
    except ImportError as fault:
        raise lacking("hub", "huggingface_hub") from fault
    return _Installed(huggingface_hub.HfApi())


@dataclass(frozen=True, slots=True)
class _Installed:
    api: Any

    def resolve(self, repo: str, revision: str | None) -> tuple[str, tuple[Listed, ...]]:
        found = self.api.model_info(repo, revision=revision, files_metadata=True)
        return str(found.sha), tuple(Listed(item.rfilename, item.size) for item in found.siblings or ())

    def bring(self, repo: str, commit: str, target: Path) -> Path:
        return Path(self.api.snapshot_download(repo, revision=commit, local_dir=target))
