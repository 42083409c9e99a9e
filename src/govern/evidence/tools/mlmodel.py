"""What an `MLmodel` file says of the model's columns, and of its environment together with the files beside it.

Each part of a signature is a JSON text inside the YAML; outputs may be tensors without names. `artifact_path` and other
paths of the author's machine are never followed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from govern.diagnostics import Diagnostic, InputError, Severity, Span, plain
from govern.evidence.tools.interface import Beside, Document, Reader, Readout, Tool
from govern.evidence.tools.mlflow_store import yaml_types
from govern.evidence.tools.times import instant_of
from govern.inputs.json import parse_json
from govern.inputs.text import decode_text

if TYPE_CHECKING:
    from govern.inputs.json import JsonValue

__all__ = ["READERS", "Column", "Environment", "Signature"]

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*([^;#]*)", re.ASCII)
_EXACT = re.compile(r"={1,3}\s*([A-Za-z0-9.+!_-]+)\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Column:
    """One input, output or parameter of the model."""

    name: str | None
    """None for a tensor without a name."""
    type: str
    shape: str | None = None
    required: bool = True


@dataclass(frozen=True, slots=True)
class Signature:
    """What goes in and comes out; an absent part is None, which is not the same as empty."""

    inputs: tuple[Column, ...] | None
    outputs: tuple[Column, ...] | None
    params: tuple[Column, ...] | None

    @property
    def features(self) -> tuple[str, ...] | None:
        """Names of the inputs; None unless every input has one."""
        names = tuple(column.name for column in self.inputs or () if column.name is not None)
        return names if self.inputs and len(names) == len(self.inputs) else None


@dataclass(frozen=True, slots=True)
class Environment:
    """Versions by the file that states them; an empty text is a package without exact version."""

    python: Mapping[str, str]
    packages: Mapping[str, Mapping[str, str]]

    @property
    def unpinned(self) -> tuple[str, ...]:
        """Packages that no file pins exactly, sorted."""
        names = {name for held in self.packages.values() for name in held}
        return tuple(sorted(name for name in names if not any(held.get(name) for held in self.packages.values())))


def _recognise(root: JsonValue) -> bool:
    return isinstance(root, dict) and isinstance(root.get("flavors"), dict)


def _read(document: Document) -> Readout:
    root = document.get(dict)
    flavors = document.get(dict, "flavors")
    bodies: list[object] = []
    signature = root.get("signature")
    if signature is not None:
        document.of_type(signature, dict, "signature")
        parts = (_part(document, signature.get(part), part) for part in ("inputs", "outputs", "params"))
        bodies.append(Signature(*parts))
    environment, read = _environment(document, flavors)
    bodies.append(environment)
    version = root.get("mlflow_version")
    created = root.get("utc_time_created")
    when = instant_of(f"{created}Z") if isinstance(created, str) else None
    return Readout(
        bodies=tuple(bodies),
        tool=Tool("mlflow", version if isinstance(version, str) else None),
        produced_at=None if when is None else when[0],
        hints={"run": str(root["run_id"])} if root.get("run_id") else {},
        notes=tuple(_disagreements(document, environment)),
        files=read,
    )


# --- signature


def _part(document: Document, text: Any, part: str) -> tuple[Column, ...] | None:
    if text is None:
        return None
    document.of_type(text, str, "signature", part)
    try:
        listed = parse_json(text.encode("utf-8", "surrogatepass"), file=document.file)
    except InputError as fault:
        message = f"signature.{part} holds no JSON: {fault.diagnostics[0].message}"
        raise InputError(Diagnostic(fault.diagnostics[0].code, message, document.span("signature", part))) from fault
    if not isinstance(listed, list):
        raise _wrong(document, part, "expected a list of columns")
    columns = tuple(_column(document, part, item) for item in listed)
    names = [column.name for column in columns if column.name is not None]
    if len(set(names)) < len(names):
        raise _wrong(document, part, "a column is listed twice")
    return columns


def _column(document: Document, part: str, item: JsonValue) -> Column:
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        raise _wrong(document, part, "a column has no type")
    name, kind = item.get("name"), str(item["type"])
    if name is not None and not isinstance(name, str):
        raise _wrong(document, part, "the name of a column is no text")
    tensor = item.get("tensor-spec")
    if kind == "tensor":
        if not isinstance(tensor, dict) or not isinstance(tensor.get("dtype"), str):
            raise _wrong(document, part, "a tensor without dtype and shape")
        shape = tensor.get("shape")
        sizes = ",".join(map(str, shape)) if isinstance(shape, list) else None
        return Column(name, str(tensor["dtype"]), sizes, item.get("required", True) is True)
    return Column(name, kind, None, item.get("required", True) is True)


def _wrong(document: Document, part: str, message: str) -> InputError:
    hint = "Save the model again with a signature that MLflow inferred."
    return InputError(Diagnostic("E103", f"signature.{part}: {message}", document.span("signature", part), hint))


# --- environment


def _environment(document: Document, flavors: dict[str, Any]) -> tuple[Environment, tuple[str, ...]]:
    python: dict[str, str] = {}
    packages: dict[str, dict[str, str]] = {}
    function, sklearn = flavors.get("python_function"), flavors.get("sklearn")
    if isinstance(function, dict) and isinstance(function.get("python_version"), str):
        python["MLmodel"] = function["python_version"]
    if isinstance(sklearn, dict) and isinstance(sklearn.get("sklearn_version"), str):
        packages["MLmodel"] = {"scikit-learn": sklearn["sklearn_version"]}
    beside, folder = document.beside, document.file.rpartition("/")[0]
    read: list[str] = []
    for name in ("requirements.txt", "conda.yaml", "python_env.yaml"):
        path = f"{folder}/{name}".lstrip("/")
        if beside is None or path not in beside.paths:
            continue
        read.append(path)
        if name == "requirements.txt":
            packages[name] = _requirements(decode_text(beside.read(path), file=path).splitlines())
        else:
            _from_yaml(name, _mapping(beside, path), python, packages)
    return Environment(python, packages), tuple(read)


def _mapping(beside: Beside, path: str) -> dict[str, Any]:
    value = yaml_types(beside.read(path), file=path)
    if not isinstance(value, dict):
        raise InputError(Diagnostic("E101", "expected a mapping", Span(path, 1), "Save the model again with MLflow."))
    return value


def _from_yaml(
    name: str, document: Mapping[str, Any], python: dict[str, str], packages: dict[str, dict[str, str]]
) -> None:
    if isinstance(document.get("python"), str):
        python[name] = document["python"]
    listed = document.get("dependencies")
    lines: list[str] = []
    for item in listed if isinstance(listed, list) else []:
        if isinstance(item, dict) and isinstance(item.get("pip"), list):
            lines += [line for line in item["pip"] if isinstance(line, str)]
        elif isinstance(item, str) and name == "conda.yaml":
            lines.append(item)
    found = _requirements(lines)
    version = found.pop("python", None)
    if version:
        python[name] = version
    found.pop("pip", None)
    if found:
        packages[name] = found


def _requirements(lines: list[str]) -> dict[str, str]:
    """Give the packages of requirement lines by their normal name; options and includes name none."""
    found: dict[str, str] = {}
    for line in lines:
        match = _REQUIREMENT.match(line)
        if match is None:
            continue
        exact = _EXACT.fullmatch(match[2])
        found[re.sub(r"[-_.]+", "-", match[1]).lower()] = exact[1] if exact else ""
    return found


def _disagreements(document: Document, environment: Environment) -> list[Diagnostic]:
    stated: dict[str, dict[str, str]] = {"python": dict(environment.python)}
    for source, held in environment.packages.items():
        for package, version in held.items():
            stated.setdefault(package, {})[source] = version
    found = []
    for what, by_source in sorted(stated.items()):
        exact = {source: version for source, version in by_source.items() if version}
        if len(set(exact.values())) > 1:
            said = ", ".join(f"{plain(version, limit=40)} in {source}" for source, version in sorted(exact.items()))
            found.append(_note(document, f"{plain(what, limit=60)} is {said}"))
    both = [environment.packages.get(name) for name in ("requirements.txt", "conda.yaml")]
    if both[0] is not None and both[1] is not None:
        apart = sorted(set(both[0]) ^ set(both[1]))
        if apart:
            names = ", ".join(plain(name, limit=60) for name in apart[:20])
            found.append(_note(document, f"requirements.txt and conda.yaml do not both list {names}"))
    return found


def _note(document: Document, message: str) -> Diagnostic:
    hint = "Save the model again, so that all its environment files come from one environment."
    return Diagnostic("E185", message, Span(document.file, 1), hint, Severity.WARNING)


READERS = (
    Reader(
        id="mlmodel",
        gives=(Signature, Environment),
        recognise=_recognise,
        read=_read,
        markers=(),
        syntax="yaml",
        beside=True,
    ),
)
"""The readers of this module."""
