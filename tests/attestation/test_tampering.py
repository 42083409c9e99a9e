"""Every single changed byte of the files that travel is noticed. The counts are printed and recorded.

Bits are flipped in every byte of the certificate with everything that one can hold: a token, two cosignatures, and a
line of a witness that nobody knows, which is the one thing that may change. The many changed files are judged by the
very steps that `verify` runs, under a trust root that was read once; a sample goes through the whole of it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govern.attestation.issue import Issued
from govern.attestation.kinds import CERTIFICATE
from govern.attestation.statement_set import StatementSet
from govern.attestation.trust.reading import load_trust
from govern.attestation.trust.root import TrustRoot
from govern.attestation.verification import NamedFile
from govern.diagnostics import IntegrityError
from support.attestations import NOW, Gate, edited, failed
from support.kinds import AT, Kinds
from support.mutation import flipped
from support.tsa import LocalTsa
from support.witnesses import SECONDS, witness_signer

BITS = range(8)
STRANGER = witness_signer("stranger.example/w", seed=77)
Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Kinds:
    return Kinds(tsa=LocalTsa(tmp_path_factory.mktemp("kinds") / "tsa"))


@pytest.fixture(scope="module")
def rich(world: Kinds) -> bytes:
    """The certificate with a stranger's line on its checkpoint."""

    def cosign(value: dict[str, Any]) -> None:
        note = value["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["checkpoint"]
        text = note["envelope"].split("\n\n")[0] + "\n"
        note["envelope"] += STRANGER.line(text, seconds=SECONDS)

    return edited(world["certificate"].data, cosign)


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("gate"))


@pytest.fixture(scope="module")
def issued(gate: Gate) -> Issued:
    return gate.issue()


def sound(data: bytes, root: TrustRoot) -> bool:
    """Whether a file is a certificate in which no step of the core fails."""
    (judged,) = StatementSet([NamedFile("c", data)], trust=root, at=AT).all(CERTIFICATE) or (None,)
    return judged is not None and judged.sound


def strangers_line(data: bytes) -> range:
    """Where the stranger's signature line stands in the file, its newline (an escape of two letters) included."""
    start = data.index(f"— {STRANGER.key.name}".encode())
    return range(start, data.index(b"\\n", start) + 2)


@pytest.mark.parametrize("bit", BITS)
def test_every_bit_of_the_certificate(world: Kinds, rich: bytes, bit: int, record_property: Record) -> None:
    assert sound(rich, world.root)
    accepted = [place for place, data in flipped(rich, bit) if sound(data, world.root)]
    tolerated = strangers_line(rich)
    assert set(accepted) <= set(tolerated)
    record_property("changed_certificates", len(rich))
    record_property("tolerated_in_the_strangers_line", len(accepted))
    print(f"bit {bit}: {len(rich)} changed certificates, {len(rich) - len(accepted)} refused, "  # noqa: T201
          f"{len(accepted)} changes of a stranger's line tolerated")  # fmt: skip


def test_exactly_the_strangers_line_is_tolerated(world: Kinds, rich: bytes) -> None:
    """Its name, key id and signature may be anything that is well formed; the line may be missing; no other may."""
    line = strangers_line(rich)
    text = rich[line.start : line.stop]
    without = rich.replace(text, b"")
    assert without == world["certificate"].data
    assert sound(without, world.root)
    for other in (text.replace(b"stranger", b"somebody"), text * 2):
        assert sound(rich.replace(text, other), world.root)
    for spoiled in (text.replace(b"\xe2\x80\x94", b"-"), text[:-3] + b"\\n", b"words\\n"):
        assert not sound(rich.replace(text, spoiled), world.root)
    letters = [place for place, data in flipped(rich, 0) if place in line and sound(data, world.root)]
    assert len(letters) > 100, "nearly every letter of its base64"


def witness_lines(data: bytes) -> range:
    """Where the lines of the witnesses stand that the trust root knows."""
    start = data.index("— witness.example/w1".encode())
    return range(start, data.index(f"— {STRANGER.key.name}".encode(), start))


def test_a_sample_through_the_whole_of_verify(world: Kinds, rich: bytes, record_property: Record) -> None:
    """Exit 4, whichever step noticed; 1 where a known witness turned into a stranger, who counts for nothing."""
    tolerated, witnesses = strangers_line(rich), witness_lines(rich)
    codes: dict[int, int] = {}
    for bit in BITS:
        for place, data in flipped(rich, bit):
            if place % 61 == bit * 7 and place not in tolerated:
                code = world.verify(data, statements=(), evaluation=None, decision=None).exit_code
                codes[code] = codes.get(code, 0) + 1
                assert code == 4 or (code == 1 and place in witnesses)
    assert codes[4] > 900
    record_property("changed_certificates_through_verify", sum(codes.values()))


@pytest.mark.parametrize("name", ["waiver", "status-list", "trust-root", "vsa"])
def test_every_byte_of_other_kinds(world: Kinds, name: str, record_property: Record) -> None:
    """One bit in every second byte: whatever the kind, the same steps read the file."""
    file = world[name]

    def holds(data: bytes) -> bool:
        if name != "trust-root":
            (judged,) = StatementSet([NamedFile("c", data)], trust=world.root, at=AT).all(file.kind) or (None,)
            return judged is not None and judged.sound
        return world.verify(data, kind=file.kind, bundle=None).exit_code == 0

    assert holds(file.data)
    step = 13 if name == "trust-root" else 2  # root keys are not judged in sets, and the whole of verify takes longer
    tried = [data for place, data in flipped(file.data, 0) if place % step == 0]
    assert not any(map(holds, tried))
    record_property("changed_files", len(tried))


# -- trust.json, .tlog-proof ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bit", BITS)
def test_every_bit_of_the_trust_root(gate: Gate, bit: int, record_property: Record) -> None:
    accepted = []
    for place, data in flipped(gate.trust, bit):
        try:
            load_trust(data)
        except IntegrityError:
            continue
        accepted.append(place)
    assert accepted == []
    record_property("changed_trust_roots", len(gate.trust))
    print(f"bit {bit}: {len(gate.trust)} changed trust roots, all refused")  # noqa: T201


def test_a_trust_root_that_does_not_load_is_exit_4(gate: Gate, issued: Issued) -> None:
    for place, data in flipped(gate.trust, 1):
        if place % 97 == 0:
            assert gate.verify(issued.certificate_bytes, trust=data).exit_code == 4


@pytest.mark.parametrize("bit", BITS)
def test_every_bit_of_the_proof_file(gate: Gate, issued: Issued, bit: int, record_property: Record) -> None:
    assert gate.verify(issued.certificate_bytes, tlog_proof=issued.tlog_proof).exit_code == 0
    codes = {
        gate.verify(issued.certificate_bytes, tlog_proof=data).exit_code for _, data in flipped(issued.tlog_proof, bit)
    }
    assert codes == {4}
    record_property("changed_proof_files", len(issued.tlog_proof))
    print(f"bit {bit}: {len(issued.tlog_proof)} changed proof files, all refused")  # noqa: T201


# -- bytes that come and go -------------------------------------------------------------------------------------------


def test_every_truncation_and_every_inserted_byte(gate: Gate, issued: Issued, record_property: Record) -> None:
    data = issued.certificate_bytes
    tried = 0
    for place in range(0, len(data), 7):
        for made in (data[:place], data[:place] + b" " + data[place:], data[:place] + data[place + 1 :]):
            assert not sound(made, load_once(gate))
            tried += 1
    for place in range(0, len(data), 211):
        assert gate.verify(data[:place]).exit_code == 4
    record_property("shorter_and_longer_certificates", tried)


_LOADED: dict[bytes, TrustRoot] = {}


def load_once(gate: Gate) -> TrustRoot:
    return _LOADED.setdefault(gate.trust, load_trust(gate.trust))


def test_a_second_log_under_the_same_key_is_noticed_by_anybody_who_kept_a_head(
    gate: Gate, issued: Issued, tmp_path: Path
) -> None:
    """One certificate alone cannot show a split view; two heads of one size with two roots do."""
    assert gate.verify(issued.certificate_bytes, at=NOW).exit_code == 0
    other = Gate(tmp_path).issue(nonce=b"s" * 16)
    assert failed(gate.verify(issued.certificate_bytes, tlog_proof=other.tlog_proof)) == [("inclusion", 4)]
    kept = gate.box.paths.published.read_bytes()
    assert failed(gate.verify(other.certificate_bytes, checkpoint=kept)) == [("inclusion", 4)]
