"""Threat: a key poses as another, or a file brings its own. Control: only the trust root's keys; names must be the key's."""

from __future__ import annotations

import pytest

from support.threats import Workspace, vector


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("waiver-key-under-the-certifiers-name", (4, ["key"])),
        ("certificate-by-the-waiver-key", (1, ["role"])),
        ("smuggled-key", (4, ["key"])),
        ("key-in-the-file", (4, ["read"])),
        ("certificate-beside-the-key", (4, ["read"])),
        ("root-key", (4, ["key"])),
        ("keyid-of-another-key", (4, ["key"])),
        ("keyid-of-tuf", (4, ["key"])),
        ("keyid-missing", (4, ["read"])),
        ("hint-of-another-key", (4, ["key"])),
        ("hint-is-the-fingerprint", (4, ["key"])),
    ],
)
def test_each_confusion_is_refused(name: str, answer: tuple[int, list[str]]) -> None:
    assert vector(name) == answer


def test_a_workspace_of_ones_own_does_not_convince_another(workspace: Workspace) -> None:
    """A whole gate under other keys, its hint, key id, leaf and log in agreement: not under this trust root."""
    other = Workspace(workspace.root.parent / "other")
    begun = other.run("init", other.root, "--at", "2026-06-01T00:00:00Z", cwd=other.root.parent)
    assert begun.code == 0, begun.err
    assert other.check().code == 0
    assert other.verify().code == 0
    ended = workspace.verify(certificate=other.certificate)
    assert ended.code == 4
    assert "is not in the trust root" in ended.out
