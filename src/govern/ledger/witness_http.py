"""The witness's HTTP face: two fixed paths, small bodies, plain answers. Put a TLS proxy in front of it.

Loaded only by `govern ledger witness --listen`.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from govern.diagnostics import Diagnostic, GovernError, Span, UsageError, plain
from govern.ledger.witness import MAX_REQUEST_BYTES, Reply, Witness

__all__ = ["WitnessServer"]

_SECONDS_IDLE = 10.0
_MOST_CONNECTIONS = 64
_LENGTH = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)
_MONITOR = re.compile(r"/([0-9a-f]{64})/checkpoint", re.ASCII)


class _Handler(BaseHTTPRequestHandler):
    """One connection. What a client sends reaches the witness as bytes, and the report only escaped."""

    protocol_version = "HTTP/1.1"
    timeout = _SECONDS_IDLE
    server: WitnessServer
    error_content_type = "text/plain; charset=utf-8"
    error_message_format = "%(message)s\n"

    def do_POST(self) -> None:
        """Answer `POST <prefix>/add-checkpoint`."""
        body = self._body()
        if body is None:
            return
        if self.path != f"{self.server.prefix}/add-checkpoint":
            self._answer(Reply(status=404, body="there is only add-checkpoint\n"))
            return
        witness, clock = self.server.witness, self.server.clock
        self._answer(self._asked(lambda: witness.add_checkpoint(body, seconds=clock())))

    def do_GET(self) -> None:
        """Answer `GET <prefix>/<hex sha256 of the origin>/checkpoint`."""
        path = self.path.removeprefix(self.server.prefix) if self.path.startswith(self.server.prefix) else ""
        match = _MONITOR.fullmatch(path)
        if match is None:
            self._answer(Reply(status=404, body="there is only <sha256 of the origin>/checkpoint\n"))
            return
        self._answer(self._asked(lambda: self.server.witness.checkpoint(match[1])))

    def _asked(self, question: Callable[[], Reply]) -> Reply:
        """Ask the witness; a state that cannot be trusted or written is no answer, and never a cosignature."""
        try:
            return question()
        except GovernError as fault:
            for diagnostic in fault.diagnostics:
                self.server.report(str(diagnostic))
            return Reply(status=500, body="the witness cannot answer now\n")

    def _body(self) -> bytes | None:
        """The request's body; None when it was refused, with the connection to be closed: what follows is unknown."""
        lengths = self.headers.get_all("Content-Length") or []
        if self.headers.get("Transfer-Encoding") is not None or len(lengths) != 1 or not _LENGTH.fullmatch(lengths[0]):
            self._refuse(Reply(status=411, body="send the body with its Content-Length\n"))
            return None
        length = int(lengths[0])
        if length > MAX_REQUEST_BYTES:
            self._refuse(Reply(status=413, body=f"a request has at most {MAX_REQUEST_BYTES} bytes\n"))
            return None
        body = self.rfile.read(length)
        if len(body) != length:
            self._refuse(Reply(status=400, body="the body ended early\n"))
            return None
        return body

    def _refuse(self, reply: Reply) -> None:
        self.close_connection = True
        self._answer(reply)

    def _answer(self, reply: Reply) -> None:
        data = reply.body.encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def version_string(self) -> str:
        """Say nothing about the program."""
        return "witness"

    def log_message(self, format: str, *args: Any) -> None:
        """Report a request on one line that holds nothing a terminal obeys."""
        self.server.report(plain(f"{self.client_address[0]} {format % args}"))


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness until it is told to stop."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        witness: Witness,
        *,
        host: str,
        port: int,
        clock: Callable[[], int],
        report: Callable[[str], None],
        prefix: str = "",
    ) -> None:
        """Bind the address; port 0 takes a free one.

        Args:
            witness: who answers.
            host: name or address to listen on.
            port: TCP port.
            clock: gives the time in Unix seconds.
            report: gets a line for each request and fault.
            prefix: path before the two fixed ones, `/w1` for instance.

        Raises UsageError (G254) when the address cannot be listened on, or the prefix is no path.
        """
        if prefix and not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", prefix, re.ASCII):
            raise UsageError(Diagnostic("G254", f"{prefix!r} is not a path prefix such as /w1"))
        self.witness, self.clock, self.report, self.prefix = witness, clock, report, prefix
        self._free = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self._stopping = False
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), _Handler)
        except (OSError, OverflowError) as fault:
            message = f"cannot listen on {host}:{port}: {getattr(fault, 'strerror', None) or fault}"
            raise UsageError(Diagnostic("G254", message, Span(f"{host}:{port}"))) from fault

    @property
    def url(self) -> str:
        """Where it listens: the submission and monitoring prefix."""
        host, port = self.server_address[:2]
        name = host.decode() if isinstance(host, bytes | bytearray) else host
        return f"http://{f'[{name}]' if ':' in name else name}:{port}{self.prefix}"

    def server_bind(self) -> None:
        """Bind without the library's look-up of the host's name, which may ask the network."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def stop(self) -> None:
        """End `serve_forever` with KeyboardInterrupt, within its poll interval. Safe in a signal handler.

        A handler that raised would be lost when the signal came while a finaliser or a weak reference's callback ran.
        """
        self._stopping = True

    def service_actions(self) -> None:
        """Between two connections: end when told to."""
        if self._stopping:
            raise KeyboardInterrupt

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in its own thread; one too many is closed at once."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Make room when a connection ends."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what ended a connection: a client that hung up, mostly."""
        import sys

        fault = sys.exc_info()[1]
        self.report(plain(f"{client_address[0]} connection ended: {type(fault).__name__}"))
