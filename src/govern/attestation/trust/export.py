"""The trust root in the forms that other tools read."""

from __future__ import annotations

from collections.abc import Mapping

from govern.attestation.trust.root import TrustRoot
from govern.attestation.trust.sigstore import ED25519_PREFIX, public_keys, trusted_root
from govern.attestation.trust.ssh import allowed_signers
from govern.canonical import base64_text
from govern.ledger.tlog_policy import TlogPolicy

__all__ = ["ED25519_PREFIX", "ed25519_pem", "export_files", "export_pems"]


def ed25519_pem(public: bytes) -> bytes:
    """Write a raw Ed25519 public key as PEM."""
    return f"-----BEGIN PUBLIC KEY-----\n{base64_text(ED25519_PREFIX + public)}\n-----END PUBLIC KEY-----\n".encode()


def export_pems(root: TrustRoot) -> Mapping[str, bytes]:
    """Give every key of a trust root as a PEM file: file name -> bytes.

    Attesting keys are `<role>-<n>.pub` in the role's order, logs `log-<origin>.pub`; a `/` of a role name is a `-`.
    Windows and revocations are not in them: openssl knows neither.
    """
    made: dict[str, bytes] = {}
    for name in sorted(root.roles):
        for number, item in enumerate(root.roles[name].keys, start=1):
            made[f"{name.replace('/', '-')}-{number}.pub"] = root.keys[item.keyid].public.pem
    for log in root.logs:
        made[f"log-{log.key.name}.pub"] = ed25519_pem(log.key.public)
    return made


def export_files(root: TrustRoot) -> Mapping[str, bytes]:
    """Give everything that other tools read of a trust root: file name -> bytes.

    `trusted_root.json` and `public-keys.json` (sigstore clients), `tlog-policy` (C2SP), `allowed_signers`
    (ssh-keygen), keys as PEM (`export_pems`, `witness-<n>.pub` in the order of the trust root), and the chain of each
    time-stamping authority, `tsa-<n>.pem`, signing certificate first.
    """
    made = {
        "trusted_root.json": trusted_root(root),
        "public-keys.json": public_keys(root),
        "tlog-policy": tlog_policy(root),
        "allowed_signers": allowed_signers(root),
        **export_pems(root),
    }
    for number, key in enumerate(root.witnesses.keys, start=1):
        made[f"witness-{number}.pub"] = ed25519_pem(key.public)
    for number, tsa in enumerate(root.tsas, start=1):
        made[f"tsa-{number}.pem"] = b"".join(map(_certificate_pem, tsa.certs))
    return made


def tlog_policy(root: TrustRoot) -> bytes:
    """Give the logs and witnesses as a C2SP tlog-policy. It has no windows: every log listed counts."""
    return TlogPolicy(logs=tuple(item.key for item in root.logs), witnesses=root.witnesses).data


def _certificate_pem(der: bytes) -> bytes:
    text = base64_text(der)
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", "")).encode("ascii")
