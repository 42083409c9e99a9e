"""Packing: only what belongs together, the same bytes each time, and nothing left behind when it does not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govern.attestation.pack.index import Entry, Role
from govern.canonical import sha256_hex
from govern.diagnostics import GovernError
from govern.gate.packing.sources import relative_names
from support.in_process import govern_here
from support.pack_desk import AT, MODEL, MORTGAGE, Desk
from support.packs import Files, members, reading, reindexed, write


class Story(Desk):
    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.certificate = self.check()
        self.data = self.pack(self.certificate).path.read_bytes()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("pack"))


def refused(story: Story, out: Path, **values: Any) -> tuple[str, int, str]:
    """Code, exit code and words of a refusal that leaves no file behind, not even half a one."""
    target = out / "refused.tar"
    with pytest.raises(GovernError) as caught:
        story.pack(values.pop("certificate", story.certificate), output=target, **values)
    assert list(out.glob("*.tar*")) + list(out.glob(".*")) == []
    first = caught.value.diagnostics[0]
    return first.code, caught.value.exit_code, f"{first.message} {first.hint}"


def test_every_part_is_the_one_on_disk(story: Story) -> None:
    files = members(story.data)
    beside = story.certificate.parent
    stem = story.certificate.name.removesuffix(".certificate.sigstore.json")
    for name, ending in (
        ("certificate.sigstore.json", ".certificate.sigstore.json"),
        ("vsa.sigstore.json", ".vsa.sigstore.json"),
        ("vsa.intoto.json", ".vsa.intoto.json"),
        ("log.tlog-proof", ".tlog-proof"),
        ("records/evaluation.json", ".evaluation.json"),
        ("records/decision.json", ".decision.json"),
    ):
        assert files[name] == (beside / f"{stem}{ending}").read_bytes()
    assert files["MANIFEST.sha256"] == next(beside.glob("*.MANIFEST.sha256")).read_bytes()
    assert files["trust/trust.json"] == story.trust.read_bytes()
    for name in ("starter.yaml", "sources.yaml"):
        assert files[f"policy/source/{name}"] == (story.gate / "policies" / name).read_bytes()
    pack = reading(story.data)
    for line in pack.manifest.entries:
        assert pack.data(pack.evidence(line.sha256).path) == (story.bundle / line.path).read_bytes()


def test_no_private_key_and_no_path_of_this_machine_is_in_a_pack(story: Story) -> None:
    assert b"PRIVATE" not in story.data
    assert str(story.root).encode() not in story.data
    for key in (story.gate / ".govern" / "keys").glob("*.pem"):
        assert key.read_bytes() not in story.data


def test_packing_again_gives_the_same_bytes(story: Story) -> None:
    again = story.pack(story.certificate, name="again.tar")
    assert again.path.read_bytes() == story.data


def test_paths_and_permissions_and_times_of_the_sources_do_not_matter(story: Story, tmp_path: Path) -> None:
    """The same workspace elsewhere, with other modes and times, and its policies named file by file."""
    gate = Path(shutil.copytree(story.gate, tmp_path / "a" / "b" / "elsewhere"))
    issued = Path(shutil.copytree(story.certificate.parent, tmp_path / "issued"))
    for path in (*gate.rglob("*"), *issued.rglob("*")):
        if path.is_file():
            path.chmod(0o700)
            os.utime(path, (1, 1))
    policies = (gate / "policies" / "starter.yaml", gate / ".." / "elsewhere" / "policies" / "sources.yaml")
    before = os.umask(0o077)
    try:
        moved = story.pack(
            issued / story.certificate.name,
            output=tmp_path / "moved.tar",
            policies=policies,
            trust=gate / "trust.json",
            bundle=gate / "example",
        )
    finally:
        os.umask(before)
    assert moved.path.read_bytes() == story.data


def test_the_bundle_is_found_by_its_files_when_it_is_not_named(story: Story, tmp_path: Path) -> None:
    made = story.pack(story.certificate, name="found.tar", bundle=None, bundle_places=(story.gate,))
    assert made.path.read_bytes() == story.data
    code, exit_code, _words = refused(story, tmp_path, bundle=None)
    assert (code, exit_code) == ("A611", 2)


def test_an_edited_policy_is_refused_with_both_digests(story: Story, tmp_path: Path) -> None:
    policies = Path(shutil.copytree(story.gate / "policies", tmp_path / "policies"))
    text = (policies / "starter.yaml").read_text()
    for edited in (text.replace("default: 0.8", "default: 0.5"), text + "# a word more\n"):
        (policies / "starter.yaml").write_text(edited)
        code, exit_code, words = refused(story, tmp_path, policies=(policies,))
        assert (code, exit_code) == ("A610", 4)
        assert words.count("sha256:") == 2


def test_another_bundle_is_refused_with_the_file_that_differs(story: Story, tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(story.bundle, tmp_path / "bundle"))
    (bundle / "README.md").write_text("another card", encoding="utf-8")
    code, exit_code, words = refused(story, tmp_path, bundle=bundle)
    assert (code, exit_code) == ("A611", 4)
    assert "README.md is changed" in words
    assert words.count("sha256:") == 2


@pytest.mark.parametrize("which", ["evaluation", "decision"])
def test_another_record_is_refused(story: Story, tmp_path: Path, which: str) -> None:
    file = tmp_path / "record.json"
    file.write_bytes(b"{}")
    code, exit_code, words = refused(story, tmp_path, **{which: file})
    assert (code, exit_code) == ("A612", 4)
    assert f"--{which}" in words


def test_another_trust_root_is_refused(story: Story, tmp_path: Path) -> None:
    other = Desk(tmp_path / "other") if (tmp_path / "other").mkdir() is None else None
    assert other is not None
    code, exit_code, words = refused(story, tmp_path, trust=other.trust)
    assert (code, exit_code) == ("A619", 4)
    assert "key" in words


def test_a_lock_file_that_the_certificate_does_not_name_is_refused(story: Story, tmp_path: Path) -> None:
    lock = tmp_path / "uv.lock"
    lock.write_text("version = 1\n")
    assert refused(story, tmp_path, lock=lock)[:2] == ("A612", 4)


@pytest.mark.parametrize(
    ("make", "code", "exit_code"),
    [
        (lambda s, t: {"withhold": ("model/absent",)}, "A618", 2),
        (lambda s, t: {"certificate": next(s.certificate.parent.glob("*.vsa.sigstore.json"))}, "A615", 2),
        (lambda s, t: {"certificate": t / "absent.certificate.sigstore.json"}, "U103", 2),
        (lambda s, t: {"certificate": next(s.certificate.parent.glob("*.vsa.intoto.json"))}, "A201", 4),
        (lambda s, t: {"bundle": t / "absent"}, "U103", 2),
        (lambda s, t: {"policies": ()}, "U104", 2),
        (lambda s, t: {"status": t / "absent"}, "U103", 2),
    ],
)
def test_what_is_missing_or_misnamed_is_the_callers_fault(
    story: Story, tmp_path: Path, make: Callable[[Story, Path], dict[str, Any]], code: str, exit_code: int
) -> None:
    assert refused(story, tmp_path, **make(story, tmp_path))[:2] == (code, exit_code)


def test_the_pack_is_never_written_into_the_bundle(story: Story) -> None:
    for place in (story.bundle / "p.tar", story.bundle / "model" / ".." / "p.tar"):
        with pytest.raises(GovernError) as caught:
            story.pack(story.certificate, output=place)
        assert caught.value.diagnostics[0].code == "U107"
    assert not (story.bundle / "p.tar").exists()


def test_a_place_that_cannot_be_written_is_said(story: Story, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(GovernError) as caught:
        story.pack(story.certificate, output=tmp_path / "file" / "p.tar")
    assert caught.value.diagnostics[0].code == "U108"


def test_a_place_that_is_a_folder_is_said_and_nothing_stays_behind(story: Story, tmp_path: Path) -> None:
    """Found only when everything has been written."""
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").write_bytes(b"")
    with pytest.raises(GovernError) as caught:
        story.pack(story.certificate, output=tmp_path / "taken")
    assert caught.value.diagnostics[0].code == "U108"
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_without_the_manifest_beside_it_the_difference_is_said_in_digests(story: Story, tmp_path: Path) -> None:
    issued = Path(shutil.copytree(story.certificate.parent, tmp_path / "issued"))
    next(issued.glob("*.MANIFEST.sha256")).write_bytes(b"not a manifest")
    certificate = issued / story.certificate.name
    bundle = Path(shutil.copytree(story.bundle, tmp_path / "bundle"))
    (bundle / "more").write_bytes(b"")
    code, _exit, words = refused(story, tmp_path, certificate=certificate, bundle=bundle)
    assert code == "A611"
    assert words.count("sha256:") == 2
    assert refused(story, tmp_path, certificate=certificate, bundle=None)[0] == "A611"


def test_a_certificate_alone_packs_without_proof_and_summary(story: Story, tmp_path: Path) -> None:
    """What is not beside it is not in the pack, and the replay needs neither."""
    issued = Path(shutil.copytree(story.certificate.parent, tmp_path / "issued"))
    for ending in ("*.tlog-proof", "*.vsa.*"):
        for path in issued.glob(ending):
            path.unlink()
    packed = story.pack(issued / story.certificate.name, output=tmp_path / "alone.tar")
    assert not {"log.tlog-proof", "vsa.sigstore.json"} & set(members(packed.path.read_bytes()))
    assert story.replay(packed.path).exit_code == 0


def test_bytes_to_be_withheld_are_withheld_wherever_they_are(story: Story, tmp_path: Path) -> None:
    """A twin under another name would give them away."""
    bundle = Path(shutil.copytree(story.bundle, tmp_path / "bundle"))
    shutil.copy(bundle / MODEL, bundle / "backup.bin")
    certificate = story.check(bundle=bundle, out="twins")
    code, _exit, words = refused(story, tmp_path, certificate=certificate, bundle=bundle, withhold=(MODEL,))
    assert code == "A618"
    assert "backup.bin" in words
    both = story.pack(certificate, bundle=bundle, withhold=("model", "backup.bin"), name="twins.tar")
    weights = (bundle / MODEL).read_bytes()
    assert weights not in both.path.read_bytes()
    assert [entry.size for entry in both.entries if entry.withheld] == [len(weights)]


def test_the_snapshot_of_that_time_is_found_although_the_store_moved_on(tmp_path: Path) -> None:
    """By its digest, not by `current`; without it nothing is packed."""
    desk = Desk(tmp_path)
    store = Path(shutil.copytree(MORTGAGE / "advisories", tmp_path / "store"))
    ended = govern_here(
        *("check", desk.bundle, "-s", "pre-registration", "-w", desk.gate, "--at", AT, "-q", "--advisories", store),
        cwd=tmp_path,
    )
    assert ended.code in (0, 1), ended.err
    (certificate,) = [
        path
        for kind in ("certificate", "refusal")
        for path in (desk.gate / "certificates").glob(f"*.{kind}.sigstore.json")
    ]
    digest = (store / "current").read_text().strip()
    (store / "current").write_text("0" * 64)
    packed = desk.pack(certificate, advisories=store)
    assert f"advisories/{digest}" in members(packed.path.read_bytes())
    assert desk.replay(packed.path).exit_code == 0

    def change(files: Files, entries: list[Entry]) -> None:
        place = next(i for i, entry in enumerate(entries) if entry.role is Role.ADVISORY_RECORDS)
        data = files.pop(entries[place].path) + b"\n"
        path = f"advisories/{sha256_hex(data)}"
        files[path] = data
        entries[place] = Entry(path=path, role=Role.ADVISORY_RECORDS, digest=sha256_hex(data), size=len(data))

    edited = desk.replay(write(tmp_path, reindexed(packed.path.read_bytes(), change), "edited.tar"))
    assert (edited.exit_code, edited.comparisons) == (4, ())
    shutil.rmtree(store / digest)
    for place in (store, None):
        with pytest.raises(GovernError) as caught:
            desk.pack(certificate, advisories=place, name="none.tar")
        assert caught.value.diagnostics[0].code == "A613"
        assert digest in str(caught.value)
    assert not (tmp_path / "none.tar").exists()


def test_names_are_relative_to_what_the_files_share(tmp_path: Path) -> None:
    one, two = tmp_path / "p" / "a.yaml", tmp_path / "q" / "deep" / "b.yaml"
    assert relative_names({str(one): b"1", str(two): b"2"}) == {"p/a.yaml": b"1", "q/deep/b.yaml": b"2"}
    assert relative_names({str(one): b"1"}) == {"a.yaml": b"1"}
    with_dots = tmp_path / "q" / ".." / "p" / "a.yaml"
    assert relative_names({str(with_dots): b"1", str(two): b"2"}) == {"p/a.yaml": b"1", "q/deep/b.yaml": b"2"}


def test_policies_and_bundles_with_odd_names_replay(tmp_path: Path) -> None:
    """Blanks, quotes, other scripts, a bidirectional mark, names beyond a ustar header: all of it comes out again."""
    desk = Desk(tmp_path)
    odd = tmp_path / "Größe und 'Maß'" / ("tief " * 30) / "政策"
    odd.mkdir(parents=True)
    shutil.copy(desk.gate / "policies" / "starter.yaml", odd / ("n" * 200 + ".yaml"))
    shutil.copy(desk.gate / "policies" / "sources.yaml", tmp_path / "-s 'q'.yaml")
    policies = (odd, tmp_path / "-s 'q'.yaml")
    bundle = desk.copy("bundle")
    for name in ("-rf", "a b/ü\u202e.txt", "d/" * 25 + "deep", "'$(touch x)'", "x" * 250, "\u2028line", "#!run.sh"):
        (bundle / name).parent.mkdir(parents=True, exist_ok=True)
        (bundle / name).write_text(name, encoding="utf-8")
    (bundle / "#!run.sh").chmod(0o755)
    certificate = desk.check(bundle=bundle, policies=policies, out="odd")
    packed = desk.pack(certificate, bundle=bundle, policies=policies)
    made = desk.replay(packed.path)
    assert made.exit_code == 0, made
    sources = [path for path in members(packed.path.read_bytes()) if path.startswith("policy/source/")]
    assert len(sources) == 2
    assert "policy/source/-s 'q'.yaml" in sources
