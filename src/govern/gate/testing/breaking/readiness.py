"""Declared readiness taken back, and manifests that no longer hold what they held."""

from __future__ import annotations

import re
from collections.abc import Iterator

from govern.bundle.record_paths import written_at
from govern.gate.testing.breaking.interface import Break, Target, remove, replace
from govern.policy.testing.patches import pointer_of

__all__ = ["readiness"]

_PINNED = re.compile(r"@sha256:[0-9a-f]{64}")


def readiness(target: Target) -> Iterator[Break]:
    """Spoil what a rule of the family rests on."""
    breaks = {
        "readiness.record": _record,
        "readiness.rollback": _rollback,
        "readiness.monitoring_plan": _monitoring,
        "readiness.kubernetes": _kubernetes,
    }
    if target.rule.check in breaks:
        yield from breaks[target.rule.check](target)


def _record(target: Target) -> Iterator[Break]:
    for name in target.params.required:
        path = target.params.full(name)
        pointer = pointer_of("model", *written_at(path))
        if not target.has(pointer):
            continue  # below a list, whose items differ
        yield Break(name=f"removed:{path}", told=f"{path} is not declared", patch=remove(pointer))
        if isinstance(target.at(pointer), list) and name not in target.params.may_be_empty:
            yield Break(name=f"empty:{path}", told=f"{path} is declared to be empty", patch=replace(pointer, []))


def _rollback(target: Target) -> Iterator[Break]:
    plan = "/model/spec/rollback"
    if not target.has(plan):
        return
    yield Break(name="removed:rollback", told="there is no rollback plan", patch=remove(plan))
    version = target.at("/model/metadata/version")
    if target.has(f"{plan}/to_version") and version is not None:
        told = "the rollback leads to this very version"
        yield Break(name="circle:rollback", told=told, patch=replace(f"{plan}/to_version", version))
    procedure = target.at(f"{plan}/procedure")
    held = target.file_at(procedure) if isinstance(procedure, str) else None
    if held is not None:
        yield Break(name="removed:procedure", told="the rollback procedure is gone", patch=remove(held))
    if target.params.kill_switch:
        patch = replace(f"{plan}/kill_switch", False)
        yield Break(name="off:kill_switch", told="the model cannot be switched off", patch=patch)


def _monitoring(target: Target) -> Iterator[Break]:
    plan = "/model/spec/monitoring"
    items = target.at(plan)
    if not isinstance(items, list):
        return
    yield Break(name="removed:monitoring", told="there is no monitoring plan", patch=remove(plan))
    for name in target.params.metrics:
        others = [item for item in items if not (isinstance(item, dict) and item.get("metric") == name)]
        told = f"the plan does not measure {name}"
        yield Break(name=f"removed:monitoring.{name}", told=told, patch=replace(plan, others))


def _kubernetes(target: Target) -> Iterator[Break]:
    files = {path: pointer for path in target.cited("kubernetes") if (pointer := target.file_at(path)) is not None}
    if not files:
        return
    yield Break(name="removed:manifests", told="there are no manifests", patch=remove(*files.values()))
    if "image_digest" not in target.params.require:
        return
    for path, pointer in files.items():
        text = target.at(pointer)
        if isinstance(text, str) and _PINNED.search(text):
            told = f"{path} names an image by a tag"
            yield Break(name="unpinned:image", told=told, patch=replace(pointer, _PINNED.sub(":latest", text, count=1)))
            return
