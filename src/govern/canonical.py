"""Canonical bytes: RFC 8785 JSON, sha256, decimals as text, instants.

Everything that is hashed or signed goes through this module. Floats never do: a measured value is a decimal
string, a count is an integer below 2**53 (RFC 8785 section 3.2.2.3 serialises doubles, whose digits differ
between platforms once arithmetic was involved).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation, localcontext
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = [
    "Json",
    "JsonObject",
    "base64_bytes",
    "base64_text",
    "canonical_bytes",
    "decimal_text",
    "digest_of",
    "fraction_text",
    "instant_text",
    "parse_instant",
    "sha256_hex",
]

# A union that names itself cannot be written with `|` on Python 3.11.
Json = Union[None, bool, int, str, Sequence["Json"], Mapping[str, "Json"]]
JsonObject = Mapping[str, Json]

_INSTANT = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})Z", re.ASCII)
_MAX_INTEGER = 2**53 - 1


_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":"))


def _checked(value: Json, depth: int = 0) -> Json:
    """Copy a value of a canonical record, members of mappings in the order of RFC 8785."""
    if depth > 200:
        raise ValueError("nested too deeply for a canonical record")
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        named = {str(key): item for key, item in value.items()}
        return {key: _checked(named[key], depth + 1) for key in _ordered(named)}
    if isinstance(value, list | tuple):
        return [_checked(item, depth + 1) for item in value]
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(value) > _MAX_INTEGER:
            raise ValueError("integer outside ±(2**53 - 1): write it as text")
        return value
    raise TypeError(f"{type(value).__name__} has no place in a canonical record")


def _ordered(names: Mapping[str, object]) -> list[str]:
    """Sort by UTF-16 code units (RFC 8785 section 3.2.3): beyond U+FFFF that is not the order of code points."""
    if "".join(names).isascii():
        return sorted(names)
    return sorted(names, key=lambda name: name.encode("utf-16-be"))


def canonical_bytes(value: Json) -> bytes:
    """Serialise by RFC 8785 (JCS).

    The standard library's encoder writes texts and integers as section 3.2.2 asks; there are no floats here, and the
    order of members is made beforehand. Raises TypeError for floats, ValueError for big integers and for texts that
    UTF-8 cannot hold.
    """
    return _ENCODER.encode(_checked(value)).encode("utf-8")


def sha256_hex(data: bytes) -> str:
    """Give the sha256 of bytes as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def digest_of(value: Json) -> str:
    """Give the sha256 of a value's canonical bytes as 64 lower-case hex digits."""
    return sha256_hex(canonical_bytes(value))


def decimal_text(value: Decimal | int) -> str:
    """Write a finite decimal without exponent, trailing zeros or negative zero, e.g. `0.8` for `0.800`.

    Raises ValueError for NaN, infinity, more than 34 digits or an exponent outside ±30: such a value, printed
    plainly, could fill the memory.
    """
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError("not a finite number")
    with localcontext() as context:
        context.prec = 40
        try:
            number = number.normalize()
        except InvalidOperation as fault:
            raise ValueError("number out of range") from fault
    _sign, digits, exponent = number.as_tuple()
    if len(digits) > 34 or not isinstance(exponent, int) or abs(exponent + len(digits) - 1) > 30:
        raise ValueError("number out of range: at most 34 digits and an exponent within ±30")
    text = format(number, "f")
    return "0" if number == 0 else text


def fraction_text(value: Fraction, places: int = 6) -> str:
    """Round an exact fraction half-even to `places` decimals and write it as `decimal_text` does."""
    scaled = value * 10**places
    return decimal_text(Decimal(round(scaled)).scaleb(-places))


def parse_instant(text: str) -> datetime:
    """Read an RFC 3339 instant in UTC with whole seconds and `Z`, e.g. `2026-03-01T00:00:00Z`.

    Offsets, fractions, dates without time and leap seconds are refused with ValueError: they are never guessed.
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise ValueError("expected an instant such as 2026-03-01T00:00:00Z (UTC, whole seconds)")
    year, month, day, hour, minute, second = map(int, match.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def instant_text(moment: datetime) -> str:
    """Write an aware datetime as RFC 3339 in UTC with whole seconds. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone is not an instant")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def base64_text(data: bytes) -> str:
    """Write bytes in standard base64 (RFC 4648 section 4) with padding."""
    return base64.b64encode(data).decode("ascii")


def base64_bytes(text: str) -> bytes:
    """Read standard base64 with padding, accepting only the one canonical spelling of the bytes.

    Raises ValueError for white space, the URL alphabet, missing padding and stray bits in the last character:
    Python's own strict decoder lets the last pass, which would let a signed file change without a change of meaning.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as fault:
        raise ValueError("not standard base64") from fault
    if base64_text(data) != text:
        raise ValueError("not canonical base64")
    return data
