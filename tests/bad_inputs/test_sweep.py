"""Every file of a bundle spoiled in every way, and every name in it turned against the reader of the report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.bundles import (
    ALTERNATIVES,
    CARD,
    MODEL_FILE,
    PREDICTIONS,
    PREDICTIONS_MANIFEST,
    BundleBuilder,
    safetensors,
    sha256,
)
from support.gate import Judged, dangers, faces, judge, write_policy
from support.hostile_bundles import RULES
from support.hostile_bytes import archive
from support.policies import registry_text, snapshot

GROUPS = {"metric": "selection_rate", "attributes": ["sex"]}
EVERY_KIND: dict[str, dict[str, Any]] = RULES | {
    "fairness.significance": GROUPS,
    "fairness.coverage": {"attributes": ["sex"], "metrics": ["selection_rate", "equalized_odds"]},
    "fairness.group_floor": {**GROUPS, "at_least": 0.3},
    "fairness.robustness": {**GROUPS, "compare": "ratio", "at_least": 0.8, "flips": 3},
    "fairness.change": {
        **GROUPS,
        "compare": "ratio",
        "baseline": "champion",
        "max_worsening": 0.05,
        "same_data": False,
    },
    "fairness.alternatives": {**GROUPS, "compare": "ratio", "utility": "accuracy"},
    "model_card.present": {},
    "model_card.placeholders": {},
    "lineage.present": {},
    "lineage.acyclic": {},
    "lineage.closed": {},
    "lineage.sources": {"registry": "sources"},
    "dependencies.vulnerabilities": {"max_snapshot_age": "30d"},
    "expression": {"assert": "metrics.accuracy >= 0.8 && size(card.license) > 0"},
}

FILES = (
    "govern.yaml",
    "README.md",
    "metrics.json",
    "requirements.txt",
    "lineage.yaml",
    PREDICTIONS,
    PREDICTIONS_MANIFEST,
    MODEL_FILE,
    ALTERNATIVES,
)

STEERING = "\x1b[31m\x9b2J\x07\x00\x7f\u202e\u2066\u200b\ufeff\n::error::x\n##[set-output name=a]b\n"


def _doubled(data: bytes) -> bytes:
    """The first key again: YAML and JSON readers disagree about which one counts."""
    if data.startswith(b"{"):
        return data.replace(b"{", b'{"accuracy": 0.1, ', 1)
    return data.split(b"\n", maxsplit=1)[0] + b"\n" + data


CORRUPTIONS: dict[str, Callable[[bytes], bytes]] = {
    "cut in half": lambda data: data[: len(data) // 2],
    "cut in a character": lambda data: data + "ß".encode()[:1],
    "empty": lambda _: b"",
    "a list at the root": lambda _: b'["a", {"b": [1, 2]}]\n',
    "keys given twice": _doubled,
    "a number of 400 digits": lambda data: data.replace(b"0.9", b"9" * 400).replace(
        b": 1\n", b": " + b"9" * 400 + b"\n"
    ),
    "steering characters in front": lambda data: STEERING.encode() + data,
    "steering characters within": lambda data: data.replace(b"r", b"r" + STEERING.encode().replace(b"\n", b""), 3),
    "lone surrogates, escaped": lambda data: data + b'\nx: "\\ud800"\n',
    "UTF-16": lambda data: data.decode("utf-8", "replace").encode("utf-16"),
    "tags and anchors": lambda data: b"? !!python/object/apply:os.system [true]\n: &a *a\n" + data,
}


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("policies")
    return write_policy(folder, EVERY_KIND, more={"sources.yaml": registry_text()})


@pytest.fixture(scope="module")
def advisories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("advisories")
    return folder / "advisories" / snapshot(folder).digest


def survived(made: Judged) -> None:
    """A documented code, and nothing in any format that acts on its reader."""
    assert made.code in (0, 1, 2, 3)
    if made.document is not None:
        assert list(dangers(faces(made.document))) == []


def test_the_sound_bundle_passes_every_kind(policies: Path, advisories: Path, tmp_path: Path) -> None:
    made = judge(BundleBuilder(tmp_path).build(), policies, advisories=advisories)
    assert set(made.outcomes().values()) == {"pass"}, made.words()
    survived(made)


@pytest.mark.parametrize("how", CORRUPTIONS)
@pytest.mark.parametrize("path", FILES)
def test_a_spoiled_file_never_crashes(path: str, how: str, policies: Path, advisories: Path, tmp_path: Path) -> None:
    """Every rule still has an outcome, and a rule that passes has read something."""
    builder = BundleBuilder(tmp_path)
    builder.file(path, CORRUPTIONS[how](builder.content(path)))
    made = judge(builder.build(), policies, advisories=advisories)
    survived(made)
    if made.document is not None and made.document["refused"] is None:
        assert len(made.outcomes()) == len(EVERY_KIND)
        assert all(item["evidence"] for item in made.document["outcomes"] if item["outcome"] == "pass")


HOSTILE = {
    "controls": "\x1b[31mred\x1b]8;;http://x\x07\x9b2J\x85\x90q",
    "hidden": "\u202egnp.exe\u2066\u061c\u200fa\u200bb\u2060c\ufeffd\u2028e",
    "command": "::error file=a::pwned ##[set-output name=a]b",
    "lines": "a\n::set-env name=b::c\n\r\n##[group]x\n::stop-commands::x",
    "markup": "</title></style><script>alert(1)</script><img src=x onerror=alert(2)>\"' onmouseover='alert(3)"
    ' [a](javascript:alert(4)) ![b](http://x/y) {{ 90001*90001 }}{% raw %}${90001*90001}"]; click a "b',
    "long": "A" * 20_000,
}


def _quoted(text: str) -> str:
    return json.dumps(text)


def _column(b: BundleBuilder, text: str) -> None:
    _described(b, ["y_true", "y_pred", "score", "sex", text], "sex", ("F", "M"))


def _group(b: BundleBuilder, text: str) -> None:
    _described(b, ["y_true", "y_pred", "score", "sex"], "sex", ("F", text))


def _attribute(b: BundleBuilder, text: str) -> None:
    _described(b, ["y_true", "y_pred", "score", text], text, ("F", "M"))
    b.record(groups={"attributes": [text]})


def _described(b: BundleBuilder, header: list[str], attribute: str, groups: tuple[str, str]) -> None:
    """A bare table with names of our choice, quoted as CSV asks; women are never selected."""
    rows = [header]
    for number in range(200):
        chosen = str(number % 2)
        rows.append([chosen, chosen, "0.5", groups[number % 2], "x"][: len(header)])
    table = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows)
    b.file(PREDICTIONS, table).remove(PREDICTIONS_MANIFEST).record(evidence={"predictions": {"path": PREDICTIONS}})


def _section(b: BundleBuilder, text: str) -> None:
    b.file("README.md", CARD.replace("## Limitations", f"## Limitations {text}") + f"\n## {text}\n\n{text}\n")


def _front_matter(b: BundleBuilder, text: str) -> None:
    b.file("README.md", CARD.replace("license: apache-2.0", f"license: {_quoted(text)}\n{_quoted(text)}: 1"))


def _package(b: BundleBuilder, text: str) -> None:
    b.file("requirements.txt", f"numpy==1.26.4\n{text}\nflask=={text}\n-r {text}\n--index-url https://{text}\n")


def _source(b: BundleBuilder, text: str) -> None:
    head = (
        f"apiVersion: govern/v1\nkind: Lineage\nmodel: {{name: {_quoted(text)}, version: {_quoted(text)}, files: []}}\n"
    )
    data = (
        f"datasets:\n  - {{id: {_quoted(text)}, uri: {_quoted('s3://lake/' + text)}, digest: {{sha256: {'a' * 64}}}}}\n"
    )
    run = f"runs:\n  - {{id: r, job: {_quoted(text)}, used: [{_quoted(text)}, gone], generated_model: true}}\n"
    b.file("lineage.yaml", head + data + run)


def _valid_source(b: BundleBuilder, text: str) -> None:
    model = f"model: {{name: credit-risk, version: 3.1.0, files: [{{path: {MODEL_FILE}, sha256: {sha256(safetensors())}}}]}}\n"
    data = f"datasets:\n  - {{id: d, name: {_quoted(text)}, uri: 's3://lake/odd', digest: {{sha256: {'a' * 64}}}}}\n"
    run = f"runs:\n  - {{id: r, job: {_quoted(text)}, used: [d], generated_model: true}}\n"
    b.file("lineage.yaml", "apiVersion: govern/v1\nkind: Lineage\n" + model + data + run)


def _openlineage(b: BundleBuilder, text: str) -> None:
    event = {
        "eventType": "COMPLETE",
        "eventTime": "2026-04-02T09:00:00Z",
        "run": {"runId": "0197a000-0000-7000-8000-000000000001"},
        "job": {"namespace": text, "name": text},
        "inputs": [{"namespace": "s3://lake", "name": text}],
        "outputs": [{"namespace": text, "name": "out"}],
        "producer": "https://example.com",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
    }
    b.remove("lineage.yaml").record(lineage=["lineage/run.json"]).file("lineage/run.json", json.dumps(event))


def _file_name(b: BundleBuilder, text: str) -> None:
    b.file(f"data/{text.replace('/', '_').strip()[:200]}.pkl", b"\x80\x02cos\nsystem\n.")


def _member(b: BundleBuilder, text: str) -> None:
    name = text.replace("\0", "")[:2000]
    b.file("data.zip", archive({name: b"x", f"../{name}": b"x"}))


def _global(b: BundleBuilder, text: str) -> None:
    raw = text.encode()
    b.file("odd.pkl", b"\x80\x04\x8d" + len(raw).to_bytes(8, "little") + raw + b"\x8c\x01a\x93.")


def _tensor(b: BundleBuilder, text: str) -> None:
    header = json.dumps({text: {"dtype": text, "shape": [1], "data_offsets": [0, 4]}}).encode()
    b.file("odd.safetensors", len(header).to_bytes(8, "little") + header + b"\0" * 4)


PLACES: dict[str, Callable[[BundleBuilder, str], object]] = {
    "model name": lambda b, text: b.record(name=text),
    "model version": lambda b, text: b.record(version=text),
    "title and tags": lambda b, text: b.record(title=text, tags=[text]),
    "owner": lambda b, text: b.record(owner={"name": text, "contact": text}),
    "purpose": lambda b, text: b.record(purpose=text),
    "a key of the record": lambda b, text: b.record(**{text: text}),
    "path of evidence": lambda b, text: b.record(evidence={"predictions": {"path": text}, text: {"path": text}}),
    "path of a card": lambda b, text: b.record(cards=[text]),
    "column": _column,
    "group": _group,
    "attribute": _attribute,
    "section": _section,
    "front matter": _front_matter,
    "a metric": lambda b, text: (
        b.remove(PREDICTIONS)
        .remove(PREDICTIONS_MANIFEST)
        .record(evidence={"metrics": {"path": "metrics.json"}})
        .file("metrics.json", json.dumps({"accuracy": text, text: 1}))
    ),
    "package": _package,
    "source that cannot be read": _source,
    "source": _valid_source,
    "OpenLineage job": _openlineage,
    "file name": _file_name,
    "zip member": _member,
    "pickle global": _global,
    "tensor": _tensor,
}


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("place", PLACES)
def test_a_hostile_name_stays_a_name(place: str, text: str, policies: Path, advisories: Path, tmp_path: Path) -> None:
    """Whoever reads a report, in whatever format, sees words; nothing moves, nothing is hidden, nothing is run."""
    builder = BundleBuilder(tmp_path)
    PLACES[place](builder, HOSTILE[text])
    made = judge(builder.build(), policies, advisories=advisories)
    survived(made)
    assert "8100180001" not in made.words(), "an expression in a name was computed"
