"""What is fuzzed, with which inputs to begin with, and how inputs are spoilt. Readers join by being registered.

Used by `tests/fuzz/` for a few hundred inputs a target, and by `scripts/fuzz.py` for as long as it is told.
"""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from govern.bundle import Bundle
from govern.diagnostics import GovernError
from govern.evidence.tools.finding import root_of
from govern.evidence.tools.interface import Beside, Document, Reader, Readout
from govern.evidence.tools.registry import readers
from support.bundles import CARD, REQUIREMENTS, VALIDATION, BundleBuilder, safetensors, sha256
from support.tool_samples import SAMPLES

__all__ = ["CORPUS", "Target", "fault_of", "mutated", "name_of", "own_targets", "reading", "seeds", "targets"]

CORPUS = Path(__file__).resolve().parent.parent / "fuzz" / "corpus"
_LARGEST_SEED = 64 * 1024


@dataclass(frozen=True, slots=True)
class Target:
    """One reader of bytes. It may raise a GovernError, and nothing else."""

    name: str
    run: Callable[[bytes], object]
    first: tuple[bytes, ...]
    """Sound inputs to begin with, beside those of the corpus."""
    is_json: bool = False


def targets() -> dict[str, Target]:
    """Give every target by name: each registered reader, and the readers of our own rooms."""
    found = [_of_reader(reader) for reader in readers()]
    return {target.name: target for target in (*found, *own_targets())}


def fault_of(target: Target, data: bytes) -> BaseException | None:
    """Give what a target raised that no user may see; None when all is well."""
    try:
        target.run(data)
    except GovernError:
        return None
    except Exception as fault:  # this is what is looked for
        return fault
    return None


def seeds(target: Target) -> list[bytes]:
    """Give the inputs that a target begins with: sound ones, and what was kept."""
    kept = sorted((CORPUS / target.name).glob("*")) if (CORPUS / target.name).is_dir() else []
    return [*target.first, *(path.read_bytes() for path in kept)]


# --- targets


def _of_reader(reader: Reader) -> Target:
    read = reading(reader)

    def run(data: bytes) -> None:
        readout = read(data)
        for body in () if readout is None else readout.bodies:
            repr(body)
            _judge(body)

    return Target(reader.id, run, tuple(data for _file, data in _samples(reader)), reader.syntax == "json")


def reading(reader: Reader) -> Callable[[bytes], Readout | None]:
    """Give what parses, recognises and reads, as a run does; None for what the reader does not recognise."""
    file = next((file for file, _data in _samples(reader)), "evidence/fuzz")
    near = _near(file) if reader.beside else None

    def read(data: bytes) -> Readout | None:
        document = Document(file, data, root_of(reader, data, file), near, reader.syntax)
        return reader.read(document) if reader.syntax == "text" or reader.recognise(document.root) else None

    return read


def _samples(reader: Reader) -> Iterator[tuple[str, bytes]]:
    """Give the samples that a reader recognises. What a reader of text is for nobody can see: it has a corpus."""
    for path in sorted(path for path in SAMPLES.rglob("*") if path.is_file() and reader.syntax != "text"):
        data = path.read_bytes()
        marked = any(marker in data for marker in reader.markers) or not reader.markers
        if marked and len(data) <= _LARGEST_SEED:
            try:
                if reader.recognise(root_of(reader, data, path.name)):
                    yield path.relative_to(SAMPLES).as_posix(), data
            except GovernError:
                continue


def _near(file: str) -> Beside:
    """The folder of a tool's samples, as a reader that looks at other files too is given it."""
    root = file.partition("/")[0]
    paths = sorted(path.relative_to(SAMPLES).as_posix() for path in (SAMPLES / root).rglob("*") if path.is_file())
    return Beside(tuple(paths), lambda name: (SAMPLES / name).read_bytes() if name in paths else b"")


def _judge(body: object) -> None:
    """Ask of a body what a check asks first; other bodies are only looked at."""
    from govern.checks.data.findings import told
    from govern.checks.data.params import ValidationParams
    from govern.checks.data.validation import judge
    from govern.evidence.tools.quality import DataQuality

    if isinstance(body, DataQuality):
        for remark in judge(body, ValidationParams.model_validate({"must_include": ("x",)})):
            told(remark)


def _json(data: bytes) -> None:
    from govern.inputs.json import parse_json, pointer_spans

    parse_json(data, file="f.json")
    pointer_spans(data, file="f.json", pointers=("", "/a", "/results/0"))


def _yaml(data: bytes) -> None:
    from govern.inputs.yaml import parse_yaml

    parse_yaml(data, file="f.yaml", strictness="evidence")


def _record(data: bytes) -> None:
    from govern.bundle.record_reading import read_record

    read_record(data)


def _card(name: str) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        from govern.evidence.cards import Need, card_of_bytes, judge

        card = card_of_bytes(data, file=name, digest="0" * 64)
        for section, held in card.sections.items():
            judge(section, held, Need(8))

    return run


def _requirements(data: bytes) -> None:
    from govern.security.requirements import read_requirements

    read_requirements(["r.txt"], files=["r.txt"], read=lambda _path: data)


def _artefact(data: bytes) -> None:
    from govern.security.artefacts import load_profiles, scan_bytes

    scan_bytes("model.bin", data, load_profiles(("numpy", "sklearn")))


class _Instead:
    """A sound bundle of which one file has other bytes."""

    def __init__(self, bundle: Bundle, path: str, data: bytes) -> None:
        self._bundle, self._path, self._data = bundle, path, data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bundle, name)

    def read(self, path: str, **more: Any) -> bytes:
        return self._data if path == self._path else self._bundle.read(path, **more)


@cache
def _sound() -> tuple[Bundle, TemporaryDirectory[str]]:
    """A bundle, with the folder that holds it for as long as this process lives."""
    folder = TemporaryDirectory()
    return BundleBuilder(Path(folder.name)).open(), folder


def _envelope(data: bytes) -> None:
    from govern.evidence.envelope import read_envelope

    path = f"{VALIDATION}.evidence.json"
    made: Any = _Instead(_sound()[0], path, data)
    read_envelope(made, path, about=VALIDATION)


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("schema.json", (1980, 1, 1, 0, 0, 0)), b'{"__class__": "x"}')
        archive.writestr(zipfile.ZipInfo("a/b.npy", (1980, 1, 1, 0, 0, 0)), b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'}")
    return buffer.getvalue()


_COUNTS = "fairness-counts.json"


@cache
def _with_counts() -> tuple[Bundle, TemporaryDirectory[str]]:
    folder = TemporaryDirectory()
    builder = BundleBuilder(Path(folder.name)).without_tools().file(_COUNTS, counts_samples()[0])
    return builder.record(evidence={"predictions": {"path": _COUNTS, "type": "fairness-counts"}}).open(), folder


def _counts(data: bytes) -> None:
    """Read a document of counts and everything that rules ask of it."""
    from govern.checks.predictions import counts_of
    from govern.checks.stated_scores import stated_scores
    from govern.evidence.class_counts import read_classes
    from govern.evidence.predictions import Predictions, PredictionSource, find_predictions, read_predictions

    made: Any = _Instead(_with_counts()[0], _COUNTS, data)
    source = find_predictions(made)
    if not isinstance(source, PredictionSource) or source.counts is None:
        return
    for attributes in ((), source.attributes[:1], source.attributes):
        predictions = read_predictions(made, source, attributes)
        if isinstance(predictions, Predictions):
            counts_of(predictions)
        if source.classes:
            read_classes(made, source, attributes)
        stated_scores(source, source.counts, attributes, labels=True)
        stated_scores(source, source.counts, attributes, labels=False)


def counts_samples() -> tuple[bytes, ...]:
    """Documents of counts: with scores, without labels, of classes."""
    axis = {"name": "sex", "values": ["F", "M"], "unknown": True, "declared": True}
    scores = {
        "axes": [{"name": "sex", "values": ["F", "M"], "declared": True}],
        "bins": 4096,
        "range": ["0", "1"],
        "labelled": True,
        "cells": [[0, 1, 10, 1]],
        "sums": [[0, 1, 1, "10485760", "109951162777600", 0]],
        "missing": 2,
        "rows": 3,
        "threshold": None,
        "above": None,
    }
    document = {
        "apiVersion": "govern/v1",
        "kind": "FairnessCounts",
        "y_true": True,
        "rows": 3,
        "axes": [axis],
        "model": {"name": "credit-risk", "version": "3.1.0"},
        "data": {"name": "d"},
        "missing": {"y_pred": 1, "y_true": 0},
        "shape": [3, 2, 2],
        "cells": [[0, 1, 1, 1], [2, 0, 1, 1]],
        "scores": scores,
    }
    bare = {key: value for key, value in document.items() if key not in ("scores", "cells")}
    unlabelled = {**bare, "y_true": False, "shape": [3, 2], "counts": [1, 0, 0, 0, 0, 1]}
    classes = {**bare, "classes": ["a", "b", "c"], "shape": [3, 3, 3], "counts": [1, 1, *[0] * 25]}
    return tuple(json.dumps(item).encode() for item in (document, unlabelled, classes))


def own_targets() -> tuple[Target, ...]:
    """The readers of our own rooms."""
    builder = BundleBuilder(Path("never-written"))
    record = builder.content("govern.yaml")
    toolkit = json.dumps({"model_details": {"name": "m", "overview": "It ranks."}, "considerations": {}}).encode()
    return (
        Target("json", _json, (b'{"a": [1, 2.5e3, "\\ud83d\\ude00", null]}', toolkit), is_json=True),
        Target("yaml", _yaml, (record, b"a: [1, {b: c}]\n--- \n", b"? x\n: |\n  y\n")),
        Target("model-record", _record, (record,)),
        Target(
            "card-markdown", _card("README.md"), (CARD.encode(), b"Title\n===\n**Owner:** x\n\n| a | b |\n|--|--|\n")
        ),
        Target("card-json", _card("card.json"), (toolkit,), is_json=True),
        Target("requirements", _requirements, (REQUIREMENTS.encode(), b"-r b.txt\nx @ https://e/x.whl ; a == 'b'\n")),
        Target("artefact", _artefact, (safetensors(), _zip(), b"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00]\x94.")),
        Target("fairness-counts", _counts, counts_samples(), is_json=True),
        Target("envelope", _envelope, (builder.content(f"{VALIDATION}.evidence.json"),), is_json=True),
    )


# --- spoiling


_TOKENS = (
    *(
        b"null",
        b"true",
        b"[]",
        b"{}",
        b'""',
        b"0",
        b"-1",
        b"1e400",
        b"1e-400",
        b"NaN",
        b"9" * 400,
        b"0.1",
        b'"\\ud800"',
    ),
    *(
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xe2\x80\xae",
        b"\r\n",
        b"---\n",
        b"&a *a",
        b"!!python/object",
        b"<<:",
        b"'",
    ),
    *(b"2026-11-23T06:40:57Z", b"0001-01-01T00:00:00", b"PASS", b"success", b"../../etc/passwd", b"{" * 70, b"[" * 70),
)
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 10**30, 0.5, 1e300, "", "x", "1", "NaN", "2026-01-01", "\u202e\x1b[31m", "a" * 300),
    *([], {}, [None], {"": None}, {"dtype": "float64", "value": 1}, [[[[]]]]),
)


def mutated(data: bytes, chance: random.Random, target: Target, pool: list[bytes], *, largest: int = 65536) -> bytes:
    """Give an input with one to four things spoilt: bytes, or members of its JSON where it is JSON."""
    made = data
    for _ in range(chance.randint(1, 4)):
        changed = _spoilt_json(made, chance) if target.is_json and chance.random() < 0.6 else None
        made = _spoilt_bytes(made, chance, pool) if changed is None else changed
    return made[:largest]


def _spoilt_bytes(data: bytes, chance: random.Random, pool: list[bytes]) -> bytes:
    if not data:
        return chance.choice(_TOKENS)
    place = chance.randrange(len(data))
    end = min(len(data), place + 1 + int(chance.expovariate(1 / 8)))
    how = chance.randrange(7)
    if how == 0:
        return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]
    if how == 1:
        return data[:place]
    if how == 2:
        return data[:place] + data[end:]
    if how == 3:
        return data[:end] + data[place:end] + data[end:]
    if how == 4:
        return data[:place] + chance.choice(_TOKENS) + data[place:]
    if how == 5:
        return data[:place] + chance.choice(_TOKENS) + data[end:]
    other = chance.choice(pool)
    return data[:place] + other[chance.randrange(len(other) + 1) :]


def _spoilt_json(data: bytes, chance: random.Random) -> bytes | None:
    try:
        root = json.loads(data)
    except (ValueError, RecursionError):
        return None
    places = list(_places(root))
    if not places:
        return None
    held, key = chance.choice(places)
    how = chance.randrange(5)
    if how == 0:
        del held[key]
    elif how == 1:
        held[key] = chance.choice(_VALUES)
    elif how == 2:
        other, name = chance.choice(places)
        held[key] = json.loads(json.dumps(other[name])) if _has(other, name) else None
    elif how == 3 and isinstance(held, dict):
        held[chance.choice(["", "zz", "type", "name", "value", "results"])] = held.pop(key)
    elif isinstance(held, list):
        held.append(json.loads(json.dumps(held[key])))
    else:
        held[key] = [held[key]]
    return json.dumps(root, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def _has(held: Any, name: Any) -> bool:
    return name in held if isinstance(held, dict) else name < len(held)


def _places(value: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    if depth > 60:
        return
    if isinstance(value, dict):
        items: Iterator[tuple[Any, Any]] = iter(list(value.items()))
    elif isinstance(value, list):
        items = iter(list(enumerate(value)))
    else:
        return
    for key, held in items:
        yield value, key
        yield from _places(held, depth + 1)


def name_of(data: bytes) -> str:
    """Name an input by its content."""
    return sha256(data)[:16]
