"""One question over HTTP and its answer, within one deadline; for time-stamping authorities and witnesses."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping

from govern.records import record

__all__ = ["HttpAnswer", "post"]


@record(kw_only=True)
class HttpAnswer:
    """What came back, whatever its status."""

    status: int
    kind: str
    """Media type without parameters."""
    data: bytes
    """At most one byte more than was asked for."""
    declared: str | None
    """The Content-Length, as it stands there."""


def post(address: str, question: bytes, *, headers: Mapping[str, str], most_bytes: int, seconds: float) -> HttpAnswer:
    """Send bytes and give the answer. A redirect is an answer: it would be followed without the question.

    The deadline covers everything, the look-up of the host and an answer that trickles in as well: a socket's own
    time-out begins anew with every byte. Proxies are those of the environment.

    Args:
        address: http or https, checked by the caller.
        question: the body.
        headers: its Content-Type, and what else is said.
        most_bytes: of the answer; reading stops after one more.
        seconds: until the answer must be there as a whole.

    Raises OSError (TimeoutError after the deadline), ValueError.
    """
    answers: queue.SimpleQueue[HttpAnswer | Exception] = queue.SimpleQueue()

    def exchange() -> None:
        try:
            answers.put(_exchange(address, question, headers, most_bytes, seconds))
        except Exception as fault:
            answers.put(fault)

    threading.Thread(target=exchange, name="http-post", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"no whole answer within {seconds:g} seconds") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _exchange(address: str, question: bytes, headers: Mapping[str, str], most_bytes: int, seconds: float) -> HttpAnswer:
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, build_opener

    call = Request(address, data=question, headers=dict(headers), method="POST")  # noqa: S310 - checked by the caller
    try:
        try:
            reply = build_opener(_no_redirects()).open(call, timeout=seconds)
        except HTTPError as fault:
            reply = fault  # every status but 200 is an answer, too
        with reply:
            return HttpAnswer(
                data=reply.read(most_bytes + 1),
                status=reply.status,
                kind=reply.headers.get_content_type(),
                declared=reply.headers.get("Content-Length"),
            )
    except HTTPException as fault:
        raise OSError(str(fault) or type(fault).__name__) from fault


def _no_redirects() -> type:
    from urllib.request import HTTPRedirectHandler

    class Refusing(HTTPRedirectHandler):
        """Makes every redirect the answer that it is."""

        def redirect_request(self, *_args: object, **_named: object) -> None:
            return None

    return Refusing
