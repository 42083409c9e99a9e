"""Asking a witness over HTTP (c2sp.org/tlog-witness)."""

from __future__ import annotations

from urllib.parse import urlsplit

from govern.diagnostics import Diagnostic, InputError, UsageError, plain
from govern.ledger.note import NoteKey
from govern.ledger.witness import Reply

__all__ = ["HttpWitness"]

_MOST_BYTES = 64 * 1024


class HttpWitness:
    """A witness at an address. Its answers are signed or harmless, so plain http is allowed."""

    def __init__(self, *, name: str, key: NoteKey, url: str, seconds: float = 10.0) -> None:
        """Name a witness.

        Args:
            name: what the trust root calls it.
            key: its key there.
            url: the prefix before `/add-checkpoint`.
            seconds: how long a silent connection is waited for.

        Raises UsageError (G252) for an address that cannot be asked.
        """
        try:
            parts = urlsplit(url)
            sound = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
            sound = sound and not parts.query and not parts.fragment and (parts.port is None or parts.port > 0)
        except ValueError:
            sound = False
        if not sound or any(ord(char) <= 32 or ord(char) >= 127 for char in url):
            message = f"the address of the witness {name} is not an http or https address without credentials"
            raise UsageError(Diagnostic("G252", message, hint=f'for example "{name} https://witness.example/w1"'))
        self.name = name
        self.key = key
        self._address = f"{url.rstrip('/')}/add-checkpoint"
        self._seconds = seconds

    def add_checkpoint(self, request: bytes) -> Reply:
        """Send a request and give the answer. InputError (G249) for none, a redirect or one that is no text."""
        from http.client import HTTPException
        from urllib.error import HTTPError
        from urllib.request import Request, build_opener

        headers = {"Content-Type": "text/plain; charset=utf-8"}
        call = Request(self._address, data=request, headers=headers, method="POST")  # noqa: S310 - checked above
        try:
            try:
                reply = build_opener(_no_redirects()).open(call, timeout=self._seconds)
            except HTTPError as fault:
                reply = fault  # every status but 200 is an answer, too
            with reply:
                data: bytes = reply.read(_MOST_BYTES + 1)
                status: int = reply.status
                kind: str = reply.headers.get_content_type()
                declared: str | None = reply.headers.get("Content-Length")
            body = data.decode()
        except (OSError, HTTPException, ValueError) as fault:
            raise self._silent(plain(str(fault), limit=200) or type(fault).__name__) from fault
        if len(data) > _MOST_BYTES:
            raise self._silent(f"its answer is larger than {_MOST_BYTES} bytes")
        if declared is not None and declared.strip() != str(len(data)):
            raise self._silent("its answer ended early")
        return Reply(status=status, body=body, content_type=kind)

    def _silent(self, why: str) -> InputError:
        message = f"the witness {self.name} at {self._address} could not be asked: {why}"
        return InputError(Diagnostic("G249", message, hint="collect later: govern ledger cosign"))


def _no_redirects() -> type:
    from urllib.request import HTTPRedirectHandler

    class Refusing(HTTPRedirectHandler):
        """A redirect would be followed without the question; it is an answer that says nothing."""

        def redirect_request(self, *_args: object, **_named: object) -> None:
            return None

    return Refusing
