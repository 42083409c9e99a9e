"""The committed bundles agree with themselves: every digest in them is that of a real file or table."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

EXAMPLE = Path(__file__).parents[2] / "examples" / "mortgage"
BUNDLES = ("v1", "v2")
HEX = re.compile(r"\b[0-9a-f]{64}\b")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def document(name: str, path: str) -> dict[str, Any]:
    return yaml.load((EXAMPLE / name / path).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def predictions(name: str) -> list[dict[str, str]]:
    with (EXAMPLE / name / "predictions" / "holdout.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def selected(name: str, **group: str) -> tuple[int, int]:
    rows = [row for row in predictions(name) if all(row[key] == value for key, value in group.items())]
    return sum(row["decision"] == "approve" for row in rows), len(rows)


@pytest.mark.parametrize("name", BUNDLES)
def test_records_bind_the_model_and_the_predictions(name: str) -> None:
    folder = EXAMPLE / name
    manifest = document(name, "predictions/holdout.yaml")
    assert manifest["file"]["sha256"] == sha256(folder / manifest["file"]["path"])
    assert int(manifest["file"]["rows"]) == len(predictions(name))
    record = document(name, "govern.yaml")
    for bound in (manifest["model"], document(name, "lineage.yaml")["model"]):
        assert (bound["name"], bound["version"]) == (record["metadata"]["name"], record["metadata"]["version"])
        assert [file["path"] for file in bound["files"]] == [one["path"] for one in record["spec"]["artefacts"]]
        for file in bound["files"]:
            assert file["sha256"] == sha256(folder / file["path"])


@pytest.mark.parametrize("name", BUNDLES)
def test_the_two_lineage_records_meet(name: str) -> None:
    own = {(one["uri"], one["digest"]["sha256"]) for one in document(name, "lineage.yaml")["datasets"]}
    made = {
        (f"{one['namespace']}/{one['name']}", one["facets"]["version"]["datasetVersion"].removeprefix("sha256:"))
        for event in json.loads((EXAMPLE / name / "lineage" / "run.json").read_text(encoding="utf-8"))
        for one in event["outputs"]
    }
    assert own <= made


def test_only_v2_stands_on_the_registered_source_alone() -> None:
    registry = yaml.safe_load((EXAMPLE / "policies" / "sources.yaml").read_text(encoding="utf-8"))
    [source] = registry["sources"]
    assert [pin["sha256"] for pin in source["pins"]] == [sha256(EXAMPLE / "data" / "boston_hmda.csv")]
    roots = {}
    for name in BUNDLES:
        events = json.loads((EXAMPLE / name / "lineage" / "run.json").read_text(encoding="utf-8"))
        sides = [
            {f"{one['namespace']}/{one['name']}" for event in events for one in event[side]}
            for side in ("inputs", "outputs")
        ]
        roots[name] = sides[0] - sides[1]
    assert roots["v2"] == {source["exact"]}
    assert roots["v1"] == {source["exact"], "s3://example-desk/scratch/hmda_export_final2.csv"}


def test_the_mistake_is_in_v1_only() -> None:
    assert "2381" in {row["application"] for row in predictions("v1")}
    assert "2381" not in {row["application"] for row in predictions("v2")}


@pytest.mark.parametrize(("name", "black", "others"), [("v1", (89, 181), (941, 1009)), ("v2", (130, 169), (958, 1020))])
def test_approval_counts_are_those_the_readme_tells(name: str, black: tuple[int, int], others: tuple[int, int]) -> None:
    assert (selected(name, black="yes"), selected(name, black="no")) == (black, others)
    ratio = Fraction(*black) / Fraction(*others)
    told = f"{black[0]} of {black[1]} to {others[0]:,} of {others[1]:,}: ratio {float(ratio):.3f}".replace(
        "1009", "1,009"
    )
    assert told in (EXAMPLE / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", BUNDLES)
def test_decisions_follow_from_the_scores(name: str) -> None:
    cut_off = {"v1": 0.8, "v2": 0.7}[name]
    for row in predictions(name):
        assert (row["decision"] == "approve") == (float(row["score"]) >= cut_off)


@pytest.mark.parametrize("name", BUNDLES)
def test_rates_equal_fairlearn(name: str) -> None:
    from fairlearn.metrics import MetricFrame, demographic_parity_ratio, false_positive_rate, selection_rate
    from fairlearn.metrics import true_positive_rate as tpr

    rows = predictions(name)
    truth = [int(row["approved"] == "yes") for row in rows]
    chosen = [int(row["decision"] == "approve") for row in rows]
    black = [row["black"] for row in rows]
    frame = MetricFrame(
        metrics={"selection": selection_rate, "tpr": tpr, "fpr": false_positive_rate},
        y_true=truth,
        y_pred=chosen,
        sensitive_features=black,
    )
    for group in ("no", "yes"):
        inside = [row for row in rows if row["black"] == group]
        positive = [row for row in inside if row["approved"] == "yes"]
        negative = [row for row in inside if row["approved"] == "no"]
        for label, part in (("selection", inside), ("tpr", positive), ("fpr", negative)):
            share = Fraction(sum(row["decision"] == "approve" for row in part), len(part))
            assert frame.by_group[label][group] == pytest.approx(float(share), abs=1e-15)
    ratio = Fraction(*selected(name, black="yes")) / Fraction(*selected(name, black="no"))
    assert demographic_parity_ratio(truth, chosen, sensitive_features=black) == pytest.approx(float(ratio), abs=1e-15)
    assert (ratio >= Fraction(4, 5)) == (name == "v2")


def test_card_figures_are_counted_ones() -> None:
    card = (EXAMPLE / "v2" / "README.md").read_text(encoding="utf-8")
    rows = predictions("v2")
    accuracy = sum((row["decision"] == "approve") == (row["approved"] == "yes") for row in rows) / len(rows)
    assert f"| accuracy | {accuracy:.3f} |" in card
    from sklearn.metrics import roc_auc_score

    auc = roc_auc_score([row["approved"] == "yes" for row in rows], [float(row["score"]) for row in rows])
    assert f"| AUC | {auc:.3f} |" in card
    for black in ("no", "yes"):
        got, size = selected("v2", black=black)
        name = "Black" if black == "yes" else "not Black"
        assert re.search(rf"^\| {name} \| {size:,} \| \d+ \| {got / size:.3f} \|", card, re.MULTILINE)


def test_requirements_of_v2_are_pinned_and_v1_has_an_open_one() -> None:
    lines = {
        name: (EXAMPLE / name / "requirements.txt").read_text(encoding="utf-8").split("\n")[:-1] for name in BUNDLES
    }
    assert all(re.fullmatch(r"[a-z-]+==[0-9.]+", line) for line in lines["v2"])
    assert "numpy" in lines["v1"]
    assert "flask==2.0.1" in lines["v1"]


def test_policies_name_no_digest_that_is_not_of_the_example() -> None:
    known = {sha256(path) for path in EXAMPLE.rglob("*") if path.is_file()}
    for path in (EXAMPLE / "policies").glob("*.yaml"):
        assert set(HEX.findall(path.read_text(encoding="utf-8"))) <= known
