"""openssl, ssh-keygen, jq and coreutils accept every kind by the commands that `govern verify` prints, and no tampering."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from govern.attestation.kinds import KIND_NAMES
from govern.attestation.verify_commands import FileNames, auditor_commands
from govern.attestation.verify_text import render_text
from govern.ledger.merkle import leaf_hash
from oracles.shell import run, succeeds
from support.attestations import FILES, Gate, manifest
from support.kinds import File, Kinds
from support.memory_log import bodies
from support.tampered import DAMAGES, damaged
from support.tsa import LocalTsa

pytestmark = pytest.mark.tools

KINDS = sorted(KIND_NAMES.values())
UNSEEN = {
    "two_signatures": "the commands read the first signature",
    "no_token": "a token that is not there needs no check; how many are asked for is not their matter",
    "other_keyid": "they take the key that `govern verify` names",
}
"""What the commands do not look at, and why."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Kinds:
    return Kinds(tsa=LocalTsa(tmp_path_factory.mktemp("kinds") / "tsa"))


def written(world: Kinds, data: bytes, folder: Path, *, with_bundle: bool = True) -> FileNames:
    """Files with awkward names, as an auditor has them."""
    bundle = folder / "the bundle"
    for name, content in FILES.items():
        path = bundle / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    names = FileNames(
        certificate=str(folder / "c's.json"),
        trust=str(folder / "trust $x.json"),
        manifest=str(folder / "M.MANIFEST.sha256") if with_bundle else None,
        bundle=str(bundle) if with_bundle else None,
    )
    Path(names.certificate).write_bytes(data)
    Path(names.trust).write_bytes(world.trust)
    (folder / "M.MANIFEST.sha256").write_bytes(manifest().data)
    (folder / "work").mkdir()
    return names


def commands(world: Kinds, file: File, names: FileNames) -> str:
    return "\n".join(auditor_commands(world.verify(file), names))


@pytest.mark.parametrize("name", KINDS)
def test_the_printed_commands_accept_every_kind(world: Kinds, name: str, tmp_path: Path) -> None:
    file = world[name]
    names = written(world, file.data, tmp_path, with_bundle=name in ("certificate", "refusal", "vsa"))
    script = commands(world, file, names)
    assert script in render_text(world.verify(file), names=names)
    output = run(script, cwd=tmp_path / "work")
    assert output.count("Verified OK") == 1
    assert output.count("Signature Verified Successfully") == 3, "the log and two witnesses"
    assert output.count("2026-01-02T03:04:05Z") == 2, "the witnesses' times"
    assert "Verification: OK" in output
    assert file.envelope.keyid in output
    body = world.log.bodies[file.index]
    assert leaf_hash(body).hex() in output


@pytest.mark.parametrize("damage", sorted(DAMAGES.keys() - UNSEEN.keys()))
@pytest.mark.parametrize("name", ["certificate", "status-list", "trust-root"])
def test_the_printed_commands_refuse_each_tampered_copy(world: Kinds, name: str, damage: str, tmp_path: Path) -> None:
    file = world[name]
    names = written(world, damaged(world, file, damage), tmp_path, with_bundle=name == "certificate")
    assert not succeeds(commands(world, file, names), cwd=tmp_path / "work")


@pytest.mark.parametrize("damage", sorted(UNSEEN))
def test_what_the_commands_do_not_look_at_govern_does(world: Kinds, damage: str) -> None:
    assert world.verify(damaged(world, world["certificate"], damage)).exit_code != 0


@pytest.mark.parametrize("change", ["byte", "extra", "missing", "renamed"])
def test_the_printed_commands_refuse_another_bundle(world: Kinds, change: str, tmp_path: Path) -> None:
    names = written(world, world["certificate"].data, tmp_path)
    assert names.bundle is not None
    folder = Path(names.bundle)
    if change == "byte":
        (folder / "README.md").write_bytes(b"# Model Card\n")
    elif change == "extra":
        (folder / "extra").write_bytes(b"")
    elif change == "missing":
        (folder / "README.md").unlink()
    else:
        (folder / "README.md").rename(folder / "readme.md")
    assert not succeeds(commands(world, world["certificate"], names), cwd=tmp_path / "work")


@pytest.mark.parametrize("line", range(3))
@pytest.mark.parametrize("place", [4, 12, 40])
def test_the_printed_commands_refuse_a_flipped_bit_in_any_line_of_the_checkpoint(
    world: Kinds, line: int, place: int, tmp_path: Path
) -> None:
    """The log's line and those of two witnesses: key id aside, time and signature."""
    from govern.canonical import base64_bytes, base64_text
    from support.attestations import edited

    def flip(value: object) -> None:
        assert isinstance(value, dict)
        note = value["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["checkpoint"]
        text, _, signatures = note["envelope"].partition("\n\n")
        lines = signatures.splitlines()
        head, _, last = lines[line].rpartition(" ")
        data = bytearray(base64_bytes(last))
        data[place] ^= 1
        lines[line] = f"{head} {base64_text(bytes(data))}"
        note["envelope"] = "\n".join([text, "", *lines, ""])

    names = written(world, edited(world["certificate"].data, flip), tmp_path)
    assert not succeeds(commands(world, world["certificate"], names), cwd=tmp_path / "work")


@pytest.mark.parametrize(("size", "index"), [(1, 0), (2, 1), (3, 2), (7, 0), (7, 6), (8, 5), (13, 12), (64, 17)])
def test_the_printed_proof_leads_to_the_root_in_trees_of_every_shape(size: int, index: int, tmp_path: Path) -> None:
    world = Kinds()
    log = world.log.at(0)
    log.grow(bodies(index))
    file = world.sign(world["waiver"].payload, by=_heidi(), log=log)
    log.grow(bodies(size - index - 1, start=index + 1))
    from govern.attestation.sigstore_bundle import bundle_bytes

    data = bundle_bytes(file.envelope, hint=_heidi().public.hint, log=log.key, logged=[log.prove(index)])
    grown = File(kind=file.kind, data=data, envelope=file.envelope, index=index, tlog_proof=b"")
    assert json.loads(data)["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["treeSize"] == str(size)
    names = written(world, data, tmp_path, with_bundle=False)
    assert succeeds(commands(world, grown, names), cwd=tmp_path / "work")


def _heidi() -> object:
    from support.kind_statements import HEIDI

    return HEIDI


def test_a_certificate_with_neither_token_nor_witness_has_shorter_commands(tmp_path: Path) -> None:
    """The plain gate: nothing is printed about what is not there."""
    gate = Gate(tmp_path / "gate")
    issued = gate.issue()
    result = gate.verify(issued.certificate_bytes)
    script = "\n".join(auditor_commands(result, FileNames(certificate="/c", trust="/t")))
    for word in ("cosignature", "openssl ts", "sha256sum <"):
        assert word not in script
