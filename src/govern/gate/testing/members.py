"""Which file each member of the evidence of a case is, how it is read from that file and how it is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from govern.bundle.opening import RECORD_FILE
from govern.bundle.paths import inside
from govern.diagnostics import InputError
from govern.gate.testing.cards import card_text, sections_of
from govern.gate.testing.writing import csv_text, json_text, records_of
from govern.inputs.json import parse_json
from govern.inputs.nodes import MapNode
from govern.inputs.yaml import parse_yaml
from govern.policy.documents import API_VERSION
from govern.policy.testing.cases import data_of
from govern.policy.testing.patches import Value

__all__ = ["WRITTEN", "Style", "found_paths", "is_plain_path", "read_member", "usual_path", "written"]

WRITTEN = ("model", "card", "metrics", "lineage", "requirements", "predictions", "fairness_rows")
"""Members that are one file each, in the order in which they are written."""

_CARDS = ("model_card.md", "modelcard.md", "model-card.md", "readme.md")
_USUAL = {
    "model": RECORD_FILE,
    "card": "MODEL_CARD.md",
    "metrics": "metrics.json",
    "lineage": "lineage.yaml",
    "requirements": "requirements.txt",
    "fairness_rows": "predictions.yaml",
    "predictions": "predictions.csv",
}


@dataclass(frozen=True, slots=True)
class Style:
    """What a file that was read looked like beside its values."""

    headings: Mapping[str, str]
    header: tuple[str, ...] = ()


def found_paths(files: Mapping[str, bytes]) -> dict[str, str]:
    """Find which file of a bundle is which member, as the readers would: named by the record, else by usual names."""
    model = _yaml(files, RECORD_FILE)
    made = {"model": RECORD_FILE} if RECORD_FILE in files else {}
    roots = {path.casefold(): path for path in sorted(files, reverse=True) if "/" not in path}
    cards = [path for path in _texts(model, "spec", "cards") if path.lower().endswith(".md")]
    cards += [roots[name] for name in _CARDS if name in roots]
    lineage = [path for path in _texts(model, "spec", "lineage") if path.lower().endswith((".yaml", ".yml"))]
    found = {
        "card": cards,
        "metrics": _named(model, "metrics", roots),
        "lineage": [*lineage, "lineage.yaml"],
        "requirements": _named(model, "requirements", roots),
    }
    for member, paths in found.items():
        if paths and paths[0] in files:
            made[member] = paths[0]
    made.update(_tables(files, _named(model, "predictions", roots)))
    return made


def _named(model: Value, role: str, roots: Mapping[str, str]) -> list[str]:
    declared = _inside(model, "spec", "evidence", role, "path")
    if isinstance(declared, str):
        return [declared]
    usual = {"predictions": ("predictions.yaml", "predictions.csv")}.get(role, (_USUAL[role],))
    return [roots[name] for name in usual if name in roots]


def _tables(files: Mapping[str, bytes], named: list[str]) -> dict[str, str]:
    path = next((item for item in named if item in files), None)
    if path is None or not path.lower().endswith((".yaml", ".yml", ".json")):
        return {} if path is None or not path.lower().endswith(".csv") else {"predictions": path}
    table = _inside(_yaml(files, path), "file", "path")
    made = {"fairness_rows": path}
    if isinstance(table, str) and table in files and table.lower().endswith(".csv"):
        made["predictions"] = table
    return made


def usual_path(member: str, document: Mapping[str, Value]) -> str:
    """Say where a member is written that no fixture has: where the record names it, else under its usual name."""
    model = document.get("model")
    declared: Value = None
    if member in ("metrics", "requirements"):
        declared = _inside(model, "spec", "evidence", member, "path")
    elif member in ("card", "lineage"):
        ending = (".md",) if member == "card" else (".yaml", ".yml", ".json")
        listed = _texts(model, "spec", "cards" if member == "card" else "lineage")
        declared = next((path for path in listed if path.lower().endswith(ending)), None)
    elif member in ("predictions", "fairness_rows"):
        table = _inside(document.get("fairness_rows"), "file", "path")
        declared = _inside(model, "spec", "evidence", "predictions", "path")
        if member == "predictions" and isinstance(table, str):
            declared = table
        elif isinstance(declared, str) and declared.lower().endswith(".csv") is (member == "fairness_rows"):
            declared = None
    return declared if isinstance(declared, str) and is_plain_path(declared) else _USUAL[member]


def is_plain_path(path: str) -> bool:
    """Whether a path is one inside a bundle, written in the one plain way."""
    try:
        return bool(path) and inside(path) == path and "\\" not in path and "\0" not in path
    except InputError:
        return False


def read_member(member: str, data: bytes, *, file: str) -> tuple[Value, Style]:
    """Read a member from the bytes of its file. What cannot be read stays text: such a fixture may be the test."""
    plain = Style({})
    try:
        text = data.decode("utf-8")
        if member == "card":
            sections, headings = sections_of(text)
            return sections, Style(headings)
        if member == "requirements":
            lines: list[Value] = list(text.splitlines())
            return lines, plain
        if member == "predictions":
            records, header = records_of(text)
            return records, Style({}, header)
        if member == "metrics":
            return _copied(parse_json(data, file=file)), plain
        return data_of(parse_yaml(data, file=file, strictness="evidence")), plain
    except InputError:
        return text, plain
    except UnicodeDecodeError:
        return data, plain


def written(member: str, value: Value, style: Style) -> str | bytes:
    """Write a member as its file. Raises ValueError for a value that is no such thing."""
    writers: dict[str, Callable[[Value], str]] = {
        "card": lambda it: card_text(it, style.headings),
        "predictions": lambda it: csv_text(it, style.header),
        "requirements": _lines,
        "metrics": lambda it: it if isinstance(it, str) else json_text(it) + "\n",
    }
    if isinstance(value, bytes):
        return value
    if member in writers:
        return writers[member](value)
    if member == "model" and isinstance(value, dict):
        value = {"apiVersion": API_VERSION, "kind": "Model", **value}
    return value if isinstance(value, str) else json_text(value, not_a_number=".nan") + "\n"


def _lines(value: Value) -> str:
    if isinstance(value, list):
        return "".join(f"{item if isinstance(item, str) else json.dumps(str(item))}\n" for item in value)
    return value if isinstance(value, str) else "" if value is None else str(value)


def _copied(value: object) -> Value:
    if isinstance(value, dict):
        return {str(key): _copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(item) for item in value]
    return value  # type: ignore[return-value]  # JSON scalars


def _yaml(files: Mapping[str, bytes], path: str) -> Value:
    if path not in files:
        return None
    try:
        node = parse_yaml(files[path], file=path, strictness="evidence")
    except InputError:
        return None
    return data_of(node) if isinstance(node, MapNode) else None


def _inside(value: Value, *steps: str) -> Value:
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _texts(value: Value, *steps: str) -> list[str]:
    found = _inside(value, *steps)
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []
