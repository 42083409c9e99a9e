"""Models in several files: is every shard there, and does it hold what the index says of it.

The index is that of `save_pretrained` of transformers and diffusers: `weight_map` gives each tensor's file,
`metadata.total_size` the bytes of all tensors. Of a shard only the header is read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import TYPE_CHECKING

from govern.bundle.lfs import FETCH, is_lfs_pointer
from govern.bundle.paths import inside
from govern.checks.artefacts.remarks import Grade, Remark
from govern.diagnostics import InputError, plain
from govern.inputs.json import JsonValue, parse_json, pointer_spans
from govern.inputs.limits import JSON_BYTES
from govern.policy.outcomes import Location

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["index_files", "shard_remarks"]

READER = "shard_index"
_INDEX = ".index.json"
_ALWAYS = (".safetensors.index.json", ".bin.index.json")
"""Names that only a shard index has; another `*.index.json` is one when it has a `weight_map`."""
_NUMBERED = re.compile(r"(.*)-([0-9]{5})-of-([0-9]{5})(\.[^/]*)")
_LISTED = 10
_PLACED = 50
_SAVE = "Save the model again, so that index and shards are written together."


def index_files(bundle: Bundle) -> tuple[str, ...]:
    """Give the files that may be shard indexes by their names, in path order."""
    return tuple(path for path in bundle.files if path.endswith(_INDEX))


def shard_remarks(bundle: Bundle) -> Iterator[Remark]:
    """Say what is wrong with the shards of a bundle, index by index, then with numbered files of no index."""
    named: set[str] = set()
    for path in index_files(bundle):
        read = _read(bundle, path)
        if isinstance(read, Remark):
            yield read
        elif read is not None:
            named |= set(read.resolved.values())
            yield from _placed(read, list(_of_index(bundle, read)))
    yield from _unnumbered(bundle, named)


# --- the index


@dataclass(frozen=True, slots=True)
class _Index:
    """A shard index whose shape is sound."""

    path: str
    data: bytes
    tensors: Mapping[str, str]
    """File as written, by tensor."""
    resolved: Mapping[str, str]
    """Path in the bundle, by file as written; without those that leave the index's folder."""
    total: JsonValue
    """`metadata.total_size`, None when it is absent."""

    def at(self, *keys: str) -> Location:
        """Give the pointer of a value."""
        return Location(self.path, pointer="".join(f"/{key.replace('~', '~0').replace('/', '~1')}" for key in keys))


def _read(bundle: Bundle, path: str) -> _Index | Remark | None:
    entry = bundle.files[path]
    if is_lfs_pointer(entry):
        return None  # told as a pointer
    try:
        data = bundle.read(path, limit=JSON_BYTES, reader=READER)
        document = parse_json(data, file=path)
    except InputError as fault:
        return Remark.unreadable(fault.diagnostics[0])
    held = document.get("weight_map") if isinstance(document, dict) else None
    if held is None and not path.endswith(_ALWAYS):
        return None
    tensors = {name: file for name, file in held.items() if isinstance(file, str)} if isinstance(held, dict) else {}
    if not isinstance(held, dict) or not held or len(tensors) != len(held):
        message = f"{path}: `weight_map` is no map of tensors to files"
        return Remark(Grade.ERROR, "S225", message, Location(path, pointer="/weight_map"), _SAVE, path)
    metadata = document.get("metadata") if isinstance(document, dict) else None
    total = metadata.get("total_size") if isinstance(metadata, dict) else None
    resolved = {file: made for file in dict.fromkeys(tensors.values()) if (made := _beside(path, file)) is not None}
    return _Index(path, data, tensors, resolved, total)


def _beside(index: str, file: str) -> str | None:
    """Give the path of a shard, which must lie in the index's folder or below it."""
    folder = index.rpartition("/")[0]
    try:
        path = inside(file, base=folder)
    except InputError:
        return None
    return path if not folder or path.startswith(f"{folder}/") else None


def _of_index(bundle: Bundle, index: _Index) -> Iterator[Remark]:
    counts = Counter(index.tensors.values())
    first = {file: tensor for tensor, file in reversed(list(index.tensors.items()))}
    headers: dict[str, Mapping[str, tuple[int, int]]] = {}
    whole = True
    for file, number in counts.items():
        path = index.resolved.get(file)
        place = index.at("weight_map", first[file])
        asked = f"{index.path} maps {number} tensor{'s' if number > 1 else ''} to it"
        if path is None:
            text = f"{index.path} names the shard '{file[:200]}', which lies outside its folder"
            yield Remark(Grade.FAIL, "B110", text, place, "Name shards relative to the index.", file)
        elif path not in bundle.files:
            text = f"the shard {path} is not in the bundle; {asked}"
            yield Remark(Grade.FAIL, "S224", text, place, "Fetch every shard that the index names.", path)
        elif is_lfs_pointer(bundle.files[path]):
            text = f"the shard {path} is a git-lfs pointer, its tensors are absent; {asked}"
            yield Remark(Grade.FAIL, "S224", text, place, FETCH, path)
        else:
            found = _tensors(bundle, path)
            if isinstance(found, str):
                text = f"the tensors of {path} cannot be listed: {found}; {asked}"
                yield Remark(Grade.DOUBT, "S226", text, place, "Save the model as safetensors.", path)
            else:
                headers[path] = found
        whole = whole and path in headers
    yield from _tensor_remarks(index, headers)
    yield from _total_remarks(index, headers, whole=whole)


def _tensors(bundle: Bundle, path: str) -> Mapping[str, tuple[int, int]] | str:
    """Give the tensors of a safetensors file by its header; a text when it has none or cannot be read."""
    from govern.security.artefacts.formats.safetensors import MAX_HEADER, probe_safetensors, tensors_of
    from govern.security.artefacts.limits import ScanError

    size = bundle.files[path].size
    with bundle.open(path, reader=READER) as file:
        data = file.read(72)
        if not probe_safetensors(data):
            return "it is no safetensors file"
        length = int.from_bytes(data[:8], "little")
        if length <= min(MAX_HEADER, size - 8):
            data += file.read(max(0, 8 + length - len(data)))
    try:
        return tensors_of(data, size)
    except ScanError as fault:
        return fault.text


def _placed(index: _Index, remarks: list[Remark]) -> Iterator[Remark]:
    """Add lines to the first remarks: finding them is one walk through the whole index."""
    pointers = {
        remark.location.pointer
        for remark in remarks[:_PLACED]
        if remark.location is not None and remark.location.pointer is not None
    }
    spans = pointer_spans(index.data, file=index.path, pointers=pointers) if pointers else {}
    for remark in remarks:
        pointer = remark.location.pointer if remark.location is not None else None
        span = spans.get(pointer) if pointer is not None else None
        yield (
            remark if span is None else replace(remark, location=Location(index.path, span.line, span.column, pointer))
        )


# --- index against shards


def _tensor_remarks(index: _Index, headers: Mapping[str, Mapping[str, tuple[int, int]]]) -> Iterator[Remark]:
    mapped: dict[str, set[str]] = {}
    for tensor, file in index.tensors.items():
        path = index.resolved.get(file)
        if path is not None:
            mapped.setdefault(path, set()).add(tensor)
    homes: dict[str, list[str]] = {}
    for path, header in headers.items():
        for tensor in header:
            homes.setdefault(tensor, []).append(path)
    for path, header in sorted(headers.items()):
        wanted = mapped.get(path, set())
        absent = [tensor for tensor in sorted(wanted) if tensor not in header]
        yield from _listed(index, path, absent, "is mapped to it and is not in it")
        extra = [tensor for tensor in sorted(header) if tensor not in wanted]
        strange = [tensor for tensor in extra if tensor not in index.tensors]
        yield from _listed(index, path, strange, "is in it and not in the index")
        twice = [tensor for tensor in extra if tensor in index.tensors and len(homes[tensor]) > 1]
        yield from _listed(index, path, twice, "is in it and in another shard too")
        moved = [tensor for tensor in extra if tensor in index.tensors and len(homes[tensor]) == 1]
        yield from _listed(index, path, moved, "is in it and is mapped to another shard")


def _listed(index: _Index, path: str, tensors: list[str], what: str) -> Iterator[Remark]:
    """Tell the first tensors one by one, and how many more there are."""
    for tensor in tensors[:_LISTED]:
        place = index.at("weight_map", tensor) if tensor in index.tensors else index.at("weight_map")
        text = f"{path}: the tensor '{plain(tensor, limit=120)}' {what} ({index.path})"
        yield Remark(Grade.FAIL, "S225", text, place, _SAVE, f"{path}:{tensor[:80]}:{what}")
    if len(tensors) > _LISTED:
        text = f"{path}: of {len(tensors) - _LISTED} more tensors the same is true: each {what} ({index.path})"
        yield Remark(Grade.FAIL, "S225", text, Location(index.path), _SAVE, f"{path}:more:{what}")


def _total_remarks(
    index: _Index, headers: Mapping[str, Mapping[str, tuple[int, int]]], *, whole: bool
) -> Iterator[Remark]:
    stated = index.total
    if stated is None:
        text = f"{index.path} has no metadata.total_size: whether a shard was left out of it cannot be seen"
        yield Remark(Grade.DOUBT, "S226", text, Location(index.path, pointer="/metadata"), _SAVE, index.path)
        return
    place = index.at("metadata", "total_size")
    if isinstance(stated, bool) or not isinstance(stated, int):
        text = f"{index.path}: metadata.total_size is no whole number"
        yield Remark(Grade.ERROR, "S225", text, place, _SAVE, index.path)
        return
    real = sum(end - begin for header in headers.values() for begin, end in header.values())
    if whole and real != stated:
        text = f"{index.path}: metadata.total_size is {stated}, the tensors of its shards have {real} bytes"
        yield Remark(Grade.FAIL, "S225", text, place, _SAVE, index.path, str(real), str(stated))


# --- numbered files without an index


def _unnumbered(bundle: Bundle, named: set[str]) -> Iterator[Remark]:
    """Tell gaps in `name-00001-of-00003.ext`: the names say how many parts there are."""
    groups: dict[tuple[str, str, str], set[int]] = {}
    for path in bundle.files:
        found = _NUMBERED.fullmatch(path)
        if found is not None and path not in named:
            groups.setdefault((found[1], found[3], found[4]), set()).add(int(found[2]))
    for (stem, total, ending), there in sorted(groups.items()):
        left = int(total) - sum(1 <= number <= int(total) for number in there)
        if not left:
            continue
        absent = islice((number for number in count(1) if number not in there), min(3, left))
        shown = ", ".join(f"{stem}-{number:05}-of-{total}{ending}" for number in absent)
        more = f" and {left - 3} more" if left > 3 else ""
        first = f"{stem}-{min(there):05}-of-{total}{ending}"
        text = f"the name of {first} says that there are {int(total)} parts; {shown}{more} not in the bundle"
        yield Remark(Grade.FAIL, "S224", text, Location(first), "Fetch the other parts.", f"{stem}-of-{total}{ending}")
