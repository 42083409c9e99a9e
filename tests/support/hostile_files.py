"""Hostile files beside the results of tools: descriptions of models, cards, manifests, envelopes, tables, archives.

Each is judged by the one kind that reads it, in a bundle that is sound otherwise.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from support.archives import Member, deflated, pax, tar_block, tar_file, tar_of, zip_of
from support.bundles import MANIFEST, MODEL_FILE, VALIDATION, BundleBuilder, sha256
from support.drift_reports import table
from support.hostile_bytes import swollen_archive

BOUND: dict[str, Any] = {"same_data": True, "bound": True}
TABLES: dict[str, Any] = {"limit": 0.2, "min_p_value": 0.05, "method": "psi", "recompute": "required", "min_rows": 100}
ASKED: dict[str, Any] = {"required": ["intended_use", "limitations", "training_data", "evaluation"]}

PARAMS: Mapping[str, Mapping[str, Any]] = {
    "artefacts.present": {},
    "model_card.consistent": {},
    "model_card.licence": {"allow": ["Apache-2.0"]},
    "model_card.sections": ASKED,
    "dependencies.pinned": {},
    "readiness.kubernetes": {"manifests": ["deploy"]},
    "data.validation": BOUND,
    "drift.distribution": TABLES,
}


@dataclass(frozen=True)
class Hostile:
    """A file that is wrong in one way, and the kind that reads it."""

    name: str
    kind: str
    make: Callable[[BundleBuilder], object]
    harmless: bool = False
    """What is wrong says nothing against the model: a pass is right."""
    must: tuple[str, ...] = field(default=())
    """What the answer says."""

    def __str__(self) -> str:
        return self.name


HARMLESS = ("UTF-16", "a BOM")
"""A byte order mark says how to read the rest, and what it says is then judged."""


def _rows(kind: str, path: str, rows: Mapping[str, bytes | str]) -> list[Hostile]:
    return [
        Hostile(f"{path}: {name}", kind, lambda b, content=content: b.file(path, content), name in HARMLESS)
        for name, content in rows.items()
    ]


# --- MLmodel, configurations, indexes

_BILLION = "a: &a [x, x]\n" + "".join(
    f"{after}: &{after} [*{before}, *{before}]\n" for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
_DATA = "flavors:\n  sklearn:\n    pickled_model: "

MLMODEL = _rows(
    "artefacts.present",
    "MLmodel",
    {
        "aliases of aliases": _BILLION + "flavors: {c: {data: *i}}\n",
        "a tag": "flavors: !!python/object/apply:os.system ['true']\n",
        "two documents": "flavors: {}\n---\nflavors: {sklearn: {pickled_model: gone.pkl}}\n",
        "a key twice": f"{_DATA}{MODEL_FILE}\nflavors: {{}}\n",
        "a merge key": "base: &b {data: gone.pkl}\nflavors: {sklearn: {<<: *b}}\n",
        "500 brackets": "flavors: " + "[" * 500 + "]" * 500 + "\n",
        "a tab": "flavors:\n\tsklearn: {}\n",
        "UTF-16": f"{_DATA}{MODEL_FILE}\n".encode("utf-16"),
        "UTF-16 without a mark": f"{_DATA}{MODEL_FILE}\n".encode("utf-16-le"),
        "Latin-1": f"{_DATA}mod\xe8le.pkl\n".encode("latin-1"),
        "a NUL byte": f"{_DATA}{MODEL_FILE}\0\n",
        "a list": "- flavors\n",
        "a text": "flavors\n",
        "a parent path": f"{_DATA}../../etc/passwd\n",
        "an absolute path": f"{_DATA}/etc/passwd\n",
        "a Windows path": f"{_DATA}'C:\\Windows\\win.ini'\n",
        "a share": f"{_DATA}'\\\\host\\share\\model.pkl'\n",
        "a file URL": f"{_DATA}file:///etc/passwd\n",
        "a name of 1 MB": f"{_DATA}{'a' * 1_000_000}\n",
        "a name that steers": f'{_DATA}"\\e]0;owned\\a\\u202e::error::<script>.pkl"\n',
        "JSON half a pair": f'{_DATA}"\\ud800.pkl"\n',
    },
)  # fmt: skip

_CONFIG = {
    "NaN": '{"base_model_name_or_path": "acme/base", "r": NaN}',
    "Infinity": '{"base_model_name_or_path": "acme/base", "alpha": 1e999}',
    "a key twice": '{"base_model_name_or_path": "acme/base", "base_model_name_or_path": "acme/other"}',
    "a list": '["acme/base"]',
    "null": "null",
    "empty": "",
    "deep": '{"a":' * 500 + "1" + "}" * 500,
    "UTF-16": '{"base_model_name_or_path": "acme/base"}'.encode("utf-16"),
    "half a pair": '{"base_model_name_or_path": "acme/\\ud800"}',
    "a key of half a pair": '{"\\udfff": 1, "base_model_name_or_path": "acme/base"}',
    "a number": '{"base_model_name_or_path": 7}',
    "true": '{"base_model_name_or_path": true}',
    "a base that is a path": '{"base_model_name_or_path": "../../secret"}',
    "a base that is a Windows path": '{"base_model_name_or_path": "C:\\\\models\\\\base"}',
    "a base that steers": '{"base_model_name_or_path": "/\\u001b[31m\\u202e::error::<script>alert(1)</script>"}',
}
ADAPTERS = _rows("model_card.consistent", "adapter_config.json", _CONFIG)
ADAPTERS += [Hostile(f"licence of {item.name}", "model_card.licence", item.make) for item in ADAPTERS[:8]]

_MAPPED = {"metadata": {"total_size": 16}, "weight_map": {"coef": "part.safetensors"}}


def _index(**changes: Any) -> str:
    return json.dumps(_MAPPED | changes)


_CHAIN = "model.safetensors.index.json"
INDEXES = _rows(
    "artefacts.present",
    "model.safetensors.index.json",
    {
        "no map": '{"metadata": {}}',
        "a map that is a list": _index(weight_map=["part.safetensors"]),
        "a shard that is a number": _index(weight_map={"coef": 1}),
        "a shard that is null": _index(weight_map={"coef": None}),
        "itself": _index(weight_map={"coef": _CHAIN}),
        "a parent path": _index(weight_map={"coef": "../part.safetensors"}),
        "an absolute path": _index(weight_map={"coef": "/etc/passwd"}),
        "a Windows path": _index(weight_map={"coef": "..\\..\\part.safetensors"}),
        "an address": _index(weight_map={"coef": "https://example.com/part.safetensors"}),
        "the folder": _index(weight_map={"coef": "."}),
        "an empty name": _index(weight_map={"coef": ""}),
        "a size of NaN": _index().replace("16", "NaN"),
        "a size that is true": _index(metadata={"total_size": True}, weight_map={"coef": "gone"}),
        "a size of 5,000 digits": _index().replace("16", "9" * 5000),
        "a tensor twice": '{"weight_map": {"coef": "a.safetensors", "coef": "b.safetensors"}}',
        "10,000 tensors": _index(weight_map={f"t{n}": f"part-{n}.safetensors" for n in range(10_000)}),
        "names that steer": _index(weight_map={"\x1b[2J\u202e": "\n::error::<script>.safetensors"}),
        "half a pair": '{"weight_map": {"coef": "\\ud800.safetensors"}}',
        "a missing shard in UTF-16": _index().encode("utf-16"),
        "empty": "",
    },
)


def _circle(b: BundleBuilder) -> None:
    for this, other in (("a", "b"), ("b", "a")):
        b.file(f"{this}.safetensors.index.json", _index(weight_map={"coef": f"{other}.safetensors.index.json"}))


INDEXES.append(Hostile("two indexes that name each other", "artefacts.present", _circle))

# --- requirements beside a store, cards of other makers


def _store(requirements: bytes | str) -> Callable[[BundleBuilder], object]:
    def make(b: BundleBuilder) -> None:
        b.remove("requirements.txt").file(
            "MLmodel", "flavors: {python_function: {env: {virtualenv: python_env.yaml}}}\n"
        )
        b.file("python_env.yaml", "dependencies: [-r requirements.txt]\n").file("requirements.txt", requirements)

    return make


REQUIREMENTS = [
    Hostile(f"requirements of a store: {name}", "dependencies.pinned", _store(content), name in HARMLESS)
    for name, content in {
        "UTF-16 without a mark": "numpy==1.26.4\n".encode("utf-16-le"),
        "a NUL byte": "numpy==1.26.4\0\n",
        "a parent include": "-r ../../etc/requirements.txt\n",
        "itself": "numpy==1.26.4\n-r requirements.txt\n",
        "an absolute include": "-r /etc/requirements.txt\n",
        "a name that steers": "\x1b[31mnumpy\u202e==1\n::error::x\n",
        "a version that is a wildcard": "numpy==1.*\n",
        "an address with a password": "numpy @ https://user:secret@example.com/numpy.whl\n",
        "2,000 open ranges": "".join(f"p{n}>=1\n" for n in range(2_000)),
        "a BOM": "\ufeffnumpy==1.26.4\n",
        "Latin-1": "numpy==1.26.4 # d\xe9j\xe0\nscipy\n".encode("latin-1"),
    }.items()
]

_LONG = "Ranks consumer loan applications by estimated risk so that an underwriter reads the doubtful ones first. "
_BOM_CARD: dict[str, Any] = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}


def _card(path: str, content: bytes | str) -> Callable[[BundleBuilder], object]:
    return lambda b: b.remove("README.md").record(cards=None).file(path, content)


def _bom(model_card: Any, **more: Any) -> str:
    component = {"type": "machine-learning-model", "name": "credit-risk", "modelCard": model_card, **more}
    return json.dumps(_BOM_CARD | {"components": [component]})


def _maker(content: Any) -> str:
    return json.dumps({"ModelCardName": "c", "ModelCardStatus": "Approved", "Content": content})


def _toolkit(**parts: Any) -> str:
    return json.dumps({"schema_version": "0.0.2", "model_details": {"name": "credit-risk"}, **parts})


CARDS = [
    Hostile(f"{path}: {name}", "model_card.sections", _card(path, content))
    for path, name, content in (
        ("bom.json", "a card that is null", _bom(None)),
        ("bom.json", "a card that is a list", _bom([])),
        ("bom.json", "considerations that are texts", _bom({"considerations": _LONG})),
        ("bom.json", "uses that are numbers", _bom({"considerations": {"useCases": [1, 2], "users": [None]}})),
        ("bom.json", "a figure of NaN", _bom({"quantitativeAnalysis": {"performanceMetrics": [{"type": "auc", "value": 1}]}}).replace(": 1}", ": NaN}")),
        ("bom.json", "components within components", '{"bomFormat": "CycloneDX", "components": ' + '[{"components": ' * 300 + "[]" + "}]" * 300 + "}"),
        ("bom.json", "100,000 components", json.dumps(_BOM_CARD | {"components": [{}] * 100_000})),
        ("bom.json", "half a pair", _bom({"considerations": {"useCases": ["x"]}}).replace('"x"', '"\\ud800"')),
        ("bom.json", "names that steer", _bom({"considerations": {"useCases": ["\x1b[2J\u202e<script>\n::error::x"]}}, name="\x1b]0;x\x07<b>")),
        ("model_card.json", "content that is no JSON", _maker("{not json")),
        ("model_card.json", "content within content", _maker(_maker(_maker("{}")))),
        ("model_card.json", "content that is a number", _maker(7)),
        ("model_card.json", "content of NaN", _maker('{"model_overview": {"model_version": NaN}}')),
        ("model_card.json", "content with a key twice", _maker('{"intended_uses": {"a": 1}, "intended_uses": {"b": 2}}')),
        ("model_card.json", "deep content", _maker("[" * 20_000 + "]" * 20_000)),
        ("model_card.json", "a toolkit card of lists", _toolkit(considerations=[_LONG])),
        ("model_card.json", "a toolkit card of numbers", _toolkit(considerations={"use_cases": [{"description": 7}], "limitations": True})),
        ("model_card.json", "a toolkit card of half a pair", _toolkit(considerations={"limitations": [{"description": "x"}]}).replace('"x"', '"\\udc00"')),
        ("model_card.json", "a toolkit card that steers", _toolkit(considerations={"limitations": [{"description": "\x1b[2J<img src=x>\n::error::x [a](javascript:b)"}]})),
        ("model_card.json", "a toolkit card of placeholders", _toolkit(considerations={"limitations": [{"description": "TODO"}], "use_cases": [{"description": "N/A"}]})),
        ("model_card.json", "UTF-16", _toolkit().encode("utf-16")),
        ("model_card.json", "a list", "[]"),
    )
]  # fmt: skip

# --- manifests


def _manifest(old: str, new: str) -> str:
    assert old in MANIFEST
    return MANIFEST.replace(old, new)


MANIFESTS = _rows(
    "readiness.kubernetes",
    "deploy/scorer.yaml",
    {
        "aliases of aliases": _BILLION,
        "a tag": _manifest("name: scorer}", "name: !!python/name:os.system scorer}"),
        "a second document that is not pinned": MANIFEST + "---\n" + _manifest("@sha256:" + "5c" * 32, ":latest"),
        "a second document that is broken": MANIFEST + "---\n{[\n",
        "a key twice": MANIFEST + "kind: Service\n",
        "a list of a list": "kind: List\napiVersion: v1\nitems: [[{}]]\n",
        "containers that are text": MANIFEST[: MANIFEST.index("      - name")] + "      - scorer\n",
        "containers that are null": MANIFEST[: MANIFEST.index("      containers")] + "      containers:\n",
        "a limit of NaN": _manifest('cpu: "1"', "cpu: .nan"),
        "a limit of infinity": _manifest('cpu: "1"', "cpu: .inf"),
        "a limit below nothing": _manifest('cpu: "1"', 'cpu: "-1"'),
        "a limit of nothing": _manifest("memory: 512Mi", "memory: 0"),
        "a limit that is true": _manifest('cpu: "1"', "cpu: true"),
        "a limit of 5,000 digits": _manifest("memory: 512Mi", f'memory: "{"9" * 5000}Xi"'),
        "a short digest": _manifest("5c" * 32, "5c" * 31),
        "a digest of other letters": _manifest("5c" * 32, "zz" * 32),
        "a template": _manifest("name: scorer\n", "name: {{ .Values.name }}\n"),
        "an image that steers": _manifest("registry.example.com/ml", '"\\e[31m\\u202e::error::<script>"').replace("/scorer@sha256:" + "5c" * 32, ""),
        "UTF-16": MANIFEST.encode("utf-16"),
        "a NUL byte": MANIFEST + "\0",
        "empty": "",
        "only comments": "# nothing\n---\n# here\n",
        "500 brackets": MANIFEST + "x: " + "[" * 500 + "]" * 500 + "\n",
        "2,000 documents": "---\na: b\n" * 2_000,
    },
)  # fmt: skip

# --- envelopes

_ENVELOPE = f"{VALIDATION}.evidence.json"


def _enveloped(change: Callable[[dict[str, Any]], object]) -> Callable[[BundleBuilder], object]:
    def make(b: BundleBuilder) -> None:
        made = json.loads(b.content(_ENVELOPE))
        change(made)
        b.file(_ENVELOPE, json.dumps(made))

    return make


def _raw(change: Callable[[bytes], bytes]) -> Callable[[BundleBuilder], object]:
    return lambda b: b.file(_ENVELOPE, change(b.content(_ENVELOPE)))


def _about_itself(made: dict[str, Any]) -> None:
    made["file"] = {"path": _ENVELOPE, "sha256": sha256(json.dumps(made).encode())}


ENVELOPES = [
    Hostile(f"envelope: {name}", "data.validation", make, name in HARMLESS)
    for name, make in {
        "for other bytes": _enveloped(lambda e: e["file"].update(sha256="0" * 64)),
        "of another model": _enveloped(lambda e: e["model"].update(name="other")),
        "of another version": _enveloped(lambda e: e["model"].update(version="9")),
        "of other weights": _enveloped(lambda e: e["model"]["digest"].update(sha256="0" * 64)),
        "of other data": _enveloped(lambda e: e["data"][0]["digest"].update(sha256="0" * 64)),
        "of no data": _enveloped(lambda e: e.update(data=[])),
        "of a digest that is none": _enveloped(lambda e: e["data"][0]["digest"].update(sha256="deadbeef")),
        "of the future": _enveloped(lambda e: e.update(produced_at="2099-01-01T00:00:00Z")),
        "of the year 0": _enveloped(lambda e: e.update(produced_at="0000-01-01T00:00:00Z")),
        "of a time that is a number": _enveloped(lambda e: e.update(produced_at=1700000000)),
        "of a time that is none": _enveloped(lambda e: e.update(produced_at="yesterday")),
        "of itself": _enveloped(_about_itself),
        "of another type": _enveloped(lambda e: e.update(type="giskard")),
        "of a type that is a list": _enveloped(lambda e: e.update(type=["great-expectations"])),
        "of another kind": _enveloped(lambda e: e.update(kind="Model")),
        "of another version of the format": _enveloped(lambda e: e.update(apiVersion="govern/v99")),
        "without a tool": _enveloped(lambda e: e.pop("tool")),
        "whose tool is a text": _enveloped(lambda e: e.update(tool="great_expectations")),
        "whose producer is null": _enveloped(lambda e: e.update(produced_by=None)),
        "whose data are an object": _enveloped(lambda e: e.update(data={"digest": {"sha256": sha256(b"train")}})),
        "whose digest is true": _enveloped(lambda e: e["file"].update(sha256=True)),
        "with a key twice": _raw(lambda raw: raw[:-1] + b', "kind": "EvidenceEnvelope"}'),
        "with NaN": _raw(lambda raw: raw[:-1] + b', "x": NaN}'),
        "with half a pair": _raw(lambda raw: raw[:-1] + b', "\\ud800": "\\udfff"}'),
        "UTF-16": _raw(lambda raw: raw.decode().encode("utf-16")),
        "deep": _raw(lambda raw: raw[:-1] + b', "x": ' + b"[" * 5000 + b"]" * 5000 + b"}"),
        "a list": _raw(lambda raw: b"[" + raw + b"]"),
        "empty": _raw(lambda _: b""),
        "of two megabytes": _raw(lambda raw: raw[:-1] + b', "x": "' + b"a" * (2 << 20) + b'"}'),
    }.items()
]

# --- tables of drift


def tables(current: bytes | str, reference: bytes | None = None) -> Callable[[BundleBuilder], object]:
    """Put two tables in place of the report; the reference is sound unless it is given."""

    def make(b: BundleBuilder) -> None:
        b.remove("evidence/drift.json").file("data/reference.csv", table() if reference is None else reference)
        b.file("data/current.csv", current)
        b.record(evidence={"reference": {"path": "data/reference.csv"}, "current": {"path": "data/current.csv"}})

    return make


def _cells(old: str, new: str) -> bytes:
    text = table(900).decode()
    assert old in text
    return text.replace(old, new).encode("utf-8", "surrogatepass")


DRIFT_TABLES = [
    Hostile(f"table: {name}", "drift.distribution", tables(content), name in HARMLESS)
    for name, content in {
        "empty": b"",
        "white space": b"\n\n \n",
        "a header alone": b"age,income,region\n",
        "one row": b"age,income,region\n30,1000.5,n\n",
        "the reference again": table(),
        "UTF-16": table(900).decode().encode("utf-16"),
        "Latin-1": _cells(",n\n", ",\xe9\n").decode().encode("latin-1"),
        "half a pair": _cells(",n\n", ",\ud800\n"),
        "a NUL byte": _cells(",n\n", ",\0\n"),
        "a column twice": _cells("age,income,region", "age,age,region"),
        "no column of the reference": _cells("age,income,region", "a,b,c"),
        "a column less": _cells("income", "\u202eemocni"),
        "short rows": _cells(",n\n", "\n"),
        "long rows": _cells(",n\n", ",n,n,n\n"),
        "NaN in every row": _cells(".5,", ".5NaN,").replace(b".5NaN", b"nan"),
        "infinity everywhere": b"age,income,region\n" + b"inf,1e999,n\n" * 900,
        "numbers of 5,000 digits": b"age,income,region\n" + (b"9" * 5000 + b",1000.5,n\n") * 300,
        "exponents of 400 digits": b"age,income,region\n" + b"30,1e" + b"9" * 400 + b",n\n" * 300,
        "decimal commas": table(900).replace(b".5", b",5"),
        "semicolons": table(900).replace(b",", b";"),
        "an open quote": table(900) + b'"30,1000.5,n\n',
        "another cell a row": b"age,income,region\n" + b"".join(b"%d,1000.5,x%d\n" % (n, n) for n in range(60_000)),
        "names that steer": _cells("region", "\x1b[31m::error::<script>"),
        "a formula": _cells(",n\n", ",=cmd|' /C calc'!A0\n"),
        "200,000 columns": ",".join(f"c{n}" for n in range(200_000)).encode() + b"\n",
        "a pickle": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
    }.items()
]
DRIFT_TABLES.append(
    Hostile("table: a reference that is empty", "drift.distribution", tables(table(900), b"age,income,region\n"))
)

FILES: tuple[Hostile, ...] = (
    *MLMODEL,
    *ADAPTERS,
    *INDEXES,
    *REQUIREMENTS,
    *CARDS,
    *MANIFESTS,
    *ENVELOPES,
    *DRIFT_TABLES,
)

# --- archives in place of a bundle


def _link(name: str, target: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = tarfile.SYMTYPE, target
        archive.addfile(member)
    return made.getvalue()


_README = b"# Credit\n"

ARCHIVES: Mapping[str, bytes] = {
    "up.zip": zip_of(Member(b"../up.txt")),
    "absolute.zip": zip_of(Member(b"/root.txt")),
    "windows.zip": zip_of(Member(b"C:\\a.txt"), Member(b"..\\b.txt")),
    "twice.zip": zip_of(Member(b"README.md", b"a"), Member(b"README.md", b"b")),
    "case.zip": zip_of(Member(b"README.md", b"a"), Member(b"readme.MD", b"b")),
    "two-names.zip": zip_of(Member(b"a.txt", listed_name=b"../b.txt")),
    "wrong-crc.zip": zip_of(Member(b"README.md", _README, crc=1)),
    "wrong-size.zip": zip_of(Member(b"README.md", _README, method=8, size=1 << 31)),
    "encrypted.zip": zip_of(Member(b"README.md", _README, flags=1)),
    "method.zip": zip_of(Member(b"README.md", _README, method=99)),
    "link.zip": zip_of(Member(b"README.md", b"/etc/passwd", mode=0o120777)),
    "surrogates.zip": zip_of(Member(b"\xed\xa0\x80.txt", flags=0x800)),
    "steering.zip": zip_of(Member(b"\x1b[31m::error::<script>.txt")),
    "controls.zip": zip_of(Member("\u202eksir\n::error::x".encode(), flags=0x800)),
    "swollen.zip": swollen_archive("README.md", 3 << 30),
    "many.zip": zip_of(*(Member(b"f%d" % n, b"") for n in range(25_000))),
    "count.zip": zip_of(Member(b"README.md", _README), count=60_000),
    "cut.zip": zip_of(Member(b"README.md", _README, packed=deflated(_README), method=8))[:-30],
    "empty.zip": zip_of(),
    "nothing.zip": b"",
    "prose.zip": b"<!doctype html><title>404</title>",
    "up.tar": tar_of(tar_file(b"../up.txt")),
    "absolute.tar": tar_of(tar_file(b"/root.txt")),
    "link.tar": _link("README.md", "/etc/passwd"),
    "loop.tar": _link("a", "a"),
    "device.tar": tar_of(tar_block(b"null", kind=b"3")),
    "fifo.tar": tar_of(tar_block(b"queue", kind=b"6")),
    "hardlink.tar": tar_of(tar_block(b"a", kind=b"1", link=b"../../etc/passwd")),
    "twice.tar": tar_of(tar_file(b"README.md", b"a"), tar_file(b"README.md", b"b")),
    "pax-up.tar": tar_of(pax(path="../../up.txt"), tar_file(b"README.md")),
    "pax-size.tar": tar_of(pax(size="99999999999999999999"), tar_file(b"README.md")),
    "pax-steering.tar": tar_of(pax(path="\x1b[31m\u202e::error::<script>"), tar_file(b"README.md")),
    "size.tar": tar_of(tar_block(b"README.md", size=1 << 32)),
    "latin.tar": tar_of(tar_file(b"caf\xe9.txt")),
    "cut.tar": tar_file(b"README.md", b"x" * 5000)[:1500],
    "zeros.tar": b"\0" * 10240,
}
"""By file name. Nothing of them is judged, or they hold nothing that names a model: never a pass."""
