"""From files of the bundle to the documents they hold, each value with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from govern.diagnostics import InputError, Span
from govern.inputs.json import parse_json, pointer_span
from govern.inputs.limits import EVIDENCE_YAML
from govern.inputs.yaml import Node, parse_yaml_stream, span_at, value_of

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["Document", "Steps", "is_template", "manifest_files", "read_documents"]

Steps = tuple[str | int, ...]

_ENDINGS = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a manifest: JSON types, in which YAML scalars are texts."""

    file: str
    value: object
    _node: Node | None = field(default=None, repr=False)
    _data: bytes = field(default=b"", repr=False)

    def span(self, steps: Steps) -> Span:
        """Give the place of a value, or of the nearest one above it."""
        if self._node is not None:
            return span_at(self._node, steps)
        for size in range(len(steps), -1, -1):
            pointer = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps[:size])
            found = pointer_span(self._data, file=self.file, pointer=pointer)
            if found is not None:
                return found
        return Span(self.file, 1, 1)


def manifest_files(bundle: Bundle, text: str) -> tuple[str, ...]:
    """Give the files that a path of a policy names: itself, or every YAML and JSON file below it, in path order.

    Envelopes of evidence are none. Raises InputError B110 for a path that leaves the bundle.
    """
    from govern.bundle.paths import inside
    from govern.evidence.envelope import SUFFIX

    path = inside(text)
    if path in bundle.files:
        return (path,)
    below = f"{path}/" if path else ""
    return tuple(
        name
        for name in bundle.files
        if name.startswith(below) and name.lower().endswith(_ENDINGS) and not name.endswith(SUFFIX)
    )


def is_template(data: bytes) -> bool:
    """Whether a file that cannot be read holds what a template engine would have replaced."""
    return b"{{" in data


def read_documents(bundle: Bundle, path: str) -> Sequence[Document]:
    """Read every document of a file; empty ones of a stream are left out.

    Raises InputError (I1, I2) for what is neither YAML nor JSON within the caps.
    """
    data = bundle.read(path, limit=EVIDENCE_YAML.bytes)
    if path.lower().endswith(".json"):
        value = parse_json(data, file=path, max_bytes=EVIDENCE_YAML.bytes)
        return [Document(path, value, None, data)]
    return list(_of_yaml(data, path))


def _of_yaml(data: bytes, path: str) -> Iterator[Document]:
    try:
        nodes = parse_yaml_stream(data, file=path)
    except InputError as fault:
        if all(item.code == "I114" for item in fault.diagnostics):
            return  # nothing but comments: a manifest without an object, which is noted and never passes
        raise
    for node in nodes:
        value = value_of(node)
        if value is not None:
            yield Document(path, value, node)
