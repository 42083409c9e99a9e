"""Time-stamps: asking an authority over HTTP, and adding tokens to files that were issued without."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from govern.attestation.signing import Stamper
from govern.attestation.stamps.asking import add_token, answer, question, signature_of, too_far
from govern.attestation.stamps.tokens import TimeStamp, fits
from govern.attestation.trust.root import TrustedTsa, TrustRoot
from govern.canonical import instant_text
from govern.diagnostics import Diagnostic, InputError, Severity, UsageError, plain
from govern.gate.files import read_file
from govern.gate.http_post import post
from govern.gate.outputs import write_atomic, writing

__all__ = ["add_response", "ask", "check_authority", "stamp_file", "stamper_of", "unstamped", "write_request"]

_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"
_MOST_BYTES = 256 * 1024
_SECONDS = 30.0


def stamper_of(
    address: str | None, *, trust: TrustRoot, entropy: Callable[[int], bytes], claimed: datetime | None = None
) -> Stamper | None:
    """Give what the issuing functions take as `stamp`; None when no authority is set.

    Every answer is verified with the trust root before it is handed on: what is logged can be verified later.

    Args:
        address: http or https address of the authority.
        trust: names the authorities that count.
        entropy: makes the nonces.
        claimed: the time that the statements claim, to be near the token's.
    """
    if address is None:
        return None
    check_authority(address, trust)

    def stamp(signature: bytes) -> bytes:
        nonce = int.from_bytes(entropy(8))
        response = ask(address, question(signature, nonce=nonce))
        kept, said = answer(response, signature=signature, tsas=trust.tsas, nonce=nonce)
        if claimed is not None and not fits(claimed, said.time):
            raise too_far(claimed, said.time)
        return kept

    return stamp


def unstamped(address: str | None, trust: TrustRoot) -> Diagnostic | None:
    """Warn (A416) when a file will have fewer tokens than the trust root asks for, so that verifying it gives 1."""
    got = 0 if address is None else 1
    if got >= trust.timestamps:
        return None
    message = f"the trust root asks for tokens of {trust.timestamps} authorities, this file gets {got}"
    hint = "set [signing] tsa" if address is None else "stamp it at the others: govern stamp FILE --tsa URL"
    if address is None:
        hint += ", or add them within 24 hours: govern stamp FILE"
    return Diagnostic("A416", message, hint=hint, severity=Severity.WARNING)


def check_authority(address: str, trust: TrustRoot) -> None:
    """Refuse an address that cannot be asked (A406), or to ask when nobody could verify the answer (A411)."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        sound = False
    if not sound:
        message = "[signing] tsa is not an http or https address without credentials"
        raise UsageError(Diagnostic("A406", message, hint="for example tsa = 'https://tsa.example/'"))
    if not trust.tsas:
        message = f"the trust root lists no time-stamping authority, so nobody could verify the tokens of {address}"
        raise UsageError(Diagnostic("A411", message, hint="list it: govern trust edit --tsa CERT.pem; or unset tsa"))


def ask(address: str, request: bytes) -> bytes:
    """Send a question and give the answer's bytes (RFC 3161 section 3.4). Raises InputError A413."""
    headers = {"Content-Type": _QUERY, "Accept": _REPLY}
    try:
        reply = post(address, request, headers=headers, most_bytes=_MOST_BYTES, seconds=_SECONDS)
    except (OSError, ValueError) as fault:
        raise _silent(address, plain(str(fault), limit=200) or type(fault).__name__) from fault
    if not 200 <= reply.status < 300:
        raise _silent(address, f"it answers {reply.status}")
    data, kind = reply.data, reply.kind
    if kind != _REPLY or len(data) > _MOST_BYTES:
        raise _silent(address, f"it answers with {len(data)} bytes of {plain(kind, limit=80)}, not with a time-stamp")
    return data


def _silent(address: str, why: str) -> InputError:
    hint = "nothing was logged; run it again later, or unset tsa and stamp the file afterwards: govern stamp FILE"
    return InputError(Diagnostic("A413", f"the time-stamping authority {address} gives no token: {why}", hint=hint))


def write_request(file: Path, request: Path) -> str:
    """Write the question about a bundle file's signature, to be carried to an authority; give what to say."""
    data = question(signature_of(read_file(file), file=str(file)), nonce=None)
    with writing(request):
        write_atomic(request, data)
    return f"wrote {request}: have it answered, then govern stamp {file} --response ANSWER"


def add_response(file: Path, response: bytes, *, tsas: Sequence[TrustedTsa]) -> str:
    """Put an authority's answer into a bundle file; give what to say. The file is replaced as a whole or not at all.

    Raises InputError (A412, A414), UsageError (A411, A415), IntegrityError (A201, A203, A207, A410).
    """
    made, stamp = add_token(read_file(file), response, tsas=tsas, file=str(file))
    with writing(file):
        write_atomic(file, made)
    return _said(file, stamp)


def stamp_file(file: Path, *, address: str, trust: TrustRoot, entropy: Callable[[int], bytes]) -> str:
    """Ask an authority about a bundle file's signature and put its answer in. Raises as `add_response`, and A413."""
    stamp = stamper_of(address, trust=trust, entropy=entropy)
    assert stamp is not None
    return add_response(file, stamp(signature_of(read_file(file), file=str(file))), tsas=trust.tsas)


def _said(file: Path, stamp: TimeStamp) -> str:
    return f"{file}: stamped by {stamp.authority} on {instant_text(stamp.time)}"
