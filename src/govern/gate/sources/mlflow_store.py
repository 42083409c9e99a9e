"""Models of an MLflow registry and artifacts of its runs. Nothing of what is fetched is loaded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from govern.gate.sources.faults import fetching, lacking, not_a_uri
from govern.gate.sources.interface import Fetched, Listed, Origin, Store
from govern.gate.sources.stores import bring
from govern.inputs.limits import FetchLimits

__all__ = ["MlflowClient", "fetch", "fetch_with"]

_REGISTERED = re.compile(r"models:/(?P<name>[^/@]+)(?:/(?P<version>[1-9][0-9]*)|@(?P<alias>[^/@]+))")
_OTHERS = re.compile(r"models:/m-[0-9a-f]+|runs:/[0-9a-zA-Z_-]+/.+|mlflow-artifacts:/.+")
_FORMS = "models:/name/version, models:/name@alias, models:/m-<id>, runs:/<run>/path or mlflow-artifacts:/path"


class MlflowClient(Protocol):
    """What is asked of MLflow. The tracking and registry servers are those of its own settings."""

    def version_of(self, name: str, alias: str) -> str:
        """Give the version that an alias stands for."""
        ...

    def location(self, name: str, version: str) -> str:
        """Give the URI of a registered version's files, not through the registry: that adds a file of its own."""
        ...

    def store(self, uri: str) -> Store:
        """Give the files at a URI."""
        ...


def fetch(uri: str, target: Path, limits: FetchLimits) -> Fetched:
    """Fetch by MLflow's own client. See `interface.Fetch`."""
    return fetch_with(_client, uri, target, limits)


def fetch_with(client_of: Callable[[], MlflowClient], uri: str, target: Path, limits: FetchLimits) -> Fetched:
    """Fetch by the client given. The URI is looked at first: no client is needed to say what is wrong with it."""
    registered = _REGISTERED.fullmatch(uri)
    if registered is None and _OTHERS.fullmatch(uri) is None:
        hint = f"write {_FORMS}; stages and `latest` name no version"
        raise not_a_uri(uri, "this is not a version of a model, or a path in a run", hint)
    with fetching(uri):
        client = client_of()
        if registered is None:
            folder = bring(uri, client.store(uri), target, limits)
            return Fetched(folder=folder, origin=Origin(kind="mlflow", uri=uri))
        name = registered["name"]
        version = registered["version"] or client.version_of(name, registered["alias"])
        folder = bring(uri, client.store(client.location(name, version)), target, limits)
    origin = Origin(kind="mlflow", uri=f"models:/{name}/{version}")
    return Fetched(folder=folder, origin=origin, name=name, version=version, binding=True)


def _client() -> MlflowClient:
    try:
        import mlflow
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
    except ImportError as fault:
        raise lacking("mlflow", "mlflow-skinny") from fault
    return _Installed(mlflow.MlflowClient(), get_artifact_repository)


@dataclass(frozen=True, slots=True)
class _Installed:
    client: Any
    repository: Callable[[str], Any]

    def version_of(self, name: str, alias: str) -> str:
        return str(self.client.get_model_version_by_alias(name, alias).version)

    def location(self, name: str, version: str) -> str:
        return str(self.client.get_model_version_download_uri(name, version))

    def store(self, uri: str) -> Store:
        return _Repository(self.repository(uri))


@dataclass(frozen=True, slots=True)
class _Repository:
    repository: Any

    def listing(self) -> Iterable[Listed]:
        yield from self._below(None, set())

    def _below(self, folder: str | None, seen: set[str]) -> Iterator[Listed]:
        for item in self.repository.list_artifacts(folder):
            path = str(item.path)
            if not item.is_dir:
                yield Listed(path, item.file_size)
            elif path not in seen:  # a store that lists a folder within itself would never end
                seen.add(path)
                yield from self._below(path, seen)

    def bring(self, target: Path) -> Path:
        return Path(self.repository.download_artifacts("", dst_path=str(target)))
