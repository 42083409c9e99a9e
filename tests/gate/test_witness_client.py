"""Asking a witness over HTTP: whatever stands at the address."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from govern.diagnostics import InputError, UsageError
from govern.gate.witness_client import HttpWitness
from govern.ledger.witness import Reply
from support.witnesses import witness_signer

KEY = witness_signer().key


@contextmanager
def answering(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives each connection the next bytes, whatever it was asked; and what it was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for answer in answers:
                connection, _address = listener.accept()
                with connection:
                    asked.append(_request(connection))
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        finally:
            thread.join()


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    (length,) = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def client(url: str) -> HttpWitness:
    return HttpWitness(name="w1", key=KEY, url=url, seconds=5)


def response(status: str, body: bytes, kind: str = "text/plain; charset=utf-8") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def test_the_request_is_posted_as_it_is() -> None:
    with answering(response("200 OK", "— x\n".encode())) as (url, asked):
        made = client(f"{url}/w1/").add_checkpoint(b"old 0\n\nnote")
    assert made == Reply(status=200, body="— x\n", content_type="text/plain")
    head, _, body = asked[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /w1/add-checkpoint HTTP/1.1\r\n")
    assert body == b"old 0\n\nnote"


@pytest.mark.parametrize(
    "status", ["400 Bad Request", "403 Forbidden", "404 Not Found", "409 Conflict", "422 X", "500 X"]
)
def test_every_other_status_is_an_answer_too(status: str) -> None:
    with answering(response(status, b"7\n", "text/x.tlog.size")) as (url, _asked):
        made = client(url).add_checkpoint(b"x")
    assert made == Reply(status=int(status[:3]), body="7\n", content_type="text/x.tlog.size")


def test_a_redirect_is_not_followed() -> None:
    moved = b"HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
    with answering(moved) as (url, asked):
        assert client(url).add_checkpoint(b"x").status == 307
    assert len(asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x16\x03\x01 not http\r\n\r\n",
        response("200 OK", b"\xff\xfe"),
        response("200 OK", b"x" * 70_000),
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
    ],
)
def test_what_is_no_answer_is_said_to_be_none(answer: bytes) -> None:
    with answering(answer) as (url, _asked), pytest.raises(InputError) as caught:
        client(url).add_checkpoint(b"x")
    assert caught.value.diagnostics[0].code == "G249"


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(InputError) as caught:
        client(f"http://127.0.0.1:{port}").add_checkpoint(b"x")
    assert caught.value.diagnostics[0].code == "G249"


@pytest.mark.parametrize(
    "url",
    ["", "w.example", "file:///etc/passwd", "ftp://w", "http://", "http://u@w", "http://w/?a", "http://w/#a", "http://w/ä",
     "http://w/\r\nX: y", "http://w:0", "http://w:x", "http://[::1"],
)  # fmt: skip
def test_addresses_that_cannot_be_asked(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        client(url)
    assert caught.value.diagnostics[0].code == "G252"
