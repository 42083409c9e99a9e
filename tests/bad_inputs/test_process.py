"""What could crash, hang or fill the machine, through the real command under limits of memory and time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from support.bundles import MODEL_FILE, PREDICTIONS, BundleBuilder
from support.gate import INVISIBLE, write_policy
from support.hostile_bundles import CASES, RULES, Case
from support.hostile_bytes import doubling_pickle, swollen_archive, swollen_gzip
from support.sandbox import watched

LINKS = {"symlink-loop": ("chicken", "egg", "here"), "symlink-outside": ("weights.bin", "machine", "secret.txt")}
STAYS = (
    "card-latin1",
    "json-deep-nesting",
    "json-nan-metrics",
    "mlmodel-traversal",
    "path-special-files",
    "pickle-in-torch-zip",
    "pickle-malicious-4",
    "req-exotic",
    "req-include-cycle",
    "req-utf16",
    "report-injection",
    "symlink-loop",
    "symlink-outside",
    "weights-safetensors-lying-header",
    "zip-slip",
)


def _file(path: str, make: Callable[[], bytes | str]) -> Callable[[BundleBuilder, Path], object]:
    return lambda b, _marker: b.file(path, make())


def _lineage_chain(length: int) -> str:
    runs = "".join(f"  - {{id: r{n}, used: [d{n}], generated: [d{n + 1}]}}\n" for n in range(length))
    sets = "".join(f"  - {{id: d{n}, uri: 's3://x/{n}'}}\n" for n in range(length + 1))
    return f"apiVersion: govern/v1\nkind: Lineage\nmodel: {{name: credit-risk, version: '1'}}\ndatasets:\n{sets}runs:\n{runs}"


ALIASES = "a: &a [x, x]\n" + "".join(
    f"{after}: &{after} [*{before}, *{before}]\n" for before, after in zip("abcdefghijklmnopqrstuv", "bcdefghijklmnopqrstuvw", strict=True)
)  # fmt: skip

BOMBS = [
    Case(name, make, {}, codes)
    for name, make, codes in (
        ("a zip that unpacks to three gigabytes", _file("big.bin", lambda: swollen_archive("archive/data.pkl", 3 << 30)), (1, 3)),
        ("a gzip that unpacks to three gigabytes", _file("big.pkl.gz", lambda: swollen_gzip(3 << 30)), (1, 3)),
        ("a pickle of 2 ** 200 leaves", _file("big.pkl", lambda: doubling_pickle(200)), (1, 3)),
        ("a pickle that promises 2 ** 62 bytes", _file("big.pkl", lambda: b"\x80\x04\x8e" + b"\0" * 7 + b"\x40x."), (1, 3)),
        ("a pickle of 300,000 marks", _file("big.pkl", lambda: b"\x80\x02" + b"(" * 300_000 + b"."), (1, 3)),
        ("weights that are deep JSON", _file(MODEL_FILE, lambda: b"\x40\x0d\x03" + b"\0" * 5 + b"[" * 200_000), (1, 3)),
        ("a record of aliases of aliases", _file("govern.yaml", lambda: ALIASES), (3,)),
        ("a record of 100,000 brackets", _file("govern.yaml", lambda: "a: " + "[" * 100_000), (3,)),
        ("a record that ends in 300,000 dashes", _file("govern.yaml", lambda: "a: b\n" + "-" * 300_000), (3,)),
        ("a requirement of 300,000 letters", _file("requirements.txt", lambda: "A" * 300_000), (1, 3)),
        ("400,000 bad requirements", _file("requirements.txt", lambda: "?\n" * 400_000), (1, 3)),
        ("a record of 100,000 dashes", _file("govern.yaml", lambda: "- " * 100_000), (3,)),
        ("a lineage of aliases of aliases", _file("lineage.yaml", lambda: ALIASES), (3,)),
        ("a lineage of 4,000 steps", _file("lineage.yaml", lambda: _lineage_chain(4000)), (1, 3)),
        ("a card of 60,000 brackets", _file("README.md", lambda: "# A\n" + "[" * 60_000), (1, 3)),
        ("a card of 20,000 quotes in quotes", _file("README.md", lambda: "> " * 20_000 + "a\n"), (1, 3)),
        ("a card of 100,000 stars", _file("README.md", lambda: "# A\n" + "*a_" * 100_000), (1, 3)),
        ("a card of 40,000 open tags", _file("README.md", lambda: "# A\n" + "<a " * 40_000), (1, 3)),
        ("a card of 30,000 table columns", _file("README.md", lambda: "|a" * 30_000 + "|\n" + "|-" * 30_000 + "|\n"), (1, 3)),
        ("requirements of 100,000 continued lines", _file("requirements.txt", lambda: "a \\\n" * 100_000), (1, 3)),
        ("requirements of 200,000 brackets", _file("requirements.txt", lambda: "a" + "[" * 200_000 + "\n"), (1, 3)),
        ("a table of one row of 30 megabytes", _file(PREDICTIONS, lambda: "y_true,y_pred,score,sex\n" + "1" * (30 << 20)), (3,)),
        ("a table of one cell that never ends", _file(PREDICTIONS, lambda: 'y_true,y_pred,score,sex\n"' + "1,0,0,F\n" * 500_000), (3,)),
        ("a table of 200,000 columns", _file(PREDICTIONS, lambda: ",".join(f"c{n}" for n in range(200_000)) + "\n"), (3,)),
        ("a table of 50,000 groups", _file(PREDICTIONS, lambda: "y_true,y_pred,score,sex\n" + "".join(f"1,1,0.5,g{n}\n" for n in range(50_000))), (1, 3)),
        ("a figure of 200,000 digits", _file("metrics.json", lambda: '{"accuracy": 0.' + "9" * 200_000 + "}"), (0, 3)),
        ("a figure with an exponent of ten digits", _file("metrics.json", lambda: '{"accuracy": 1e-9999999999}'), (0, 1, 3)),
    )
]  # fmt: skip


def _measured_figure(case: Case) -> Case:
    """Figures are read only where there are no predictions to compute them from."""
    if not case.name.startswith("a figure"):
        return case

    def make(b: BundleBuilder, marker: Path) -> None:
        b.remove(PREDICTIONS).remove("predictions/test.yaml").record(evidence={"metrics": {"path": "metrics.json"}})
        case.make(b, marker)

    return replace(case, make=make)


WATCHED = [*(case for case in CASES if case.name in STAYS), *map(_measured_figure, BOMBS)]


def test_the_names_above_are_cases() -> None:
    assert set(STAYS) <= {case.name for case in CASES}


@pytest.mark.parametrize(
    ("action", "event"),
    [
        ("open('/etc/hostname')", "read"),
        ("open('../secret')", "read"),
        ("import os; os.open('weights.bin', os.O_RDONLY)", "link"),
        ("open('made', 'w')", "write"),
        ("import os; os.mkdir('made')", "os.mkdir"),
        ("import os; os.system('true')", "os.system"),
        ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
        ("import socket; socket.create_connection(('127.0.0.1', 9))", "socket.connect"),
        ("import pickle; pickle.loads(b'cos\\nsystem\\n.')", "pickle.find_class"),
        ("bytearray(1600 << 20)", "memory"),
    ],
)
def test_the_watcher_sees(action: str, event: str, tmp_path: Path) -> None:
    """Otherwise finding nothing below would mean nothing."""
    quiet = f"import contextlib\nwith contextlib.suppress(OSError):\n    exec({action!r})"
    seen = watched(folder=tmp_path, reads=(), links=("weights.bin",), action=quiet).violations
    assert event in [item[0] for item in seen]


@pytest.mark.parametrize("case", WATCHED, ids=lambda item: item.name)
def test_it_ends_in_bounds_and_touches_nothing_else(case: Case, tmp_path: Path) -> None:
    """A documented code, no traceback, nothing opened beside the bundle, nothing written, started or unpickled."""
    marker = tmp_path / "executed"
    bundle = case.build(tmp_path / "made", marker)
    kinds = tuple(kind for kind in case.outcomes if kind in RULES) or tuple(RULES)
    policies = write_policy(tmp_path / "policies", {kind: RULES[kind] for kind in kinds})
    ended = watched(
        *("check", bundle, "-s", "pre-registration", "-p", policies, "--no-issue", "--at", "2026-05-01T00:00:00Z"),
        *("-o", "json", "--no-timings"),
        folder=tmp_path,
        reads=(bundle, policies),
        links=LINKS.get(case.name, ()),
    )
    said = ended.err.decode("utf-8")
    assert ended.code in case.codes, (ended.code, said[:2000], ended.out[:2000])
    assert "Traceback" not in said
    assert ended.violations == []
    assert not marker.exists()
    document = json.loads(ended.out)
    assert document["exit_code"] == ended.code
    assert not INVISIBLE & set(said)


@pytest.mark.parametrize("name", ["symlink-outside", "path-special-files", "zip-slip", "report-injection"])
def test_another_hash_seed_gives_the_same_text(name: str, tmp_path: Path) -> None:
    """Order of sets and dictionaries reaches no output; the text carries nothing that a runner would obey."""
    (case,) = (item for item in CASES if item.name == name)
    bundle = case.build(tmp_path / "made", tmp_path / "executed")
    policies = write_policy(tmp_path / "policies", RULES)
    runs = [
        watched(
            *("check", bundle, "-s", "pre-registration", "-p", policies, "--no-issue", "--at", "2026-05-01T00:00:00Z"),
            folder=tmp_path,
            reads=(bundle, policies),
            seed=seed,
            environment={"GITHUB_ACTIONS": "true"},
        )
        for seed in (1, 2)
    ]
    assert runs[0] == runs[1]
    text = runs[0].out.decode("utf-8")
    assert not INVISIBLE - {"\u2060"} & set(text)
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    assert "##[" not in text
