"""Repositories of a hub: by its real client against a hub on the loopback, and by a client in memory."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from govern.bundle.manifest import manifest_of
from govern.diagnostics import InputError, UsageError
from govern.gate.sources.hub import fetch, fetch_with
from govern.gate.sources.interface import Fetched, Listed
from govern.inputs.limits import FetchLimits
from support.archives import files_below
from support.bundles import BundleBuilder
from support.gate import write_policy
from support.hub import COMMIT, hub
from support.process import Ended, govern

LIMITS = FetchLimits()
BOOKS = {".cache/huggingface/.gitignore": b"*", ".cache/huggingface/download/config.json.metadata": b"x"}


@dataclass
class Hub:
    """Gives files, and the books that the real client writes beside them."""

    files: dict[str, bytes]
    commit: str = COMMIT
    books: dict[str, bytes] = field(default_factory=lambda: dict(BOOKS))
    asked: list[object] = field(default_factory=list)

    def resolve(self, repo: str, revision: str | None) -> tuple[str, tuple[Listed, ...]]:
        self.asked.append((repo, revision))
        return self.commit, tuple(Listed(path, len(data)) for path, data in self.files.items())

    def bring(self, repo: str, commit: str, target: Path) -> Path:
        self.asked.append((repo, commit))
        for path, data in (self.files | self.books).items():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(data)
        return target


def brought(tmp_path: Path, uri: str, client: Hub) -> Fetched:
    target = tmp_path / "target"
    target.mkdir()
    return fetch_with(lambda: client, uri, target, LIMITS)


def test_a_branch_is_resolved_to_its_commit_before_anything_is_fetched(tmp_path: Path) -> None:
    client = Hub({"config.json": b"{}"})
    made = brought(tmp_path, "hf://Acme/Credit-Model@main", client)
    assert client.asked == [("Acme/Credit-Model", "main"), ("Acme/Credit-Model", COMMIT)]
    assert (made.origin.uri, made.origin.revision) == (f"hf://Acme/Credit-Model@{COMMIT}", COMMIT)
    assert (made.name, made.version, made.binding) == ("credit-model", COMMIT, False)


def test_the_clients_own_books_are_no_part_of_the_bundle(tmp_path: Path) -> None:
    made = brought(tmp_path, "hf://acme/credit", Hub({"config.json": b"{}"}))
    assert files_below(made.folder) == {"config.json": b"{}"}
    assert not (made.folder / ".cache").exists()


def test_a_cache_folder_of_the_repository_itself_is_content(tmp_path: Path) -> None:
    files = {"config.json": b"{}", ".cache/notes.txt": b"theirs"}
    assert files_below(brought(tmp_path, "hf://acme/credit", Hub(files)).folder) == files


def test_a_repository_with_files_where_the_books_are_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="where the client keeps its own"):
        brought(tmp_path, "hf://acme/credit", Hub({".cache/huggingface/x": b"hidden"}))


@pytest.mark.parametrize("commit", ["main", "None", "", COMMIT[:12], COMMIT.upper()])
def test_no_commit_no_bundle(tmp_path: Path, commit: str) -> None:
    with pytest.raises(InputError, match="B133"):
        brought(tmp_path, "hf://acme/credit", Hub({"config.json": b"{}"}, commit=commit))


@pytest.mark.parametrize(
    "uri",
    ["hf://", "hf://a/b/c", "hf://datasets/a/b", "hf://datasets/a", "hf://spaces/a", "hf://a/b@", "hf://a/b@x y",
     "hf:/a/b", "hf://../b", "hf://a/b@r#x", "hf://user:pw@host/a"],
)  # fmt: skip
def test_what_is_no_model_repository_is_the_callers_fault(tmp_path: Path, uri: str) -> None:
    with pytest.raises(UsageError, match="U151"):
        brought(tmp_path, uri, Hub({}))


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UsageError, match=r"govern\[hub\]"):
        fetch("hf://acme/credit", tmp_path, LIMITS)


def checked(tmp_path: Path, address: str, endpoint: str, *more: str) -> Ended:
    policies = write_policy(tmp_path / "policies", {"model_card.sections": {"required": ["limitations"]}})
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    environment = {
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_XET": "1",
        "TMPDIR": str(scratch),
    }
    options = ["-s", "pre-registration", "-p", str(policies), "--no-issue", "-o", "json", *more]
    ended = govern("check", address, *options, cwd=tmp_path, environment=environment)
    assert os.listdir(scratch) == []
    return ended


def test_the_real_client_gives_the_repository_and_nothing_else(tmp_path: Path) -> None:
    folder = BundleBuilder(tmp_path).build()
    with hub("acme/credit", files_below(folder)) as endpoint:
        ended = checked(tmp_path, "hf://acme/credit@main", endpoint, "--keep-bundle", "kept")
    assert ended.code == 0, ended.err
    said = json.loads(ended.out)
    assert said["manifest"]["digest"] == manifest_of(folder).digest == manifest_of(tmp_path / "kept").digest
    assert said["bundle"] == {
        "kind": "hub",
        "uri": f"hf://acme/credit@{COMMIT}",
        "revision": COMMIT,
        "archive": None,
        "top": None,
    }
    assert not [path for path in (tmp_path / "kept").rglob("*") if path.is_symlink()]


def test_a_repository_without_a_record_is_named_by_its_address(tmp_path: Path) -> None:
    files = files_below(BundleBuilder(tmp_path).build())
    del files["govern.yaml"]
    with hub("acme/Credit", files) as endpoint:
        ended = checked(tmp_path, "hf://acme/Credit", endpoint)
    said = json.loads(ended.out)
    assert (said["model"]["name"], said["model"]["version"]) == ("credit", COMMIT)


def test_a_revision_that_is_not_there_is_an_answer(tmp_path: Path) -> None:
    with hub("acme/credit", {"config.json": b"{}"}) as endpoint:
        ended = checked(tmp_path, "hf://acme/credit@other", endpoint)
    said = json.loads(ended.out)
    assert ended.code == 3
    assert [item["code"] for item in said["refused"]["diagnostics"]] == ["B131"]
    assert "Traceback" not in ended.err
