"""The trust root in the forms that other tools read."""

from __future__ import annotations

from collections.abc import Mapping

from govern.attestation.trust import TrustRoot
from govern.canonical import base64_text

__all__ = ["ED25519_PREFIX", "ed25519_pem", "export_pems"]

ED25519_PREFIX = bytes.fromhex("302a300506032b6570032100")
"""DER of an Ed25519 SubjectPublicKeyInfo up to the key (RFC 8410)."""


def ed25519_pem(public: bytes) -> bytes:
    """Write a raw Ed25519 public key as PEM."""
    return f"-----BEGIN PUBLIC KEY-----\n{base64_text(ED25519_PREFIX + public)}\n-----END PUBLIC KEY-----\n".encode()


def export_pems(root: TrustRoot) -> Mapping[str, bytes]:
    """Give every key of a trust root as a PEM file: file name -> bytes.

    Attesting keys are `<role>-<n>.pub` in the role's order, logs `log-<origin>.pub`; a `/` of a role name is a `-`.
    """
    made: dict[str, bytes] = {}
    for name in sorted(root.roles):
        for number, item in enumerate(root.roles[name].keys, start=1):
            made[f"{name.replace('/', '-')}-{number}.pub"] = root.keys[item.keyid].public.pem
    for log in root.logs:
        made[f"log-{log.key.name}.pub"] = ed25519_pem(log.key.public)
    return made
