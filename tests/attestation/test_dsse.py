"""Envelopes: one signature, one spelling."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from govern.attestation.dsse import Envelope, pae, read_envelope, sign_payload
from govern.diagnostics import IntegrityError
from support.attestations import CERTIFIER, Edit

GOOD = sign_payload(b'{"a":1}', CERTIFIER)


def test_the_encoding_is_that_of_the_protocol() -> None:
    assert pae(b"hello world", "http://example.com/HelloWorld") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert pae("é".encode(), "é") == "DSSEv1 2 é 2 é".encode()


def test_an_envelope_reads_back() -> None:
    assert read_envelope(json.loads(GOOD.data)) == GOOD
    assert GOOD.data.endswith(b"}\n")
    assert CERTIFIER.public.verifies(GOOD.signature, GOOD.pae)


def test_identity_is_the_payload_not_the_signature() -> None:
    twin = Envelope(payload=GOOD.payload, keyid=GOOD.keyid, signature=b"other")
    assert twin.digest == GOOD.digest


def change(edit: Edit) -> dict[str, Any]:
    value = copy.deepcopy(json.loads(GOOD.data))
    edit(value)
    assert isinstance(value, dict)
    return value


def second_signature(value: dict[str, Any]) -> None:
    value["signatures"].append(value["signatures"][0])


@pytest.mark.parametrize(
    "edit",
    [
        second_signature,
        lambda value: value.update(signatures=[]),
        lambda value: value.update(signatures={}),
        lambda value: value.update(payloadType="application/json"),
        lambda value: value.update(payload="aGl="),  # stray bits
        lambda value: value.update(payload="aGk"),  # no padding
        lambda value: value.update(payload="aG k="),
        lambda value: value.update(payload="a-k_"),  # URL alphabet
        lambda value: value.update(payload="aGk=\n"),
        lambda value: value.update(payload="é"),
        lambda value: value.update(payload=1),
        lambda value: value.update(extra=1),
        lambda value: value["signatures"][0].update(sig="!!"),
        lambda value: value["signatures"][0].update(cert="x"),
        lambda value: value["signatures"][0].pop("keyid"),
        lambda value: value["signatures"][0].update(keyid=""),
        lambda value: value.pop("payloadType"),
    ],
)
def test_any_other_envelope_is_refused(edit: Edit) -> None:
    with pytest.raises(IntegrityError) as caught:
        read_envelope(change(edit))
    assert caught.value.diagnostics[0].code == "A203"


@pytest.mark.parametrize("value", [None, [], "x", 1])
def test_what_is_no_object_is_refused(value: object) -> None:
    with pytest.raises(IntegrityError):
        read_envelope(value)
