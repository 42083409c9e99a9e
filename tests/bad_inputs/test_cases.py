"""Bundles that are wrong in one way each: the answer, the place, the words, and no crash."""

from __future__ import annotations

import pickletools
from pathlib import Path

import pytest

from support.bundles import MODEL_FILE, BundleBuilder
from support.gate import Judged, dangers, faces, judge, write_policy
from support.hostile_bundles import CASES, RULES, TABLE_CASES, Case
from support.hostile_bytes import acting_pickle, archive, lying_safetensors

ALL = [*CASES, *TABLE_CASES]


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A file that only executed evidence could make."""
    return tmp_path / "executed"


def judged(case: Case, folder: Path, marker: Path, kinds: tuple[str, ...]) -> Judged:
    bundle = case.build(folder / "made", marker)
    policies = write_policy(folder / "policies", {kind: RULES[kind] for kind in kinds})
    return judge(bundle, policies)


@pytest.mark.parametrize("case", ALL, ids=lambda item: item.name)
def test_the_answer_is_one_of_the_right_ones(case: Case, tmp_path: Path, marker: Path) -> None:
    """Judged by the kinds that the case is about, and no others."""
    kinds = tuple(kind for kind in case.outcomes if kind in RULES) or ("model_card.sections",)
    made = judged(case, tmp_path, marker, kinds)
    assert made.code in case.codes, made.words()
    outcomes = made.outcomes()
    for kind, right in case.outcomes.items():
        assert outcomes[kind] in right, made.words()
    for place in case.places:
        assert place in made.places(), made.words()
    for text in case.must:
        assert text in made.words(), made.words()
    assert not marker.exists()


@pytest.mark.parametrize("case", ALL, ids=lambda item: item.name)
def test_every_kind_and_every_face_survives_it(case: Case, tmp_path: Path, marker: Path) -> None:
    """All kinds at once; nothing in any format acts on who reads it; the same bundle gives the same bytes again."""
    made = judged(case, tmp_path / "first", marker, tuple(RULES))
    again = judged(case, tmp_path / "second", marker, tuple(RULES))
    assert made.code == again.code
    assert made.code in (0, 1, 2, 3)
    assert not marker.exists()
    if made.document is None:
        return
    shown, shown_again = faces(made.document), faces(again.document or {})
    if case.name != "symlink-outside":  # its links name the folder that the test made
        assert shown == shown_again
    assert list(dangers(shown)) == []
    for text in case.must_not:
        assert not any(text in item for item in shown.values()), text


def test_the_sound_bundle_is_allowed(tmp_path: Path, marker: Path) -> None:
    """Otherwise a refusal above would prove nothing."""
    sound = Case("sound", lambda b, _: b, dict.fromkeys(RULES, ("pass",)), (0,))
    made = judged(sound, tmp_path, marker, tuple(RULES))
    assert made.code == 0, made.words()
    assert set(made.outcomes().values()) == {"pass"}


@pytest.mark.parametrize("protocol", range(6))
def test_the_offset_of_a_call_is_where_pickletools_sees_it(protocol: int, tmp_path: Path, marker: Path) -> None:
    """A reviewer goes to that byte with another tool."""
    data = acting_pickle(marker, protocol=protocol)
    sites = [place for code, _, place in pickletools.genops(data) if code.name in ("GLOBAL", "STACK_GLOBAL", "REDUCE")]
    assert len(sites) == 2
    bundle = BundleBuilder(tmp_path / "made").file("other.pkl", data).build()
    made = judge(bundle, write_policy(tmp_path / "policies", {"artefacts.pickle": RULES["artefacts.pickle"]}))
    assert [place for place in sites if f"byte {place}" not in made.words()] == [], made.words()


def formats_words(builder: BundleBuilder, folder: Path) -> str:
    policies = write_policy(folder / "policies", {"artefacts.formats": RULES["artefacts.formats"]})
    return judge(builder.build(), policies).words()


def test_every_member_that_leaves_its_folder_is_named(tmp_path: Path) -> None:
    """A submitter mends all of them at once."""
    words = formats_words(BundleBuilder(tmp_path).file("a.zip", archive({"../up": b"", "/root": b""})), tmp_path)
    assert "../up" in words
    assert "/root" in words


def test_an_absurd_header_length_is_named(tmp_path: Path) -> None:
    """With the number, so that nobody looks for the fault in the weights."""
    words = formats_words(BundleBuilder(tmp_path).file(MODEL_FILE, lying_safetensors()), tmp_path)
    assert str(1 << 62) in words
