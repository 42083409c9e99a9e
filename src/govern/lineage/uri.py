"""Canonical URIs of data, code and models. The source registry matches on them, so this is a security boundary.

Rules (RFC 3986 section 6.2, narrowed): scheme and host in lower case, `s3a` and `s3n` become `s3`, a default port
goes, percent escapes of unreserved characters are decoded and all others upper-cased, non-ASCII text is NFC and
escaped, `.` and `..` are resolved and refused when they climb above the root. User information, query and fragment
leave the identity; `?versionId=` becomes the version. A trailing slash means a folder and is kept.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

__all__ = ["CanonicalUri", "UriError", "canonical_uri", "openlineage_uri"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(.*)", re.DOTALL)
_ESCAPE = re.compile(r"((?:%[0-9A-Fa-f]{2})+)")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEPT = "-._~!$&'()*+,;=:@/%"
_ALIASES = {"s3a": "s3", "s3n": "s3", "postgresql": "postgres", "gcs": "gs"}
_PORTS = {"http": "80", "https": "443", "ftp": "21", "postgres": "5432", "mysql": "3306"}
_OPAQUE = frozenset({"urn", "arn", "doi", "pkg"})
"""Schemes without an authority whose names are still global."""
_MAX_LENGTH = 4096


class UriError(ValueError):
    """A name that cannot be made canonical; the text says why."""


@dataclass(frozen=True, slots=True)
class CanonicalUri:
    """A canonical name. `text` is ASCII without blanks."""

    text: str
    is_local: bool
    """A name that means something only inside its record (a relative path, `file:`): it identifies nothing."""
    version: str | None = None
    """From `?versionId=`, when the URI had one."""
    dropped: tuple[str, ...] = ()
    """What was taken off, by name only: `userinfo`, `query`, `fragment`. Their values may be secrets."""


def _refuse_controls(text: str) -> None:
    for char in text:
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            raise UriError(f"holds the forbidden character U+{ord(char):04X}")


def _decode_run(match: re.Match[str]) -> str:
    raw = bytes.fromhex(match[1].replace("%", ""))
    out: list[str] = []
    for byte in raw:
        char = chr(byte)
        out.append(char if char in _UNRESERVED else f"%{byte:02X}")
    return "".join(out)


def _fold_escapes(text: str) -> str:
    """Decode escapes of unreserved characters; bring escaped and literal non-ASCII text to one NFC spelling."""
    if _BAD_ESCAPE.search(text):
        raise UriError("holds a `%` that is not an escape")

    def non_ascii(match: re.Match[str]) -> str:
        raw = bytes.fromhex(match[1].replace("%", ""))
        try:
            decoded = raw.decode("utf-8")
        except UnicodeDecodeError:
            return match[1].upper()
        return "".join(char if ord(char) > 127 else f"%{ord(char):02X}" for char in decoded)

    if re.search(r"%(?:[01][0-9A-Fa-f]|7[Ff])", text):
        raise UriError("holds an escaped control character")
    text = unicodedata.normalize("NFC", _ESCAPE.sub(non_ascii, text))
    _refuse_controls(text)
    return _ESCAPE.sub(_decode_run, quote(text, safe=_KEPT))


def _resolve_dots(path: str) -> str:
    """Resolve `.` and `..`; an empty segment stays, since `a//b` is another object than `a/b` in most stores."""
    segments = path.split("/")
    out: list[str] = []
    for index, segment in enumerate(segments):
        last = index == len(segments) - 1
        if segment in (".", ".."):
            if segment == "..":
                if len(out) <= 1:
                    raise UriError("climbs above its root with `..`")
                out.pop()
            if last:
                out.append("")
        else:
            out.append(segment)
    return "/".join(out)


def _authority(scheme: str, authority: str) -> tuple[str, bool]:
    userinfo, at, host = authority.rpartition("@")
    if not (host.startswith("[") and re.fullmatch(r"\[[0-9A-Fa-f:.]+\](?::\d*)?", host)):
        host = _fold_escapes(host)
    host = host.lower()
    if "%" in host or not host.strip("."):
        raise UriError("has a malformed host")
    name, colon, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    if not colon:
        name, port = host, ""
    elif port and not port.isdigit():
        raise UriError("has a malformed port")
    name = name.rstrip(".") or name
    keep = port and port != _PORTS.get(scheme)
    return (f"{name}:{port}" if keep else name), bool(at) and bool(userinfo)


def _local(text: str) -> CanonicalUri:
    path = _fold_escapes(re.sub(r"%", "%25", text.replace("\\", "/")))
    absolute = path.startswith("/")
    resolved = _resolve_dots(path if absolute else f"/{path}")
    return CanonicalUri(f"local:{resolved if absolute else resolved[1:]}", is_local=True)


def canonical_uri(text: str) -> CanonicalUri:
    """Make a URI or path canonical.

    Raises UriError for control or bidi characters, broken escapes, a malformed host or port, `..` that climbs above
    the root, an empty name or one over 4,096 characters. Calling it on its own result changes nothing.
    """
    if not text.strip():
        raise UriError("is empty")
    if len(text) > _MAX_LENGTH:
        raise UriError(f"is longer than {_MAX_LENGTH} characters")
    _refuse_controls(text)
    found = _SCHEME.fullmatch(text.strip())
    if found is None:
        return _local(text.strip())
    scheme = found[1].lower()
    scheme, rest = _ALIASES.get(scheme, scheme), found[2]
    if scheme == "local":
        return CanonicalUri(f"local:{_fold_escapes(rest)}", is_local=True)
    rest, hash_mark, fragment = rest.partition("#")
    rest, question, query = rest.partition("?")
    dropped = [name for name, there in (("query", question and query), ("fragment", hash_mark and fragment)) if there]
    version = next((value for key, value in parse_qsl(query) if key.lower() == "versionid" and value), None)
    if version is not None:
        _refuse_controls(version)
        if len(parse_qsl(query)) == 1:
            dropped.remove("query")
    if "\\" in rest:
        raise UriError("holds a backslash")
    if scheme in _OPAQUE:
        if not rest.strip("/"):
            raise UriError("has no name after its scheme")
        return CanonicalUri(f"{scheme}:{_fold_escapes(rest)}", False, version, tuple(dropped))
    if not rest.startswith("//"):
        path = _resolve_dots(_fold_escapes(rest if rest.startswith("/") else f"/{rest}"))
        return CanonicalUri(f"{scheme}:{path}", True, version, tuple(dropped))
    authority, slash, path = rest[2:].partition("/")
    path = _resolve_dots(_fold_escapes(slash + path)) if slash else "/"
    if scheme == "file":
        host = authority.lower()
        prefix = "" if host in ("", "localhost") else host
        return CanonicalUri(f"file://{prefix}{path}", True, version, tuple(dropped))
    host, had_userinfo = _authority(scheme, authority)
    if had_userinfo:
        dropped.append("userinfo")
    return CanonicalUri(f"{scheme}://{host}{path}", False, version, tuple(sorted(dropped)))


def openlineage_uri(namespace: str, name: str) -> CanonicalUri:
    """Join an OpenLineage dataset's namespace and name (its Naming specification) and make the result canonical.

    A namespace that is no URI, such as `default`, gives a name that is local to the record.
    """
    joined = f"{namespace.rstrip('/')}/{name.lstrip('/')}" if namespace.rstrip("/") else name
    if namespace == "file" or namespace.startswith("file:"):
        return canonical_uri(f"file:///{name.lstrip('/')}")
    return canonical_uri(joined)
