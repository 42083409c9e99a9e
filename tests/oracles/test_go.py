"""Go's sumdb libraries and crypto accept what we write, and refuse each damaged variant."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govern.attestation.issue import Issued
from govern.bundle.manifest import manifest_of
from govern.canonical import base64_bytes, base64_text
from govern.ledger.cosigned_notes import CosignedNotes
from govern.ledger.cosigning import CosigningLedger
from govern.ledger.merkle import consistency_proof, inclusion_proof, tree_root
from govern.ledger.proof import parse_proof
from govern.ledger.tile_export import export_tiles
from oracles.go_oracle import GoOracle, GoRefusesError, running
from support.attestations import CERTIFIER, FILES, OTHER, Gate, edited
from support.ledgers import LedgerBox, log_signer
from support.memory_log import MemoryLog, bodies
from support.process import ROOT
from support.witnesses import SECONDS, client, new_witness, witness_signer

pytestmark = pytest.mark.tools

LOG = log_signer().key


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoOracle]:
    with running(tmp_path_factory.mktemp("go")) as oracle:
        yield oracle


def refused(go: GoOracle, op: str, **request: Any) -> str:
    with pytest.raises(GoRefusesError) as caught:
        go.ask(op, **request)
    return str(caught.value)


# -- notes ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cosigned(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A checkpoint of eight entries with the log's line and those of two witnesses."""
    folder = tmp_path_factory.mktemp("witnesses")
    w1, w2 = new_witness(folder), new_witness(folder, name="witness.example/w2", seed=3)
    notes = CosignedNotes(folder / "published", LOG, (w1.key, w2.key))
    store = CosigningLedger(MemoryLog(bodies(8)), witnesses=[client(w1, "w1"), client(w2, "w2")], notes=notes)
    return store.cosign().note


def test_go_opens_a_cosigned_checkpoint(go: GoOracle, cosigned: str) -> None:
    w1, w2 = witness_signer().key, witness_signer("witness.example/w2", 3).key
    made = go.ask("note", note=cosigned, vkeys=[LOG.vkey], cosigners=[w1.vkey, w2.vkey])
    assert made["signed"] == ["ledger.example", "witness.example/w1", "witness.example/w2"]
    assert made["unknown"] == []
    assert made["text"] == cosigned.partition("\n\n")[0] + "\n"
    # Whoever knows only the log takes the witnesses' lines for unknown ones.
    alone = go.ask("note", note=cosigned, vkeys=[LOG.vkey])
    assert (alone["signed"], len(alone["unknown"])) == (["ledger.example"], 2)


def test_go_refuses_every_flipped_bit_of_a_checkpoint(go: GoOracle, cosigned: str) -> None:
    """Of the text and of every known line; flips that make a line another signer's are left out by name and key id."""
    data = cosigned.encode()
    witness = witness_signer().key
    counted = 0
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        try:
            text = changed.decode()
        except UnicodeDecodeError:
            continue
        try:
            made = go.ask("note", note=text, vkeys=[LOG.vkey], cosigners=[witness.vkey])
        except GoRefusesError:
            counted += 1
            continue
        # A line of the third, unknown signer was hit; or one of the two is now under another name.
        assert made["text"] == cosigned.partition("\n\n")[0] + "\n"
        assert len(made["signed"]) < 2 or len(made["unknown"]) == 1
    assert counted > len(cosigned.partition("\n\n")[0])


def test_go_refuses_other_keys_and_knows_no_cosignature_keys_itself(go: GoOracle, cosigned: str) -> None:
    assert "no verifiable signatures" in refused(go, "note", note=cosigned, vkeys=[log_signer(seed=9).key.vkey])
    assert "unknown verifier algorithm" in refused(go, "note", note=cosigned, vkeys=[witness_signer().key.vkey])
    changed = LOG.vkey.replace("9e004662", "9e004663")
    assert "hash" in refused(go, "note", note=cosigned, vkeys=[changed])
    wrong = witness_signer().key.vkey.replace("df1c0a35", "df1c0a36")
    assert "hash" in refused(go, "note", note=cosigned, vkeys=[LOG.vkey], cosigners=[wrong])


def test_go_verifies_a_cosignature_only_at_its_time(go: GoOracle, cosigned: str) -> None:
    witness = witness_signer().key
    lines = cosigned.splitlines(keepends=True)
    (at,) = [number for number, line in enumerate(lines) if line.startswith("— witness.example/w1 ")]
    data = base64_bytes(lines[at].split(" ")[2].strip())
    assert int.from_bytes(data[4:12], "big") == SECONDS
    later = data[:4] + (SECONDS + 1).to_bytes(8, "big") + data[12:]
    lines[at] = f"— witness.example/w1 {base64_text(later)}\n"
    assert "invalid signature" in refused(go, "note", note="".join(lines), vkeys=[LOG.vkey], cosigners=[witness.vkey])


# -- proofs ---------------------------------------------------------------------------------------------------------

TREE = MemoryLog(bodies(70))


def record(size: int, index: int, /, **changes: Any) -> dict[str, Any]:
    request = {
        "proof": inclusion_proof(index, size, TREE.node),
        "size": size,
        "index": index,
        "root": tree_root(size, TREE.node),
        "body": TREE.bodies[index],
    }
    return {**request, **changes}


def test_go_accepts_every_inclusion_proof_and_no_neighbour(go: GoOracle) -> None:
    for size in range(1, 70):
        for index in range(size):
            go.ask("record", **record(size, index))
            if index + 1 < size:
                refused(go, "record", **record(size, index, index=index + 1))
            refused(go, "record", **record(size, index, body=b"another entry"))


def test_go_refuses_changed_inclusion_proofs(go: GoOracle) -> None:
    for size, index in ((8, 3), (13, 5), (13, 12), (64, 63), (69, 17)):
        proof = inclusion_proof(index, size, TREE.node)
        for changed in (tuple(reversed(proof)), proof[1:], proof[:-1], (*proof, bytes(32)), (bytes(32), *proof[1:])):
            if changed != proof:
                refused(go, "record", **record(size, index, proof=changed))
        refused(go, "record", **record(size, index, root=bytes(32)))
        refused(go, "record", **record(size, index, index=-1))
        refused(go, "record", **record(size, index, index=size))


def tree(old: int, new: int, /, **changes: Any) -> dict[str, Any]:
    request = {
        "proof": consistency_proof(old, new, TREE.node),
        "old": old,
        "new": new,
        "old_root": tree_root(old, TREE.node),
        "new_root": tree_root(new, TREE.node),
    }
    return {**request, **changes}


def test_go_accepts_every_consistency_proof_and_no_other_old_root(go: GoOracle) -> None:
    fork = MemoryLog([b"forged"]).grow(bodies(70, start=1))
    for new in range(1, 70):
        for old in range(1, new + 1):
            go.ask("tree", **tree(old, new))
            refused(go, "tree", **tree(old, new, old_root=tree_root(old, fork.node)))
            if old < new:
                refused(go, "tree", **tree(old, new, old=old + 1))


def test_go_refuses_changed_consistency_proofs(go: GoOracle) -> None:
    for old, new in ((3, 7), (4, 7), (6, 8), (33, 69)):
        proof = consistency_proof(old, new, TREE.node)
        for changed in (tuple(reversed(proof)), proof[1:], proof[:-1], (*proof, bytes(32)), (bytes(32), *proof[1:])):
            if changed != proof:
                refused(go, "tree", **tree(old, new, proof=changed))


# -- tiles ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "tiles"), [(1, 1), (255, 1), (256, 2), (257, 3), (70_000, 277)])
def test_go_reads_every_entry_of_an_export(go: GoOracle, tmp_path: Path, size: int, tiles: int) -> None:
    log = MemoryLog(bodies(size))
    export_tiles(log, tmp_path)
    made = go.ask("tiles", folder=tmp_path, vkey=LOG.vkey)
    assert made["entries"] == size
    assert made["tiles"] >= tiles


def test_go_reads_an_export_that_grew(go: GoOracle, tmp_path: Path) -> None:
    log = MemoryLog()
    for step in (1, 254, 1, 1, 300, 0, 99):
        export_tiles(log.grow(bodies(step, start=len(log.bodies))), tmp_path)
        assert go.ask("tiles", folder=tmp_path, vkey=LOG.vkey)["entries"] == len(log.bodies)


def test_go_refuses_an_export_with_a_flipped_bit_in_any_file(go: GoOracle, tmp_path: Path) -> None:
    export_tiles(MemoryLog(bodies(300)), tmp_path / "whole")
    files = [path for path in sorted((tmp_path / "whole").rglob("*")) if path.is_file()]
    assert len(files) == 6
    for file in files:
        for place in (0, file.stat().st_size // 2, file.stat().st_size - 1):
            folder = tmp_path / "changed"
            shutil.copytree(tmp_path / "whole", folder)
            path = folder / file.relative_to(tmp_path / "whole")
            data = path.read_bytes()
            path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            assert refused(go, "tiles", folder=folder, vkey=LOG.vkey)
            shutil.rmtree(folder)


def test_go_reads_the_export_of_a_real_ledger(go: GoOracle, tmp_path: Path) -> None:
    box = LedgerBox(tmp_path / "box").filled(5)
    with box.open(key=False) as ledger:
        export_tiles(ledger, tmp_path / "mirror")
    assert go.ask("tiles", folder=tmp_path / "mirror", vkey=LOG.vkey)["entries"] == 5


# -- bundle digest --------------------------------------------------------------------------------------------------

BUNDLES = sorted(path.parent.relative_to(ROOT) for path in (ROOT / "examples").glob("*/*/govern.yaml"))


def go_digest(go: GoOracle, folder: Path) -> str:
    algorithm, _, digest = go.ask("dirhash", folder=folder).partition(":")
    assert algorithm == "h1"
    return base64_bytes(digest).hex()


@pytest.mark.parametrize("bundle", BUNDLES, ids=str)
def test_the_bundle_digest_is_that_of_go_modules(go: GoOracle, bundle: Path) -> None:
    assert go_digest(go, ROOT / bundle) == manifest_of(ROOT / bundle).digest


def test_the_golden_bundle_digest(go: GoOracle, tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    golden = "5420f64d051e6ed4c741cd06ffe5960222704833418b81ea6be6468460a6d800"
    assert go_digest(go, tmp_path) == manifest_of(tmp_path).digest == golden
    (tmp_path / "README.md").rename(tmp_path / "README")
    assert go_digest(go, tmp_path) == manifest_of(tmp_path).digest != golden
    # Order is by bytes: capitals, digits, punctuation and what is not ASCII.
    for name in ("a", "B", "a.b", "a-b", "a0", "ä", "z/é", "z!", "日本"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert go_digest(go, tmp_path) == manifest_of(tmp_path).digest


# -- certificates ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> tuple[Issued, Issued]:
    """Two certificates of one gate."""
    gate = Gate(tmp_path_factory.mktemp("gate"))
    return gate.issue(), gate.issue(nonce=bytes(16))


def envelope_of(bundle: bytes) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(bundle)["dsseEnvelope"]
    return made


def test_go_verifies_the_envelope_under_the_ssh_fingerprint(go: GoOracle, issued: tuple[Issued, Issued]) -> None:
    envelope = envelope_of(issued[0].certificate_bytes)
    key = CERTIFIER.public
    go.ask("dsse", envelope=envelope, spki=key.spki)
    (signature,) = envelope["signatures"]
    assert signature["keyid"] == key.keyid
    go.ask("dsse", envelope={**envelope, "signatures": [{**signature, "keyid": ""}]}, spki=key.spki)
    vsa = issued[0].vsa_dsse_bytes
    assert vsa is not None
    go.ask("dsse", envelope=json.loads(vsa), spki=key.spki)


@pytest.mark.parametrize("keyid", ["hint", "upper", "padded", "other"])
def test_go_skips_a_signature_under_another_keyid(go: GoOracle, issued: tuple[Issued, Issued], keyid: str) -> None:
    key = CERTIFIER.public
    envelope = envelope_of(issued[0].certificate_bytes)
    ids = {
        "hint": key.hint,
        "upper": key.keyid.upper(),
        "padded": f"{key.keyid}=",
        "other": OTHER.public.keyid,
    }
    signature = {**envelope["signatures"][0], "keyid": ids[keyid]}
    said = refused(go, "dsse", envelope={**envelope, "signatures": [signature]}, spki=key.spki)
    assert said == "accepted signatures do not match threshold, Found: 0, Expected 1"


def test_go_refuses_a_changed_envelope(go: GoOracle, issued: tuple[Issued, Issued]) -> None:
    key = CERTIFIER.public
    envelope = envelope_of(issued[0].certificate_bytes)
    payload = base64_bytes(envelope["payload"])
    signature = base64_bytes(envelope["signatures"][0]["sig"])
    other = envelope_of(issued[1].certificate_bytes)
    for changed in (
        {"payload": base64_text(payload[:-1] + b" ")},
        {"payload": other["payload"]},
        {"payloadType": "application/json"},
        {"signatures": other["signatures"]},
        {"signatures": [{"keyid": key.keyid, "sig": base64_text(signature[:-1] + bytes([signature[-1] ^ 1]))}]},
        {"signatures": []},
    ):
        assert "Found: 0" in refused(go, "dsse", envelope={**envelope, **changed}, spki=key.spki)
    assert "Found: 0" in refused(go, "dsse", envelope=envelope, spki=OTHER.public.spki)


def test_go_verifies_the_whole_file(go: GoOracle, issued: tuple[Issued, Issued], tmp_path: Path) -> None:
    for made in issued:
        for name, data in made.files().items():
            (tmp_path / name).write_bytes(data)
            if name.endswith(".sigstore.json"):
                found = go.ask("bundle", path=tmp_path / name, vkey=LOG.vkey, spki=CERTIFIER.public.spki)
                proof = json.loads(data)["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
                assert (str(found["index"]), str(found["size"])) == (proof["logIndex"], proof["treeSize"])


def test_go_refuses_each_damaged_file(go: GoOracle, issued: tuple[Issued, Issued], tmp_path: Path) -> None:
    first, second = (json.loads(made.certificate_bytes) for made in issued)
    file = tmp_path / "certificate"

    def proof(made: dict[str, Any]) -> dict[str, Any]:
        inner: dict[str, Any] = made["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
        return inner

    def next_index(made: dict[str, Any]) -> None:
        index = str(int(proof(made)["logIndex"]) + 1)
        made["verificationMaterial"]["tlogEntries"][0]["logIndex"] = proof(made)["logIndex"] = index

    def reorder(made: dict[str, Any]) -> None:
        proof(made)["hashes"].reverse()

    def flip_note(made: dict[str, Any]) -> None:
        note = proof(made)["checkpoint"]["envelope"]
        proof(made)["checkpoint"]["envelope"] = note.replace("ledger.example\n", "ledger.examplf\n", 1)

    def other_root(made: dict[str, Any]) -> None:
        proof(made)["rootHash"] = base64_text(bytes(32))

    def other_entry(made: dict[str, Any]) -> None:
        made["verificationMaterial"]["tlogEntries"] = second["verificationMaterial"]["tlogEntries"]

    def other_payload(made: dict[str, Any]) -> None:
        made["dsseEnvelope"] = second["dsseEnvelope"]

    def no_entry(made: dict[str, Any]) -> None:
        made["verificationMaterial"]["tlogEntries"] = []

    assert len(proof(first)["hashes"]) > 1
    for edit in (next_index, reorder, flip_note, other_root, other_entry, other_payload, no_entry):
        file.write_bytes(edited(issued[0].certificate_bytes, edit))
        assert refused(go, "bundle", path=file, vkey=LOG.vkey, spki=CERTIFIER.public.spki)
    file.write_bytes(issued[0].certificate_bytes)
    go.ask("bundle", path=file, vkey=LOG.vkey, spki=CERTIFIER.public.spki)
    assert refused(go, "bundle", path=file, vkey=log_signer(seed=9).key.vkey, spki=CERTIFIER.public.spki)
    assert refused(go, "bundle", path=file, vkey=LOG.vkey, spki=OTHER.public.spki)


def test_go_verifies_a_proof_file(go: GoOracle, issued: tuple[Issued, Issued]) -> None:
    proof = parse_proof(issued[0].tlog_proof)
    text = go.ask("note", note=proof.checkpoint, vkeys=[LOG.vkey])["text"].split("\n")
    body = base64_bytes(
        json.loads(issued[0].certificate_bytes)["verificationMaterial"]["tlogEntries"][0]["canonicalizedBody"]
    )
    request = {"proof": proof.hashes, "size": int(text[1]), "root": text[2], "body": body}
    go.ask("record", **request, index=proof.index)
    refused(go, "record", **request, index=proof.index + 1)
