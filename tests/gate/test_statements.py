"""The statements of a workspace: found in folders, judged by the trust root in force, and said when they do not hold."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from govern.attestation.verification import NamedFile
from govern.canonical import parse_instant
from govern.diagnostics import Severity, UsageError
from govern.gate.statement_files import read_statements
from govern.gate.statements import no_people, people_of, workspace_statements, workspace_trust
from govern.gate.workspace import Workspace, find_workspace
from support.people import CLOCK, ERIN, HEIDI, SOURCE, STRANGER, Board, text


@pytest.fixture(scope="module")
def board() -> Board:
    return Board()


# -- files --------------------------------------------------------------------------------------------------------------


def test_folders_are_searched_and_files_taken_as_they_are(tmp_path: Path) -> None:
    for name in (
        "b/two.sigstore.json",
        "a/one.sigstore.json",
        "a/deep/er/three.sigstore.json",
        "a/notes.txt",
        "a/x.json",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    (tmp_path / "a" / "folder.sigstore.json").mkdir()
    found = read_statements(
        [tmp_path / "a", tmp_path / "b" / "two.sigstore.json", tmp_path / "a" / "notes.txt", tmp_path / "a"]
    )
    assert [Path(item.name).name for item in found] == [
        "three.sigstore.json",
        "one.sigstore.json",
        "two.sigstore.json",
        "notes.txt",
    ]
    assert found[2].data == b"b/two.sigstore.json"
    assert read_statements([]) == ()


def test_what_is_not_there_or_too_large_is_said(tmp_path: Path) -> None:
    large = tmp_path / "large.sigstore.json"
    large.write_bytes(b"x" * (8 * 1024 * 1024 + 1))
    for paths in ([tmp_path / "absent"], [large], [tmp_path]):
        with pytest.raises(UsageError) as caught:
            read_statements(paths)
        assert (caught.value.diagnostics[0].code, caught.value.exit_code) == ("U103", 2)


def test_a_link_that_leads_nowhere_or_in_a_circle_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.sigstore.json").symlink_to(tmp_path / "absent")
    (tmp_path / "circle").symlink_to(tmp_path)
    (tmp_path / "one.sigstore.json").write_text("x", encoding="utf-8")
    assert [Path(item.name).name for item in read_statements([tmp_path])] == ["one.sigstore.json"]


def settings(folder: Path, *, flags: dict[str, list[str]] | None = None) -> Workspace:
    (folder / "govern.toml").write_text(
        '[workspace]\ntrust = "trust.json"\nstatements = ["said", "more"]\n', encoding="utf-8"
    )
    return find_workspace(start=folder, environment={}, directory=folder, flags=flags)


def test_the_folder_of_the_settings_may_not_be_there_yet_and_one_on_a_flag_must(tmp_path: Path) -> None:
    assert workspace_statements(settings(tmp_path)) == ()
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "x.sigstore.json").write_text("x", encoding="utf-8")
    assert [item.data for item in workspace_statements(settings(tmp_path))] == [b"x"]
    with pytest.raises(UsageError):
        workspace_statements(settings(tmp_path, flags={"statements": [str(tmp_path / "absent")]}))


def test_no_trust_root_is_none_and_a_broken_one_is_no_none(tmp_path: Path, board: Board) -> None:
    from govern.diagnostics import IntegrityError

    assert workspace_trust(settings(tmp_path)) is None
    (tmp_path / "trust.json").write_bytes(board.trust)
    found = workspace_trust(settings(tmp_path))
    assert found is not None
    assert found.digest == board.root.digest
    (tmp_path / "trust.json").write_bytes(board.trust.replace(b"payload", b"paylaod", 1))
    with pytest.raises(IntegrityError):
        workspace_trust(settings(tmp_path))


# -- people -------------------------------------------------------------------------------------------------------------


def test_nobody_signed_anything() -> None:
    made = people_of([], trust=None, at=CLOCK)
    assert made == no_people()
    assert (made.waivers, made.approvals, made.notes) == ((), (), ())
    assert made.release_of("p", "1", SOURCE) is None


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        ("2025-12-31T23:59:59Z", False),
        ("2026-01-01T00:00:00Z", True),
        ("2027-12-31T23:59:59Z", True),
        ("2028-01-01T00:00:00Z", False),
    ],
)
def test_under_a_trust_root_out_of_force_nobodys_word_counts(board: Board, at: str, counts: bool) -> None:
    files = [board.waiver().file, board.vote(ERIN).file]
    made = people_of(files, trust=board.root, at=parse_instant(at))
    assert (len(made.waivers), len(made.approvals)) == ((1, 1) if counts else (0, 0))
    assert [note.code for note in made.notes] == ([] if counts else ["A502"])


def test_without_a_trust_root_it_is_said_that_nobody_was_heard(board: Board) -> None:
    made = people_of([board.waiver().file], trust=None, at=CLOCK)
    assert made.waivers == ()
    (note,) = made.notes
    assert (note.code, note.severity) == ("A502", Severity.WARNING)
    assert "1 signed statements were not looked at: there is no trust root" in note.message


def test_what_does_not_hold_is_noted_with_the_command_that_shows_why(board: Board) -> None:
    false, other, rubbish = board.waiver(by=STRANGER), board.vote(HEIDI), NamedFile("x\x1b[31m", b"{}")
    made = people_of([false.file, other.file, rubbish, board.waiver().file], trust=board.root, at=CLOCK)
    assert [note.code for note in made.notes] == ["A501"] * 3
    said = "\n".join(str(note) for note in made.notes)
    assert "\x1b" not in said
    assert f"govern verify {false.file.name} --kind waiver" in said
    assert "the approval does not hold: role: person:heidi may not sign a approval:v1" in said
    # What can be read is still listed by the decision, with its ruling; a payload nobody known signed is not.
    assert [item.signature_valid for item in made.waivers] == [True]
    assert [item.in_role for item in made.approvals] == [False]


def test_a_release_is_found_by_name_version_and_bytes_while_it_is_not_revoked(board: Board) -> None:
    release = board.release()
    asked = ("credit-risk", "2.1.0", SOURCE)

    def found(*papers: NamedFile, at: timedelta = timedelta(0)) -> str | None:
        return people_of([release.file, *papers], trust=board.root, at=CLOCK + at).release_of(*asked)

    assert found() == release.digest
    made = people_of([release.file], trust=board.root, at=CLOCK)
    assert made.release_of("credit-risk", "2.1.0", "9" * 64) is None
    assert made.release_of("credit-risk", "2.1", SOURCE) is None
    assert made.release_of("credit", "2.1.0", SOURCE) is None
    gone = board.revocation(release, effective=text(CLOCK))
    assert found(gone.file) is None
    assert found(gone.file, at=timedelta(seconds=-1)) == release.digest
    assert people_of([board.release(by=HEIDI).file], trust=board.root, at=CLOCK).release_of(*asked) is None
