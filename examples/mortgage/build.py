"""Build the two example bundles `v1/` and `v2/` from the mortgage table, the same bytes every time.

    uv run --group example python examples/mortgage/build.py [--out DIR]

Both bundles hold real scikit-learn models, trained here, and their real predictions. See README.md for what is staged.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

import cards
import numpy as np
from figures import Prediction
from models import as_pickle, as_skops, choose_cut_off, matrix, reweighing, scores, train
from records import LAKE, NAME, Dataset, Lineage, ModelFile, Run, as_yaml, predictions_csv, predictions_manifest
from table import Application, applicants, as_csv, halve, read_table, shuffled

HERE = Path(__file__).parent
TABLE = HERE / "data" / "boston_hmda.csv"
FEATURES = ("dir", "hir", "lvr", "ccs", "mcs", "pbcr", "dmi", "self", "uria", "comdominiom")
EVERYTHING = (*FEATURES, "single", "black")
PRUDENT = Decimal("0.8")
"""The cut-off of v1: chosen because it sounded prudent."""

OLD_REQUIREMENTS = b"""\
# copied from the old scoring service
flask==2.0.1
requests==2.25.1
scikit-learn==1.9.1
numpy
"""
SERVING = [
    "joblib",
    "narwhals",
    "numpy",
    "packaging",
    "prettytable",
    "scikit-learn",
    "scipy",
    "skops",
    "threadpoolctl",
    "wcwidth",
]
"""What serving v2 installs: skops, scikit-learn and all that they need."""


def applications(data: bytes) -> Dataset:
    """The one source that data governance has approved."""
    return Dataset("applications", f"{LAKE}/hmda-boston-1990/boston_hmda.csv", data)


def predictions(rows: Sequence[Application], given: Sequence[Decimal], cut_off: Decimal) -> list[Prediction]:
    """Decide by the score as it is written, so that the file agrees with itself."""
    return [
        Prediction(one.row, one.approved, score >= cut_off, score, one.columns["black"], one.columns["single"])
        for one, score in zip(rows, given, strict=True)
    ]


def step(
    name: str, minute: str, used: tuple[str, ...], generated: tuple[str, ...] = (), makes_model: bool = False
) -> Run:
    """Describe a run of half a minute; the times are staged."""
    return Run(name, f"mortgage/{name}", f"{minute}:00Z", f"{minute}:30Z", used, generated, makes_model)


def build_v1(raw: bytes, table: Sequence[Application]) -> dict[str, bytes]:
    """What a hurried team would ship: everything the table has goes in, the row of column means too."""
    mixed = shuffled(table, "hurried")
    middle = (len(mixed) + 1) // 2
    order = lambda one: one.row  # noqa: E731 - a key used twice
    training, holdout = sorted(mixed[:middle], key=order), sorted(mixed[middle:], key=order)

    def desk(one: Application) -> dict[str, str]:
        # The desk's spreadsheet turned yes into 1 and everything else, NA included, into 0.
        flags = {name: "1" if text == "yes" else "0" for name, text in one.columns.items()}
        return {name: flags[name] if text in ("yes", "no", "NA") else text for name, text in one.columns.items()}

    inputs = {one.row: [float(desk(one)[name]) for name in EVERYTHING] for one in table}
    model = train(np.array([inputs[one.row] for one in training]), np.array([one.approved for one in training]))
    given = scores(model, np.array([inputs[one.row] for one in holdout]))
    made = predictions(holdout, given, PRUDENT)
    file = ModelFile("1.0.0", "model/model.pkl", as_pickle(model))

    place = f"{LAKE}/{NAME}/1.0.0"
    columns = (*EVERYTHING, "deny")
    from_desk = tuple(name for name in columns if name != "black")

    def typed(rows: Sequence[Application], names: tuple[str, ...]) -> bytes:
        return as_csv([Application(one.row, desk(one)) for one in rows], names)

    lineage = Lineage(
        (
            applications(raw),
            Dataset("desk-export", "s3://example-desk/scratch/hmda_export_final2.csv", typed(table, from_desk)),
            Dataset("joined", f"{place}/joined.csv", typed(table, columns)),
            Dataset("training", f"{place}/training.csv", typed(training, columns)),
            Dataset("holdout", f"{place}/holdout.csv", typed(holdout, columns)),
        ),
        (
            step("join", "2026-10-05T16:40", ("applications", "desk-export"), ("joined",)),
            step("split", "2026-10-05T16:41", ("joined",), ("training", "holdout")),
            step("fit", "2026-10-05T16:42", ("training",), makes_model=True),
        ),
        "holdout",
        "predictions/holdout.csv",
    )
    spec = {
        "owner": {"name": "Mortgage desk", "contact": "mortgage-desk@example.com"},
        "purpose": "Approve or deny home-loan applications.",
        "risk_tier": "low",
        "data_classes": ["personal"],
        "jurisdictions": ["us-ma"],
        "sectors": ["banking"],
        "decision": {"automation": "sole", "effect": "legal_or_similar", "output": "class", "subjects": ["applicants"]},
        "necessary_columns": list(EVERYTHING),
    }
    return bundle(file, "Mortgage approval", spec, "deny", made, lineage) | {
        "README.md": cards.hurried_card(made),
        "requirements.txt": OLD_REQUIREMENTS,
    }


def build_v2(raw: bytes, table: Sequence[Application]) -> dict[str, bytes]:
    """What it becomes: applicants only, no protected attribute as input, every choice made on the training half."""
    people = applicants(table)
    training, holdout = halve(people, "split")
    weights = reweighing(training)
    cut_off = choose_cut_off(training, FEATURES)
    model = train(matrix(training, FEATURES), np.array([one.approved for one in training]), weights)
    if model.named_steps["classify"].coef_.max() >= 0:
        raise SystemExit("the card says that every coefficient is negative; one is not")
    made = predictions(holdout, scores(model, matrix(holdout, FEATURES)), cut_off.at)
    file = ModelFile("2.0.0", "model/model.skops", as_skops(model))

    place = f"{LAKE}/{NAME}/2.0.0"
    columns = (*FEATURES, "single", "black", "deny")
    weighed = "application,weight\n" + "".join(
        f"{one.row},{weight:.9f}\n" for one, weight in zip(training, weights, strict=True)
    )
    lineage = Lineage(
        (
            applications(raw),
            Dataset("applicants", f"{place}/applicants.csv", as_csv(people, columns)),
            Dataset("training", f"{place}/training.csv", as_csv(training, columns)),
            Dataset("holdout", f"{place}/holdout.csv", as_csv(holdout, columns)),
            Dataset("weights", f"{place}/weights.csv", weighed.encode()),
        ),
        (
            step("clean", "2026-11-16T08:00", ("applications",), ("applicants",)),
            step("split", "2026-11-16T08:01", ("applicants",), ("training", "holdout")),
            step("reweigh", "2026-11-16T08:02", ("training",), ("weights",)),
            step("fit", "2026-11-16T08:03", ("training", "weights"), makes_model=True),
        ),
        "holdout",
        "predictions/holdout.csv",
    )
    spec = {
        "owner": {"name": "Lending Models", "contact": "lending-models@example.com", "team": "Model Development"},
        "purpose": "Sort home-loan applications into a fast track and a queue for full underwriting.",
        "uses": ["mortgage-triage"],
        "prohibited_uses": ["denial", "pricing"],
        "risk_tier": "high",
        "materiality": {"exposure": "medium", "purpose": "high", "reason": "It decides who waits, not who is denied."},
        "data_classes": ["personal"],
        "jurisdictions": ["us-ma"],
        "sectors": ["banking"],
        "decision": {
            "automation": "support",
            "effect": "legal_or_similar",
            "output": "class",
            "subjects": ["applicants"],
        },
        "groups": {"attributes": ["black", "single"], "intersections": [["black", "single"]]},
        "necessary_columns": list(FEATURES),
    }
    return bundle(file, "Mortgage fast track", spec, "refer", made, lineage, previous="1.0.0") | {
        "README.md": cards.careful_card(made, len(training), cut_off),
        "requirements.txt": "".join(f"{name}=={version(name)}\n" for name in SERVING).encode(),
    }


def bundle(
    file: ModelFile,
    title: str,
    spec: dict[str, object],
    otherwise: str,
    made: Sequence[Prediction],
    lineage: Lineage,
    previous: str | None = None,
) -> dict[str, bytes]:
    """Put model, predictions, lineage and model record together."""
    table = predictions_csv(made, otherwise)
    metadata = {"name": NAME, "version": file.version, "title": title, "tags": ["credit"]}
    record = {
        "apiVersion": "govern/v1",
        "kind": "Model",
        "metadata": metadata | ({"previous": previous} if previous else {}),
        "spec": spec
        | {
            "artefacts": [{"path": file.path, "role": "weights"}],
            "evidence": {"predictions": {"path": "predictions/holdout.yaml"}},
            "cards": ["README.md"],
            "lineage": ["lineage.yaml", "lineage/run.json"],
        },
    }
    return {
        "govern.yaml": as_yaml(record),
        file.path: file.data,
        "predictions/holdout.csv": table,
        "predictions/holdout.yaml": predictions_manifest(file, "predictions/holdout.csv", table, len(made)),
        "lineage.yaml": lineage.record(file),
        "lineage/run.json": lineage.events(file.version),
    }


def write(root: Path, files: dict[str, bytes]) -> None:
    """Write a bundle; a file that is no longer part of it goes."""
    for old in [path for path in root.rglob("*") if path.is_file()]:
        if old.relative_to(root).as_posix() not in files:
            old.unlink()
    for name, data in sorted(files.items()):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def main() -> None:
    """Build both bundles."""
    parser = argparse.ArgumentParser(description="Build the example bundles v1 and v2.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder that gets v1/ and v2/")
    out: Path = parser.parse_args().out
    raw = TABLE.read_bytes()
    table = read_table(TABLE)
    write(out / "v1", build_v1(raw, table))
    write(out / "v2", build_v2(raw, table))


if __name__ == "__main__":
    main()
