"""The steps that every signed file goes through, whatever it says: form, key, signature, role, log, time."""

from __future__ import annotations

from govern.attestation.verify_steps import envelope, log, trusted
from govern.attestation.verify_steps.machine import Step
from govern.attestation.verify_steps.time import time

__all__ = ["CORE", "TRUST"]

TRUST = Step("trust", trusted.trust)
"""Judges the trust root itself; left out for files that stand beside one whose trust root was judged."""

CORE = (
    Step("read", envelope.read),
    TRUST,
    Step("envelope", envelope.envelope, ("read",)),
    Step("key", envelope.key, ("envelope", "trust")),
    Step("signature", envelope.signature, ("key",)),
    Step("canonical", envelope.canonical, ("signature",)),
    Step("statement", envelope.statement, ("canonical",)),
    Step("trust", trusted.named_trust, ("statement", "trust")),
    Step("role", trusted.role, ("statement",)),
    Step("log-entry", log.log_entry, ("signature",)),
    Step("checkpoint", log.checkpoint, ("log-entry",)),
    Step("inclusion", log.inclusion, ("log-entry",)),
    Step("witness", log.witness, ("checkpoint",)),
    Step("time", time, ("statement",)),
)
"""In the order of the lines; each step's needs stand before it."""
