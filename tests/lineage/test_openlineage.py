"""Reading OpenLineage: one named test for each trap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from govern.lineage.build import Limits
from govern.lineage.graph import EdgeKind, NodeKind
from govern.lineage.load import Lineage, load_graph
from govern.lineage.walk import ancestors, shortest_cycle, versioned_successors
from support.bundles import BundleBuilder
from support.lineages import events, hexed


@pytest.fixture
def builder(tmp_path: Path) -> BundleBuilder:
    return BundleBuilder(tmp_path).remove("lineage.yaml").record(lineage=None)


def load(builder: BundleBuilder, text: str, name: str = "lineage/run.jsonl", **options: Any) -> Lineage:
    found = load_graph(builder.file(name, text).open(), **options)
    assert found is not None
    return found


def spelled(lineage: Lineage) -> list[str]:
    """Edges as text, ancestry edges with an arrow and others with dots."""
    names = {key: node.name for key, node in lineage.graph.nodes.items()}
    return [f"{names[e.source]} {'->' if e.ancestry else '..'} {names[e.target]}" for e in lineage.graph.edges]


def event(**changes: Any) -> dict[str, Any]:
    return {
        "eventTime": "2026-04-02T08:00:00Z",
        "eventType": "COMPLETE",
        "run": {"runId": "a0000000-0000-4000-8000-000000000000"},
        "job": {"namespace": "prod", "name": "fit"},
        "inputs": [{"namespace": "s3://b", "name": "in"}],
        "outputs": [{"namespace": "s3://b", "name": "out"}],
    } | changes


def dataset(name: str, **facets: Any) -> dict[str, Any]:
    return {"namespace": "s3://b", "name": name, "facets": facets}


def test_facts_of_a_run_add_up_over_its_events(builder: BundleBuilder) -> None:
    lineage = load(builder, events(("fit", [("s3://b", "in")], [("s3://b", "out")])))
    assert spelled(lineage) == ["in -> fit", "fit -> out"]
    (run,) = [node for key, node in lineage.graph.nodes.items() if key.kind is NodeKind.RUN]
    assert run.attributes["started"] == "2026-04-02T08:00:00Z"
    assert run.attributes["ended"] == "2026-04-02T08:05:00Z"
    assert run.attributes["status"] == "complete"
    assert {item.grade for item in run.asserted_by} == {"E1"}


@pytest.mark.parametrize("ends", ["FAIL", "ABORT", "RUNNING"])
def test_only_complete_runs_make_ancestry(builder: BundleBuilder, ends: str) -> None:
    lineage = load(builder, events(("fit", [("s3://b", "in")], [("s3://b", "out")]), ends=ends))
    assert spelled(lineage) == ["in .. fit", "fit .. out"]


def test_other_may_follow_complete(builder: BundleBuilder) -> None:
    lines = [event(), event(eventType="OTHER", eventTime="2026-04-02T09:00:00Z", inputs=[dataset("late")])]
    lineage = load(builder, json.dumps(lines), "lineage/run.json")
    assert sorted(spelled(lineage)) == ["fit -> out", "in -> fit", "late -> fit"]


def test_a_run_that_completed_and_failed_is_not_complete(builder: BundleBuilder) -> None:
    lines = [event(), event(eventType="FAIL", eventTime="2026-04-02T09:00:00Z")]
    assert "in .. fit" in spelled(load(builder, json.dumps(lines), "lineage/run.json"))


def test_one_event_a_list_and_lines_are_read_alike(builder: BundleBuilder) -> None:
    one = load(builder, json.dumps(event()), "lineage/run.json")
    many = load(builder, json.dumps([event()]), "lineage/run.json")
    builder.remove("lineage/run.json")
    lines = load(builder, "\ufeff" + json.dumps(event()) + "\r\n\n")
    assert spelled(one) == spelled(many) == spelled(lines)


def test_same_facet_name_replaces(builder: BundleBuilder) -> None:
    early = event(eventType="START", outputs=[dataset("out", version={"datasetVersion": "1"})])
    late = event(eventTime="2026-04-02T09:00:00Z", outputs=[dataset("out", version={"datasetVersion": "2"})])
    for lines in ([early, late], [late, early]):
        lineage = load(builder, json.dumps(lines), "lineage/run.json")
        assert [k.version for k in lineage.graph.nodes if k.uri == "s3://b/out"] == ["version:2"]


def test_input_without_version_is_the_last_complete_output_before_the_run(builder: BundleBuilder) -> None:
    lineage = load(
        builder,
        events(
            ("first", [("s3://b", "raw")], [("s3://b", "t")]),
            ("second", [("s3://b", "raw")], [("s3://b", "t")]),
            ("fit", [("s3://b", "t")], [("s3://b", "m", {"datasetType": {"datasetType": "MODEL"}})]),
        ),
    )
    (model,) = lineage.graph.subjects
    names = {lineage.graph.nodes[key].name for key in ancestors(lineage.graph, [model])}
    assert names == {"fit", "t", "second", "raw"}


def test_refreshed_table_is_no_cycle(builder: BundleBuilder) -> None:
    lineage = load(builder, events(*[("refresh", [("s3://b", "t")], [("s3://b", "t")]) for _ in range(3)]))
    assert shortest_cycle(versioned_successors(lineage.graph)) is None
    assert len([key for key in lineage.graph.nodes if key.kind is NodeKind.DATASET]) == 4


def test_output_of_a_failed_run_is_not_resolved_to(builder: BundleBuilder) -> None:
    made = events(("bad", [("s3://b", "raw")], [("s3://b", "t")]), ends="FAIL")
    used = json.dumps(event(eventTime="2026-04-03T08:00:00Z", inputs=[dataset("t")]))
    lineage = load(builder, made + used + "\n")
    (edge,) = [item for item in lineage.graph.edges if item.kind is EdgeKind.USED and item.ancestry]
    assert edge.source.version == "unversioned"


def test_there_is_no_checksum_facet_but_a_version_may_be_a_digest(builder: BundleBuilder) -> None:
    versions = {"a": f"sha256:{hexed('x')}", "b": "7", "c": "sha256:short", "d": f"SHA256:{hexed('x')}"}
    inputs = [dataset(name, version={"datasetVersion": value}) for name, value in versions.items()]
    lineage = load(builder, json.dumps(event(inputs=inputs)), "lineage/run.json")
    strength = {key.uri[-1]: node.strength.value for key, node in lineage.graph.nodes.items()}
    assert {name: strength[name] for name in "abcd"} == {"a": "strong", "b": "opaque", "c": "opaque", "d": "opaque"}


def test_empty_inputs_are_no_source_and_no_crash(builder: BundleBuilder) -> None:
    out = dataset("out", lineage={"inputs": []})
    assert spelled(load(builder, json.dumps(event(inputs=[], outputs=[out])), "lineage/run.json")) == ["fit -> out"]


def test_sources_that_only_a_lineage_facet_names_count(builder: BundleBuilder) -> None:
    column = {"fields": {"x": {"inputFields": [{"namespace": "s3://hr", "name": "payroll", "field": "p"}]}}}
    out = dataset("out", columnLineage=column)
    assert "payroll -> out" in spelled(load(builder, json.dumps(event(outputs=[out])), "lineage/run.json"))
    entry = {"namespace": "s3://b", "name": "out", "type": "DATASET",
             "inputs": [{"namespace": "s3://hr", "name": "payroll", "type": "DATASET"}, {"namespace": "n", "name": "j", "type": "JOB"}]}  # fmt: skip
    for shape in ({"lineage": [entry]}, {"entries": [entry]}):
        job = {"namespace": "prod", "name": "fit", "facets": {"lineage": shape}}
        found = spelled(load(builder, json.dumps(event(job=job)), "lineage/run.json"))
        assert "payroll -> out" in found
        assert not any(item.startswith("j ") for item in found)


def test_job_and_dataset_events_without_a_run_are_no_sources(builder: BundleBuilder) -> None:
    lines = [
        {"eventTime": "2026-04-02T08:00:00Z", "job": {"namespace": "n", "name": "j"}, "inputs": [dataset("x")]},
        {"eventTime": "2026-04-02T08:00:00Z", "dataset": dataset("out", datasetType={"datasetType": "MODEL"})},
        event(),
    ]
    lineage = load(builder, json.dumps(lines), "lineage/run.json")
    assert sorted(spelled(lineage)) == ["fit -> out", "in -> fit"]
    assert [key.kind for key in lineage.graph.subjects] == [NodeKind.MODEL], "they still say what is a model"


def test_schema_invalid_event_is_still_evidence(builder: BundleBuilder) -> None:
    lineage = load(builder, json.dumps(event(eventTime="2026-04-02T08:00:00", unknown={"x": [1]})), "lineage/run.json")
    assert spelled(lineage) == ["in -> fit", "fit -> out"]
    assert [item.code for item in lineage.diagnostics] == ["L111"]
    assert lineage.faults == ()


@pytest.mark.parametrize("part", ["run", "job", "inputs", "outputs"])
@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [7], [[]], {"facets": 3}, [{"name": 3}], [{"facets": []}]])
def test_wrong_types_never_crash(builder: BundleBuilder, part: str, value: Any) -> None:
    load(builder, json.dumps(event(**{part: value})), "lineage/run.json")


def test_code_location_becomes_a_code_node(builder: BundleBuilder) -> None:
    where = {"type": "git", "repoUrl": "https://git.example.com/risk", "version": "c" * 40}
    job = {"namespace": "n", "name": "fit", "facets": {"sourceCodeLocation": where}}
    lineage = load(builder, json.dumps(event(job=job)), "lineage/run.json")
    (code,) = [key for key in lineage.graph.nodes if key.kind is NodeKind.CODE]
    assert code.version == f"version:{'c' * 40}"


def test_symlinks_are_told_and_match_nothing(builder: BundleBuilder) -> None:
    links = {"identifiers": [{"namespace": "s3://core", "name": "loans", "type": "TABLE"}]}
    lineage = load(builder, json.dumps(event(inputs=[dataset("in", symlinks=links)])), "lineage/run.json")
    assert [n.attributes["aliases"] for n in lineage.graph.nodes.values() if n.name == "in"] == [["s3://core/loans"]]


def test_models_of_other_runs_are_left_aside_once_ours_is_bound(builder: BundleBuilder) -> None:
    import hashlib

    ours = hashlib.sha256(builder.content("model/model.safetensors")).hexdigest()
    kind = {"datasetType": {"datasetType": "MODEL"}}
    text = events(
        ("fit", [("s3://b", "in")], [("s3://m", "ours", kind | {"version": {"datasetVersion": f"sha256:{ours}"}})]),
        ("fit", [("s3://b", "in2")], [("s3://m", "theirs", kind)]),
    )
    assert [key.uri for key in load(builder, text).graph.subjects] == ["s3://m/ours"]
    text = text.replace(ours, hexed("x"))
    assert len(load(builder, text).graph.subjects) == 2


def test_hostile_names_stay_names(builder: BundleBuilder) -> None:
    name = "a\u202e\x1b]0;<script>\n" + "x" * 10_000
    text = json.dumps(event(inputs=[{"namespace": "s3://b", "name": name}], job={"namespace": name, "name": name}))
    lineage = load(builder, text, "lineage/run.json")
    assert all(key.uri.isascii() and " " not in key.uri for key in lineage.graph.nodes)
    assert any(key.uri.startswith("local:unreadable/") for key in lineage.graph.nodes)


# --- files


def test_bad_line_is_placed_and_the_others_are_read(builder: BundleBuilder) -> None:
    lineage = load(builder, json.dumps(event()) + '\n{"a": NaN}\n[1]\n')
    assert spelled(lineage) == ["in -> fit", "fit -> out"]
    assert [(item.code, item.span.line) for item in lineage.faults if item.span] == [("I113", 2), ("L109", 3)]


@pytest.mark.parametrize("text", ["{}", "7", '"x"', '{"entity": {}}', "[7]"])
def test_foreign_json_is_said_to_be_foreign(builder: BundleBuilder, text: str) -> None:
    assert [item.code for item in load(builder, text, "lineage/run.json").faults] == ["L109"]


def test_empty_list_is_noted(builder: BundleBuilder) -> None:
    lineage = load(builder, "[]", "lineage/run.json")
    assert [item.code for item in lineage.diagnostics] == ["L112"]
    assert lineage.graph.subjects == ()


def test_own_record_may_be_written_as_json(builder: BundleBuilder) -> None:
    text = json.dumps(
        {"apiVersion": "govern/v1", "kind": "Lineage", "model": {"name": "credit-risk", "version": "3.1.0"}}
    )
    assert load(builder, text, "lineage/own.json").records[0].format == "govern-lineage"


def test_38_caps_refuse_with_a_code(builder: BundleBuilder) -> None:
    runs = [(f"job{n}", [("s3://b", f"in{n}")], [("s3://b", f"out{n}")]) for n in range(10)]
    assert [item.code for item in load(builder, events(*runs), limits=Limits(nodes=8)).faults] == ["L108"]
    deep = "[" * 100_000 + "]" * 100_000
    assert [item.code for item in load(builder, deep + "\n").faults] == ["I110"]
    builder.remove("lineage/run.jsonl")
    assert [item.code for item in load(builder, deep, "lineage/deep.json").faults] == ["I110"]


def test_runs_merge_over_files_and_order_changes_nothing(builder: BundleBuilder) -> None:
    start, end = event(eventType="START", outputs=[]), event(eventTime="2026-04-02T09:00:00Z", inputs=[])
    builder.file("lineage/b.json", json.dumps(start))
    lineage = load(builder, json.dumps(end), "lineage/a.json")
    assert spelled(lineage) == ["in -> fit", "fit -> out"]
    builder.file("lineage/b.json", json.dumps([start, start]))
    assert spelled(load(builder, json.dumps([end]), "lineage/a.json")) == ["in -> fit", "fit -> out"]
