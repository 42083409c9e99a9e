"""The trust root as `ssh-keygen -Y verify` reads it: who holds which key, and when (ALLOWED SIGNERS in ssh-keygen(1)).

Attestations are not SSH signatures. The file says whose fingerprint a key id is, and checks what the same people sign
with the same keys elsewhere: commits, tags, files.
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from govern.attestation.keys import PublicKey
from govern.attestation.trust.root import TrustRoot, Window
from govern.attestation.trust.sigstore import known_until

__all__ = ["allowed_signers", "ssh_line"]

_PLAIN = "@:.+-_/~"
"""Characters of an owner that need no escape: none of them is a pattern, a separator or a quote there."""

_TIME = "%Y%m%d%H%M%SZ"


def ssh_line(key: PublicKey) -> str:
    """Write a key as OpenSSH does: `ecdsa-sha2-nistp256 <base64>`."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

    return load_der_public_key(key.spki).public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode("ascii")


def allowed_signers(root: TrustRoot) -> bytes:
    """Write a line for every attesting key whose signatures count at some time; owners are percent-encoded."""
    lines = []
    for key in root.attesting_keys():
        window = known_until(root, key.keyid)
        if window is None:
            continue
        roles = ",".join(sorted(role.name for role in root.roles_of(key.keyid)))
        words = [quote(key.owner, safe=_PLAIN), _options(window), ssh_line(key.public), roles]
        lines.append(" ".join(word for word in words if word) + "\n")
    return "".join(lines).encode("ascii")


def _options(window: Window) -> str:
    """The time limits, both of which are inclusive there."""
    made = []
    if window.start is not None:
        made.append(f'valid-after="{window.start.strftime(_TIME)}"')
    if window.end is not None:
        made.append(f'valid-before="{(window.end - timedelta(seconds=1)).strftime(_TIME)}"')
    return ",".join(made)
