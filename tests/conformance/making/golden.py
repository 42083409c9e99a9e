"""The golden figures: fixed keys in, fixed bytes out, confirmed by other implementations."""

from __future__ import annotations

from typing import Any

from govern.attestation.dsse import pae
from govern.canonical import base64_text, canonical_bytes, sha256_hex
from govern.ledger.leaf import leaf_body
from govern.ledger.merkle import leaf_hash, memory_nodes, tree_root
from govern.ledger.note import Checkpoint
from support.attestations import CERTIFIER, FILES, manifest
from support.ledgers import log_signer
from support.witnesses import SECONDS, witness_signer

RFC6962 = [bytes.fromhex(item) for item in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
RFC6962.append(bytes(range(0x60, 0x70)))
"""The leaves of RFC 6962's own test vectors."""


def statement() -> bytes:
    """The smallest statement of a certificate's type."""
    return canonical_bytes(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": "credit-risk@3.2.0", "digest": {"sha256": manifest().digest}}],
            "predicateType": "urn:govern:attestation:compliance-certificate:v1",
            "predicate": {},
        }
    )


def figures() -> dict[str, Any]:
    """Compute every figure."""
    leaves = [leaf_hash(item) for item in RFC6962]
    root = tree_root(8, memory_nodes(leaves))
    text = Checkpoint(origin="ledger.example", size=8, root=root).text
    log, witness, payload = log_signer(), witness_signer(), statement()
    signature = CERTIFIER.sign(pae(payload))
    leaf = leaf_body(payload, signature, CERTIFIER.public.spki)
    return {
        "keys": {
            "log": {"ed25519_seed": "01" * 32, "vkey": log.key.vkey, "log_id": base64_text(log.key.full_id)},
            "witness": {"ed25519_seed": "02" * 32, "vkey": witness.key.vkey},
            "certifier": {
                "p256_scalar": 1,
                "spki": base64_text(CERTIFIER.public.spki),
                "keyid": CERTIFIER.public.keyid,
                "hint": CERTIFIER.public.hint,
            },
        },
        "tree": {
            "leaves": [item.hex() for item in RFC6962],
            "roots": {str(size): tree_root(size, memory_nodes(leaves)).hex() for size in range(9)},
        },
        "checkpoint": {"text": text, "line": log.line(text)},
        "cosignature": {"seconds": SECONDS, "line": witness.line(text, seconds=SECONDS)},
        "bundle": {"files": {path: sha256_hex(data) for path, data in FILES.items()}, "digest": manifest().digest},
        "statement": {
            "payload": payload.decode(),
            "bytes": len(payload),
            "sha256": sha256_hex(payload),
            "pae_sha256": sha256_hex(pae(payload)),
        },
        "leaf": {
            "note": "the signature is deterministic (RFC 6979)",
            "signature": base64_text(signature),
            "body": leaf.decode(),
            "bytes": len(leaf),
            "hash": leaf_hash(leaf).hex(),
        },
    }
