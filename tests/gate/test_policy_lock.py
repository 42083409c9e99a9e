"""`govern policy lock`, and what a pinned, changed, unsigned or packed pack means at the gate and at replay."""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from govern.attestation.pack.index import Entry
from govern.bundle.manifest import manifest_of
from govern.diagnostics import GovernError
from govern.gate.packs.archive import ArchiveError, read_archive
from govern.gate.packs.lock import LockRequest, make_lock
from govern.gate.packs.places import PackPlaces, read_pack_folder
from govern.policy.packs.lockfile import Lock, pack_digest, read_lock, write_lock
from support.office import AT, STAGE, Office
from support.packs import Files, reindexed, write
from support.packs_of_policies import pack_yaml, policy_yaml

RULE = "- {id: card, check: model_card.present, remediation: Write a card.}"
LATER = "2026-06-03T00:00:00Z"


def write_pack(folder: Path, name: str, *, version: str = "1.0.0", imports: str = "", rules: str = RULE) -> Path:
    (folder / "policies").mkdir(parents=True, exist_ok=True)
    (folder / "pack.yaml").write_text(pack_yaml(name, version), "utf-8")
    (folder / "policies" / f"{name}.yaml").write_text(policy_yaml(name, rules, spec=imports), "utf-8")
    (folder / "CHANGELOG.md").write_text("# 1.0.0\n", "utf-8")
    return folder


def imports(name: str, version: str = "1") -> str:
    return f'imports:\n  - {{pack: {name}, version: "{version}"}}'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write_pack(tmp_path / "packs" / "base", "base")
    write_pack(tmp_path / "packs" / "org", "org", imports=imports("base"))
    (tmp_path / "team.yaml").write_text(policy_yaml("team", RULE, spec=imports("org")), "utf-8")
    return tmp_path


def request(place: Path, **values: object) -> LockRequest:
    given = {"policies": [place / "team.yaml"], "lock": place / "govern.lock", "folders": [place / "packs"], **values}
    return LockRequest(**given)  # type: ignore[arg-type]


def lock(place: Path, **values: object) -> Lock:
    made = make_lock(request(place, **values))
    (place / "govern.lock").write_bytes(made.data)
    return made.lock


def refused(place: Path, **values: object) -> list[str]:
    with pytest.raises(GovernError) as caught:
        make_lock(request(place, **values))
    assert caught.value.exit_code == 2
    return [item.code for item in caught.value.diagnostics]


def test_every_pack_down_to_the_last_is_pinned(place):
    made = lock(place)
    assert [(item.name, item.version, item.source, item.requires) for item in made.packs] == [
        ("base", "1.0.0", "path:packs/base", ()),
        ("org", "1.0.0", "path:packs/org", ("base",)),
    ]
    assert read_lock(write_lock(made), file="govern.lock") == made


def test_the_digest_is_that_of_a_bundle(place):
    made = lock(place)
    assert made.packs[0].digest == f"sha256:{manifest_of(place / 'packs' / 'base').digest}"


def test_a_pinned_pack_moves_only_when_it_is_named(place):
    first = lock(place)
    write_pack(place / "packs" / "base", "base", version="1.1.0")
    assert refused(place) == ["P302"]
    again = make_lock(request(place, update=["base"]))
    assert again.lock.get("base").version == "1.1.0"
    assert again.lock.get("org") == first.get("org")
    assert again.changes[0].startswith("moved base 1.0.0 -> 1.1.0")
    assert make_lock(request(place, update=["*"])).lock == again.lock


def test_what_nobody_imports_leaves_the_lock(place):
    lock(place)
    (place / "team.yaml").write_text(policy_yaml("team", RULE, spec=imports("base")), "utf-8")
    made = make_lock(request(place))
    assert [item.name for item in made.lock.packs] == ["base"]
    assert made.changes == ("removed org 1.0.0: nothing imports it",)


def test_versions_that_do_not_fit(place):
    (place / "team.yaml").write_text(policy_yaml("team", RULE, spec=imports("org", "2")), "utf-8")
    assert refused(place) == ["P303"]
    both = 'imports:\n  - {pack: org, version: "1"}\n  - {pack: base, version: "2"}'
    (place / "team.yaml").write_text(policy_yaml("team", RULE, spec=both), "utf-8")
    assert refused(place) == ["P303"]
    write_pack(place / "packs" / "org", "org", imports=imports("base", "2"))
    both = 'imports:\n  - {pack: base, version: "1"}\n  - {pack: org, version: "1"}'
    (place / "team.yaml").write_text(policy_yaml("team", RULE, spec=both), "utf-8")
    assert refused(place) == ["P305"]


def test_packs_that_are_not_there_or_no_packs(place):
    shutil.rmtree(place / "packs" / "base")
    assert refused(place) == ["P301"]
    (place / "packs" / "base").mkdir()
    (place / "packs" / "base" / "pack.yaml").write_text(pack_yaml("other"), "utf-8")
    assert refused(place) == ["P313"]
    assert refused(place, sources={"base": "path:packs/org"}) == ["P313"]
    assert refused(place, sources={"base": "path:packs/none"}) == ["P302"]
    assert refused(place, sources={"base": "builtin:none"}) == ["P302"]


@pytest.mark.parametrize("source", ["path:../x", "path:/etc", "path:packs/../../x", "https://x", "path:packs/link"])
def test_sources_outside_are_refused(place, source):
    outside = place.parent / f"{place.name}-outside"
    write_pack(outside, "base")
    (place / "packs" / "link").symlink_to(outside)
    assert refused(place, sources={"base": source}) == ["P311"]


def test_a_link_inside_a_pack_is_refused(place):
    (place / "packs" / "base" / "policies" / "more.yaml").symlink_to(place / "team.yaml")
    assert refused(place) == ["P311"]


def test_nothing_is_read_through_a_link_when_it_is_compiled(place):
    lock(place)
    target = place / "packs" / "base"
    moved = place.parent / f"{place.name}-moved"
    shutil.move(target, moved)
    target.symlink_to(moved)
    held = PackPlaces(lock=place / "govern.lock")
    entry = read_lock((place / "govern.lock").read_bytes(), file="govern.lock").get("base")
    assert entry is not None
    problem = held.read(entry).problem
    assert problem is not None
    assert problem.code == "P311"


# --- archives


def zipped(folder: Path, *, top: str = "", more: dict[str, bytes] | None = None) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in {**read_pack_folder(folder), **(more or {})}.items():
            archive.writestr(top + path, data)
    return stream.getvalue()


@pytest.mark.parametrize("top", ["", "base-1.0.0/"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_has_the_digest_of_its_folder(place, kind, top):
    folder = place / "packs" / "base"
    path = place / f"base.{kind}"
    if kind == "zip":
        path.write_bytes(zipped(folder, top=top))
    else:
        with tarfile.open(path, "w:gz") as archive:
            archive.add(folder, arcname=top or ".")
    made = lock(place, sources={"base": f"file:base.{kind}"})
    entry = made.get("base")
    assert entry is not None
    assert entry.digest == f"sha256:{pack_digest(read_pack_folder(folder))}"
    assert PackPlaces(lock=place / "govern.lock").read(entry).problem is None


def test_hostile_archives_are_refused(place):
    folder = place / "packs" / "base"
    for data, most_files, most_bytes in (
        (b"PK not an archive", 10, 1000),
        (zipped(folder, more={"bomb": bytes(50_000_000)}), 10, 100_000),
        (zipped(folder, more={f"{number}": b"" for number in range(20)}), 10, 100_000),
    ):
        with pytest.raises(ArchiveError):
            read_archive(data, most_files=most_files, most_bytes=most_bytes)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        link = tarfile.TarInfo("pack.yaml")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(ArchiveError, match="link"):
        read_archive(stream.getvalue(), most_files=10, most_bytes=1000)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        info = zipfile.ZipInfo("pack.yaml")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(ArchiveError, match="link"):
        read_archive(stream.getvalue(), most_files=10, most_bytes=1000)


def test_names_in_an_archive_that_lead_out_are_no_pack(place):
    path = place / "base.zip"
    path.write_bytes(zipped(place / "packs" / "base", more={"../../evil.yaml": b"x"}))
    lock(place, sources={"base": "file:base.zip"})
    from govern.gate.policies import PolicyError, load_policies
    from govern.policy.outcomes import Stage

    with pytest.raises(PolicyError) as caught:
        load_policies([place / "team.yaml"], stage=Stage(STAGE), places=PackPlaces(lock=place / "govern.lock"))
    assert "P313" in [item.code for item in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "I114"),
        ("[]", "P312"),
        ('{"lock_version": 2, "packs": []}', "P312"),
        ('{"lock_version": 1, "packs": [], "x": 1}', "P312"),
        ('{"lock_version": 1, "packs": [{"name": "a"}]}', "P312"),
        ('{"lock_version": 1, "lock_version": 1, "packs": []}', "I104"),
        ("{", "I201"),
    ],
)
def test_locks_that_are_none(text, code):
    with pytest.raises(GovernError) as caught:
        read_lock(text.encode(), file="govern.lock")
    assert caught.value.diagnostics[0].code == code
    assert caught.value.diagnostics[0].span is not None


def test_a_pack_listed_twice():
    entry = {"name": "a", "version": "1.0.0", "source": "builtin:a", "digest": f"sha256:{'0' * 64}", "requires": []}
    data = json.dumps({"lock_version": 1, "packs": [entry, entry]}).encode()
    with pytest.raises(GovernError, match="listed twice"):
        read_lock(data, file="govern.lock")


# --- at the gate


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture
def office(begun: Office, tmp_path: Path) -> Office:
    made = begun.copy(tmp_path)
    write_pack(made.root / "packs" / "org", "org")
    file = made.root / "policies" / "team.yaml"
    overlay = 'imports:\n  - {pack: org, version: "1", rules: {org/card: {severity: high, with: {min_words: 60}}}}'
    file.write_text(policy_yaml("team", "", spec=overlay), "utf-8")
    return made


def judged(office: Office) -> Path:
    office.ok("check", "example", "-s", STAGE, "--at", LATER, "-q")
    return office.certificate


def test_the_command_pins_and_says_what_it_pinned(office):
    before = office("check", "example", "-s", STAGE, "--at", LATER, "-q")
    assert before.code == 2
    assert "P301" in before.err
    assert office("policy", "lock", "--check").code == 1
    assert not (office.root / "govern.lock").exists()
    said = office.ok("policy", "lock")
    assert said.startswith("pinned org 1.0.0 from path:packs/org (sha256:")
    assert "up to date" in office.ok("policy", "lock")
    assert office("policy", "lock", "--check").code == 0
    assert judged(office).is_file()


def test_a_changed_pack_stops_the_gate(office):
    office.ok("policy", "lock")
    with (office.root / "packs" / "org" / "CHANGELOG.md").open("a") as stream:
        stream.write("\n")
    ended = office("check", "example", "-s", STAGE, "--at", LATER, "-q")
    assert ended.code == 2
    assert "P302" in ended.err
    assert "govern policy lock --update org" in ended.err


def test_a_decision_under_packs_is_packed_and_replayed_elsewhere(office, tmp_path):
    office.ok("policy", "lock")
    certificate = judged(office)
    office.ok("pack", certificate, "--bundle", "example", "-o", tmp_path / "p.tar")
    shutil.rmtree(office.root / "packs")
    (office.root / "govern.lock").unlink()
    ended = office("replay", tmp_path / "p.tar", "--trust", "trust.json", cwd=office.root)
    assert ended.code == 0, ended.out + ended.err
    with tarfile.open(tmp_path / "p.tar") as archive:
        names = archive.getnames()
    assert "policy/govern.lock" in names
    assert "policy/packs/org/policies/org.yaml" in names


def test_a_pack_that_was_exchanged_in_an_evidence_pack_is_found(office, tmp_path):
    office.ok("policy", "lock")
    office.ok("pack", judged(office), "--bundle", "example", "-o", tmp_path / "p.tar")
    path = "policy/packs/org/policies/org.yaml"

    def exchange(files: Files, _entries: list[Entry]) -> None:
        files[path] = files[path].replace(b"model_card.present", b"lineage.present")

    write(tmp_path, reindexed((tmp_path / "p.tar").read_bytes(), exchange), "q.tar")
    ended = office("replay", tmp_path / "q.tar", "--trust", "trust.json")
    assert ended.code != 0
    assert "P302" in ended.out + ended.err


# --- signed packs


def demand(office: Office) -> None:
    path = office.root / "govern.toml"
    path.write_text(path.read_text().replace("[workspace]\n", '[workspace]\nsigned_packs = "required"\n', 1), "utf-8")


def test_unsigned_packs_are_refused_where_the_workspace_demands_signatures(office):
    office.ok("policy", "lock")
    demand(office)
    ended = office("check", "example", "-s", STAGE, "--at", LATER, "-q")
    assert ended.code == 2
    assert "P314" in ended.err
    for command in (("policy", "lint"), ("policy", "compile", "-s", STAGE), ("explain", "org/card")):
        assert office(*command).code == 2


def released(office: Office, key: str, *more: str) -> None:
    office.ok("policy", "release", "packs/org", "--key", office.keys / f"{key}.pem", "--at", AT, *more)


def test_a_release_by_the_office_for_policies_opens_the_gate(office):
    demand(office)
    released(office, "judy")
    said = office.ok("policy", "lock", "--at", LATER)
    assert "released by SHA256:" in said
    entry = read_lock((office.root / "govern.lock").read_bytes(), file="govern.lock").get("org")
    assert entry is not None
    assert entry.release is not None
    assert judged(office).is_file()


def test_a_pack_behind_a_release_is_told(office):
    demand(office)
    released(office, "judy")
    office.ok("policy", "lock", "--at", LATER)
    assert "P315" not in office("policy", "lint").out
    write_pack(office.root / "packs" / "org", "org", version="1.1.0")
    released(office, "judy")
    write_pack(office.root / "packs" / "org", "org", version="1.0.0")
    ended = office("check", "example", "-s", STAGE, "--at", LATER, "-q")
    assert ended.code == 0
    assert "warning P315 newer-release: the pack org is pinned at 1.0.0, and 1.1.0 has been released" in ended.err
    assert "P315" in office("policy", "lint").out


def test_the_release_of_other_bytes_opens_nothing(office):
    demand(office)
    released(office, "judy")
    office.ok("policy", "lock", "--at", LATER)
    write_pack(office.root / "packs" / "org", "org", rules=RULE.replace("card,", "card, severity: low,"))
    office.ok("policy", "lock", "--update", "org", "--at", LATER)
    ended = office("check", "example", "-s", STAGE, "--at", LATER, "-q")
    assert ended.code == 2
    assert "P314" in ended.err


def test_a_release_by_somebody_else_is_not_signed(office):
    ended = office("policy", "release", "packs/org", "--key", office.keys / "heidi.pem", "--at", AT)
    assert ended.code == 2
    assert "A503" in ended.err


def test_a_pack_that_comes_with_govern_is_signed_by_whoever_answers_for_it(office):
    path = office.root / "policies" / "team.yaml"
    path.write_text(policy_yaml("team", RULE, spec='imports:\n  - {pack: baseline, version: "1"}'), "utf-8")
    office.ok("policy", "lock")
    demand(office)
    assert "P314" in office("policy", "compile", "-s", STAGE).err
    ended = office("policy", "release", "builtin:none", "--key", office.keys / "judy.pem", "--at", AT)
    assert (ended.code, "P302" in ended.err) == (2, True)
    office.ok("policy", "release", "builtin:baseline", "--key", office.keys / "judy.pem", "--at", AT)
    office.ok("policy", "compile", "-s", STAGE, "--digest")


def test_a_policy_and_a_pack_of_one_name_and_version_are_two_releases(office):
    released(office, "judy")
    path = office.root / "packs" / "org" / "policies" / "org.yaml"
    office.ok("policy", "release", path, "--key", office.keys / "judy.pem", "--at", AT)
    office.ok("policy", "lock")
    certificate = judged(office)
    ended = office("verify", certificate, "--trust", "trust.json", "--statements", "statements", "--at", LATER)
    assert ended.code == 0, ended.out


def test_another_word_for_the_demand_is_a_fault(office):
    path = office.root / "govern.toml"
    path.write_text(path.read_text().replace("[workspace]\n", '[workspace]\nsigned_packs = "yes"\n', 1), "utf-8")
    ended = office("check", "example", "-s", STAGE, "-q")
    assert ended.code == 2
    assert "U102" in ended.err


def test_the_lock_is_replaced_in_one_step_and_said_when_it_cannot_be(office):
    office.ok("policy", "lock")
    (office.root / "govern.lock").unlink()
    (office.root / "govern.lock").mkdir()
    ended = office("policy", "lock")
    assert ended.code == 2, os.listdir(office.root)
    assert "U103" in ended.err
