"""One deadline for a whole answer, and redirects that nobody follows."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from govern.gate.http_post import HttpAnswer, post

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=x\r\n"


@contextmanager
def peer(first: bytes, drop: bytes | None = None) -> Iterator[str]:
    """A server that answers one question with `first`, and hangs up; or goes on with a `drop` until the test ends."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                question = b""
                while not question.endswith(b"\r\n\r\n?"):
                    question += connection.recv(65536)
                connection.sendall(first)
                while drop is not None and not done.wait(0.02):
                    try:
                        connection.sendall(drop)
                    except OSError:
                        return

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            done.set()
            thread.join()


def asked(address: str, *, seconds: float = 30) -> HttpAnswer:
    return post(address, b"?", headers={"Content-Type": "text/plain"}, most_bytes=4, seconds=seconds)


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (HEAD + b"Content-Length: 1000000\r\n\r\n", b""),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
        (HEAD, b"X: "),
        (b"HTTP/1.1 ", b" "),
    ],
)
def test_an_answer_that_trickles_in_ends_at_the_deadline(first: bytes, drop: bytes) -> None:
    """Each byte comes well within the socket's own time-out."""
    with peer(first, drop) as address, pytest.raises(OSError, match=r"whole answer within|timed out"):
        asked(address, seconds=0.3)


def test_one_byte_too_many_is_read_and_no_more() -> None:
    with peer(HEAD + b"Content-Length: 9\r\n\r\n123456789") as address:
        assert asked(address) == HttpAnswer(status=200, kind="text/plain", data=b"12345", declared="9")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 400, 409, 500])
def test_every_status_is_an_answer_and_no_redirect_is_followed(status: int) -> None:
    said = f"HTTP/1.1 {status} X\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 2\r\n\r\nno"
    with peer(said.encode()) as address:
        answer = asked(address)
    assert (answer.status, answer.data) == (status, b"no")


@pytest.mark.parametrize("said", [b"", b"\x00\xff", b"HTTP/1.1 abc\r\n\r\n", b"SSH-2.0-x\r\n"])
def test_what_is_no_answer_is_an_oserror(said: bytes) -> None:
    with peer(said) as address, pytest.raises(OSError):
        asked(address)
