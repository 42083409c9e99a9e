"""Digests inside evidence that follow the files they name: `${sha256:path}` and `${model_digest}`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from govern.canonical import sha256_hex
from govern.policy.testing.patches import Value

__all__ = ["MODEL_DIGEST", "PlaceError", "follow_text", "follow_value", "resolved"]

MODEL_DIGEST = "${model_digest}"

_HEX = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_PLACE = re.compile(r"\$\{(?:sha256:([^}\s]{1,400})|model_digest)\}")


class PlaceError(ValueError):
    """A digest that cannot be filled in."""


def follow_text(text: str, names: Mapping[str, str]) -> str:
    """Put a placeholder wherever a text holds one of these digests (hex to placeholder)."""
    return _HEX.sub(lambda found: names.get(found[0], found[0]), text)


def follow_value(value: Value, names: Mapping[str, str]) -> Value:
    """Do the same in every text of a value."""
    if isinstance(value, str):
        return follow_text(value, names)
    if isinstance(value, list):
        return [follow_value(item, names) for item in value]
    if isinstance(value, dict):
        return {key: follow_value(item, names) for key, item in value.items()}
    return value


def resolved(
    files: Mapping[str, str | bytes], *, gone: Mapping[str, str], model_digest: str | None
) -> tuple[dict[str, bytes], bool]:
    """Give the bytes of every file with its placeholders filled in, and whether one names the model digest.

    `gone` holds digests of files that were taken out: a record still names what it named. Raises PlaceError for a
    path that is nowhere and for files that name each other.
    """
    done: dict[str, bytes] = {}
    asked: set[str] = set()
    names_model = False

    def bytes_of(path: str) -> bytes:
        nonlocal names_model
        if path in done:
            return done[path]
        if path in asked:
            raise PlaceError(f"the digest of {path} depends on itself")
        asked.add(path)
        content = files[path]
        if isinstance(content, str):
            names_model = names_model or MODEL_DIGEST in content
            content = _PLACE.sub(fill, content).encode("utf-8", "surrogatepass")
        done[path] = content
        return content

    def fill(found: re.Match[str]) -> str:
        path = found[1]
        if path is None:
            return model_digest or "0" * 64
        if path in files:
            return sha256_hex(bytes_of(path))
        if path in gone:
            return gone[path]
        raise PlaceError(f"{found[0]} names no file of the evidence")

    return {path: bytes_of(path) for path in files}, names_model
