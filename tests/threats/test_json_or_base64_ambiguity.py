"""Threat: two readers read one file differently. Control: one canonical spelling of JSON and base64, or exit 4."""

from __future__ import annotations

import pytest

from support.threats import Workspace, vector

PAYLOAD = (
    "payload-duplicate-decision",
    "payload-byte-order-mark",
    "payload-utf-16",
    "payload-1.0",
    "payload-lone-surrogate",
    "payload-nested-100000-deep",
    "payload-nan",
    "payload-2-to-the-53",
    "payload-members-out-of-order",
)
"""Signed by the certifier itself, and refused all the same."""

FILE = (
    "duplicate-key-in-the-file",
    "byte-order-mark",
    "utf-16",
    "lone-surrogate",
    "nested-100000-deep",
    "white-space",
    "token-in-loose-base64",
)
ENVELOPE = (
    "payload-with-stray-bits",
    "payload-with-foreign-letters",
    "payload-without-padding",
    "payload-in-url-alphabet",
    "signature-with-stray-bits",
)


@pytest.mark.parametrize("name", PAYLOAD)
def test_a_payload_in_another_spelling(name: str) -> None:
    assert vector(name) == (4, ["canonical"])


@pytest.mark.parametrize("name", FILE)
def test_a_file_in_another_spelling(name: str) -> None:
    assert vector(name) == (4, ["read"])


@pytest.mark.parametrize("name", ENVELOPE)
def test_base64_in_another_spelling(name: str) -> None:
    assert vector(name) == (4, ["envelope"])


@pytest.mark.parametrize(
    "spell",
    [
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.decode().encode("utf-16"),
        lambda data: data.replace(b'{"dsseEnvelope"', b'{"mediaType":"x","dsseEnvelope"', 1),
        lambda data: data.replace(b":", b" :", 1),
        lambda data: data + b" ",
    ],
)
def test_by_the_command_on_a_real_certificate_and_trust_root(workspace: Workspace, spell: object) -> None:
    assert callable(spell)
    for path in (workspace.certificate, workspace.root / "trust.json"):
        data = path.read_bytes()
        changed = spell(data)
        if changed != data:
            path.write_bytes(changed)
            assert workspace.verify().code == 4
            path.write_bytes(data)
    assert workspace.verify().code == 0
