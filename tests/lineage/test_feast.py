"""Reading a Feast registry: the sample that feast 0.67.0 wrote, and one named test for each trap."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from govern.diagnostics.catalogue import lookup
from govern.lineage.build import GraphBuilder
from govern.lineage.claims import BundleFiles, Record
from govern.lineage.feast import is_feast, read_feast
from govern.lineage.graph import Strength
from govern.lineage.load import Lineage, load_graph
from govern.lineage.walk import data_roots
from support.bundles import BundleBuilder, sha256
from support.mangled_values import ODD, places, replaced

SAMPLE = json.loads((Path(__file__).parents[1] / "evidence" / "samples" / "feast" / "registry.json").read_text())


@pytest.fixture
def registry() -> Any:
    return copy.deepcopy(SAMPLE)


def load(tmp_path: Path, document: Any, **files: bytes) -> Lineage:
    builder = BundleBuilder(tmp_path).remove("lineage.yaml").record(lineage=None)
    builder.file("feast/registry.json", json.dumps(document))
    for name, data in files.items():
        builder.file(name.replace("_", "."), data)
    found = load_graph(builder.open())
    assert found is not None
    for item in found.diagnostics:
        lookup(item.code)
    return found


def edges(lineage: Lineage) -> set[str]:
    return {f"{edge.source.uri} -> {edge.target.uri}" for edge in lineage.graph.edges}


def node(lineage: Lineage, name: str) -> Any:
    return next(item for item in lineage.graph.nodes.values() if item.name == name)


class TestSample:
    def test_source_view_and_service(self, registry, tmp_path):
        lineage = load(tmp_path, registry)
        assert lineage.faults == ()
        assert [record.format for record in lineage.records] == ["feast"]
        assert edges(lineage) == {
            "local:loans.parquet -> feast://credit/view/income_fv",
            "feast://credit/view/income_fv -> feast://credit/service/credit_v1",
        }

    def test_the_tag_approved_is_a_claim(self, registry, tmp_path):
        found = node(load(tmp_path, registry), "loans_src")
        assert found.attributes["claimed_tags"] == {"approved": "true"}
        assert found.attributes["claimed_owner"] == "data-office"
        assert not {"approved", "owner", "status"} & set(found.attributes)

    def test_the_feature_is_tagged(self, registry, tmp_path):
        columns = node(load(tmp_path, registry), "income_fv").attributes["columns"]
        assert columns == [{"name": "income", "from": [], "tags": {"pii": "true"}}]

    def test_entities_and_feast_s_own_are_no_data(self, registry, tmp_path):
        assert {item.name for item in load(tmp_path, registry).graph.nodes.values()} == {
            "loans_src",
            "income_fv",
            "credit_v1",
        }

    def test_a_source_in_the_bundle_has_its_sha256(self, registry, tmp_path):
        found = node(load(tmp_path, registry, loans_parquet=b"PAR1"), "loans_src")
        assert (found.strength, found.key.version) == (Strength.RECOMPUTED, f"sha256:{sha256(b'PAR1')}")


class TestJoining:
    def test_our_record_joins_a_service_by_its_name(self, registry, tmp_path):
        builder = BundleBuilder(tmp_path)
        text = (
            builder.content("lineage.yaml")
            .decode()
            .replace("s3://core/loans/2026-03/", "feast://credit/service/credit_v1")
        )
        text = text.replace(f"sha256: {sha256(b'loans')}", f"sha256: {sha256(b'loans')}")
        builder.file("lineage.yaml", text).file("feast/registry.json", json.dumps(registry)).record(lineage=None)
        lineage = load_graph(builder.open())
        assert lineage is not None
        assert "local:loans.parquet" in {key.uri for key in data_roots(lineage.graph, lineage.graph.subjects)}


class TestShape:
    def test_a_view_that_nobody_describes(self, registry, tmp_path):
        registry["featureViews"] = []
        lineage = load(tmp_path, registry)
        assert [item.what for record in lineage.records for item in record.dangling] == [
            "feature view 'income_fv' is used and nowhere described"
        ]

    def test_two_views_of_one_name(self, registry, tmp_path):
        registry["featureViews"].append(registry["featureViews"][0])
        assert [item.code for item in load(tmp_path, registry).faults] == ["L195"]

    @pytest.mark.parametrize("part", ["dataSources", "featureViews", "featureServices"])
    @pytest.mark.parametrize("value", [3, [3], [{}], [{"spec": {}}], [{"spec": {"name": 4}, "name": 4}]])
    def test_entries_of_another_shape(self, part, value, registry, tmp_path):
        registry[part] = value
        assert "L195" in {item.code for item in load(tmp_path, registry).faults}

    def test_an_address_that_is_none(self, registry, tmp_path):
        registry["dataSources"][0]["fileOptions"]["uri"] = "s3://b/../../x\u202e"
        assert "L106" in {item.code for item in load(tmp_path, registry).faults}

    def test_a_table_of_a_warehouse(self, registry, tmp_path):
        source = registry["featureViews"][0]["spec"]["batchSource"]
        del source["fileOptions"]
        source["snowflakeOptions"] = {"database": "DWH", "schema": "CORE", "table": "LOANS"}
        assert "snowflake://dwh/CORE/LOANS -> feast://credit/view/income_fv" in edges(load(tmp_path, registry))

    def test_anything_in_place_of_anything_gives_diagnostics_only(self):
        files = BundleFiles("m", "1", {"loans.parquet": sha256(b"")})
        tried = 0
        for path in places(SAMPLE):
            for value in ODD:
                document = replaced(SAMPLE, path, value)
                record = Record("registry.json", "feast", "")
                if is_feast(document):
                    read_feast(document, record, files, GraphBuilder())
                    tried += 1
                assert all(item.message for item in record.diagnostics)
        assert tried > 500
