"""A PKCS#11 token in software: SoftHSM 2, in a folder of its own, with keys that the test chooses.

A process reads the token's place (`SOFTHSM2_CONF`) once, when the library is first loaded, from its own environment and
from nowhere else. So one test module at most loads it in the process of the tests, with one token for all its tests;
everything else runs in processes of its own with `Token.environment`.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

PIN, LABEL = "58217", "govern"
LIBRARY = "/usr/lib/softhsm/libsofthsm2.so"

P256_ID, ED25519_ID, P384_ID = 2, 3, 4
"""CKA_ID of the keys in the token."""


@dataclass(frozen=True)
class Token:
    """A token with three keys, which are known outside of it as well."""

    folder: Path
    p256: ec.EllipticCurvePrivateKey
    ed25519: Ed25519PrivateKey

    @property
    def environment(self) -> dict[str, str]:
        """Variables by which govern and SoftHSM find it."""
        return {
            "SOFTHSM2_CONF": str(self.folder / "softhsm2.conf"),
            "PYKCS11LIB": LIBRARY,
            "GOVERN_HSM_PIN": PIN,
        }


def make_token(folder: Path) -> Token:
    """Initialise a token in a folder and put keys into it, with `softhsm2-util`."""
    (folder / "tokens").mkdir(parents=True)
    config = f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
    (folder / "softhsm2.conf").write_text(config, encoding="utf-8")
    made = Token(folder, ec.derive_private_key(77, ec.SECP256R1()), Ed25519PrivateKey.from_private_bytes(b"\x4d" * 32))
    keys = {P256_ID: made.p256, ED25519_ID: made.ed25519, P384_ID: ec.derive_private_key(77, ec.SECP384R1())}
    _util(made, "--init-token", "--free", "--label", LABEL, "--so-pin", "12345", "--pin", PIN)
    for number, key in keys.items():
        file = folder / f"{number}.pem"
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        identity = f"{number:02x}"
        _util(made, "--import", str(file), "--token", LABEL, "--label", f"k{number}", "--id", identity, "--pin", PIN)
        file.unlink()
    return made


def _util(token: Token, *arguments: str) -> None:
    subprocess.run(
        ["softhsm2-util", *arguments], check=True, capture_output=True, env={**os.environ, **token.environment}
    )
