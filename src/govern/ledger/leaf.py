"""What the log holds of a signed statement: a Rekor v2 `hashedrekord` entry, version 0.0.2.

The entry has hashes and a public key only, so the statement itself can be erased while every proof stays valid.
Verifiers of other projects rebuild these bytes from the bundle; one byte off and they refuse it.
"""

from __future__ import annotations

import hashlib
import re
from binascii import a2b_base64, b2a_base64

from govern.records import record

__all__ = ["PAYLOAD_TYPE", "Leaf", "leaf_body", "pae", "read_leaf"]

PAYLOAD_TYPE = "application/vnd.in-toto+json"
"""The one payload type that enters the log."""

_FORM = (
    b'{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256",'
    b'"digest":"%s"},"signature":{"content":"%s","verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_256",'
    b'"publicKey":{"rawBytes":"%s"}}}}}}'
)
# The three values are base64, which JSON never escapes: filling in this form gives RFC 8785's bytes, and a whole log
# is read back eight times faster than through a JSON parser and writer.
_READER = re.compile(re.escape(_FORM).replace(b"%s", b"([A-Za-z0-9+/=]*)"))


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """Encode what a DSSE signature covers (DSSE protocol 1.0, pre-authentication encoding)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


@record(kw_only=True)
class Leaf:
    """The content of a log entry."""

    digest: bytes
    """sha256 over the pre-authentication encoding, raw."""
    signature: bytes
    """ECDSA signature in DER."""
    spki: bytes
    """The signer's public key as SubjectPublicKeyInfo DER."""

    @property
    def body(self) -> bytes:
        """The canonical bytes of the entry."""
        values = (self.digest, self.signature, self.spki)
        return _FORM % tuple(b2a_base64(item, newline=False) for item in values)


def leaf_body(payload: bytes, signature: bytes, spki: bytes) -> bytes:
    """Build the entry for a payload, its signature and the signer's key."""
    return Leaf(digest=hashlib.sha256(pae(payload)).digest(), signature=signature, spki=spki).body


def read_leaf(body: bytes) -> Leaf:
    """Read an entry back. Raises ValueError unless it is exactly what `Leaf.body` would write."""
    match = _READER.fullmatch(body)
    if match is None:
        raise ValueError("not the canonical bytes of a hashedrekord 0.0.2 entry")
    try:
        digest, signature, spki = map(_canonical_base64, match.groups())
    except ValueError as fault:
        raise ValueError("not a hashedrekord 0.0.2 entry") from fault
    return Leaf(digest=digest, signature=signature, spki=spki)


def _canonical_base64(text: bytes) -> bytes:
    """Do what `canonical.base64_bytes` does, on ASCII bytes: a whole log is read by this."""
    data = a2b_base64(text, strict_mode=True)
    if b2a_base64(data, newline=False) != text:
        raise ValueError("not canonical base64")
    return data
