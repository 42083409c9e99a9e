"""Reading DVC: the graph of the sample that dvc 3.67.1 wrote, and one named test for each trap."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govern.bundle import open_bundle
from govern.checks.context import CheckContext
from govern.checks.registry import builtin_checks
from govern.decision.run import evaluate_safely
from govern.diagnostics.catalogue import lookup
from govern.inputs.yaml import parse_yaml
from govern.lineage.build import GraphBuilder
from govern.lineage.claims import Record
from govern.lineage.dvc import read_dvc
from govern.lineage.dvc_content import Content
from govern.lineage.graph import EdgeKind, NodeKind, Strength
from govern.lineage.load import Lineage, bundle_files, load_graph
from govern.lineage.walk import ancestors, data_roots, shortest_cycle, versioned_successors
from govern.policy.outcomes import CheckResult, Outcome
from support.mangled_values import ODD, places, replaced
from support.policies import parameters

SAMPLE = Path(__file__).parents[1] / "evidence" / "samples" / "dvc"
RECORD = {
    "apiVersion": "govern/v1",
    "kind": "Model",
    "metadata": {"name": "credit-risk", "version": "3.1.0"},
    "spec": {
        "owner": {"name": "Risk", "contact": "risk@example.com"},
        "artefacts": [{"path": "model.pkl", "role": "weights"}],
    },
}


class Folder:
    """The sample as a bundle, to be spoilt."""

    def __init__(self, tmp_path: Path) -> None:
        self.path = tmp_path / "bundle"
        self.files = {
            path.relative_to(SAMPLE).as_posix(): path.read_bytes() for path in SAMPLE.rglob("*") if path.is_file()
        }
        self.files["govern.yaml"] = yaml.safe_dump(RECORD).encode()
        self.lock = yaml.safe_load(self.files["dvc.lock"])

    def put(self, path: str, data: bytes | str) -> Folder:
        self.files[path] = data.encode() if isinstance(data, str) else data
        return self

    def locked(self) -> Folder:
        return self.put("dvc.lock", yaml.safe_dump(self.lock, sort_keys=False))

    def open(self) -> Any:
        for name, data in self.files.items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        return open_bundle(self.path)

    def load(self) -> Lineage:
        found = load_graph(self.open())
        assert found is not None
        for item in found.diagnostics:
            lookup(item.code)
        return found

    def run(self, kind: str, **with_: Any) -> CheckResult:
        check = builtin_checks()[kind]
        context = CheckContext(bundle=self.open(), stage="pre-registration")
        return evaluate_safely(kind, check, parameters(check.spec, with_), context)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def spelled(lineage: Lineage, *kinds: EdgeKind) -> set[str]:
    names = {key: f"{key.kind} {node.name}" for key, node in lineage.graph.nodes.items()}
    return {
        f"{names[edge.source]} -> {names[edge.target]}"
        for edge in lineage.graph.edges
        if not kinds or edge.kind in kinds
    }


def codes(lineage: Lineage) -> list[str]:
    return [item.code for item in lineage.diagnostics]


def node_of(lineage: Lineage, name: str) -> Any:
    (found,) = (node for node in lineage.graph.nodes.values() if node.key.uri.endswith(f":{name}"))
    return found


class TestSample:
    def test_a_bundle_with_a_lock_has_a_lineage_without_our_record(self, folder):
        assert {record.format for record in folder.load().records} == {"dvc"}

    def test_the_pipeline_from_loans_to_the_model(self, folder):
        lineage = folder.load()
        assert spelled(lineage, EdgeKind.USED, EdgeKind.GENERATED, EdgeKind.BUILT_WITH) == {
            "dataset data/loans.csv -> run prep",
            "code prep.py -> run prep",
            "run prep -> dataset clean.csv",
            "dataset clean.csv -> run train",
            "code train.py -> run train",
            "run train -> dataset metrics.json",
            "run train -> model credit-risk 3.1.0",
        }
        assert lineage.faults == ()

    def test_md5_of_bytes_that_are_here_become_sha256(self, folder):
        node = node_of(folder.load(), "data/loans.csv")
        assert node.key.version == f"sha256:{hashlib.sha256(folder.files['data/loans.csv']).hexdigest()}"
        assert node.strength is Strength.RECOMPUTED

    def test_the_model_is_bound_by_the_bytes_that_are_here(self, folder):
        result = folder.run("lineage.bound")
        assert result.outcome is Outcome.PASS, result

    def test_scripts_are_code_and_never_a_source(self, folder):
        lineage = folder.load()
        up = ancestors(lineage.graph, lineage.graph.subjects)
        assert {key.uri for key in up if key.kind is NodeKind.CODE} == {"local:prep.py", "local:train.py"}
        result = folder.run("lineage.present", min_data_roots=1)
        assert result.outcome is Outcome.PASS
        assert not any(".py" in str(finding.detail) for finding in result.findings)

    def test_a_stage_that_changes_nothing_is_told_and_is_no_circle(self, folder):
        lineage = folder.load()
        assert "L194" in codes(lineage)
        assert "the very content of data/loans.csv" in next(i for i in lineage.diagnostics if i.code == "L194").message
        assert shortest_cycle(versioned_successors(lineage.graph)) is None
        assert folder.run("lineage.acyclic").outcome is Outcome.PASS

    def test_a_source_that_was_copied_unchanged_stays_a_source(self, folder):
        """Crossing from loans.csv to clean.csv, which has its content and a producer, would leave no source at all."""
        lineage = folder.load()
        assert [key.uri for key in data_roots(lineage.graph, lineage.graph.subjects)] == ["local:data/loans.csv"]

    def test_another_source_does_not_hide_it(self, folder):
        """With a second, approved source the copied one would have gone unjudged."""
        other = {"path": "other.csv", "hash": "md5", "md5": hashlib.md5(b"1").hexdigest()}
        folder.lock["stages"]["train"]["deps"].append(other)
        lineage = folder.locked().put("other.csv", b"1").load()
        found = {key.uri for key in data_roots(lineage.graph, lineage.graph.subjects)}
        assert found == {"local:data/loans.csv", "local:other.csv"}

    def test_a_folder_is_held_against_its_files(self, folder):
        lineage = folder.load()
        node = node_of(lineage, "data/dir")
        assert node.key.version == "version:md5/469e14c599cce6cd69fda73ee76d6450.dir"
        assert node.strength is Strength.RECOMPUTED
        assert {item for item in spelled(lineage, EdgeKind.PART_OF) if "a.csv" in item} == {
            "dataset data/dir/a.csv -> dataset dir"
        }

    def test_the_folder_s_md5_is_that_of_dvc_s_own_object(self, folder):
        assert hashlib.md5(folder.files["dir-object.469e14c599cce6cd69fda73ee76d6450.json"]).hexdigest() == (
            "469e14c599cce6cd69fda73ee76d6450"
        )

    def test_the_model_is_ten_bytes_of_text_and_it_is_said(self, folder):
        result = folder.run("artefacts.present")
        assert result.outcome is Outcome.FAIL
        assert "the content is text" in result.findings[0].detail

    def test_it_is_the_word_of_a_tool(self, folder):
        edge = next(edge for edge in folder.load().graph.edges if edge.kind is EdgeKind.USED)
        assert edge.grade == "E1"


class TestDifferent:
    def test_another_model_than_the_lock_s(self, folder):
        lineage = folder.put("model.pkl", b"another model").load()
        assert [item.code for item in lineage.faults] == ["L191"]
        assert lineage.faults[0].span.line == 38
        assert folder.run("lineage.bound").outcome is not Outcome.PASS

    @pytest.mark.parametrize("path", ["data/loans.csv", "prep.py", "clean.csv"])
    def test_other_data_or_code_than_the_lock_s(self, path, folder):
        lineage = folder.put(path, b"else").load()
        assert "L191" in {item.code for item in lineage.faults}
        assert folder.run("lineage.present").outcome is Outcome.ERROR

    def test_a_file_more_in_a_folder(self, folder):
        assert [item.code for item in folder.put("data/dir/c.csv", b"1").load().faults] == ["L191"]

    def test_md5_of_dvc_2_is_not_held_against_bytes_with_other_line_ends(self, folder):
        """Without `hash: md5` DVC turned CRLF into LF before it hashed: a difference shows nothing."""
        del folder.lock["stages"]["prep"]["deps"][0]["hash"]
        folder.put("data/loans.csv", folder.files["data/loans.csv"].replace(b"\n", b"\r\n"))
        folder.files["data/loans.csv.dvc"] = b"outs: []\n"
        lineage = folder.locked().load()
        assert lineage.faults == ()
        assert node_of(lineage, "data/loans.csv").strength is Strength.WEAK

    def test_data_that_are_not_here_are_weak(self, folder):
        for path in ("data/loans.csv", "data/loans.csv.dvc", "clean.csv"):
            del folder.files[path]
        node = node_of(folder.load(), "data/loans.csv")
        assert (node.strength, node.key.version) == (Strength.WEAK, "md5:0d05d2819069bc08d0d348959e760d8c")

    def test_a_pipeline_of_another_model(self, folder):
        folder.lock["stages"]["train"]["outs"].pop()
        lineage = folder.locked().load()
        assert "L193" in codes(lineage)
        assert folder.run("lineage.bound").outcome is not Outcome.PASS

    def test_a_model_without_checksum_is_not_bound(self, folder):
        del folder.lock["stages"]["train"]["outs"][1]["md5"]
        assert "L192" in codes(folder.locked().load())
        assert folder.run("lineage.bound").outcome is Outcome.INCONCLUSIVE


class TestPointers:
    def test_an_import_names_the_repository_and_its_commit(self, folder):
        text = {
            "deps": [{"path": "raw/x.csv", "repo": {"url": "https://git.example.com/data", "rev_lock": "c" * 40}}],
            "outs": [{"path": "x.csv", "md5": "0" * 32, "hash": "md5"}],
        }
        lineage = folder.put("data/x.csv.dvc", yaml.safe_dump(text)).load()
        node = node_of(lineage, "//git.example.com/data/raw/x.csv")
        assert (node.key.version, node.strength) == (f"version:{'c' * 40}", Strength.WEAK)
        assert "dataset raw/x.csv -> dataset x.csv" in spelled(lineage, EdgeKind.DERIVED)

    def test_an_import_without_commit_has_no_version(self, folder):
        text = {"deps": [{"path": "x.csv", "repo": {"url": "https://git.example.com/d"}}], "outs": [{"path": "x"}]}
        lineage = folder.put("data/x.dvc", yaml.safe_dump(text)).load()
        assert codes(lineage).count("L192") == 2
        assert node_of(lineage, "//git.example.com/d/x.csv").strength is Strength.NONE

    def test_an_etag_is_opaque(self, folder):
        text = {"deps": [{"path": "s3://core/loans.csv", "etag": '"abc"'}], "outs": [{"path": "l", "md5": "1" * 32}]}
        node = node_of(folder.put("l.dvc", yaml.safe_dump(text)).load(), "//core/loans.csv")
        assert node.strength is Strength.OPAQUE

    def test_a_path_is_relative_to_its_file(self, folder):
        folder.put(
            "data/sub/loans.dvc", "outs: [{path: ../loans.csv, hash: md5, md5: 0d05d2819069bc08d0d348959e760d8c}]"
        )
        assert folder.load().faults == ()

    def test_a_path_that_leaves_the_bundle_is_refused(self, folder):
        folder.put("x.dvc", "outs: [{path: ../../etc/passwd, md5: 0d05d2819069bc08d0d348959e760d8c}]")
        assert [item.code for item in folder.load().faults] == ["L106"]

    def test_the_folder_of_a_stage(self, folder):
        folder.put("dvc.yaml", "stages:\n  prep: {wdir: data, cmd: x}\n")
        assert "local:data/prep.py" in {key.uri for key in folder.load().graph.nodes}


class TestShape:
    @pytest.mark.parametrize(
        "text",
        [
            "[]",
            "schema: '1.0'\nstages: {}",
            "schema: '2.0'\nstages: {}",
            "schema: '2.0'\nstages: {a: 3}",
            "schema: '2.0'\nstages: {a: {deps: 3}}",
            "schema: '2.0'\nstages: {a: {deps: [3]}}",
            "schema: '2.0'\nstages: {a: {deps: [{path: [x]}]}}",
            "schema: '2.0'\nstages: {a: {deps: [{path: x, md5: abc}]}}",
        ],
    )
    def test_another_shape_is_a_fault_with_a_place(self, text, folder):
        lineage = folder.put("dvc.lock", text).load()
        assert {item.code for item in lineage.faults} == {"L190"}
        assert all(item.span is not None and item.span.line for item in lineage.faults)
        assert folder.run("lineage.bound").outcome is not Outcome.PASS

    def test_a_declared_record_comes_alone(self, folder):
        record = {**RECORD, "spec": {**RECORD["spec"], "lineage": ["lineage.yaml"]}}
        lineage = folder.put("govern.yaml", yaml.safe_dump(record)).load()
        assert [item.code for item in lineage.faults] == ["L110"]

    def test_unknown_keys_change_nothing(self, folder):
        wanted = spelled(folder.load())
        folder.lock["later"] = {"x": 1}
        assert spelled(folder.locked().load()) == wanted

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_mutated_locks_give_diagnostics_only(self, tmp_path, data):
        folder = Folder(tmp_path)
        raw = bytearray(folder.files["dvc.lock"])
        for _ in range(data.draw(st.integers(1, 4))):
            place = data.draw(st.integers(0, len(raw) - 1))
            if data.draw(st.booleans()):
                raw[place] = data.draw(st.integers(0, 255))
            else:
                del raw[place : place + data.draw(st.integers(1, 40))]
        lineage = folder.put("dvc.lock", bytes(raw)).load()
        assert all(item.message for item in lineage.diagnostics)

    def test_another_type_anywhere_gives_diagnostics_only(self, folder):
        bundle = folder.open()
        files, content = bundle_files(bundle), Content(bundle)
        for name in ("dvc.lock", "data/dir.dvc"):
            document = yaml.safe_load(folder.files[name])
            for path in places(document):
                for value in ODD:
                    text = yaml.safe_dump(replaced(document, path, value)).encode()
                    record = Record(name, "dvc", "")
                    read_dvc(parse_yaml(text, file=name, strictness="evidence"), record, files, content, GraphBuilder())
                    assert all(item.message for item in record.diagnostics)
