"""One policy, one command, twelve kinds of bundle: the answer, the places, the card that was used, no traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.bundle_kinds import KINDS, POLICY, BundleKind
from support.gate import dangers, faces
from support.in_process import govern_here as govern

AT = "2026-11-30T00:00:00Z"


def judged(kind: BundleKind, folder: Path) -> tuple[int, dict[str, Any], str]:
    """What `govern check` says about it: exit code, result document, everything on the terminal."""
    (folder / "policies").mkdir()
    (folder / "policies" / "any.yaml").write_text(POLICY)
    (folder / "made").mkdir()
    bundle = kind.make(folder / "made")
    options = ("-s", "pre-registration", "-p", "policies", "--no-issue", "--at", AT, *kind.options)
    ended = govern("check", bundle, *options, "-o", "json=result.json", "-o", "text", cwd=folder)
    return ended.code, json.loads((folder / "result.json").read_text()), ended.out + ended.err


@pytest.mark.parametrize("kind", KINDS, ids=lambda item: item.name)
def test_the_answer_the_places_and_the_card(kind: BundleKind, tmp_path: Path) -> None:
    code, document, words = judged(kind, tmp_path)
    assert code == kind.code, words
    assert "Traceback" not in words
    outcomes = {item["rule"].rpartition("/")[2]: item for item in document["outcomes"]}
    assert {rule: outcomes[rule]["outcome"] for rule in kind.outcomes} == dict(kind.outcomes), words
    for place in kind.places:
        assert place in words
    read = [item["path"] for item in document["files"] if "model_card" in item["read_by"]]
    assert (kind.card in read) if kind.card is not None else (not read), read


@pytest.mark.parametrize("kind", KINDS, ids=lambda item: item.name)
def test_every_file_is_told_and_every_face_is_safe(kind: BundleKind, tmp_path: Path) -> None:
    _code, document, _words = judged(kind, tmp_path)
    paths = [item["path"] for item in document["files"]]
    assert paths == sorted(paths, key=str.encode)
    assert paths
    assert list(dangers(faces(document))) == []


def test_the_report_says_which_card_was_used_and_why(tmp_path: Path) -> None:
    """And why the other file that could have been one was not."""
    kind = next(item for item in KINDS if item.name == "a folder that grew")
    _code, document, _words = judged(kind, tmp_path)
    page = faces(document)["html"]
    assert "MODEL_CARD.md (huggingface): read, a file of this name is a model card" in page
    assert "README.md: not read, it is a project page" in page
