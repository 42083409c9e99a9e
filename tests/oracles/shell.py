"""openssl, ssh-keygen and coreutils, called as an auditor would."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 key bytes in the DER form of an Ed25519 public key (RFC 8410)."""


def run(script: str, *, cwd: Path, check: bool = True) -> str:
    """Run a bash script in a folder and give its stdout; any failing command fails it."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=cwd, capture_output=True, text=True, check=False
    )
    if check and done.returncode:
        raise AssertionError(f"exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def succeeds(script: str, *, cwd: Path) -> bool:
    """Whether every command of a script succeeds."""
    return (
        subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=cwd, capture_output=True, check=False).returncode
        == 0
    )


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """What openssl says to an Ed25519 signature."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "key.der").write_bytes(ED25519_SPKI + public)
        (folder / "text").write_bytes(message)
        (folder / "sig").write_bytes(signature)
        return succeeds(
            "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey key.der -in text -sigfile sig", cwd=folder
        )


def ecdsa_holds(spki: bytes, message: bytes, signature: bytes) -> bool:
    """What openssl says to an ECDSA signature over SHA-256."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "key.der").write_bytes(spki)
        (folder / "message").write_bytes(message)
        (folder / "sig").write_bytes(signature)
        return succeeds("openssl dgst -sha256 -keyform DER -verify key.der -signature sig message", cwd=folder)


def ssh_fingerprint(pem: bytes) -> str:
    """The SHA256 fingerprint that ssh-keygen gives a public key."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "key.pub").write_bytes(pem)
        return run("ssh-keygen -i -m PKCS8 -f key.pub >k.ssh && ssh-keygen -lf k.ssh", cwd=folder).split(" ")[1]


def spki_digest(pem: bytes) -> str:
    """base64 of sha256 over the DER of a public key, by openssl."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "key.pub").write_bytes(pem)
        return run(
            "openssl pkey -pubin -in key.pub -outform DER | openssl dgst -sha256 -binary | base64", cwd=folder
        ).strip()
