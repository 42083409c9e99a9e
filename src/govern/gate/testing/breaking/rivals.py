"""Other models' evidence and explanations: gone, empty, the candidate's own, of fewer features or none."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from govern.gate.testing.breaking.interface import Break, Target, remove, replace
from govern.policy.testing.patches import Value

__all__ = ["explanations", "rivals"]

_COMPARES = ("performance.change", "performance.benchmark", "fairness.change", "drift.fairness")


def rivals(target: Target) -> Iterator[Break]:
    """Spoil what a rule compares the candidate with."""
    if target.rule.check not in _COMPARES:
        return
    own = {"predictions", "metrics", "evaluations", "model_record"}
    names = dict.fromkeys(item.name for item in target.run.result.evidence if item.name not in own)
    for name in names:
        for path in target.cited(name):
            pointer = target.file_at(path)
            if pointer is None:
                continue
            yield Break(name=f"removed:{name}", told=f"there is no {path}", patch=remove(pointer))
            yield Break(name=f"empty:{name}", told=f"{path} holds nothing", patch=replace(pointer, ""))
            record = f"/model/spec/evidence/{name}/path"
            mine = target.cited("predictions")
            if mine and target.has(record):
                told = f"{name} is the candidate's own table"
                yield Break(name=f"itself:{name}", told=told, patch=replace(record, mine[0]))


def explanations(target: Target) -> Iterator[Break]:
    """Spoil the importances that a rule rests on."""
    if target.rule.check != "explainability.global_importance":
        return
    held = {path: pointer for path in target.cited("explanations") if (pointer := target.file_at(path)) is not None}
    if not held:
        return
    yield Break(name="removed:explanations", told="there is no explanation", patch=remove(*held.values()))
    for path, pointer in held.items():
        yield Break(name=f"empty:{path}", told=f"{path} holds nothing", patch=replace(pointer, ""))
        for name, told, text in _spoilt(target.at(pointer)):
            yield Break(name=f"{name}:{path}", told=f"{told} in {path}", patch=replace(pointer, text))


def _spoilt(held: Value) -> Iterator[tuple[str, str, str]]:
    """Give a table of two columns with one thing changed; other layouts are only taken away."""
    if not isinstance(held, str) or held.lstrip()[:1] in ("{", "["):
        return
    header, *rows = [row for row in csv.reader(io.StringIO(held)) if row]
    if len(header) != 2 or not rows:
        return
    yield "dropped", f"{rows[0][0]} is not explained", _text([header, *rows[1:]])
    yield "extra", "a feature is explained that is no input", _text([header, *rows, ["other", "0.1"]])
    yield "zeros", "every weight is 0", _text([header, *([row[0], "0"] for row in rows)])
    yield "nan", "a weight is NaN", _text([header, [rows[0][0], "nan"], *rows[1:]])


def _text(rows: list[list[str]]) -> str:
    made = io.StringIO()
    csv.writer(made, lineterminator="\n").writerows(rows)
    return made.getvalue()
