"""A run of MLflow's file store, `mlruns/<experiment>/<run>/meta.yaml`, with the files below and beside it.

File names are keys and are hostile; databases of MLflow are never opened, its runs can be exported as JSON. The run is
the one of the folder: `destination_id` of an input is the data set's id, although its type is called RUN.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.tools.figures import MetricItem, Metrics
from govern.evidence.tools.interface import Beside, Document, Reader, Readout, Tool
from govern.evidence.tools.metric_names import metric_of
from govern.evidence.tools.mlflow_run import data_hint, instant_of_epoch, latest, unfinished
from govern.inputs.text import decode_text

if TYPE_CHECKING:
    from govern.inputs.json import JsonValue

__all__ = ["READERS", "yaml_types"]

_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_LARGEST_EXPONENT = 307
_MOST_FILES = 10_000


def yaml_types(data: bytes, *, file: str) -> JsonValue:
    """Read YAML as JSON types; scalars stay text. Raises InputError I1."""
    from govern.inputs.nodes import value_of
    from govern.inputs.yaml import parse_yaml

    value: JsonValue = json.loads(json.dumps(value_of(parse_yaml(data, file=file, strictness="evidence"))))
    return value


def _recognise(root: JsonValue) -> bool:
    return isinstance(root, dict) and ("run_id" in root or "run_uuid" in root) and "status" in root


def _read(document: Document) -> Readout:
    beside, folder = document.beside, document.file.rpartition("/")[0]
    assert beside is not None
    root = document.get(dict)
    run_id = str(root.get("run_id") or root.get("run_uuid"))
    own = folder.rpartition("/")[2]
    if own and run_id != own:
        message = (
            f"the folder is called {plain(own, limit=60)} and its meta.yaml speaks of run {plain(run_id, limit=60)}"
        )
        hint = "Copy the run's folder as MLflow made it."
        raise InputError(Diagnostic("E300", message, Span(document.file, 1), hint))
    files = [path for path in beside.paths if folder and path.startswith(f"{folder}/")]
    logged = [path for path in files if path.startswith(f"{folder}/metrics/")]
    inputs = [path for path in files if path.startswith(f"{folder}/inputs/") and path.endswith("/meta.yaml")]
    if len(logged) + len(inputs) > _MOST_FILES:
        message = f"more than {_MOST_FILES:,} metric and input files"
        raise InputError(Diagnostic("I110", message, Span(document.file), "Export the run as JSON."))
    items = [item for path in logged for item in _metric(beside, path, path.removeprefix(f"{folder}/metrics/"))]
    hints, read = _datasets(beside, folder, inputs)
    return Readout(
        bodies=(Metrics(items=tuple(items), unfinished=unfinished(root.get("status"), root.get("lifecycle_stage"))),),
        tool=Tool("mlflow"),
        produced_at=instant_of_epoch(root.get("end_time")),
        hints={"run": run_id, **hints},
        files=(*logged, *read),
    )


def _metric(beside: Beside, path: str, name: str) -> list[MetricItem]:
    """Read one metric's history: lines of time, value, step, and what newer versions add.

    That is a data set with its short digest, a model's or run's id (in a model's folder), or both, the id first.
    """
    data = beside.read(path)
    document = Document(path, data, None)
    values: dict[str | None, dict[str, tuple[int, int, Decimal, str, tuple[str | int, ...]]]] = {}
    for number, line in enumerate(decode_text(data, file=path).splitlines(), start=1):
        words = line.split(" ")
        if not line.strip():
            continue
        if not 2 <= len(words) <= 6 or not _WHOLE.fullmatch(words[0]) or not _WHOLE.fullmatch((*words, "0")[2]):
            message = f"metric {plain(name)}: expected a line of time, value and step"
            raise InputError(Diagnostic("E103", message, Span(path, number), "Export the run again."))
        value = _number(path, name, words[1], number)
        step = int(words[2]) if len(words) > 2 else 0
        model = words[3] if len(words) in (4, 6) else ""
        of = words[-2] if len(words) >= 5 else None
        values.setdefault(of, {})[line] = (step, int(words[0]), value, model, (number,))
    metric, split = metric_of(name)
    found = []
    for of, lines in values.items():
        step, number_, (at,) = latest(document, name, list(lines.values()))
        line_number = at if isinstance(at, int) else None
        found.append(
            MetricItem(name=metric, value=number_, data=of, split=split, step=step, file=path, line=line_number)
        )
    if not found:
        message = f"metric {plain(name)} has no value"
        raise InputError(Diagnostic("E104", message, Span(path, 1), "Log the metric, or remove the empty file."))
    return found


def _number(path: str, name: str, text: str, line: int) -> Decimal:
    value = Decimal(text) if len(text) <= 400 and _NUMBER.fullmatch(text) else None
    if value is None or (value and abs(value.adjusted()) > _LARGEST_EXPONENT):
        message = f"metric {plain(name)} is {plain(text, limit=40)}, which is no finite number"
        raise InputError(
            Diagnostic("E130", message, Span(path, line), "A figure that is not a number was not measured.")
        )
    return value


def _datasets(beside: Beside, folder: str, inputs: list[str]) -> tuple[dict[str, str], list[str]]:
    experiment = folder.rpartition("/")[0]
    found: dict[str, str] = {}
    read: list[str] = []
    for path in inputs:
        link = _mapping(beside, path)
        read.append(path)
        about = f"{experiment}/datasets/{link.get('source_id')}/meta.yaml".lstrip("/")
        if link.get("source_type") != "DATASET" or about not in beside.paths:
            continue
        dataset = _mapping(beside, about)
        read.append(about)
        tags = link.get("tags")
        role = tags.get("mlflow.data.context") if isinstance(tags, dict) else None
        found[f"data {len(found) + 1}"] = data_hint(
            str(dataset.get("name")), str(dataset.get("digest")), role if isinstance(role, str) else None
        )
    return found, read


def _mapping(beside: Beside, path: str) -> dict[str, Any]:
    value = yaml_types(beside.read(path), file=path)
    if not isinstance(value, dict):
        raise InputError(Diagnostic("E101", "expected a mapping", Span(path, 1), "Copy the run as MLflow made it."))
    return value


READERS = (
    Reader(
        id="mlflow-store-run",
        gives=(Metrics,),
        recognise=_recognise,
        read=_read,
        markers=(),
        syntax="yaml",
        beside=True,
    ),
)
"""The readers of this module."""
