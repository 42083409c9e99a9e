"""The workspace's trust root, read and checked against itself."""

from __future__ import annotations

from pathlib import Path

from govern.attestation.trust.reading import load_trust
from govern.attestation.trust.root import TrustRoot
from govern.gate.files import read_file

__all__ = ["read_trust"]


def read_trust(path: Path) -> TrustRoot:
    """Read a trust root file. Raises UsageError U103 when it is not there, IntegrityError when it does not hold."""
    return load_trust(read_file(path), file=str(path))
