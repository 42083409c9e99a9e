"""Replay: what was decided comes out again, and whatever was changed is found with its place."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from govern.attestation.pack.index import Entry, Role
from govern.attestation.trust.reading import load_trust
from govern.canonical import canonical_bytes, parse_instant, sha256_hex
from govern.decision.decide import decide
from govern.diagnostics import InputError, IntegrityError, UsageError
from govern.gate.check import Checked, CheckRequest, check
from govern.gate.issue import issue
from govern.gate.replaying.rebuild import private_folder
from govern.gate.replaying.replay import Replayed
from govern.gate.replaying.text import render_replay, replay_document, verdict_of
from govern.gate.signing import signing_of
from govern.gate.workspace import find_workspace
from govern.policy.outcomes import Outcome, Stage
from support.pack_desk import AT, MODEL, Desk
from support.packs import Files, archive, members, reindexed, write


class Story(Desk):
    """One allowed decision and its pack."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.certificate = self.check()
        assert ".certificate." in self.certificate.name
        self.packed = self.pack(self.certificate)
        self.data = self.packed.path.read_bytes()
        self.entries = {entry.path: entry for entry in self.packed.entries}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("replay"))


def first(made: Replayed) -> tuple[str, str]:
    """Record and pointer of the first difference."""
    differing = next(item for item in made.comparisons if not item.same)
    return differing.name, differing.differences[0].pointer


def failed(made: Replayed) -> set[str]:
    return {line.step for line in made.authentic.lines if line.status.value == "FAIL"}


def test_the_decision_comes_out_again(story: Story) -> None:
    made = story.replay(story.packed.path)
    assert made.exit_code == 0, render_replay(made)
    assert [(item.name, item.same) for item in made.comparisons] == [
        ("plan", True),
        ("evaluation", True),
        ("decision", True),
        ("statement", True),
    ]
    assert verdict_of(made).startswith("IDENTICAL")


def test_a_decision_with_a_given_parameter_comes_out_again(tmp_path: Path) -> None:
    """The plan holds the value and that it was given; a pack without it is refused, a replay takes it from the plan."""
    desk = Desk(tmp_path)
    certificate = desk.check(params=("starter/min_ratio=0.85",))
    with pytest.raises(IntegrityError, match="A610") as caught:
        desk.pack(certificate)
    assert "--param" in str(caught.value)
    packed = desk.pack(certificate, params={"min_ratio": "0.85"})
    plan = json.loads(members(packed.path.read_bytes())["policy/plan.json"])
    assert plan["params"]["starter/min_ratio"] == {"given": True, "tighten": "up", "type": "number", "value": "0.85"}
    made = desk.replay(packed.path)
    assert made.exit_code == 0, render_replay(made)

    def looser(files: Files, _entries: list[Entry]) -> None:
        path = next(path for path in files if path.endswith("starter.yaml"))
        files[path] = files[path].replace(b"default: 0.8", b"default: 0.9", 1)

    again = desk.replay(write(tmp_path, reindexed(packed.path.read_bytes(), looser), "q.tar"))
    assert again.exit_code == 1
    assert "P307" in again.stopped[0], "what was given passes the lattice once more"


def test_it_is_said_loudly_whether_trust_began_outside_the_pack(story: Story) -> None:
    root = load_trust(story.trust.read_bytes())
    alone = render_replay(story.replay(story.packed.path))
    assert alone.startswith("TRUST ROOT NOT PINNED")
    assert alone.rstrip().endswith("TRUST ROOT NOT PINNED")
    for given in ({"fingerprint": root.digest}, {"trust": story.trust}):
        made = story.replay(story.packed.path, **given)
        assert (made.exit_code, made.pinned) == (0, True)
        assert "NOT PINNED" not in render_replay(made)


def test_another_trust_root_than_the_packs_refuses_it(story: Story, tmp_path: Path) -> None:
    """A pack that somebody made for himself, keys and all, verifies with itself and with nothing else."""
    other = Desk(tmp_path)
    for given in ({"trust": other.trust}, {"fingerprint": "0" * 64}):
        made = story.replay(story.packed.path, **given)
        assert (made.exit_code, made.comparisons) == (4, ())
        assert "nothing was run" in verdict_of(made)


def flipped(data: bytes) -> bytes:
    place = len(data) // 2
    return data[:place] + bytes([data[place] ^ 0x01]) + data[place + 1 :]


def test_a_flipped_byte_in_any_member_is_damage(story: Story, tmp_path: Path) -> None:
    files = members(story.data)
    for path in files:
        damaged = archive({**files, path: flipped(files[path])})
        with pytest.raises(IntegrityError) as caught:
            story.replay(write(tmp_path, damaged))
        assert caught.value.exit_code == 4, path


def test_a_flipped_byte_with_the_index_put_right_is_found_by_the_signature(story: Story, tmp_path: Path) -> None:
    """All but the policies are held against the certificate; those are compiled, and the plan differs."""
    for path, entry in story.entries.items():

        def change(files: Files, _entries: list[Entry], path: str = path) -> None:
            files[path] = flipped(files[path])

        file = write(tmp_path, reindexed(story.data, change))
        if entry.role is Role.POLICY:
            made = story.replay(file)
            assert made.exit_code == 1, path
            assert made.stopped or not all(item.same for item in made.comparisons)
            continue
        try:
            made = story.replay(file)
        except IntegrityError:
            continue
        assert (made.exit_code, made.comparisons) == (4, ()), path


def policy_path(story: Story) -> str:
    return next(path for path in story.entries if path.endswith("starter.yaml"))


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        (b"default: 0.8", b"default: 0.5", ("plan", "/params/starter~1min_ratio")),
        (b"at_least: 0.8\n", b"at_least: 0.1\n", ("plan", "/rules")),
        (b"owner: model-risk@", b"owner: model-rust@", ("evaluation", "/policies/0/digest")),
        (b"# A first policy", b"# A worst policy", ("evaluation", "/policies/0/digest")),
    ],
)
def test_an_edited_policy_is_a_difference_with_its_place(
    story: Story, tmp_path: Path, before: bytes, after: bytes, where: tuple[str, str]
) -> None:
    def change(files: Files, _entries: list[Entry]) -> None:
        path = policy_path(story)
        assert before in files[path]
        files[path] = files[path].replace(before, after, 1)

    made = story.replay(write(tmp_path, reindexed(story.data, change)))
    record, pointer = first(made)
    assert made.exit_code == 1
    assert record == where[0]
    assert pointer.startswith(where[1])
    assert pointer in verdict_of(made)
    shown = made.comparisons[0 if record == "plan" else 1].differences[0]
    assert shown.recorded != shown.found


def test_a_policy_that_no_longer_compiles_is_a_difference_in_the_packs_own_names(story: Story, tmp_path: Path) -> None:
    def change(files: Files, _entries: list[Entry]) -> None:
        files[policy_path(story)] = b"apiVersion: govern/v1\nkind: Policy\nnonsense: [\n"

    made = story.replay(write(tmp_path, reindexed(story.data, change)))
    assert made.exit_code == 1
    assert policy_path(story) in made.stopped[0]
    assert str(story.scratch) not in render_replay(made)


def test_a_policy_taken_out_is_a_difference(story: Story, tmp_path: Path) -> None:
    def change(files: Files, entries: list[Entry]) -> None:
        path = next(path for path in story.entries if path.endswith("sources.yaml"))
        del files[path]
        entries[:] = [entry for entry in entries if entry.path != path]

    made = story.replay(write(tmp_path, reindexed(story.data, change)))
    assert made.exit_code == 1
    assert any("sources" in text for text in made.stopped)


def test_edited_evidence_with_index_and_manifest_redone_is_damage(story: Story, tmp_path: Path) -> None:
    """The manifest's own digest is the subject of the certificate."""

    def change(files: Files, entries: list[Entry]) -> None:
        lines = files["MANIFEST.sha256"].decode().splitlines()
        line = next(line for line in lines if line.endswith("  predictions/test.csv"))
        old = line[:64]
        data = flipped(files.pop(f"evidence/{old}"))
        new = sha256_hex(data)
        files[f"evidence/{new}"] = data
        files["MANIFEST.sha256"] = files["MANIFEST.sha256"].replace(old.encode(), new.encode())
        place = next(i for i, entry in enumerate(entries) if entry.digest == old)
        entries[place] = Entry(path=f"evidence/{new}", role=Role.EVIDENCE, digest=new, size=len(data))

    made = story.replay(write(tmp_path, reindexed(story.data, change)))
    assert (made.exit_code, failed(made)) == (4, {"bundle", "summary"})
    assert made.comparisons == ()


@pytest.mark.parametrize(
    ("path", "edit"),
    [
        ("records/evaluation.json", lambda d: d["outcomes"][0].update(outcome="fail")),
        ("records/decision.json", lambda d: d.update(clock="2026-11-21T09:00:00Z")),
        ("policy/plan.json", lambda d: d.update(stage="pre-deployment")),
        ("engine/engine.json", lambda d: d["digest"].update(sha256="0" * 64)),
    ],
)
def test_a_record_edited_as_json_with_the_index_redone_is_damage(
    story: Story, tmp_path: Path, path: str, edit: Callable[[Any], None]
) -> None:
    def change(files: Files, _entries: list[Entry]) -> None:
        document = json.loads(files[path])
        edit(document)
        files[path] = canonical_bytes(document)

    made = story.replay(write(tmp_path, reindexed(story.data, change)))
    assert (made.exit_code, made.comparisons) == (4, ())
    assert path in render_replay(made) or "record" in render_replay(made)


def swapped(path: str, data: bytes) -> Callable[[Files, list[Entry]], None]:
    def change(files: Files, _entries: list[Entry]) -> None:
        assert files[path] != data
        files[path] = data

    return change


def test_members_of_another_sound_pack_are_damage(story: Story, tmp_path: Path) -> None:
    """Each taken from a pack of the same gate and another bundle: sound in itself, and not of this certificate."""
    bundle = story.copy("other-model")
    (bundle / "notes.txt").write_text("one more file", encoding="utf-8")
    other = story.pack(story.check(bundle=bundle, out="other"), bundle=bundle, name="other.tar")
    theirs, ours = members(other.path.read_bytes()), members(story.data)
    differing = {path for path in set(theirs) & set(ours) if theirs[path] != ours[path]}
    differing -= {"pack.json", "MANIFEST.sha256"}
    assert differing == {
        "certificate.sigstore.json",
        "log.tlog-proof",
        "records/decision.json",
        "records/evaluation.json",
        "vsa.intoto.json",
        "vsa.sigstore.json",
    }
    for path in sorted(differing):
        made = story.replay(write(tmp_path, reindexed(story.data, swapped(path, theirs[path]))))
        assert (made.exit_code, made.comparisons) == (4, ()), path


def test_keys_for_other_tools_must_be_the_trust_roots_own(story: Story, tmp_path: Path) -> None:
    """An auditor who checks with openssl takes them from the pack."""
    keys = [path for path in story.entries if path.startswith("trust/keys/")]
    files = members(story.data)
    assert len(keys) >= 3
    change = swapped(keys[0], files[keys[1]])
    assert story.replay(write(tmp_path, reindexed(story.data, change))).exit_code == 4


def test_a_summary_needs_its_certificate(story: Story, tmp_path: Path) -> None:
    """Without the signed file, the plain envelope would go unread."""

    def change(files: Files, entries: list[Entry]) -> None:
        del files["vsa.sigstore.json"]
        entries[:] = [entry for entry in entries if entry.path != "vsa.sigstore.json"]

    made = story.replay(write(tmp_path, reindexed(story.data, change)))
    assert (made.exit_code, failed(made)) == (4, {"summary"})


def test_a_certificate_called_a_refusal_is_damage(story: Story, tmp_path: Path) -> None:
    def change(files: Files, entries: list[Entry]) -> None:
        files["refusal.sigstore.json"] = files.pop("certificate.sigstore.json")
        place = next(i for i, entry in enumerate(entries) if entry.role is Role.CERTIFICATE)
        entries[place] = Entry(path="refusal.sigstore.json", role=Role.REFUSAL, digest="", size=0)

    assert story.replay(write(tmp_path, reindexed(story.data, change))).exit_code == 4


# --- what is withheld

TITLE = {"id": "named", "title": "It has a version", "check": "expression", "with": {"assert": 'model.version != ""'}}
SCAN = {"id": "formats", "title": "Formats", "check": "artefacts.formats", "with": {"allowed": ["safetensors"]}}


def test_weights_that_no_rule_reads_may_be_withheld(story: Story) -> None:
    policy = story.policy("titles", [TITLE])
    certificate = story.check(policies=(policy,), out="unread")
    packed = story.pack(certificate, policies=(policy,), withhold=(MODEL,), name="unread.tar")
    made = story.replay(packed.path)
    assert (made.exit_code, made.withheld, made.wanted) == (0, (MODEL,), ())
    assert "1 files withheld, none needed" in verdict_of(made)


def test_weights_that_a_rule_reads_leave_it_undecided(story: Story) -> None:
    """Known by digest, read by nobody: the rule comes to `error`, and that is not taken for a difference."""
    policy = story.policy("scans", [TITLE, SCAN])
    certificate = story.check(policies=(policy,), out="scanned")
    packed = story.pack(certificate, policies=(policy,), withhold=("model",), name="scanned.tar")
    made = story.replay(packed.path)
    assert (made.exit_code, made.wanted) == (3, (MODEL,))
    assert "withheld files were needed" in verdict_of(made)
    assert any(item.about == "scans/formats" for item in made.comparisons[1].differences)
    whole = story.pack(certificate, policies=(policy,), name="whole.tar")
    assert story.replay(whole.path).exit_code == 0


def test_withholding_does_not_hide_an_edited_policy(story: Story, tmp_path: Path) -> None:
    """The plan needs no evidence, so a plan that differs is a difference whatever is withheld."""
    packed = story.pack(story.certificate, withhold=(MODEL,), name="held.tar")

    def change(files: Files, _entries: list[Entry]) -> None:
        files[policy_path(story)] = files[policy_path(story)].replace(b"default: 0.8", b"default: 0.5")

    assert story.replay(packed.path).exit_code == 3
    made = story.replay(write(tmp_path, reindexed(packed.path.read_bytes(), change)))
    assert (made.exit_code, first(made)[0]) == (1, "plan")


def test_without_any_evidence_nothing_can_be_decided_again(story: Story) -> None:
    everything = tuple(sorted(item.name for item in story.bundle.iterdir()))
    packed = story.pack(story.certificate, withhold=everything, name="none.tar")
    made = story.replay(packed.path)
    assert made.exit_code == 3, render_replay(made)


def test_a_long_list_of_withheld_files_is_shortened(story: Story) -> None:
    bundle = story.copy("many-files")
    for number in range(30):
        (bundle / f"extra-{number:02}").write_text(str(number))
    policy = story.policy("many", [TITLE])
    certificate = story.check(bundle=bundle, policies=(policy,), out="many")
    names = tuple(f"extra-{number:02}" for number in range(30))
    packed = story.pack(certificate, bundle=bundle, policies=(policy,), withhold=names, name="many.tar")
    made = story.replay(packed.path)
    text = render_replay(made)
    assert made.exit_code == 0
    assert "and 10 more" in text
    assert "extra-19" in text
    assert "extra-20" not in text


def test_the_text_shows_expected_and_found_and_counts_what_it_leaves_out(story: Story, tmp_path: Path) -> None:
    def policy(files: Files, _entries: list[Entry]) -> None:
        text = files[policy_path(story)].replace(b"title: ", b"title: Whether ")
        text = text.replace(b"remediation: ", b"remediation: Please ")
        files[policy_path(story)] = text.replace(b"severity: high", b"severity: low")

    def clock(files: Files, _entries: list[Entry]) -> None:
        files["records/decision.json"] = b"{}"

    made = story.replay(write(tmp_path, reindexed(story.data, policy)))
    assert made.exit_code == 1
    text = render_replay(made)
    assert made.comparisons[0].total > 25
    assert f"and {made.comparisons[0].total - 25} more" in text
    assert '  - "high"' in text
    assert '  + "low"' in text
    made = story.replay(write(tmp_path, reindexed(story.data, clock)))
    text = render_replay(made)
    assert "expected: " in text
    assert "found: " in text
    assert "DAMAGED: " in text


# --- a gate that lies


def honest(story: Story, policy: Path) -> Checked:
    """What the gate itself comes to."""
    request = CheckRequest(
        bundle=story.bundle,
        stage=Stage.PRE_REGISTRATION,
        policies=(policy,),
        clock=parse_instant(AT),
        submitter="person:me",
    )
    made = check(request)
    assert isinstance(made, Checked)
    return made


def issued(story: Story, checked: Checked, out: str) -> Path:
    """Have the real gate's key sign whatever this is."""
    workspace = find_workspace(start=story.gate, environment={})
    signing = replace(signing_of(workspace, {}), output=story.root / out)
    made = issue(checked, signing=signing, entropy=os.urandom)
    assert made["kind"] == "certificate"
    return story.root / out / str(made["path"])


def lying(story: Story, out: str) -> Path:
    """A certificate over an evaluation in which a failed rule reads `pass`."""
    policy = story.policy("strict", [TITLE, {**TITLE, "id": "never", "with": {"assert": 'model.version == "7"'}}])
    found = honest(story, policy)
    assert found.decision.decision.value == "denied"
    outcomes = tuple(
        replace(item, result=replace(item.result, outcome=Outcome.PASS)) for item in found.evaluation.outcomes
    )
    evaluation = replace(found.evaluation, outcomes=outcomes)
    decision = decide(evaluation, clock=found.request.clock, submitter="person:me")
    return issued(story, replace(found, evaluation=evaluation, decision=decision), out)


def test_a_certificate_that_outlives_the_law_it_rests_on_is_found(story: Story) -> None:
    """The gate would not sign it; one that was made to is found out."""
    policy = story.policy("ending", [TITLE])
    text = policy.read_text().replace("  name: ending\n", "  name: ending\n  applies_until: '2026-12-31'\n")
    policy.write_text(text)
    found = honest(story, policy)
    assert found.decision.holds_until is not None
    certificate = issued(story, replace(found, decision=replace(found.decision, holds_until=None)), "for-ever")
    made = story.replay(story.pack(certificate, policies=(policy,), name="for-ever.tar").path)
    assert made.exit_code == 1
    assert first(made) == ("decision", "/holds_until")
    assert any("A103" in item for item in made.stopped)


def test_a_certificate_that_its_own_evidence_does_not_bear_out_is_found(story: Story) -> None:
    """The reason for all of this: signature, log and records hold, and the decision was never true."""
    certificate = lying(story, "lies")
    packed = story.pack(certificate, policies=(story.root / "strict.yaml",), name="lies.tar")
    made = story.replay(packed.path)
    assert made.exit_code == 1
    assert failed(made) == set()
    assert first(made) == ("evaluation", "/outcomes/1/outcome")
    shown = made.comparisons[1].differences[0]
    assert (shown.recorded, shown.found, shown.about) == ('"pass"', '"fail"', "strict/never")
    assert first(replace(made, comparisons=made.comparisons[2:])) == ("decision", "/decision")
    assert "DIFFERS" in verdict_of(made)


# --- the private folder


def test_the_folder_is_private_and_goes_away(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with private_folder(tmp_path) as root:
            assert stat.S_IMODE(root.stat().st_mode) == 0o700
            (root / "x").write_bytes(b"")
    finally:
        os.umask(before)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(KeyboardInterrupt), private_folder(tmp_path):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_somebody_put_there_is_not_used(tmp_path: Path) -> None:
    """A foreseeable name, taken by a link, a file and a folder of others."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    name = f"govern-replay-{os.getpid()}"
    (tmp_path / f"{name}-0").symlink_to(elsewhere)
    (tmp_path / f"{name}-1").write_bytes(b"")
    (tmp_path / f"{name}-2").mkdir(mode=0o777)
    with private_folder(tmp_path) as root:
        assert root.name == f"{name}-3"
    assert list(elsewhere.iterdir()) == []


def test_no_room_is_not_damage(story: Story, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        story.replay(story.packed.path, scratch=tmp_path / "absent")
    assert caught.value.diagnostics[0].code == "A621"
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("kind", ["absent", "folder", "fifo"])
def test_what_is_no_file_is_the_callers_fault(story: Story, tmp_path: Path, kind: str) -> None:
    """And nothing waits for somebody to write into a FIFO."""
    place = tmp_path / "p.tar"
    if kind == "folder":
        place.mkdir()
    if kind == "fifo":
        os.mkfifo(place)
    with pytest.raises(UsageError) as caught:
        story.replay(place)
    assert caught.value.diagnostics[0].code == "U103"


def test_a_pack_that_is_a_link_to_one_is_one(story: Story, tmp_path: Path) -> None:
    """The argument is the caller's own."""
    (tmp_path / "link.tar").symlink_to(story.packed.path)
    assert story.replay(tmp_path / "link.tar").exit_code == 0


def test_the_document_says_what_the_text_says(story: Story) -> None:
    made = story.replay(story.packed.path)
    document = json.loads(canonical_bytes(replay_document(made)))
    assert document["verdict"] in render_replay(made)
    assert document["exit_code"] == 0
    assert document["trustPinned"] is False
    assert document["engine"]["certificate"]["digest"] == document["engine"]["here"]["digest"]
    assert [item["same"] for item in document["comparisons"]] == [True] * 4


def test_packing_and_replaying_are_public_names() -> None:
    """Loaded when they are first used."""
    import govern
    from govern.gate.packing import pack as packing
    from govern.gate.replaying import replay as replaying

    assert (govern.pack, govern.PackRequest) == (packing.pack, packing.PackRequest)
    assert (govern.replay, govern.ReplayRequest) == (replaying.replay, replaying.ReplayRequest)
    assert {"pack", "replay", "PackRequest", "ReplayRequest"} <= set(govern.__all__)
