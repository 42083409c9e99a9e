"""Keys in the transit engine of HashiCorp Vault, through hvac: `hv:NAME[/VERSION]`.

securesystemslib's signer for Vault knows Ed25519 only. This one asks for `ecdsa-p256` keys for attestations, and for
`ed25519` keys for the log. Address and token come from `VAULT_ADDR` and `VAULT_TOKEN`, a namespace from
`VAULT_NAMESPACE`, a private certificate authority from `VAULT_CACERT`; the engine is mounted at `transit`.
"""

from __future__ import annotations

import hashlib
import re

from govern.attestation.keys import PublicKey
from govern.attestation.signers.checked import CheckedEd25519, CheckedSigner
from govern.attestation.signers.interface import SignerFamily, extra_missing, unfit, unreachable
from govern.attestation.signers.place import KeyPlace
from govern.canonical import base64_bytes, base64_text
from govern.diagnostics import Diagnostic, IntegrityError, UsageError

__all__ = ["families"]

_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]*)(?:/([1-9][0-9]{0,8}))?", re.ASCII)
_SECONDS = 30


def families() -> dict[str, SignerFamily]:
    """Give the family `hv`."""
    return {"hv": SignerFamily(attestation=_signer, log=_log_key)}


def _signer(place: KeyPlace) -> CheckedSigner:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

    key = _TransitKey(place, "ecdsa-p256")
    try:
        public = load_pem_public_key(key.public.encode())
        spki = PublicKey.parse(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    except (ValueError, IntegrityError) as fault:
        raise unfit(place, "not the P-256 key that its type says", "ecdsa-p256") from fault
    return CheckedSigner(place, spki, key.sign_digest)


def _log_key(place: KeyPlace) -> CheckedEd25519:
    key = _TransitKey(place, "ed25519")
    try:
        public = base64_bytes(key.public)
    except ValueError as fault:
        raise unfit(place, "not the Ed25519 key that its type says", "ed25519") from fault
    return CheckedEd25519(place, public, key.sign_whole)


class _TransitKey:
    """One version of a key in the transit engine."""

    def __init__(self, place: KeyPlace, kind: str) -> None:
        """Look the key up. Raises UsageError (A402, A404, A406), InputError (A403)."""
        match = _NAME.fullmatch(place.rest)
        if match is None:
            raise UsageError(
                Diagnostic("A406", f"{place.uri} is not hv:NAME[/VERSION]", hint="for example hv:govern/1")
            )
        try:
            import hvac
            from hvac.exceptions import VaultError
        except ImportError as fault:
            raise extra_missing(place, "vault", fault) from fault
        # What requests raises is an OSError; the others come of answers that are not what the interface promises.
        self._faults = (VaultError, OSError, KeyError, TypeError, ValueError)
        self._place, self._name = place, match[1]
        self._client = hvac.Client(
            url=place.need("VAULT_ADDR"),
            token=place.need("VAULT_TOKEN"),
            namespace=place.environment.get("VAULT_NAMESPACE"),
            verify=place.environment.get("VAULT_CACERT") or True,
            timeout=_SECONDS,
        )
        try:
            data = self._client.secrets.transit.read_key(self._name)["data"]
            found, versions = str(data["type"]), dict(data["keys"])
            self._version = int(match[2] or data["latest_version"])
            version = versions.get(str(self._version), {})
            self.public = str(version["public_key"]) if found == kind and version else ""
        except self._faults as fault:
            raise unreachable(place, fault) from fault
        if found != kind:
            raise unfit(place, f"of the type {found}", kind)
        if not self.public:
            raise unreachable(place, ValueError(f"it has no version {self._version}"))

    def sign_digest(self, message: bytes) -> bytes:
        """Have the digest of a message signed: the message itself stays here."""
        digest = base64_text(hashlib.sha256(message).digest())
        return self._sign(digest, hash_algorithm="sha2-256", prehashed=True, marshaling_algorithm="asn1")

    def sign_whole(self, message: bytes) -> bytes:
        """Have a message itself signed, as pure Ed25519 asks."""
        return self._sign(base64_text(message))

    def _sign(self, text: str, **how: str | bool) -> bytes:
        transit = self._client.secrets.transit
        try:
            answer = transit.sign_data(self._name, hash_input=text, key_version=self._version, **how)
            brand, _version, signature = str(answer["data"]["signature"]).split(":")
            if brand != "vault":
                raise ValueError("not a signature of Vault")
            return base64_bytes(signature)
        except self._faults as fault:
            raise unreachable(self._place, fault) from fault
