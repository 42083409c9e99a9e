"""Packs that their maker signed himself, with whatever he liked inside: an answer with a code, and nothing else happens.

Everything here passes the signature: keys, log and trust root are the attacker's own. What he can still reach is the
machine of whoever replays it.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govern.attestation.pack.claims import read_named
from govern.attestation.pack.index import Role
from govern.attestation.pack.writing import part
from govern.bundle.manifest import ManifestLine, manifest_from
from govern.canonical import canonical_bytes, parse_instant, sha256_hex
from govern.diagnostics import GovernError
from govern.gate.check import Checked, CheckRequest, check
from govern.gate.engine import engine_digest
from govern.gate.policies import load_policies
from govern.gate.replaying.rebuild import private_folder, rebuild
from govern.gate.replaying.replay import Replayed, ReplayRequest, replay
from govern.gate.replaying.text import render_replay
from govern.policy.outcomes import Stage
from support.attestations import Gate
from support.pack_desk import Desk
from support.packs import Files, evidence, members, reading, reindexed, write, written

POLICY = b"""\
apiVersion: govern/v1
kind: Policy
metadata: {name: credit-risk, version: '2.1.0', title: T, owner: o@example.com}
spec:
  rules:
    - {id: formats, title: F, severity: high, check: artefacts.formats, with: {allowed: [safetensors]}}
    - {id: named, title: N, severity: high, check: expression, with: {assert: 'model.version == "3.2.0"'}}
"""
RECORD = b"""\
apiVersion: govern/v1
kind: Model
metadata: {name: credit-risk, version: 3.2.0}
spec: {owner: {name: O, contact: o@example.com}}
"""
DECISION: dict[str, Any] = {"clock": "2026-01-02T03:04:05Z", "waivers": [], "approvals": []}


class Forger(Gate):
    """Signs any pack at all."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.root = root
        (root / "p.yaml").write_bytes(POLICY)
        self.plan = load_policies([root / "p.yaml"], stage=Stage.PRE_REGISTRATION).plan
        self.engine = engine_digest()

    def records(self, bundle: Files) -> tuple[bytes, bytes]:
        """What a sound gate would record of a bundle."""
        folder = Path(tempfile.mkdtemp(dir=self.root))
        for path, data in bundle.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        checked = check(
            CheckRequest(
                bundle=folder,
                stage=Stage.PRE_REGISTRATION,
                policies=[self.root / "p.yaml"],
                clock=parse_instant(str(DECISION["clock"])),
                name="credit-risk",
                version="3.2.0",
            )
        )
        assert isinstance(checked, Checked)
        return checked.evaluation.data(), checked.decision.data()

    def pack(
        self,
        bundle: Files,
        *,
        evaluation: bytes | None = None,
        decision: bytes | None = None,
        policy: bytes = POLICY,
        base: Files | None = None,
    ) -> bytes:
        """Sign anything: by default the records of `base`, a small sound bundle, whatever the bundle is."""
        sound = self.records({"govern.yaml": RECORD} if base is None else base)
        evaluation = sound[0] if evaluation is None else evaluation
        record = sound[1] if decision is None else decision
        manifest = manifest_from(ManifestLine(path, sha256_hex(data)) for path, data in bundle.items())
        issued = self.issue(
            bundle_digest=manifest.digest,
            files=len(bundle),
            size_bytes=sum(map(len, bundle.values())),
            engine_digest=self.engine,
            plan_digest=self.plan.digest,
            evaluation_digest=sha256_hex(evaluation),
            decision_record_digest=sha256_hex(record),
            advisories=None,
        )
        named = read_named(issued.certificate_bytes, file="c")
        return written(
            [
                part("certificate.sigstore.json", Role.CERTIFICATE, issued.certificate_bytes),
                part("trust/trust.json", Role.TRUST, self.trust),
                part("policy/source/p.yaml", Role.POLICY, policy),
                part("policy/plan.json", Role.PLAN, self.plan.data()),
                part("records/evaluation.json", Role.EVALUATION, evaluation),
                part("records/decision.json", Role.DECISION, record),
                part("engine/engine.json", Role.ENGINE, canonical_bytes(named.engine.document())),
                *evidence(bundle),
            ]
        )


@pytest.fixture(scope="module")
def forger(tmp_path_factory: pytest.TempPathFactory) -> Forger:
    return Forger(tmp_path_factory.mktemp("forger"))


def replayed(tmp_path: Path, data: bytes) -> Replayed:
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    try:
        made = replay(ReplayRequest(pack=write(tmp_path, data), scratch=scratch))
    finally:
        assert list(scratch.iterdir()) == []
    assert render_replay(made)
    return made


BUNDLE = {"govern.yaml": RECORD, "model.safetensors": b"W" * 100}


def test_a_forged_pack_is_run_and_comes_to_something_else(forger: Forger, tmp_path: Path) -> None:
    """The ground of the cases below: signature and digests hold, so the replay itself has to say no."""
    made = replayed(tmp_path, forger.pack(BUNDLE))
    assert made.exit_code == 1
    assert made.authentic.holds
    assert [item.same for item in made.comparisons] == [True, False, False, False]


def test_a_certificate_that_says_what_its_own_records_do_not_is_found(forger: Forger, tmp_path: Path) -> None:
    """Every record true and named, `denied` in the decision record, `allowed` in the statement that was signed."""
    data = forger.pack(BUNDLE, base=BUNDLE)
    assert b'"decision":"denied"' in members(data)["records/decision.json"]
    made = replayed(tmp_path, data)
    assert [(item.name, item.same) for item in made.comparisons] == [
        ("plan", True),
        ("evaluation", True),
        ("decision", True),
        ("statement", False),
    ]
    assert made.exit_code == 1
    pointers = {item.pointer for item in made.comparisons[3].differences}
    assert "/predicate/decision" in pointers


NAMES: dict[str, list[str]] = {
    "file and folder": ["a", "a/b"],
    "component too long": ["x" * 256],
    "nested too deep": ["/".join("d" * 200)],
    "upper and lower case": ["Readme", "README"],
    "not NFC": [unicodedata.normalize("NFD", "é")],
    "c1 control": ["a\u009bb"],
    "two thousand files": [f"{number:04}" for number in range(2000)],
}


@pytest.mark.parametrize("name", NAMES)
def test_names_that_no_bundle_has_end_in_an_answer(forger: Forger, tmp_path: Path, name: str) -> None:
    data = forger.pack({"govern.yaml": RECORD, **{path: path.encode() for path in NAMES[name]}})
    try:
        code = replayed(tmp_path, data).exit_code
    except GovernError as fault:
        code = fault.exit_code
    assert code in (1, 4)


@pytest.mark.parametrize(
    "decision",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"clock":"9999-12-31T23:59:59Z","waivers":[],"approvals":[]}',
        b'{"clock":"0001-01-01T00:00:00Z","waivers":[],"approvals":[]}',
        b'{"clock":"2026-02-30T00:00:00Z"}',
        b'{"clock":1e999}',
        b'{"clock":["2026-01-02T03:04:05Z"],"waivers":{"digest":1},"approvals":[[1]]}',
        b'{"clock":"2026-01-02T03:04:05Z","waivers":[{"digest":{"sha256":"00"}}],"approvals":"x"}',
        b'{"clock":"2026-01-02T03:04:05Z","submitter":{"a":1},"waivers":[],"approvals":[]}',
    ],
)
def test_a_decision_record_of_any_form_ends_in_an_answer(forger: Forger, tmp_path: Path, decision: bytes) -> None:
    made = replayed(tmp_path, forger.pack({"govern.yaml": RECORD}, decision=decision))
    assert made.exit_code in (1, 4)


@pytest.mark.parametrize(
    "evaluation",
    [
        b"",
        b"null",
        b"\xff",
        b"[" * 50_000,
        b'{"outcomes":' + b"[" * 60 + b"]" * 60 + b"}",
        b'{"outcomes":[' + b"1," * 300_000 + b"1]}",
        json.dumps({f"k{number}": "\u202e\x1b[31m" * 50 for number in range(2000)}).encode(),
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
    ],
)
def test_an_evaluation_record_of_any_form_ends_in_a_bounded_answer(
    forger: Forger, tmp_path: Path, evaluation: bytes
) -> None:
    made = replayed(tmp_path, forger.pack({"govern.yaml": RECORD}, evaluation=evaluation))
    text = render_replay(made)
    assert made.exit_code in (1, 4)
    assert len(text) < 60_000
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_second_spelling_of_the_right_record_is_refused(forger: Forger, tmp_path: Path) -> None:
    """Byte for byte means that."""
    right, _decision = forger.records(BUNDLE)
    spelt = json.dumps(json.loads(right), indent=1).encode()
    assert replayed(tmp_path, forger.pack(BUNDLE, base=BUNDLE, evaluation=spelt)).exit_code == 4


@pytest.mark.parametrize(
    "policy",
    [
        b"",
        b"\xff\xfe",
        b"a: &a [x]\nb: *a\n",
        b"[" * 10_000,
        POLICY + POLICY,
        POLICY.replace(b"pre-registration", b"x").replace(b"artefacts.formats", b"shell.run"),
        POLICY.replace(b'model.version == "3.2.0"', b"size([1,2,3].map(x, x)) > 0 && model.version.matches('(a+)+$')"),
    ],
)
def test_a_policy_of_any_form_ends_in_an_answer(forger: Forger, tmp_path: Path, policy: bytes) -> None:
    made = replayed(tmp_path, forger.pack(BUNDLE, base=BUNDLE, policy=policy))
    assert made.exit_code == 1
    assert made.authentic.holds


def bomb(depth: int = 9) -> bytes:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]" for i in range(1, depth)]
    return "\n".join(lines).encode()


class Burns:
    """What an unpickler would run."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return (os.system, (f"touch {self.target}",))


def test_nothing_of_the_evidence_is_run_or_unfolded(forger: Forger, tmp_path: Path) -> None:
    """A pickle that would write a file, a YAML bomb as the record, a script with a first line for the shell."""
    import pickle

    target = tmp_path / "burnt"
    bundle = {
        "govern.yaml": bomb(),
        "model.pkl": pickle.dumps(Burns(target)),
        "run.sh": f"#!/bin/sh\ntouch {target}\n".encode(),
        "sitecustomize.py": f"open({str(target)!r}, 'w')".encode(),
        "setup.py": f"open({str(target)!r}, 'w')".encode(),
    }
    made = replayed(tmp_path, forger.pack(bundle))
    assert made.exit_code == 1
    sound = {**bundle, "govern.yaml": RECORD}
    made = replayed(tmp_path, forger.pack(sound))
    assert made.exit_code == 1
    assert not target.exists()


def walked(root: Path) -> Iterator[tuple[Path, int]]:
    for path in root.rglob("*"):
        yield path, stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_what_is_rebuilt_is_for_one_person_and_never_executable(forger: Forger, tmp_path: Path, mask: int) -> None:
    bundle = {"govern.yaml": RECORD, "bin/run.sh": b"#!/bin/sh\n", "a/b/c/d": b"x", "twin": b"x"}
    pack = reading(forger.pack(bundle))
    before = os.umask(mask)
    try:
        with private_folder(tmp_path) as root:
            assert stat.S_IMODE(root.stat().st_mode) == 0o700
            parts = rebuild(pack, root)
            assert {
                str(path.relative_to(parts.bundle)): path.read_bytes()
                for path in parts.bundle.rglob("*")
                if path.is_file()
            } == bundle
            for path, mode in walked(root):
                assert not path.is_symlink()
                assert path.is_dir() or mode == 0o600
    finally:
        os.umask(before)


class Base(Desk):
    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.data = self.pack(self.check()).path.read_bytes()
        self.paths = sorted(members(self.data))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return Base(tmp_path_factory.mktemp("base"))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_change_of_any_member_is_never_identical_and_never_a_crash(
    base: Base, tmp_path: Path, data: st.DataObject
) -> None:
    """Bytes set, cut and doubled in a member, with the index put right or not."""
    path = data.draw(st.sampled_from([path for path in base.paths if path != "pack.json"]))
    kind = data.draw(st.sampled_from(["set", "cut", "double", "empty", "json"]))

    def change(files: Files, _entries: object) -> None:
        old = files[path]
        place = data.draw(st.integers(0, max(0, len(old) - 1)))
        if kind == "set" and old:
            files[path] = old[:place] + bytes([old[place] ^ data.draw(st.integers(1, 255))]) + old[place + 1 :]
        elif kind == "cut":
            files[path] = old[:place] + old[place + data.draw(st.integers(1, 50)) :]
        elif kind == "double":
            files[path] = old[:place] + old
        elif kind == "json":
            files[path] = data.draw(st.sampled_from([b"{}", b"[]", b"null", b'{"a":[]}', b'"x"']))
        else:
            files[path] = b""

    changed = reindexed(base.data, change)
    if changed == base.data:
        return
    try:
        code = replay(ReplayRequest(pack=write(tmp_path, changed), scratch=base.scratch)).exit_code
    except GovernError as fault:
        code = fault.exit_code
    if code == 0:
        # A registry is held by what it says, and a comment in it says nothing; the answer names the file.
        assert path == "policy/source/sources.yaml"
    assert code in (0, 1, 4)
    assert list(base.scratch.iterdir()) == []


def test_a_comment_in_a_registry_is_not_held_and_that_is_said(base: Base, tmp_path: Path) -> None:
    def change(files: Files, _entries: object) -> None:
        files["policy/source/sources.yaml"] += b"# approved by everybody\n"

    made = replay(ReplayRequest(pack=write(tmp_path, reindexed(base.data, change)), scratch=base.scratch))
    assert made.exit_code == 0
    assert "NOT CHECKED  members     policy/source/sources.yaml is not named by its bytes" in render_replay(made)
    assert "starter.yaml is not named" not in render_replay(made)
