"""Our own record, `lineage.yaml`: strict, with places, and what it becomes in the graph."""

from __future__ import annotations

from pathlib import Path

import pytest

from govern.diagnostics import Diagnostic
from govern.lineage.graph import EdgeKind, NodeKind, Strength
from govern.lineage.load import Lineage, load_graph, record_paths
from support.bundles import MODEL_FILE, BundleBuilder
from support.lineages import hexed

HEAD = "apiVersion: govern/v1\nkind: Lineage\nmodel: {name: credit-risk, version: 3.1.0}\n"


@pytest.fixture
def builder(tmp_path: Path) -> BundleBuilder:
    return BundleBuilder(tmp_path)


def load(builder: BundleBuilder, text: str) -> Lineage:
    found = load_graph(builder.file("lineage.yaml", text).open())
    assert found is not None
    return found


def fault(lineage: Lineage) -> Diagnostic:
    (found,) = lineage.faults
    return found


@pytest.mark.parametrize(
    ("body", "code", "line", "hint"),
    [
        ("dataset: []\n", "L101", 4, "did you mean 'datasets'?"),
        ("runs:\n  - {id: a, job: b, generatd: []}\n", "L101", 5, "did you mean 'generated'?"),
        ("runs:\n  - {id: a}\n", "L102", 5, "add 'job:'"),
        ("runs:\n  - {id: a, job: b, status: done}\n", "L103", 5, None),
        ("runs:\n  - {id: a, job: b, started: 2026-04-02}\n", "L103", 5, None),
        ("runs:\n  - {id: a, job: b, started: 2026-04-02T08:00:00+02:00}\n", "L103", 5, None),
        ("runs:\n  - {id: a, job: b, generated_model: yes}\n", "L103", 5, None),
        ("runs: {a: 1}\n", "L103", 4, None),
        ("datasets:\n  - {id: a, uri: x, digest: abc}\n", "L103", 5, None),
        ("datasets:\n  - {id: a, uri: x, digest: {}}\n", "L103", 5, None),
        ("datasets:\n  - {id: a, uri: x}\n  - {id: a, uri: y}\n", "L107", 6, "give each its own id"),
        ("runs:\n  - {id: a, job: b}\n  - {id: a, job: c}\n", "L107", 6, "give each its own id"),
        ("datasets:\n  - {id: a, uri: s3://b/../x}\n", "L106", 5, None),
        ("datasets:\n  - {id: a, uri: ../x}\n", "L106", 5, None),
        ("datasets:\n  - {id: a, uri: x, digest: {sha256: ABCDEF}}\n", "L105", 5, None),
        ("datasets:\n  - {id: a, uri: x, digest: {sha-256: abc}}\n", "L105", 5, None),
        ("datasets:\n  - {id: a, uri: x, digest: {sha256: null}}\n", "L103", 5, None),
        ("datasets:\n  - {id: a, uri: x, digest: {sha256: ''}}\n", "L105", 5, None),
    ],
)
def test_faults_have_code_line_and_hint(
    builder: BundleBuilder, body: str, code: str, line: int, hint: str | None
) -> None:
    found = fault(load(builder, HEAD + body))
    assert found.span is not None
    assert (found.code, found.span.line) == (code, line)
    if hint:
        assert found.hint == hint


def test_uppercase_hex_is_malformed_and_not_recorded_are_different(builder: BundleBuilder) -> None:
    upper = hexed("x").upper()
    assert (
        fault(load(builder, HEAD + f"datasets:\n  - {{id: a, uri: x, digest: {{sha256: {upper}}}}}\n")).code == "L105"
    )
    lineage = load(builder, HEAD + "datasets:\n  - {id: a, uri: x}\n")
    assert lineage.faults == ()


def test_all_faults_are_collected(builder: BundleBuilder) -> None:
    text = (
        HEAD
        + "datasets:\n  - {id: a, uri: s3://b/.., digest: {sha256: x}}\n  - {id: b, uri: s3://b/../.., digest: {md5: x}}\n"
    )
    assert [item.code for item in load(builder, text).faults] == ["L106", "L105", "L106", "L105"]


def test_other_kinds_of_document_are_refused(builder: BundleBuilder) -> None:
    text = HEAD.replace("Lineage", "Model")
    assert fault(load(builder, text)).code == "L103"


def test_nodes_edges_and_strengths(builder: BundleBuilder) -> None:
    text = HEAD.replace("3.1.0}", f"3.1.0, files: [{{path: {MODEL_FILE}, sha256: {hexed('other')}}}]}}") + (
        f"datasets:\n"
        f"  - {{id: a, uri: s3://b/a, digest: {{sha256: {hexed('a')}, md5: {'a' * 32}}}, schema: [{{name: x, from: [y.z]}}]}}\n"
        f"  - {{id: m, uri: s3://b/m, digest: {{md5: {'b' * 32}}}}}\n"
        "  - {id: v, uri: s3://b/v, version: '7'}\n"
        "  - {id: w, uri: 's3://b/w?versionId=L4k'}\n"
        "  - {id: u, uri: s3://b/u}\n"
        "  - {id: here, uri: metrics.json}\n"
        "runs:\n"
        "  - id: fit\n"
        "    job: train\n"
        f"    code: {{repo: https://git.example.com/x, commit: {'c' * 40}, dirty: true}}\n"
        f"    environment: {{image: registry.example.com:5000/t@sha256:{hexed('i')}}}\n"
        "    used: [{dataset: a, columns: [x]}, m, v, w, u, here]\n"
        "    generated_model: true\n"
        "    declassifies: [{by: mask-v2, input: a, columns: [x]}]\n"
        "base_models: [{uri: hf://Org/base, revision: main}]\n"
    )
    lineage = load(builder, text)
    assert lineage.faults == ()
    nodes = {node.name: node for node in lineage.graph.nodes.values()}
    assert {name: nodes[name].strength for name in ("a", "m", "v", "w", "u", "here")} == {
        "a": Strength.STRONG,
        "m": Strength.WEAK,
        "v": Strength.OPAQUE,
        "w": Strength.OPAQUE,
        "u": Strength.NONE,
        "here": Strength.RECOMPUTED,
    }
    assert [item.grade for item in nodes["here"].asserted_by] == ["E4", "E0"]
    assert nodes["w"].key.version == "version:L4k"
    assert nodes["hf://Org/base"].strength is Strength.OPAQUE
    kinds = {edge.kind for edge in lineage.graph.edges}
    assert kinds == {EdgeKind.USED, EdgeKind.GENERATED, EdgeKind.BUILT_WITH, EdgeKind.BASE_OF}
    env = next(key for key in lineage.graph.nodes if key.kind is NodeKind.ENV)
    assert env.uri == "oci://registry.example.com:5000/t"
    run = nodes["train"]
    assert run.attributes["dirty"] is True
    assert run.attributes["declassifies"] == [{"by": "mask-v2", "input": "a", "columns": ["x"]}]


def test_evaluation_belongs_to_the_run_of_its_name(builder: BundleBuilder) -> None:
    lineage = load(
        builder,
        HEAD + "datasets: [{id: t, uri: s3://b/t}]\nruns: [{id: eval-1, job: evaluate, used: [t]}]\n"
        "evaluations: [{run: eval-1, used: [t], reports: [metrics.json]}]\n",
    )
    assert len([key for key in lineage.graph.nodes if key.kind is NodeKind.RUN]) == 1
    assert {edge.kind for edge in lineage.graph.edges} == {EdgeKind.USED, EdgeKind.EVALUATED_ON, EdgeKind.GENERATED}


def test_ids_are_local_to_their_file(builder: BundleBuilder) -> None:
    run = "runs: [{id: prep, job: j, generated_model: true}]\n"
    builder.file("other.yaml", HEAD + run).record(lineage=["lineage.yaml", "other.yaml"])
    lineage = load(builder, HEAD + run)
    assert len([key for key in lineage.graph.nodes if key.kind is NodeKind.RUN]) == 2
    assert len(lineage.graph.subjects) == 1


def test_spans_point_into_the_record(builder: BundleBuilder) -> None:
    lineage = load(builder, HEAD + "datasets:\n  - id: a\n    uri: s3://b/a\n")
    (node,) = [item for item in lineage.graph.nodes.values() if item.name == "a"]
    assert [(by.file, by.pointer, by.line) for by in node.asserted_by] == [("lineage.yaml", "/datasets/0", 5)]


def test_paths_of_records(tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path).record(lineage=None)
    for name in ("lineage/a.json", "lineage/b.JSONL", "lineage/deep/c.json", "lineage/notes.md", "x/lineage.yaml"):
        builder.file(name, "[]")
    assert record_paths(builder.open()) == ("lineage.yaml", "lineage/a.json", "lineage/b.JSONL")
    builder.record(lineage=["x/lineage.yaml"])
    assert record_paths(builder.open()) == ("x/lineage.yaml",)


def test_no_record_at_all(tmp_path: Path) -> None:
    assert load_graph(BundleBuilder(tmp_path).remove("lineage.yaml").record(lineage=None).open()) is None


@pytest.mark.parametrize(
    "data", [b"\xff\xfea\x00:\x00", b"a: \xff", b"- [", b"a: 1\na: 2\n", b"!!python/name:os.system x"]
)
def test_hostile_bytes_are_diagnostics(builder: BundleBuilder, data: bytes) -> None:
    builder.file("lineage.yaml", data)
    lineage = load_graph(builder.open())
    assert lineage is not None
    assert lineage.faults
