"""Commands that take a bundle, given an archive of it: the same answer as for the folder, and nothing left behind."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from support.archives import Member, as_tar, as_zip, files_below, tar_file, tar_of, zip_of
from support.bundles import BundleBuilder
from support.gate import write_policy
from support.process import Ended, govern

AT = "2026-05-01T00:00:00Z"
STAGE = "pre-registration"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_policy(tmp_path / "policies", {"model_card.sections": {"required": ["limitations"]}})
    (tmp_path / "scratch").mkdir()
    return BundleBuilder(tmp_path).build()


def run(tmp_path: Path, *arguments: str | Path, code: int = 0) -> Ended:
    ended = govern(*arguments, cwd=tmp_path, environment={"TMPDIR": str(tmp_path / "scratch")})
    assert ended.code == code, ended.out + ended.err
    assert "Traceback" not in ended.err
    assert os.listdir(tmp_path / "scratch") == []
    return ended


def check(tmp_path: Path, bundle: str | Path, *more: str, code: int = 0) -> Ended:
    return run(tmp_path, "check", bundle, "-s", STAGE, "-p", "policies", "--at", AT, *more, code=code)


def test_a_decision_on_an_archive_is_signed_beside_it_and_verified_with_it(tmp_path: Path, folder: Path) -> None:
    run(tmp_path, "init", "gate", "--no-example", "--at", AT)
    settings = tmp_path / "gate" / "govern.toml"
    lines = [line for line in settings.read_text().splitlines() if not line.startswith("output")]
    settings.write_text("\n".join(lines) + "\n")
    store = tmp_path / "incoming"
    store.mkdir()
    archive = store / "credit.tar.gz"
    archive.write_bytes(as_tar(files_below(folder), mode="w:gz", top="credit/"))
    check(tmp_path, archive, "-w", "gate", "-q")
    (certificate,) = store.glob("*.certificate.sigstore.json")
    verify = ("verify", certificate, "--trust", "gate/trust.json", "--at", AT)
    for bundle in (archive, folder):
        run(tmp_path, *verify, "--bundle", bundle)
    (tmp_path / "other.zip").write_bytes(as_zip(files_below(folder) | {"more": b""}))
    run(tmp_path, *verify, "--bundle", "other.zip", code=4)
    shown = run(tmp_path, *verify, "--bundle", archive).out
    assert "govern-bundle" not in shown
    pack = ("pack", certificate, "-w", "gate", "-p", "policies", "--bundle")
    first = run(tmp_path, *pack, archive, "-o", "first.tar").out
    second = run(tmp_path, *pack, folder, "-o", "second.tar").out
    assert first.split("sha256:")[1] == second.split("sha256:")[1]


def test_results_of_an_archive_differ_in_where_it_came_from_alone(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "credit.zip").write_bytes(as_zip(files_below(folder)))
    options = ("--no-issue", "--no-timings", "-o", "json")
    by_folder = json.loads(check(tmp_path, folder, *options).out)
    by_archive = json.loads(check(tmp_path, "credit.zip", *options).out)
    assert by_archive.pop("bundle")["archive"] == "zip"
    assert by_folder == by_archive


def test_other_commands_look_into_an_archive(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "credit.tar").write_bytes(as_tar(files_below(folder)))
    for command in (("lineage", "show"), ("lineage", "export")):
        assert run(tmp_path, *command, "credit.tar").out == run(tmp_path, *command, folder).out
    explain = ("-p", "policies", "-s", STAGE, "--at", AT)
    by_archive = run(tmp_path, "explain", "p/r0", "credit.tar", *explain)
    assert by_archive.out == run(tmp_path, "explain", "p/r0", folder, *explain).out


def test_a_hostile_archive_is_undecided_and_every_fault_is_printed(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "evil.zip").write_bytes(zip_of(Member(b"../../escape\x1b[31m.txt"), Member(b"/abs.txt")))
    ended = check(tmp_path, "evil.zip", "--no-issue", code=3)
    assert "\x1b" not in ended.out
    assert "evil.zip!../../escape" in ended.out
    assert "evil.zip!/abs.txt" in ended.out
    assert ended.out.count("I204") >= 2
    run(tmp_path, "lineage", "show", "evil.zip", code=3)
    assert not (tmp_path.parent / "escape\x1b[31m.txt").exists()


def test_what_was_unpacked_can_be_kept_and_judged_again(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "credit.tar").write_bytes(as_tar(files_below(folder)))
    check(tmp_path, "credit.tar", "--no-issue", "--keep-bundle", "kept")
    assert files_below(tmp_path / "kept") == files_below(folder)
    check(tmp_path, "credit.tar", "--no-issue", "--keep-bundle", "kept", code=2)
    check(tmp_path, "kept", "--no-issue")


def test_no_output_lands_in_the_archive_or_in_what_is_kept(tmp_path: Path, folder: Path) -> None:
    archive = tmp_path / "credit.tar"
    archive.write_bytes(as_tar(files_below(folder)))
    before = archive.read_bytes()
    check(tmp_path, "credit.tar", "--no-issue", "-o", "json=credit.tar", code=2)
    check(tmp_path, "credit.tar", "--no-issue", "--keep-bundle", "kept", "-o", "json=kept/r.json", code=2)
    assert archive.read_bytes() == before


@pytest.mark.parametrize("name", ["absent.zip", "policies/policy.yaml", "models:/credit/latest", "gopher://x"])
def test_what_is_no_bundle_is_a_usage_error(tmp_path: Path, folder: Path, name: str) -> None:
    assert "fix: " in check(tmp_path, name, "--no-issue", code=2).err


def test_faults_of_policies_are_said_before_anything_is_fetched(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "policies" / "policy.yaml").write_text("kind: Policy\n")
    ended = check(tmp_path, "memory://nothing/there", "--no-issue", code=2)
    assert "policy.yaml" in ended.err
    assert "B131" not in ended.out + ended.err


def test_an_archive_with_neighbours_is_not_gone_into(tmp_path: Path, folder: Path) -> None:
    files = {f"credit/{name}": data for name, data in files_below(folder).items()}
    (tmp_path / "mac.zip").write_bytes(as_zip(files | {"__MACOSX/._x": b""}))
    assert "B111" in check(tmp_path, "mac.zip", "--no-issue", code=2).err


def test_a_folder_needs_no_archive_reader(tmp_path: Path, folder: Path) -> None:
    """Starting is paid for by everybody."""
    (tmp_path / "x.tar").write_bytes(tar_of(tar_file(b"a")))
    loaded = govern(
        "check", folder, "-s", STAGE, "-p", "policies", "--no-issue", "--at", AT,
        cwd=tmp_path, environment={"PYTHONPROFILEIMPORTTIME": "1"},
    )  # fmt: skip
    for module in ("govern.inputs.archives.unpacking", "fsspec", "mlflow", "huggingface_hub"):
        assert not [line for line in loaded.err.splitlines() if line.endswith(f" {module}")]
