"""The trust root as sigstore clients read it: `trusted_root.json`, and a map of keys for those that take no root.

Sigstore's time ranges include their end (sigstore_common.proto, TimeRange), ours do not: every end is written a
millisecond early, which is as fine as these clients count.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from govern.attestation.keys import PublicKey
from govern.attestation.trust.root import TrustedLog, TrustedTsa, TrustRoot, Window
from govern.canonical import Json, base64_text, canonical_bytes, instant_text
from govern.diagnostics import Diagnostic, IntegrityError

__all__ = ["ED25519_PREFIX", "key_map", "known_until", "public_keys", "trusted_root"]

ED25519_PREFIX = bytes.fromhex("302a300506032b6570032100")
"""DER of an Ed25519 SubjectPublicKeyInfo up to the key (RFC 8410)."""

_MEDIA_TYPE = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
_BEGINNING = "1970-01-01T00:00:00Z"


def trusted_root(root: TrustRoot) -> bytes:
    """Give `trusted_root.json`: logs and time-stamping authorities. Keys have no place in it, see `public_keys`.

    Raises IntegrityError (A301) for an authority whose certificate is none.
    """
    return _file(
        {
            "mediaType": _MEDIA_TYPE,
            "tlogs": [_log(item) for item in root.logs],
            "certificateAuthorities": [],
            "ctlogs": [],
            "timestampAuthorities": [_tsa(item) for item in root.tsas],
        }
    )


def public_keys(root: TrustRoot) -> bytes:
    """Give `public-keys.json`: every attesting key by its hint, with the time in which its signatures count.

    These clients know no roles: a key that plays several is valid from the first start to the last end. A key that
    is revoked from an instant ends there. One revoked altogether, or by log index alone, is left out, for they
    compare no index.
    """
    keys = root.attesting_keys()
    return key_map((key.public, window) for key in keys if (window := known_until(root, key.keyid)) is not None)


def key_map(keys: Iterable[tuple[PublicKey, Window]]) -> bytes:
    """Write keys by their hint: `{hint: {rawBytes, validFor}}`."""
    return _file(
        {
            key.hint: {"rawBytes": base64_text(key.spki), "validFor": _valid_for(window)}
            for key, window in keys
            if not _is_empty(window)
        }
    )


def known_until(root: TrustRoot, keyid: str) -> Window | None:
    """Give the window in which a key's signatures count in any role, revocations included; None for never."""
    windows = [item.window for role in root.roles_of(keyid) for item in role.keys if item.keyid == keyid]
    starts, ends = [item.start for item in windows], [item.end for item in windows]
    start = None if None in starts else min(item for item in starts if item is not None)
    end = None if None in ends else max(item for item in ends if item is not None)
    for revoked in root.revoked:
        if revoked.keyid != keyid:
            continue
        if revoked.start is None:
            return None
        end = revoked.start if end is None else min(end, revoked.start)
    return Window(start, end)


def _is_empty(window: Window) -> bool:
    return window.start is not None and window.end is not None and window.end <= window.start


def _file(value: Json) -> bytes:
    return canonical_bytes(value) + b"\n"


def _valid_for(window: Window) -> dict[str, Json]:
    made: dict[str, Json] = {"start": _BEGINNING if window.start is None else instant_text(window.start)}
    if window.end is not None:
        made["end"] = _last_instant(window.end)
    return made


def _last_instant(end: datetime) -> str:
    last = end - timedelta(milliseconds=1)
    return last.strftime("%Y-%m-%dT%H:%M:%S.") + f"{last.microsecond // 1000:03}Z"


def _log(log: TrustedLog) -> dict[str, Json]:
    return {
        "baseUrl": f"https://{log.key.name}",
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": base64_text(ED25519_PREFIX + log.key.public),
            "keyDetails": "PKIX_ED25519",
            "validFor": _valid_for(log.window),
        },
        "logId": {"keyId": base64_text(log.key.full_id)},
    }


def _tsa(tsa: TrustedTsa) -> dict[str, Json]:
    from cryptography.x509 import load_der_x509_certificate
    from cryptography.x509.oid import NameOID

    try:
        subject = load_der_x509_certificate(tsa.certs[0]).subject
    except ValueError as fault:
        raise IntegrityError(Diagnostic("A301", "a time-stamping certificate of the trust root is none")) from fault

    def named(oid: object) -> str:
        return next((str(item.value) for item in subject if item.oid == oid), "")

    return {
        "subject": {
            "organization": named(NameOID.ORGANIZATION_NAME),
            "commonName": named(NameOID.COMMON_NAME),
        },
        "certChain": {"certificates": [{"rawBytes": base64_text(cert)} for cert in tsa.certs]},
        "validFor": _valid_for(tsa.window),
    }
