"""An MLflow run that was exported as JSON: `mlflow runs describe`, `get_run().to_dictionary()`, the REST answer.

A run's metrics are what somebody logged. Its data set digests are eight characters of a sample: two column sets of one
file differ, changed rows far down do not, so that they are hints and pin nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from govern.canonical import instant_text
from govern.evidence.tools.figures import MetricItem, Metrics
from govern.evidence.tools.interface import Document, Reader, Readout, Tool
from govern.evidence.tools.metric_names import metric_of, split_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from govern.inputs.json import JsonValue

__all__ = ["READERS", "data_hint", "instant_of_epoch", "latest", "unfinished"]

_FINISHED = ("FINISHED", "3", 3)
_CONTEXT = "mlflow.data.context"


def _recognise(root: JsonValue) -> bool:
    if not isinstance(root, dict):
        return False
    root = _inner(root)
    info = root.get("info")
    return isinstance(info, dict) and ("run_id" in info or "run_uuid" in info) and isinstance(root.get("data"), dict)


def _inner(root: dict[str, Any]) -> dict[str, Any]:
    """The REST answer wraps the run."""
    run = root.get("run")
    return run if isinstance(run, dict) and "info" not in root else root


def _read(document: Document) -> Readout:
    before: tuple[str | int, ...] = ("run",) if "info" not in (document.root or ()) else ()  # type: ignore[operator]
    info = document.get(dict, *before, "info")
    data = document.get(dict, *before, "data")
    items: list[MetricItem] = []
    logged = data.get("metrics")
    if isinstance(logged, dict):
        items += _from_object(document, logged, (*before, "data", "metrics"))
    elif isinstance(logged, list):
        items += _from_list(document, logged, (*before, "data", "metrics"))
    elif logged is not None:
        document.of_type(logged, (dict, list), *before, "data", "metrics")
    run_id = info.get("run_id") or info.get("run_uuid")
    hints = {"run": str(run_id)}
    hints |= _datasets(document, before)
    return Readout(
        bodies=(Metrics(items=tuple(items), unfinished=unfinished(info.get("status"), info.get("lifecycle_stage"))),),
        tool=Tool("mlflow"),
        produced_at=instant_of_epoch(info.get("end_time")),
        hints=hints,
    )


def _from_object(document: Document, logged: dict[str, Any], steps: tuple[str | int, ...]) -> Iterator[MetricItem]:
    for name in logged:
        value = document.number(*steps, name)
        metric, split = metric_of(name)
        yield MetricItem(name=metric, value=value, split=split, steps=(*steps, name))


def _from_list(document: Document, logged: list[Any], steps: tuple[str | int, ...]) -> list[MetricItem]:
    entries: dict[tuple[str, str | None], list[tuple[int, int, Decimal, str, tuple[str | int, ...]]]] = {}
    for index in range(len(logged)):
        place = (*steps, index)
        entry = document.get(dict, *place)
        name = document.get(str, *place, "key")
        value = document.number(*place, "value")
        step, time = document.get(int, *place, "step"), document.get(int, *place, "timestamp")
        data, model = (_text_or_none(document, entry.get(part), *place, part) for part in ("dataset_name", "model_id"))
        entries.setdefault((name, data), []).append((step, time, value, model or "", place))
    found = []
    for (name, data), values in entries.items():
        step, value, place = latest(document, name, values)
        metric, split = metric_of(name)
        found.append(MetricItem(name=metric, value=value, data=data, split=split, step=step, steps=place))
    return found


def _text_or_none(document: Document, value: Any, *steps: str | int) -> str | None:
    return None if value is None or value == "" else document.of_type(value, str, *steps)


def latest(
    document: Document, name: str, values: list[tuple[int, int, Decimal, str, tuple[str | int, ...]]]
) -> tuple[int, Decimal, tuple[str | int, ...]]:
    """Give what a metric came to: of the last step, then of the last time. Equal entries count once.

    Each value is (step, time, value, model, place). Raises InputError E141 when two values stand at the same step and
    time, and when the last values of several models differ: which one is meant the run does not say.
    """
    from govern.diagnostics import plain

    last: dict[str, tuple[int, int]] = {}
    for step, time, _value, model, _place in values:
        last[model] = max(last.get(model, (step, time)), (step, time))
    ends = [item for item in values if item[:2] == last[item[3]]]
    if len({item[2] for item in ends}) > 1:
        message = f"metric {plain(name)} has {len({item[2] for item in ends})} different last values"
        hint = "Log one value for one step, or export a run that speaks of one model."
        raise document.fault("E141", message, *ends[-1][4], hint=hint)
    step, _time, value, _model, place = ends[-1]
    return step, value, place


def unfinished(status: object, stage: object) -> str | None:
    """Say why a run does not count; None for a finished one that was not deleted. Status 3 is finished."""
    from govern.diagnostics import plain

    if stage != "active":
        return "it does not say that it was kept" if stage is None else f"it is {plain(str(stage), limit=40)}"
    if isinstance(status, bool) or status not in _FINISHED:
        return "it does not say that it finished" if status is None else f"its status is {plain(str(status), limit=40)}"
    return None


def instant_of_epoch(value: object) -> str | None:
    """Give the instant of milliseconds since 1970; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    try:
        return instant_text(datetime.fromtimestamp(value // 1000, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def data_hint(name: str, digest: str, role: str | None) -> str:
    """Write what a run says of a data set: enough to look for it, never enough to know it again."""
    said = f"{name} ({split_of(role)})" if role else name
    return f"{said}, short digest {digest}: a hint, it pins nothing"


def _datasets(document: Document, before: tuple[str | int, ...]) -> dict[str, str]:
    root = document.get(dict, *before) if before else document.root
    inputs = root.get("inputs") if isinstance(root, dict) else None
    listed = inputs.get("dataset_inputs") if isinstance(inputs, dict) else None
    found: dict[str, str] = {}
    for index, item in enumerate(listed if isinstance(listed, list) else ()):
        dataset = item.get("dataset") if isinstance(item, dict) else None
        if isinstance(dataset, dict) and isinstance(dataset.get("name"), str):
            tags = item.get("tags") if isinstance(item.get("tags"), list) else []
            roles = [tag.get("value") for tag in tags if isinstance(tag, dict) and tag.get("key") == _CONTEXT]
            role = roles[0] if roles and isinstance(roles[0], str) else None
            found[f"data {index + 1}"] = data_hint(dataset["name"], str(dataset.get("digest")), role)
    return found


READERS = (
    Reader(
        id="mlflow-run",
        gives=(Metrics,),
        recognise=_recognise,
        read=_read,
        markers=(b'"run_id"', b'"run_uuid"'),
    ),
)
"""The readers of this module."""
