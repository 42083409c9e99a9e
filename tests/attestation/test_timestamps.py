"""Time-stamp tokens: one form, one authority, one signature; everything else is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, core, tsp
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from govern.attestation.stamps.der import Element, integer, read, write
from govern.attestation.stamps.form import minimal
from govern.attestation.stamps.tokens import TimeStamp, earliest_by_authority, fits, read_token
from govern.attestation.trust.root import TrustedTsa, Window
from govern.canonical import parse_instant, sha256_hex
from govern.diagnostics import IntegrityError
from support.tsa import LocalTsa

SIGNATURE = b"the bytes of a signature"
AT = datetime(2026, 1, 2, 3, 4, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> LocalTsa:
    return LocalTsa(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> LocalTsa:
    return LocalTsa(tmp_path_factory.mktemp("other"), name="other.example", scalar=2001)


def trusted(tsa: LocalTsa, window: Window | None = None) -> tuple[TrustedTsa, ...]:
    return (TrustedTsa(tsa.certs, window or Window()),)


def refused(response: bytes, tsas: tuple[TrustedTsa, ...], signature: bytes = SIGNATURE) -> str:
    """The code by which a token is refused."""
    with pytest.raises(IntegrityError) as caught:
        read_token(response, signature=signature, tsas=tsas)
    return caught.value.diagnostics[0].code


# -- what holds -----------------------------------------------------------------------------------------------------


def test_a_token_says_who_and_when(tsa: LocalTsa) -> None:
    found = read_token(minimal(tsa.token(SIGNATURE, at=AT)).data, signature=SIGNATURE, tsas=trusted(tsa))
    assert (found.time, found.authority) == (AT, "CN=tsa.example")
    assert found.time.tzinfo == UTC


@pytest.mark.tools
def test_openssl_and_we_agree_on_tokens_of_openssl_and_on_ours(tsa: LocalTsa, other: LocalTsa) -> None:
    """The oracle accepts what is kept, refuses other bytes and another authority; so do we."""
    started = datetime.now(UTC).replace(microsecond=0)
    for response in (
        tsa.stamper()(SIGNATURE),
        tsa.token(SIGNATURE, at=AT),
        tsa.token(SIGNATURE, at=AT, digest="sha512"),
    ):
        kept = minimal(response).data
        assert tsa.accepts(kept, SIGNATURE)
        found = read_token(kept, signature=SIGNATURE, tsas=trusted(tsa))
        assert found.time == AT or started <= found.time <= datetime.now(UTC)
        assert not tsa.accepts(kept, SIGNATURE + b".")
        assert refused(kept, trusted(tsa), SIGNATURE + b".") == "A410"
        assert not other.accepts(kept, SIGNATURE)
        assert refused(kept, trusted(other)) == "A411"


@pytest.mark.tools
def test_an_embedded_chain_is_cut_down_to_the_signer(tsa: LocalTsa) -> None:
    """rfc3161-client does not even parse what openssl embeds; without the chain both accept it."""
    from rfc3161_client import decode_timestamp_response

    sent = tsa.reply(tsa.query(SIGNATURE), chain=True)
    with pytest.raises(ValueError, match="InvalidSetOrdering"):
        decode_timestamp_response(sent)
    kept = minimal(sent)
    assert kept.certificate == tsa.certs[0]
    assert len(sent) - len(kept.data) > len(tsa.certs[1])
    assert refused(sent, trusted(tsa)) == "A410"
    assert read_token(kept.data, signature=SIGNATURE, tsas=trusted(tsa))
    assert tsa.accepts(kept.data, SIGNATURE)


@pytest.mark.tools
def test_an_authority_with_an_rsa_key(tmp_path: Path) -> None:
    tsa = LocalTsa(tmp_path, rsa=True)
    kept = minimal(tsa.stamper()(SIGNATURE)).data
    assert read_token(kept, signature=SIGNATURE, tsas=trusted(tsa)).authority == "CN=tsa.example"
    assert tsa.accepts(kept, SIGNATURE)
    accepted = [index for index, change in flips(kept) if not refuses(change, trusted(tsa))]
    assert accepted == []


def test_what_is_kept_is_kept_as_it_is(tsa: LocalTsa) -> None:
    once = minimal(tsa.token(SIGNATURE, at=AT))
    assert minimal(once.data) == once


# -- golden ---------------------------------------------------------------------------------------------------------


def test_the_golden_token(tsa: LocalTsa) -> None:
    """Fixed keys, fixed certificates, a fixed time: the same bytes everywhere."""
    token = minimal(tsa.token(SIGNATURE, at=AT)).data
    assert [sha256_hex(cert) for cert in tsa.certs] == GOLDEN_CERTS
    assert (len(token), sha256_hex(token)) == GOLDEN_TOKEN


GOLDEN_CERTS = [
    "82050537e758a3aaa6ac5fd70a73cf40c4512387e99d66a8ae3b9566ae3ff759",
    "2f485ff8fc729c3263f32d83ec398db562a6379a2eb79cfa7ed5d5d5a7537903",
]
GOLDEN_TOKEN = (773, "89c36333c3809891b7a8ba042604dd525029373556642a53f3e01580f614d358")


# -- every change is refused ----------------------------------------------------------------------------------------


def flips(data: bytes) -> list[tuple[int, bytes]]:
    """Every byte changed in three ways: one bit, the highest bit, all bits."""
    return [
        (index, data[:index] + bytes([data[index] ^ mask]) + data[index + 1 :])
        for index in range(len(data))
        for mask in (0x01, 0x80, 0xFF)
    ]


def refuses(response: bytes, tsas: tuple[TrustedTsa, ...]) -> bool:
    try:
        read_token(response, signature=SIGNATURE, tsas=tsas)
    except IntegrityError:
        return True
    return False


def test_every_changed_byte_of_a_token_is_refused(tsa: LocalTsa, capsys: pytest.CaptureFixture[str]) -> None:
    token = minimal(tsa.token(SIGNATURE, at=AT)).data
    variants = flips(token)
    accepted = [index for index, change in variants if not refuses(change, trusted(tsa))]
    with capsys.disabled():
        print(f"\n{len(variants)} changes of a {len(token)}-byte token, {len(accepted)} accepted")  # noqa: T201
    assert accepted == []


def test_every_cut_and_every_doubled_byte_is_refused(tsa: LocalTsa) -> None:
    token = minimal(tsa.token(SIGNATURE, at=AT)).data
    for index in range(len(token)):
        assert refuses(token[:index], trusted(tsa))
        assert refuses(token[: index + 1] + token[index:], trusted(tsa))
    assert refuses(token + b"\0", trusted(tsa))


def version_of_signed_data(signed: cms.SignedData) -> None:
    signed["version"] = "v1"


def version_of_signer(signed: cms.SignedData) -> None:
    signed["signer_infos"][0]["version"] = "v3"


def name_of_algorithm(signed: cms.SignedData) -> None:
    signed["signer_infos"][0]["signature_algorithm"] = {"algorithm": "sha384_ecdsa"}


def unsigned_attribute(signed: cms.SignedData) -> None:
    signed["signer_infos"][0]["unsigned_attrs"] = [{"type": "content_type", "values": ["data"]}]


def more_digests(signed: cms.SignedData) -> None:
    signed["digest_algorithms"] = [{"algorithm": "sha256"}, {"algorithm": "sha512"}]


@pytest.mark.parametrize(
    "edit", [version_of_signed_data, version_of_signer, name_of_algorithm, unsigned_attribute, more_digests]
)
def test_parts_that_are_not_signed_have_one_spelling(tsa: LocalTsa, edit: Callable[[cms.SignedData], None]) -> None:
    """The library alone accepts each of these, or most: they are fixed by the form in which a token is kept."""
    plain, changed = tsa.token(SIGNATURE, at=AT), tsa.token(SIGNATURE, at=AT, edit=edit)
    assert changed != plain
    assert refused(changed, trusted(tsa)) == "A410"
    assert minimal(changed).data == minimal(plain).data


def test_a_status_text_is_not_kept(tsa: LocalTsa) -> None:
    response = tsp.TimeStampResp.load(tsa.token(SIGNATURE, at=AT))
    response["status"]["status_string"] = ["Operation Okay"]
    assert refused(response.dump(force=True), trusted(tsa)) == "A410"
    assert minimal(response.dump(force=True)).data == minimal(tsa.token(SIGNATURE, at=AT)).data


# -- what is no token -----------------------------------------------------------------------------------------------


def no_signer(signed: cms.SignedData) -> None:
    signed["signer_infos"] = []


def two_signers(signed: cms.SignedData) -> None:
    signed["signer_infos"].append(signed["signer_infos"][0].copy())


def no_certificate(signed: cms.SignedData) -> None:
    signed["certificates"] = []


def by_key_identifier(signed: cms.SignedData) -> None:
    signed["signer_infos"][0]["sid"] = cms.SignerIdentifier("subject_key_identifier", b"12345678")


def other_content(signed: cms.SignedData) -> None:
    signed["encap_content_info"] = {"content_type": "data", "content": b"no time"}


def weak_hash(signed: cms.SignedData) -> None:
    signed["signer_infos"][0]["digest_algorithm"] = {"algorithm": "sha1"}


@pytest.mark.parametrize("edit", [no_signer, two_signers, no_certificate, by_key_identifier, other_content, weak_hash])
def test_a_token_of_another_make_is_refused(tsa: LocalTsa, edit: Callable[[cms.SignedData], None]) -> None:
    assert refused(tsa.token(SIGNATURE, at=AT, edit=edit), trusted(tsa)) == "A410"


@pytest.mark.parametrize(
    "response",
    [
        b"",
        b"\x30",
        b"\x30\x00",
        b"\x30\x80\x00\x00",
        b"\x1f\x81\x00\x00",
        b"\x30\x03\x02\x01\x00",
        write(0x30, write(0x30, integer(2))),
        write(0x30, write(0x30, integer(0))),
        write(0x30, write(0x30, integer(0)), write(0x30, write(0x06, b"\x2a"), write(0xA0, write(0x30, integer(3))))),
        b"\x30\x84\xff\xff\xff\xff" + b"\0" * 64,
        b"\x30\x82\x00\x03\x02\x01\x00",
        b"\x00" * (256 * 1024 + 1),
        bytes(range(256)),
    ],
)
def test_what_is_no_response_is_refused(tsa: LocalTsa, response: bytes) -> None:
    assert refused(response, trusted(tsa)) == "A410"


def test_deep_nesting_is_refused_without_depth(tsa: LocalTsa) -> None:
    nested = b""
    for _ in range(5000):
        nested = write(0x30, nested)
    assert refused(nested, trusted(tsa)) == "A410"


@given(st.data())
def test_any_bytes_and_any_splice_of_a_token_are_refused_in_order(tsa: LocalTsa, data: st.DataObject) -> None:
    """No other error than the one that is documented, whatever the bytes."""
    token = minimal(tsa.token(SIGNATURE, at=AT)).data
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(token))] * 2), label="cut"))
    changed = token[:start] + data.draw(st.binary(max_size=40), label="put") + token[end:]
    assert changed == token or refuses(changed, trusted(tsa))


# -- authorities ----------------------------------------------------------------------------------------------------


def test_only_listed_authorities_count(tsa: LocalTsa, other: LocalTsa) -> None:
    token = minimal(tsa.token(SIGNATURE, at=AT)).data
    assert refused(token, ()) == "A411"
    assert refused(token, trusted(other)) == "A411"
    assert read_token(token, signature=SIGNATURE, tsas=(*trusted(other), *trusted(tsa)))


def test_an_authority_under_anothers_name_and_number_is_refused(tsa: LocalTsa, tmp_path: Path) -> None:
    """Same names, same serial numbers, other keys: what a forger can copy from the trust root."""
    forger = LocalTsa(tmp_path, forged=7)
    assert refused(minimal(forger.token(SIGNATURE, at=AT)).data, trusted(tsa)) == "A411"
    signed_by_forger = forger.token(SIGNATURE, at=AT, certificate=tsa.certs[0])
    assert refused(minimal(signed_by_forger).data, trusted(tsa)) == "A410"


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        (None, None, None),
        ("2026-01-02T03:04:10Z", "2026-01-02T03:04:11Z", None),
        ("2026-01-02T03:04:11Z", None, "A411"),
        (None, "2026-01-02T03:04:10Z", "A411"),
    ],
)
def test_an_authority_counts_in_its_window(tsa: LocalTsa, start: str | None, end: str | None, code: str | None) -> None:
    window = Window(*(None if text is None else parse_instant(text) for text in (start, end)))
    token = minimal(tsa.token(SIGNATURE, at=AT)).data
    if code is None:
        assert read_token(token, signature=SIGNATURE, tsas=trusted(tsa, window)).time == AT
    else:
        assert refused(token, trusted(tsa, window)) == code


@pytest.mark.parametrize(
    "made",
    [
        {"not_after": datetime(2026, 1, 2, 3, 4, 9, tzinfo=UTC)},
        {"not_before": datetime(2026, 1, 2, 3, 4, 11, tzinfo=UTC)},
        {"usage": ExtendedKeyUsageOID.CODE_SIGNING},
        {"critical": False},
    ],
    ids=["expired", "not yet valid", "for code signing", "not only for time"],
)
def test_the_authoritys_certificate_must_be_in_force_and_for_time_stamps(tmp_path: Path, made: dict[str, Any]) -> None:
    tsa = LocalTsa(tmp_path, **made)
    assert refused(minimal(tsa.token(SIGNATURE, at=AT)).data, trusted(tsa)) == "A410"


def test_a_listed_chain_that_does_not_lead_to_the_signer_is_refused(tsa: LocalTsa, other: LocalTsa) -> None:
    mixed = (TrustedTsa((tsa.certs[0], other.certs[1]), Window()),)
    assert refused(minimal(tsa.token(SIGNATURE, at=AT)).data, mixed) == "A410"
    nonsense = (TrustedTsa((tsa.certs[0], b"\x30\x00"), Window()),)
    assert refused(minimal(tsa.token(SIGNATURE, at=AT)).data, nonsense) == "A410"


def test_authorities_are_counted_by_key_and_the_earliest_token_of_each_stands() -> None:
    def stamp(second: int, authority: str, key: bytes) -> TimeStamp:
        return TimeStamp(time=AT.replace(second=second), authority=authority, key=key, listed=0)

    found = earliest_by_authority(
        [stamp(30, "a", b"1"), stamp(20, "a under another name", b"1"), stamp(25, "a", b"2"), stamp(10, "b", b"3")]
    )
    assert [(item.time.second, item.key) for item in found] == [(10, b"3"), (20, b"1"), (25, b"2")]


@pytest.mark.parametrize(
    ("claimed", "fit"),
    [
        ("2026-01-02T03:04:10Z", True),
        ("2026-01-02T03:09:10Z", True),
        ("2026-01-02T03:09:11Z", False),
        ("2026-01-01T03:04:10Z", True),
        ("2026-01-01T03:04:09Z", False),
    ],
)
def test_a_claimed_time_is_near_the_tokens(claimed: str, fit: bool) -> None:
    assert fits(parse_instant(claimed), AT) is fit


# -- DER ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65535, 65536])
def test_lengths_are_written_in_the_shortest_form_and_read_back(size: int) -> None:
    data = write(0x04, b"x" * size)
    assert read(data) == Element(0x04, b"x" * size)
    assert core.OctetString(b"x" * size).dump() == data
    with pytest.raises(ValueError, match="after the end"):
        read(data + b"\0")


@pytest.mark.parametrize("value", [0, 1, 127, 128, 255, 256, 2**63, 2**64 - 1, 2**64])
def test_integers_are_those_of_another_encoder(value: int) -> None:
    assert integer(value) == core.Integer(value).dump()


def test_the_signers_key_is_the_one_in_the_certificate(tsa: LocalTsa) -> None:
    found = read_token(minimal(tsa.token(SIGNATURE, at=AT)).data, signature=SIGNATURE, tsas=trusted(tsa))
    assert isinstance(tsa.key, ec.EllipticCurvePrivateKey)
    numbers = tsa.key.public_key().public_numbers()
    assert found.key.endswith(numbers.x.to_bytes(32) + numbers.y.to_bytes(32))
    assert len(hashlib.sha256(found.key).digest()) == 32
