"""Files of other tools, envelopes, descriptions, manifests, tables and archives that are hostile in one way each.

Each is judged by the kind that reads it: no pass, no crash, the same answer twice, and nothing in any format acts on
who reads it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.bundles import BundleBuilder
from support.drift_reports import table
from support.gate import Judged, dangers, faces, judge, judge_source, write_policy
from support.hostile_evidence import (
    NAMES,
    NOT_FINITE,
    SPOILED,
    WRONG,
    Base,
    bases,
    is_number,
    keys,
    one_of_each,
    renamed,
    with_raw,
    written,
)
from support.hostile_files import ARCHIVES, FILES, PARAMS, Hostile, tables

CRASHES = ("D101", "D121")
"""A check that raised, and a check whose result no record can hold: our faults, never the file's."""

BASES = {base.name: base for base in bases()}


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Any], Path]:
    """A policy folder for a kind and its parameters, written once."""
    root, made = tmp_path_factory.mktemp("policies"), {}

    def folder(kind: str, params: Any) -> Path:
        key = json.dumps([kind, dict(params)])
        if key not in made:
            made[key] = write_policy(root / str(len(made)), {kind: params})
        return made[key]

    return folder


class Bench:
    """One bundle of a base, in which only the file of the tool changes."""

    def __init__(self, base: Base, folder: Path, policy: Path) -> None:
        self.base, self.policy = base, policy
        self.bundle = base.put(BundleBuilder(folder), base.content).build()

    def judged(self, content: bytes) -> Judged:
        (self.bundle / self.base.path).write_bytes(content)
        return survived(judge(self.bundle, self.policy), judge(self.bundle, self.policy))


@pytest.fixture(params=sorted(BASES), scope="module")
def bench(
    request: pytest.FixtureRequest, policies: Callable[[str, Any], Path], tmp_path_factory: pytest.TempPathFactory
) -> Bench:
    base = BASES[request.param]
    return Bench(base, tmp_path_factory.mktemp("bench"), policies(base.kind, base.params))


def survived(made: Judged, again: Judged) -> Judged:
    """What holds of every answer, whatever it is."""
    assert made.code in (0, 1, 2, 3)
    assert (made.code, made.document) == (again.code, again.document)
    if made.document is None:
        assert made.code == 2
        return made
    assert list(dangers(faces(made.document))) == []
    codes = {item["code"] for outcome in made.document["outcomes"] for item in outcome["findings"]}
    assert codes.isdisjoint(CRASHES), made.words()
    return made


def test_each_file_passes_before_it_is_spoiled(bench: Bench) -> None:
    """Otherwise the tests below would prove nothing."""
    made = bench.judged(bench.base.content)
    assert (made.code, made.outcomes()) == (0, {bench.base.kind: "pass"}), made.words()


@pytest.mark.parametrize("how", SPOILED)
def test_no_spoiled_file_passes(bench: Bench, how: str) -> None:
    made = bench.judged(SPOILED[how](bench.base.content))
    assert made.code in (1, 3), made.words()


@pytest.mark.parametrize("raw", NOT_FINITE, ids=lambda raw: raw[:12])
def test_no_file_with_what_is_no_number_passes(bench: Bench, raw: str) -> None:
    """At each number in turn, those included that no rule looks at: a file that is no JSON is read by nobody."""
    for steps in one_of_each(bench.base.document, is_number):
        made = bench.judged(with_raw(bench.base.document, steps, raw))
        assert made.code in (1, 3), (steps, made.words())


@pytest.mark.parametrize("raw", WRONG)
def test_no_wrong_count_or_score_passes(bench: Bench, raw: str) -> None:
    """Truth values and texts in place of numbers, negative counts, counts above totals, numbers out of range."""
    for steps in one_of_each(bench.base.document, is_number):
        made = bench.judged(with_raw(bench.base.document, steps, raw))
        assert made.code in (1, 3) or bench.base.only_shown(steps), (steps, made.words())


def test_a_hostile_text_stays_a_text(bench: Bench) -> None:
    """Each text of the file in turn is each of the names in turn."""
    names = list(NAMES.values())
    for number, steps in enumerate(one_of_each(bench.base.document, lambda leaf: isinstance(leaf, str))):
        for name in (names[number % len(names)], names[(number + 4) % len(names)]):
            bench.judged(with_raw(bench.base.document, steps, json.dumps(name)))


def test_a_hostile_key_stays_a_key(bench: Bench) -> None:
    names = list(NAMES.values())
    for number, steps in enumerate(keys(bench.base.document)):
        bench.judged(written(renamed(bench.base.document, steps, names[number % len(names)])))


@pytest.mark.parametrize("kind", sorted(PARAMS))
def test_the_sound_bundle_passes_each_kind(kind: str, policies: Callable[[str, Any], Path], tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path)
    if kind == "drift.distribution":
        tables(table(900))(builder)
    made = judge(builder.build(), policies(kind, PARAMS[kind]))
    assert made.outcomes() == {kind: "pass"}, made.words()


@pytest.mark.parametrize("case", FILES, ids=str)
def test_no_hostile_file_passes(case: Hostile, policies: Callable[[str, Any], Path], tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path)
    case.make(builder)
    bundle, policy = builder.build(), policies(case.kind, PARAMS[case.kind])
    made = survived(judge(bundle, policy), judge(bundle, policy))
    assert (made.code == 0) == case.harmless, made.words()
    for text in case.must:
        assert text in made.words()


@pytest.mark.parametrize("name", ARCHIVES)
def test_no_hostile_archive_passes(name: str, policies: Callable[[str, Any], Path], tmp_path: Path) -> None:
    """And nothing of it is written anywhere but into the private folder, which is gone afterwards."""
    for folder in ("given", "scratch"):
        (tmp_path / folder).mkdir()
    archive = tmp_path / "given" / name
    archive.write_bytes(ARCHIVES[name])
    policy = policies("model_card.sections", PARAMS["model_card.sections"])
    answers = [judge_source(archive, policy, scratch=tmp_path / "scratch") for _ in range(2)]
    assert survived(*answers).code in (2, 3)
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given", "scratch"]
    assert [path.name for path in (tmp_path / "given").iterdir()] == [name]
