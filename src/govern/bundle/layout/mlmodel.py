"""Reading `MLmodel`: every path it names, where it is written, and what is wrong with it.

Keys: mlflow 3.17.2, `mlflow/models/model.py` and the `save_model` functions of its flavors. `artifact_path` and
`artifacts.<name>.uri` are addresses on the author's machine and are never followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from govern.bundle.layout.listing import Files
from govern.bundle.paths import inside
from govern.bundle.sniff import names_a_model
from govern.diagnostics import Diagnostic, InputError, Severity, Span
from govern.inputs.yaml import ListNode, MapNode, Node, ScalarNode, parse_yaml
from govern.records import record

__all__ = ["MLMODEL", "MlModel", "Reference", "read_mlmodel"]

MLMODEL = "MLmodel"
_MODEL_KEYS = frozenset(
    {
        *("data", "init", "model_binary", "model_data", "model_file", "model_path"),
        *("pickled_model", "python_model", "saved_model_dir", "state_dict_path"),
    }
)
_CODE_KEYS = frozenset(["code", "model_code_path"])
_NEVER = frozenset(["uri", "artifact_path", "loader_module", "python_version"])
"""Addresses on the author's machine, and words that are no paths."""
_CARD_ELSEWHERE = ("http://", "https://")
_MOST_REFERENCES = 1_000
_POINTER_CHARS = 300

Role = Literal["model", "companion", "code", "environment", "example", "card"]
"""`companion`: any other file of a flavor, such as a vocabulary among a pyfunc model's `artifacts`."""


@record(kw_only=True)
class Reference:
    """A path that an MLmodel file names."""

    text: str
    """As written."""
    role: Role
    pointer: str
    """The keys that lead to it, e.g. `flavors/sklearn/pickled_model`."""
    span: Span
    files: tuple[str, ...]
    """The files of the bundle that it names: one, or those of a folder; none when it is absent or leaves the bundle."""
    problem: Diagnostic | None
    """Why there are none: B110, B117 or B125."""


@record(kw_only=True)
class MlModel:
    """What is read of an MLmodel file for layout and identity."""

    file: str
    model_id: str | None
    """MLflow's own id of the logged model."""
    run_id: str | None
    """The run that logged it."""
    references: tuple[Reference, ...]
    """In the order of the file."""
    problems: tuple[Diagnostic, ...] = ()
    """What makes the file unusable as a description of a model: B121."""


def read_mlmodel(data: bytes, *, file: str, files: Files) -> MlModel:
    """Read an MLmodel file. Raises InputError for what is no YAML mapping (I1, B121); nothing it names is opened."""
    root = parse_yaml(data, file=file, strictness="evidence")
    if not isinstance(root, MapNode):
        raise InputError(_wrong("the file is no mapping", Span(file, 1, 1)))
    reader = _Reader(files, file.rpartition("/")[0])
    problems: list[Diagnostic] = []
    flavors = root.get("flavors")
    if not isinstance(flavors, MapNode) or not flavors.entries:
        span = root.key_span("flavors") if flavors is not None else root.span
        problems.append(_wrong("`flavors` names no flavor, so nothing says which files are the model", span))
    else:
        for name, flavor in flavors.entries:
            if not isinstance(flavor, MapNode):
                problems.append(_wrong(f"flavors/{name.text} is no mapping", flavor.span))
                continue
            reader.flavor(flavor, f"flavors/{name.text}")
    reader.beside(root)
    if len(reader.found) > _MOST_REFERENCES:
        problems.append(_wrong(f"it names more than {_MOST_REFERENCES:,} paths", root.span))
    return MlModel(
        file=file,
        model_id=_word(root.get("model_id")),
        run_id=_word(root.get("run_id")),
        references=tuple(sorted(reader.found[:_MOST_REFERENCES], key=_place)),
        problems=tuple(problems),
    )


def _place(item: Reference) -> tuple[int, int]:
    return (item.span.line or 0, item.span.column or 0)


def _word(node: Node | None) -> str | None:
    return node.text if isinstance(node, ScalarNode) and not node.is_null and node.text else None


def _wrong(message: str, span: Span) -> Diagnostic:
    return Diagnostic("B121", message, span, "Save the model again with `mlflow.<flavor>.save_model`.")


class _Reader:
    """Collects references while walking the tree."""

    def __init__(self, files: Files, home: str) -> None:
        self.found: list[Reference] = []
        self._files = files
        self._home = home

    def flavor(self, node: MapNode, pointer: str) -> None:
        for key, value in node.entries:
            self._entry(key.text, value, f"{pointer}/{key.text}")

    def beside(self, root: MapNode) -> None:
        """Read what stands beside the flavors: the input example and a card that the author named."""
        example, metadata = root.get("saved_input_example_info"), root.get("metadata")
        if isinstance(example, MapNode):
            for key in ("artifact_path", "serving_input_path"):
                self._add(example.get(key), "example", f"saved_input_example_info/{key}")
        if isinstance(metadata, MapNode):
            card = metadata.get("model_card")
            if isinstance(card, ScalarNode) and not card.text.startswith(_CARD_ELSEWHERE):
                self._add(card, "card", "metadata/model_card")

    def _entry(self, key: str, value: Node, pointer: str) -> None:
        if key in _NEVER:
            return
        if key == "env":
            for place, scalar in _scalars(value, pointer):
                self._add(scalar, "environment", place)
        elif key in _CODE_KEYS:
            for place, scalar in _scalars(value, pointer):
                self._add(scalar, "code", place)
        elif key in _MODEL_KEYS and isinstance(value, ScalarNode):
            self._add(value, "model", pointer)
        elif key == "artifacts" and isinstance(value, MapNode):
            for name, item in value.entries:
                if isinstance(item, MapNode):
                    self._add(item.get("path"), "companion", f"{pointer}/{name.text}/path")
        else:
            for place, scalar in _scalars(value, pointer):
                if self._looks_like_a_path(scalar.text):
                    self._add(scalar, "companion", place)

    def _looks_like_a_path(self, text: str) -> bool:
        """Whether the value of a key that is not known is a path: it names a file here, or a model file anywhere."""
        try:
            return inside(text, base=self._home) in self._files or (names_a_model(text) and " " not in text)
        except InputError:
            return names_a_model(text) and "://" not in text

    def _add(self, node: Node | None, role: Role, pointer: str) -> None:
        if not isinstance(node, ScalarNode) or node.is_null or not node.text or len(self.found) > _MOST_REFERENCES:
            return
        pointer = pointer[:_POINTER_CHARS]
        files, problem = self._resolve(node.text, pointer, node.span)
        self.found.append(
            Reference(text=node.text, role=role, pointer=pointer, span=node.span, files=files, problem=problem)
        )

    def _resolve(self, text: str, pointer: str, span: Span) -> tuple[tuple[str, ...], Diagnostic | None]:
        try:
            path = inside(text, base=self._home)
        except InputError:
            message = f"{pointer} names '{text[:200]}', which points outside the bundle"
            hint = "Save the model again; govern follows no path out of the bundle."
            return (), Diagnostic("B110", message, span, hint, Severity.WARNING)
        found = (path,) if path in self._files else _within(self._files, path)
        return found, None if found else self._absent(text, pointer, span)

    def _absent(self, text: str, pointer: str, span: Span) -> Diagnostic:
        if "\\" in text:
            meant = text.replace("\\", "/")
            message = f"{pointer} names '{text[:200]}', which is absent: it is a Windows path and probably means "
            message += f"'{meant[:200]}', which {'is there' if self._is_there(meant) else 'is absent too'}"
            hint = "Write it with forward slashes in MLmodel, or log the model again with a current MLflow."
            return Diagnostic("B125", message, span, hint, Severity.WARNING)
        message = f"{pointer} names '{text[:200]}', which is not in the bundle"
        return Diagnostic("B117", message, span, "Add the file, or save the model again without it.", Severity.WARNING)

    def _is_there(self, text: str) -> bool:
        try:
            path = inside(text, base=self._home)
        except InputError:
            return False
        return path in self._files or bool(_within(self._files, path))


def _within(files: Files, folder: str) -> tuple[str, ...]:
    start = f"{folder}/" if folder else ""
    return tuple(path for path in files if path.startswith(start))


def _scalars(node: Node, pointer: str) -> Iterator[tuple[str, ScalarNode]]:
    """Give every scalar below a node with the keys that lead to it."""
    if isinstance(node, ScalarNode):
        yield pointer, node
    elif isinstance(node, ListNode):
        for index, item in enumerate(node.items):
            yield from _scalars(item, f"{pointer}/{index}")
    else:
        for key, item in node.entries:
            if key.text not in _NEVER:
                yield from _scalars(item, f"{pointer}/{key.text}")
