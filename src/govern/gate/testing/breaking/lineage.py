"""Lineage records: gone, unreadable, of another model, with an unapproved source, an open end, a circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from govern.gate.testing.breaking.interface import ZEROS, Break, Operation, Target, add, remove, replace
from govern.policy.testing.patches import Value, pointer_of

__all__ = ["lineage"]


def lineage(target: Target) -> Iterator[Break]:
    """Spoil the lineage that a rule rests on."""
    files = target.cited("lineage")
    held = [pointer for path in files if (pointer := target.file_at(path)) is not None]
    if not held or not target.rule.check.startswith("lineage."):
        return
    yield Break(name="removed:lineage", told="there is no lineage record", patch=remove(*held))
    yield Break(name="damaged:lineage", told="the lineage record cannot be read", patch=replace(held[0], "[open"))
    if target.rule.check == "lineage.sources":
        yield from _unapproved(target, held)
    own = target.document.get("lineage")
    if isinstance(own, dict) and target.cites("lineage"):
        yield from _Record(target, own, alone=len(held) == 1).breaks()


def _unapproved(target: Target, held: list[str]) -> Iterator[Break]:
    """Turn each source, wherever a record names it, into one of another address and digest."""
    facts = target.run.result.facts
    roots = facts.get("roots") if isinstance(facts, Mapping) else None
    for number, root in enumerate(roots if isinstance(roots, list | tuple) else ()):
        parts = str(root["key"]).split(" ") if isinstance(root, Mapping) else []
        if len(parts) < 3 or not isinstance(root, Mapping):
            continue
        uri, version, name = parts[1], parts[-1].rpartition(":")[2], str(root["name"])
        names = {uri: f"s3://nobody-approved.example/{number}", version: ZEROS}
        if "/" in name and "://" not in name:  # a record may part an address into namespace and name
            names[name] = f"nobody-approved/{number}"
        patch = tuple(one for pointer in held for one in replace(pointer, _renamed(target.at(pointer), names)))
        yield Break(name=f"unapproved:{name}", told=f"{uri} is another source, that nobody approved", patch=patch)


def _renamed(value: Value, names: Mapping[str, str]) -> Value:
    if isinstance(value, str):
        for old, new in names.items():
            value = value.replace(old, new)
        return value
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return {key: _renamed(item, names) for key, item in value.items()} if isinstance(value, dict) else value


class _Record:
    """Our own record. `alone` says that no other record could make up for what is taken out of it."""

    def __init__(self, target: Target, own: Mapping[str, Value], *, alone: bool) -> None:
        self.target = target
        self.own = own
        self.alone = alone
        self.kind = target.rule.check

    def breaks(self) -> Iterator[Break]:
        yield from self._binding()
        yield from {
            "lineage.present": self._rootless,
            "lineage.closed": self._open,
            "lineage.acyclic": self._circle,
            "lineage.single_producer": self._twice,
        }.get(self.kind, tuple)()

    def _list(self, *steps: str) -> list[dict[str, Value]]:
        found = self.target.at(pointer_of("lineage", *steps))
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []

    def _binding(self) -> Iterator[Break]:
        files = self._list("model", "files")
        if files:
            wrong: Value = [{**item, "sha256": ZEROS} for item in files]
            told = "the record speaks of a model file with another digest"
            yield Break(name="other-digest:lineage", told=told, patch=replace("/lineage/model/files", wrong))
        if files and (self.target.params.bound or self.kind == "lineage.bound") and self.alone:
            told = "the record does not say which model file it speaks of"
            yield Break(name="unbound:lineage", told=told, patch=remove("/lineage/model/files"))

    def _rootless(self) -> Iterator[Break]:
        if self.alone:
            patch: list[Operation] = [*replace("/lineage/datasets", [])] if self._list("datasets") else []
            for index, run in enumerate(self._list("runs")):
                patch += replace(f"/lineage/runs/{index}/used", []) if "used" in run else ()
            patch += remove(*(f"/lineage/{key}" for key in ("evaluations", "base_models") if key in self.own))
            yield Break(name="removed:sources", told="no source is recorded above the model", patch=tuple(patch))

    def _open(self) -> Iterator[Break]:
        for index, run in enumerate(self._list("runs")):
            if run.get("generated_model") is True and run.get("status") == "complete":
                told = f"the run {_id(run)} failed"
                yield Break(name="failed:run", told=told, patch=replace(f"/lineage/runs/{index}/status", "failed"))
        used = {str(item) for run in self._list("runs") for item in _texts(run.get("used"))}
        for index, item in enumerate(self._list("datasets")):
            if self.alone and item.get("id") in used and self.target.params.max_dangling == 0:
                told = f"the data set {_id(item)} is used and not described"
                patch = remove(f"/lineage/datasets/{index}")
                yield Break(name=f"undescribed:{_id(item)}", told=told, patch=patch)
                return

    def _circle(self) -> Iterator[Break]:
        for index, run in enumerate(self._list("runs")):
            used = _texts(run.get("used"))
            if run.get("generated_model") is True and run.get("status") == "complete" and used:
                made = [*_texts(run.get("generated")), used[0]]
                patch = add(f"/lineage/runs/{index}/generated", list(made))
                yield Break(name="circle:lineage", told=f"the run {_id(run)} made what it read", patch=patch)

    def _twice(self) -> Iterator[Break]:
        for run in self._list("runs"):
            if _texts(run.get("generated")) and run.get("status") == "complete":
                again: Value = {**run, "id": f"{_id(run)}-again"}
                told = f"a second run made what {_id(run)} made"
                yield Break(name="twice:lineage", told=told, patch=add("/lineage/runs/-", again))
                return


def _id(item: Mapping[str, Value]) -> str:
    return str(item.get("id"))


def _texts(value: Value) -> list[str]:
    """The ids in a list of `used`: written as text, or as a mapping with `dataset`."""
    found: list[str] = []
    for item in value if isinstance(value, list) else ():
        inner = next((one for one in item.values() if isinstance(one, str)), None) if isinstance(item, dict) else item
        if isinstance(inner, str):
            found.append(inner)
    return found
