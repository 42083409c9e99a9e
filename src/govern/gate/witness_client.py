"""Asking a witness over HTTP (c2sp.org/tlog-witness)."""

from __future__ import annotations

from urllib.parse import urlsplit

from govern.diagnostics import Diagnostic, InputError, UsageError, plain
from govern.gate.http_post import post
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
            seconds: how long a whole answer is waited for.

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
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        try:
            answer = post(self._address, request, headers=headers, most_bytes=_MOST_BYTES, seconds=self._seconds)
            data, body = answer.data, answer.data.decode()
        except (OSError, ValueError) as fault:
            raise self._silent(plain(str(fault), limit=200) or type(fault).__name__) from fault
        if len(data) > _MOST_BYTES:
            raise self._silent(f"its answer is larger than {_MOST_BYTES} bytes")
        if answer.declared is not None and answer.declared.strip() != str(len(data)):
            raise self._silent("its answer ended early")
        return Reply(status=answer.status, body=body, content_type=answer.kind)

    def _silent(self, why: str) -> InputError:
        message = f"the witness {self.name} at {self._address} could not be asked: {why}"
        return InputError(Diagnostic("G249", message, hint="collect later: govern ledger cosign"))
