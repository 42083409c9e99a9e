"""No value of a row leaves the readers: every error path driven with a marker, every byte of every output searched.

What may be said are columns, lines, counts and the labels of groups. A label is a row's value too; it is said where the
rule's groups were declared, or where the table alone says which groups there are.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.bundles import PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder, sha256
from support.counted_tables import rows_bundle
from support.in_process import govern_here

MARKER = "qZmarkerX7"
AT = "2026-06-01T00:00:00Z"
HEAD = "id,sex,race,y_true,y_pred,score\n"
GOOD = "1,F,A,1,1,0.9\n2,M,B,0,1,0.2\n3,F,B,0,0,0.1\n4,M,A,1,0,0.6\n"

POLICY = """\
apiVersion: govern/v1
kind: Policy
metadata: {name: leaks, version: 1.0.0, owner: risk@example.com}
spec:
  rules:
    - id: parity
      check: fairness.disparity
      severity: high
      with: {metric: true_positive_rate, compare: ratio, at_least: 0.8, attributes: [sex, race, [sex, race]], min_n: 1}
    - id: auc
      check: performance.threshold
      severity: high
      with: {metric: auc, at_least: 0.5}
    - id: accuracy
      check: performance.threshold
      severity: high
      with: {metric: accuracy, at_least: 0.1}
"""

Change = dict[str, Any]
CASES: dict[str, tuple[str, Change, set[str]]] = {
    "a label that is none": (GOOD + f"5,F,A,{MARKER},1,0.5\n6,F,A,{MARKER}b,1,0.5\n", {}, {"E123"}),
    "a decision that is none": (GOOD + f"5,F,A,1,{MARKER},0.5\n6,F,A,1,{MARKER}b,0.5\n", {}, {"E123"}),
    "a group that was not declared": (GOOD + f"5,{MARKER},A,1,1,0.5\n", {"groups": {"sex": ["F", "M"]}}, {"E125"}),
    "another spelling of a group": (
        GOOD + f"5,{MARKER},A,1,1,0.5\n",
        {"groups": {"sex": ["F", "M", MARKER.upper()]}},
        {"E124"},
    ),
    "a value too long": (GOOD + f"5,{MARKER * 30},A,1,1,0.5\n", {}, {"E126"}),
    "rows that nobody counted": (GOOD + f"{MARKER},F,A,1,1,0.5\n", {"rows": 4}, {"E127"}),
    "a case counted twice": (GOOD + f"{MARKER},F,A,1,1,0.5\n" * 2, {"row_id": "id"}, {"E128"}),
    "a score that is none": (GOOD + f"5,F,A,1,1,{MARKER}\n", {}, {"E130"}),
    "a positive value that is not there": (GOOD.replace(",1,", f",{MARKER},"), {}, {"E123"}),
    "cells too many": (GOOD + f"5,F,A,1,1,0.5,{MARKER}\n", {}, {"I203"}),
    "cells too few": (GOOD + f"{MARKER},F\n", {}, {"I203"}),
    "a broken quote": (GOOD + f'5,"{MARKER}"x,A,1,1,0.5\n', {}, {"I203"}),
    "an open quote": (GOOD + f'5,"{MARKER},A,1,1,0.5\n', {}, {"I203"}),
    "a blank line between": (GOOD + f"\n{MARKER},F,A,1,1,0.5\n", {}, {"I203"}),
    "a byte that is no text": (GOOD + f"5,{MARKER}\udcff,A,1,1,0.5\n", {}, {"I101"}),
    "a column that is not there": (GOOD + f"{MARKER},F,A,1,1,0.5\n", {"sensitive": ["sex", "race", "age"]}, {"E122"}),
    "nothing wrong": (GOOD + f"{MARKER},F,A,1,1,0.5\n", {}, set()),
    "missing cells": (GOOD + f"{MARKER},F,A,,1,\n{MARKER},F,A,1,,\n", {}, set()),
}


def bundle_of(folder: Path, rows: str, change: Change) -> BundleBuilder:
    table = (HEAD + rows).encode("utf-8", "surrogateescape")
    builder = rows_bundle(folder, "sex,race\n", score="score").file(PREDICTIONS, table)
    document = yaml.safe_load(builder.content(PREDICTIONS_MANIFEST))
    document["file"]["sha256"] = sha256(table)
    for key, value in change.items():
        part = {"rows": document["file"], "row_id": document["columns"], "sensitive": document["columns"]}
        part.get(key, document)[key] = value
    return builder.file(PREDICTIONS_MANIFEST, yaml.safe_dump(document, sort_keys=False))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with keys and a ledger, and one policy that reads predictions in every way."""
    folder = tmp_path_factory.mktemp("office")
    begun = govern_here("init", "gate", "--at", AT, cwd=folder)
    assert begun.code == 0, begun.err
    (folder / "gate" / "leaks.yaml").write_text(POLICY)
    return folder / "gate"


@pytest.fixture
def gate(office: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(office, tmp_path / "gate"))


def spellings(text: str) -> Iterator[bytes]:
    """The text as bytes, in UTF-16, in hex, and in base64 wherever in a longer text it may begin."""
    data = text.encode()
    yield from (data, text.encode("utf-16-le"), data.hex().encode())
    for before in range(3):
        coded = base64.b64encode(bytes(before) + data)
        yield coded[-(-before * 4 // 3) + 1 : len(coded) - 4]


def searched(folder: Path, *streams: str) -> int:
    """Look through every file below a folder and what was printed; give how many bytes that was."""
    read = 0
    held = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for place, data in (*held.items(), *((f"stream {n}", text.encode()) for n, text in enumerate(streams))):
        read += len(data)
        for spelling in spellings(MARKER):
            assert spelling not in data, (place, data[max(0, data.find(spelling) - 80) :][:200])
    return read


@pytest.mark.parametrize("name", CASES)
def test_check(gate: Path, tmp_path: Path, name: str) -> None:
    rows, change, codes = CASES[name]
    bundle = bundle_of(tmp_path / "in", rows, change).build()
    ended = govern_here(
        *("check", bundle, "-s", "pre-registration", "-p", "leaks.yaml", "--at", AT, "--verbose"),
        *("-o", "json=result.json", "-o", "html=result.html"),
        cwd=gate,
    )
    assert (gate / "result.json").exists(), ended.err[-1500:]
    result = json.loads((gate / "result.json").read_bytes())
    assert codes <= {item["code"] for item in found(result)}, ended.out + ended.err
    assert any((gate / "certificates").iterdir())
    assert searched(gate, ended.out, ended.err) > 10_000


def found(part: Any) -> Iterator[dict[str, Any]]:
    """Every finding of a result, wherever it is."""
    if isinstance(part, dict):
        if "code" in part:
            yield part
        for item in part.values():
            yield from found(item)
    elif isinstance(part, list):
        for item in part:
            yield from found(item)


@pytest.mark.parametrize("name", CASES)
def test_summarize(tmp_path: Path, name: str) -> None:
    rows, change, codes = CASES[name]
    bundle = bundle_of(tmp_path / "in", rows, change).build()
    (tmp_path / "out").mkdir()
    ended = govern_here("fairness", "summarize", bundle, "-o", "counts.json", "--salt-file", "k", cwd=tmp_path / "out")
    assert ended.code == (3 if codes else 0), ended.err
    assert all(code in ended.err for code in codes)
    searched(tmp_path / "out", ended.out, ended.err)


@pytest.mark.parametrize("name", CASES)
def test_cross_check_and_check(tmp_path: Path, name: str) -> None:
    rows, change, codes = CASES[name]
    bundle = bundle_of(tmp_path / "in", rows, change).build()
    (tmp_path / "out").mkdir()
    other = bundle_of(tmp_path / "other", GOOD, {}).build()
    assert govern_here("fairness", "summarize", other, "-o", "counts.json", cwd=tmp_path / "out").code == 0
    for option in (("--cross-check", "fairlearn"), ("--check", "counts.json")):
        ended = govern_here("fairness", "summarize", bundle, *option, cwd=tmp_path / "out")
        assert ended.code in ((2, 3) if codes - {"E130"} else (0, 1, 3)), ended.err
        searched(tmp_path / "out", ended.out, ended.err)


def test_the_search_would_find_the_marker(tmp_path: Path) -> None:
    for data in (f"x{MARKER}y".encode(), *(base64.b64encode(f"{'x' * n}{MARKER}yyy".encode()) for n in range(3))):
        (tmp_path / "file").write_bytes(data)
        with pytest.raises(AssertionError):
            searched(tmp_path)
