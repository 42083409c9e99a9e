"""Threat: a waiver is forged or widened. Control: rule digest, scope, limit, dates, role: at deciding and at verifying."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from govern.attestation.statement_set import StatementSet
from govern.attestation.verification import NamedFile
from govern.canonical import parse_instant
from govern.policy.outcomes import Decision
from support.attestations import CERTIFIER, ISSUED, OTHER
from support.judgement import decided
from support.kind_statements import BUNDLE_SCOPE, WAIVED
from support.kinds import AT, File, Kinds, nonce
from support.threats import vector

FORGED: dict[str, dict[str, Any]] = {
    "waiver-of-another-bundle": {"scope": replace(BUNDLE_SCOPE, bundle="0e" * 32)},
    "waiver-that-ended": {"expires": "2026-01-02T03:04:05Z"},
    "waiver-by-the-owner": {"owner": "person:heidi"},
    "waiver-of-a-changed-rule": {"rule_digest": "0f" * 32},
    "waiver-with-a-nearer-limit": {"limit": "0.77"},
    "waiver-of-another-stage": {"stages": ("pre-deployment",)},
    "waiver-of-another-outcome": {"covers": ()},
}
"""Vector -> what is changed. The four refusals that every gate must give come first."""


def decision(world: Kinds, waiver: bytes) -> Decision:
    """What the gate comes to with this waiver, both votes having considered it."""
    files = [NamedFile("waiver", waiver)]
    for name in ("approval", "second approval"):
        files.append(NamedFile(name, world[name].data))
    statements = StatementSet(files, trust=world.root, at=AT)
    return decided(statements, trust=world.root, clock=parse_instant(ISSUED), submitter="person:alice").decision


def test_the_sound_waiver_lets_it_through(world: Kinds) -> None:
    assert decision(world, world["waiver"].data) is Decision.ALLOWED


@pytest.mark.parametrize("name", [name for name in FORGED if FORGED[name].get("covers") != ()])
def test_the_gate_does_not_apply_it(world: Kinds, name: str) -> None:
    file = world.resigned("waiver", replace(WAIVED, **FORGED[name]).statement(nonce=nonce(91)))
    assert decision(world, file.data) is Decision.DENIED


@pytest.mark.parametrize("name", list(FORGED))
def test_a_certificate_that_rests_on_it_is_exit_1(name: str) -> None:
    code, failed = vector(name)
    assert code == 1
    assert failed[0] == "waivers"


@pytest.mark.parametrize("by", ["nobody", "certifier"])
def test_a_waiver_by_the_wrong_key_is_not_applied(world: Kinds, by: str) -> None:
    """Signed by a key of nobody, or by the gate itself in its own name."""
    if by == "nobody":
        file: File = world.resigned("waiver", WAIVED.statement(nonce=nonce(92)), by=OTHER)
    else:
        statement = replace(WAIVED, approver="service:gate").statement(nonce=nonce(92))
        file = world.resigned("waiver", statement, by=CERTIFIER)
    assert decision(world, file.data) is Decision.DENIED
    assert world.verify(file).exit_code == (4 if by == "nobody" else 1)


def test_a_widened_waiver_breaks_its_signature(world: Kinds) -> None:
    """Its text changed without the signer."""
    import json

    from govern.canonical import base64_bytes, base64_text
    from support.attestations import edited

    def widen(value: dict[str, Any]) -> None:
        payload = json.loads(base64_bytes(value["dsseEnvelope"]["payload"]))
        payload["predicate"]["limit"] = None
        from govern.canonical import canonical_bytes

        value["dsseEnvelope"]["payload"] = base64_text(canonical_bytes(payload))

    changed = edited(world["waiver"].data, widen)
    assert decision(world, changed) is Decision.DENIED
    assert world.verify(replace(world["waiver"], data=changed)).exit_code == 4
