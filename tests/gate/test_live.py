"""The live second opinion: what cannot be asked or was not answered is never counted as clean."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from govern.diagnostics import InputError
from govern.gate.live import live_opinion
from govern.security.advisories.providers.pip_audit import LiveAnswer, LiveStatus
from support.bundles import BundleBuilder


def answering(status: LiveStatus, asked: list[tuple[str, str]]):
    def ask(packages: Iterable[tuple[str, str]]) -> list[LiveAnswer]:
        asked.extend(packages)
        return [
            LiveAnswer(name, version, status, ids=("CVE-1",) * (status is LiveStatus.MATCH)) for name, version in asked
        ]

    return ask


@pytest.mark.parametrize(
    ("status", "code"),
    [(LiveStatus.NO_MATCH, 0), (LiveStatus.MATCH, 1), (LiveStatus.UNDECIDED, 3), (LiveStatus.ERROR, 3)],
)
def test_each_status_has_its_code(tmp_path: Path, status: LiveStatus, code: int) -> None:
    """All enum members."""
    asked: list[tuple[str, str]] = []
    text, got = live_opinion(BundleBuilder(tmp_path).build(), answering(status, asked))
    assert got == code
    assert asked == [("numpy", "1.26.4"), ("scikit-learn", "1.5.2")]
    assert status.value in text


def test_an_open_version_is_undecided_even_when_the_rest_is_clean(tmp_path: Path) -> None:
    """Only what has one exact version can be asked about."""
    folder = BundleBuilder(tmp_path).file("requirements.txt", "numpy==1.26.4\nscipy\n").build()
    text, code = live_opinion(folder, answering(LiveStatus.NO_MATCH, []))
    assert code == 3
    assert "requirements.txt:2" in text


@pytest.mark.parametrize("content", ["", "# nothing\n"])
def test_no_dependencies_is_not_clean(tmp_path: Path, content: str) -> None:
    """Nothing was asked, so nothing was answered."""
    folder = BundleBuilder(tmp_path).file("requirements.txt", content).build()
    with pytest.raises(InputError, match="S213"):
        live_opinion(folder, answering(LiveStatus.NO_MATCH, []))
