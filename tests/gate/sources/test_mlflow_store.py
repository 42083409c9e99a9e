"""MLflow's registry and runs: by a client in memory here, by a real store where MLflow is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from govern.diagnostics import InputError, UsageError
from govern.gate.sources.interface import Fetched, Listed, Store
from govern.gate.sources.mlflow_store import fetch, fetch_with
from govern.inputs.limits import FetchLimits
from support.archives import files_below
from support.bundles import NAME, BundleBuilder
from support.gate import write_policy
from support.process import clean_environment

LIMITS = FetchLimits()
FILES = {"MLmodel": b"flavors: {}\n", "data/model.bin": b"weights"}


@dataclass
class Files:
    """A store that gives what it lists, unless told to give something else."""

    listed: dict[str, bytes]
    given: dict[str, bytes] | None = None
    links: dict[str, str] = field(default_factory=dict)
    elsewhere: Path | None = None

    def listing(self) -> Iterable[Listed]:
        return [Listed(path, len(data)) for path, data in self.listed.items()]

    def bring(self, target: Path) -> Path:
        folder = self.elsewhere or target / "model"
        for path, data in (self.listed if self.given is None else self.given).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        for path, to in self.links.items():
            (folder / path).symlink_to(to)
        return folder


@dataclass
class Registry:
    files: Files
    asked: list[str] = field(default_factory=list)

    def version_of(self, name: str, alias: str) -> str:
        if alias != "champion":
            raise KeyError(f"Registered model alias {alias} not found")
        return "7"

    def location(self, name: str, version: str) -> str:
        return f"runs:/abc/{name}-{version}"

    def store(self, uri: str) -> Store:
        self.asked.append(uri)
        return self.files


def brought(
    tmp_path: Path, uri: str, files: Files | None = None, limits: FetchLimits = LIMITS
) -> tuple[Fetched, Registry]:
    registry = Registry(files or Files(FILES))
    target = tmp_path / "target"
    target.mkdir(exist_ok=True, parents=True)
    return fetch_with(lambda: registry, uri, target, limits), registry


def refusal(tmp_path: Path, uri: str, files: Files | None = None, limits: FetchLimits = LIMITS) -> str:
    with pytest.raises(InputError) as caught:
        brought(tmp_path, uri, files, limits)
    return str(caught.value)


def test_a_registered_version_says_which_model_it_is(tmp_path: Path) -> None:
    made, registry = brought(tmp_path, "models:/credit/3")
    assert (made.name, made.version, made.binding) == ("credit", "3", True)
    assert made.origin.uri == "models:/credit/3"
    assert registry.asked == ["runs:/abc/credit-3"]
    assert files_below(made.folder) == FILES


def test_an_alias_is_recorded_as_the_version_it_stood_for(tmp_path: Path) -> None:
    made, _registry = brought(tmp_path, "models:/credit@champion")
    assert (made.origin.uri, made.version) == ("models:/credit/7", "7")


@pytest.mark.parametrize("uri", ["runs:/0a1b/model", "mlflow-artifacts:/1/0a1b/artifacts/model", "models:/m-0a1b2c"])
def test_runs_and_logged_models_say_no_name(tmp_path: Path, uri: str) -> None:
    made, registry = brought(tmp_path, uri)
    assert (made.name, made.version, made.binding) == (None, None, False)
    assert made.origin.uri == uri
    assert registry.asked == [uri]


@pytest.mark.parametrize(
    "uri",
    ["models:/credit", "models:/credit/Production", "models:/credit/latest", "models:/credit/0", "models:/a/b/1",
     "models:/credit@a@b", "models://profile@host/credit/1", "models:credit/1", "runs:/", "runs:/abc", "mlflow-artifacts:"],
)  # fmt: skip
def test_what_names_no_version_is_the_callers_fault(tmp_path: Path, uri: str) -> None:
    with pytest.raises(UsageError, match="U151"):
        brought(tmp_path, uri)


def test_what_the_registry_does_not_have_is_told(tmp_path: Path) -> None:
    assert "alias other not found" in refusal(tmp_path, "models:/credit@other")


def test_names_are_held_against_the_rules_before_anything_is_fetched(tmp_path: Path) -> None:
    assert "I204" in refusal(tmp_path, "models:/credit/3", Files({"../escape": b"", "MLmodel": b""}))
    assert list((tmp_path / "target").iterdir()) == []


def test_caps_are_held_against_the_list(tmp_path: Path) -> None:
    assert "B132" in refusal(tmp_path, "models:/credit/3", limits=FetchLimits(files=1))
    assert "B132" in refusal(tmp_path, "models:/credit/3", limits=FetchLimits(bytes=3))
    assert "no file" in refusal(tmp_path, "models:/credit/3", Files({}))


def test_sizes_that_the_store_did_not_tell_are_held_against_the_cap_afterwards(tmp_path: Path) -> None:
    lying = Files(dict.fromkeys(FILES, b""), given=FILES)
    assert "listed fewer" in refusal(tmp_path, "models:/credit/3", lying, FetchLimits(bytes=10))


def test_other_files_than_listed_are_not_judged(tmp_path: Path) -> None:
    text = refusal(tmp_path, "models:/credit/3", Files(FILES, given=FILES | {"registered_model_meta": b""}))
    assert "registered_model_meta" in text
    assert "MLmodel" in refusal(tmp_path / "sub", "models:/credit/3", Files(FILES, given={"data/model.bin": b""}))


def test_a_link_that_the_client_made_counts_as_another_file(tmp_path: Path) -> None:
    assert "x" in refusal(tmp_path, "models:/credit/3", Files(FILES, links={"x": "/etc"}))


def test_a_client_that_fetches_elsewhere_is_not_believed(tmp_path: Path) -> None:
    assert "elsewhere" in refusal(tmp_path, "models:/credit/3", Files(FILES, elsewhere=tmp_path / "cache"))


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(UsageError, match=r"govern\[mlflow\]"):
        fetch("models:/credit/3", tmp_path, LIMITS)


REGISTER = """
import sys
import mlflow
store, bundle, name = sys.argv[1:]
mlflow.set_tracking_uri(store)
with mlflow.start_run() as run:
    mlflow.log_artifacts(bundle, "model")
client = mlflow.MlflowClient()
client.create_registered_model(name)
made = client.create_model_version(name, f"runs:/{run.info.run_id}/model", run_id=run.info.run_id)
client.set_registered_model_alias(name, "champion", made.version)
print(run.info.run_id)
"""


@pytest.mark.tools
def test_a_real_registry_is_judged_like_its_folder(tmp_path: Path) -> None:
    """A file store of MLflow: version, alias and run give the digest of the folder that was logged."""
    folder = BundleBuilder(tmp_path).record(version="1").build()
    environment = clean_environment(
        {
            "MLFLOW_ALLOW_FILE_STORE": "true",
            "MLFLOW_TRACKING_URI": f"file://{tmp_path}/store",
            "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
            "TMPDIR": str(tmp_path),
        }
    )
    given = [environment["MLFLOW_TRACKING_URI"], str(folder), NAME]
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", REGISTER, *given],
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split()[-1]
    policies = write_policy(tmp_path / "policies", {"model_card.sections": {"required": ["limitations"]}})
    said = {}
    for address in (str(folder), f"models:/{NAME}/1", f"models:/{NAME}@champion", f"runs:/{run}/model"):
        command = [sys.executable, "-m", "govern", "check", address, "-s", "pre-registration", "-p", str(policies)]
        done = subprocess.run(
            [*command, "--no-issue", "-o", "json", "--at", "2026-05-01T00:00:00Z"],
            env=environment, cwd=tmp_path, capture_output=True, check=False, text=True,
        )  # fmt: skip
        assert done.returncode == 0, (done.stderr, done.stdout)
        said[address] = json.loads(done.stdout)
    assert len({item["manifest"]["digest"] for item in said.values()}) == 1
    assert len({item["decision_record"]["digest"] for item in said.values()}) == 1
    assert said[f"models:/{NAME}@champion"]["bundle"]["uri"] == f"models:/{NAME}/1"

    assert not [name for name in os.listdir(tmp_path) if name.startswith("govern-")]
