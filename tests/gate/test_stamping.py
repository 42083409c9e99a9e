"""Asking an authority over HTTP: what is sent, what is taken, and every way in which it can be silent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from govern.attestation.stamps.tokens import read_token
from govern.attestation.trust.reading import load_trust
from govern.attestation.trust.root import TrustedTsa, TrustRoot, Window
from govern.diagnostics import GovernError
from govern.gate.stamping import ask, check_authority, stamper_of
from support.attestations import Gate
from support.tsa import LocalTsa

SIGNATURE = b"the bytes of a signature"
NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> LocalTsa:
    return LocalTsa(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, tsa: LocalTsa) -> TrustRoot:
    made = load_trust(Gate(tmp_path_factory.mktemp("gate")).trust)
    return replace(made, tsas=(TrustedTsa(tsa.certs, Window()),))


def entropy(size: int) -> bytes:
    return bytes(range(200, 200 + size))


NONCE = int.from_bytes(entropy(8))


def answering(tsa: LocalTsa, **changes: Any) -> Callable[[bytes], bytes]:
    """An authority that answers any question about SIGNATURE without looking at it."""
    return lambda _request: tsa.token(SIGNATURE, **{"at": NOW, "nonce": NONCE, **changes})


def code_of(call: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(GovernError) as caught:
        call()
    return caught.value.diagnostics[0].code, caught.value.exit_code


@pytest.mark.tools
def test_openssl_answers_what_we_ask_over_http(tsa: LocalTsa, root: TrustRoot) -> None:
    with tsa.served() as address:
        stamp = stamper_of(address, trust=root, entropy=entropy)
        assert stamp is not None
        token = stamp(SIGNATURE)
    assert read_token(token, signature=SIGNATURE, tsas=root.tsas).authority == "CN=tsa.example"
    assert tsa.accepts(token, SIGNATURE)


def test_the_nonce_is_from_the_entropy_that_was_handed_in(tsa: LocalTsa, root: TrustRoot) -> None:
    seen: list[bytes] = []

    def answer(request: bytes) -> bytes:
        seen.append(request)
        return answering(tsa)(request)

    with tsa.served(answer) as address:
        stamp = stamper_of(address, trust=root, entropy=entropy, claimed=NOW)
        assert stamp is not None
        assert stamp(SIGNATURE)
    assert entropy(8) in seen[0]


def test_no_address_no_stamper(root: TrustRoot) -> None:
    assert stamper_of(None, trust=root, entropy=entropy) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"nonce": NONCE + 1}, ("A412", 3)),
        ({"nonce": None}, ("A412", 3)),
        ({"at": NOW + timedelta(hours=25)}, ("A414", 3)),
        ({"at": NOW - timedelta(minutes=6)}, ("A414", 3)),
    ],
)
def test_an_answer_to_another_question_or_of_another_time(
    tsa: LocalTsa, root: TrustRoot, changes: dict[str, Any], code: tuple[str, int]
) -> None:
    with tsa.served(answering(tsa, **changes)) as address:
        stamp = stamper_of(address, trust=root, entropy=entropy, claimed=NOW)
        assert stamp is not None
        assert code_of(lambda: stamp(SIGNATURE)) == code


def test_an_authority_that_the_trust_root_does_not_list(tsa: LocalTsa, root: TrustRoot, tmp_path: Path) -> None:
    other = LocalTsa(tmp_path, name="other.example", scalar=3001)
    with other.served(answering(other)) as address:
        stamp = stamper_of(address, trust=root, entropy=entropy)
        assert stamp is not None
        assert code_of(lambda: stamp(SIGNATURE)) == ("A411", 2)
    assert code_of(lambda: check_authority("https://tsa.example/", replace(root, tsas=()))) == ("A411", 2)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "tsa.example",
        "ftp://tsa.example/",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@tsa.example/",
        "https://[::1",
    ],
)
def test_only_http_addresses_without_credentials_are_asked(root: TrustRoot, address: str) -> None:
    assert code_of(lambda: check_authority(address, root)) == ("A406", 2)
    with pytest.raises(GovernError) as caught:
        check_authority(address, root)
    assert "secret" not in str(caught.value)


def test_every_silence_is_said(tsa: LocalTsa, root: TrustRoot) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        assert code_of(lambda: ask(f"http://127.0.0.1:{port}/", b"q")) == ("A413", 3)
    for status in (400, 404, 500, 503):
        with tsa.served(answering(tsa), status=status) as address:
            assert code_of(lambda where=address: ask(where, b"q")) == ("A413", 3)
    with tsa.served(lambda _request: b"x" * (256 * 1024 + 1)) as address:
        assert code_of(lambda: ask(address, b"q")) == ("A413", 3)
    with tsa.served(lambda _request: b"<html>") as address:
        stamp = stamper_of(address, trust=root, entropy=entropy)
        assert stamp is not None
        assert code_of(lambda: stamp(SIGNATURE)) == ("A412", 3)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error(tsa: LocalTsa, status: int) -> None:
    with (
        tsa.served(answering(tsa)) as elsewhere,
        tsa.served(answering(tsa), status=status, location=elsewhere) as address,
    ):
        assert code_of(lambda: ask(address, b"q")) == ("A413", 3)


def test_an_answer_of_another_kind_is_not_taken(tsa: LocalTsa) -> None:
    with tsa.served(answering(tsa), kind="text/html") as address:
        assert code_of(lambda: ask(address, b"q")) == ("A413", 3)


def test_a_cut_answer_is_none(root: TrustRoot) -> None:
    """The connection ends before the length that was promised."""
    listener = socket.create_server(("127.0.0.1", 0))

    def once() -> None:
        connection, _ = listener.accept()
        with connection:
            question = connection.makefile("rb")
            lines = iter(question.readline, b"\r\n")
            sizes = [int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:")]
            question.read(sizes[0])
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\nContent-Length: 900\r\n\r\nshort"
            )

    thread = threading.Thread(target=once)
    thread.start()
    try:
        stamp = stamper_of(f"http://127.0.0.1:{listener.getsockname()[1]}/", trust=root, entropy=entropy)
        assert stamp is not None
        assert code_of(lambda: stamp(SIGNATURE)) == ("A412", 3)
    finally:
        thread.join()
        listener.close()
