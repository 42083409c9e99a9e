"""Stand-ins for services that hold keys. Each really signs, by the contract that its service documents, and refuses
what the service would refuse; with `twice` it hashes the digest that it is sent once more, as a broken one would.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.loopback import Answer

_CURVES = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1}


@dataclass
class EcKey:
    """An elliptic-curve key behind a service, and what it was asked to sign."""

    scalar: int = 91
    curve: str = "P-256"
    twice: bool = False
    asked: list[bytes] = field(default_factory=list)

    @property
    def private(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(self.scalar, _CURVES[self.curve]())

    @property
    def der(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def pem(self) -> str:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign 32 bytes as they are: a DER signature."""
        assert len(digest) == 32, "a digest of another length"
        self.asked.append(digest)
        value = hashlib.sha256(digest).digest() if self.twice else digest
        return self.private.sign(value, ec.ECDSA(utils.Prehashed(hashes.SHA256())))

    def sign_digest_raw(self, digest: bytes) -> bytes:
        """The same as r and s, 32 bytes each."""
        r, s = utils.decode_dss_signature(self.sign_digest(digest))
        return r.to_bytes(32) + s.to_bytes(32)


@dataclass
class AwsKms:
    """The JSON protocol of AWS KMS (`TrentService`), as far as GetPublicKey and Sign go."""

    key: EcKey
    name: str = "alias/govern"
    algorithms: tuple[str, ...] = ("ECDSA_SHA_256",)

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: Any) -> Answer:
        assert (method, path) == ("POST", "/")
        assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 ")
        if body["KeyId"] != self.name:
            return 400, {"__type": "NotFoundException", "message": f"Key '{body['KeyId']}' does not exist"}
        operation = headers["X-Amz-Target"]
        if operation == "TrentService.GetPublicKey":
            return 200, {
                "KeyId": self.name,
                "KeyUsage": "SIGN_VERIFY",
                "PublicKey": base64.b64encode(self.key.der).decode(),
                "SigningAlgorithms": list(self.algorithms),
            }
        assert operation == "TrentService.Sign"
        digest = base64.b64decode(body["Message"], validate=True)
        if body["MessageType"] != "DIGEST" or len(digest) != 32 or body["SigningAlgorithm"] not in self.algorithms:
            return 400, {"__type": "ValidationException", "message": "not a digest for this algorithm"}
        return 200, {
            "KeyId": self.name,
            "Signature": base64.b64encode(self.key.sign_digest(digest)).decode(),
            "SigningAlgorithm": body["SigningAlgorithm"],
        }


@dataclass
class VaultTransit:
    """The HTTP API of Vault's transit engine, as far as reading a key and signing go."""

    ec: EcKey
    ed25519: Ed25519PrivateKey
    token: str = "s.token"
    versions: int = 2
    asked: list[Any] = field(default_factory=list)

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: Any) -> Answer:
        if headers.get("X-Vault-Token") != self.token:
            return 403, {"errors": ["permission denied"]}
        parts = path.strip("/").split("/")
        assert parts[:2] == ["v1", "transit"], path
        kinds = {"gate": "ecdsa-p256", "ledger": "ed25519", "wide": "ecdsa-p384", "odd": "ecdsa-p256"}
        kind = kinds.get(parts[3])
        if kind is None:
            return 404 if method == "GET" else 400, {"errors": []}
        if parts[2] == "keys" and method == "GET":
            public = self.ec.pem if kind != "ed25519" else self._ed25519_public()
            keys = {str(number): {"public_key": public} for number in range(1, self.versions + 1)}
            if parts[3] == "odd":
                keys = {number: {"public_key": "no key"} for number in keys}
            return 200, {"data": {"type": kind, "latest_version": self.versions, "keys": keys}}
        assert (parts[2], method) == ("sign", "POST"), path
        self.asked.append(body)
        version = body.get("key_version") or self.versions
        if not 1 <= version <= self.versions:
            return 400, {"errors": ["requested version for signing is newer than the latest key version"]}
        given = base64.b64decode(body["input"], validate=True)
        if kind == "ed25519":
            signature = self.ed25519.sign(given)
        else:
            hashed = (parts[4] if len(parts) > 4 else body.get("hash_algorithm")) or "sha2-256"
            assert hashed == "sha2-256"
            assert body.get("marshaling_algorithm", "asn1") == "asn1"
            digest = given if body.get("prehashed") else hashlib.sha256(given).digest()
            signature = self.ec.sign_digest(digest)
        return 200, {"data": {"signature": f"vault:v{version}:{base64.b64encode(signature).decode()}"}}

    def _ed25519_public(self) -> str:
        return base64.b64encode(self.ed25519.public_key().public_bytes_raw()).decode()
