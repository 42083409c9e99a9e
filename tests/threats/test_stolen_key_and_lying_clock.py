"""Threat: a key is stolen, or a clock lies. Control: tokens and the log's order decide; a claimed time alone never does."""

from __future__ import annotations

from typing import Any

import pytest

from support.attestations import CERTIFIER, Edit
from support.kinds import Kinds
from support.threats import vector


@pytest.mark.parametrize("name", ["key-revoked-since", "key-revoked-from-a-later-index", "key-retired-since"])
def test_stamped_or_logged_before_the_date_stays_valid(name: str) -> None:
    assert vector(name, folder="good") == (0, [])


@pytest.mark.parametrize(
    "name", ["key-revoked-before", "key-revoked-from-an-index", "key-revoked-altogether", "key-retired"]
)
def test_stamped_or_logged_after_the_date_is_void(name: str) -> None:
    assert vector(name) == (1, ["time"])


@pytest.mark.parametrize("name", ["backdated", "issued-after-its-token", "issued-long-before-its-token"])
def test_a_claimed_time_that_the_token_contradicts_is_exit_1(name: str) -> None:
    code, failed = vector(name)
    assert (code, failed[0]) == (1, "time")


def revoked(**since: Any) -> Edit:
    entry = {"keyid": CERTIFIER.public.keyid, "reason": "compromise", **since}

    def edit(made: dict[str, Any]) -> None:
        made["revokedKeys"] = [entry]
        made["require"]["statusMaxAge"] = None

    return edit


@pytest.mark.parametrize("since", ["2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"])
def test_without_a_token_the_signers_own_clock_proves_nothing(since: str) -> None:
    """Issued in January by its own word: whether the key was stolen before or after that word, it is void."""
    world = Kinds(edit_trust=lambda made: made["require"].update(statusMaxAge=None))
    held = Kinds(edit_trust=revoked(**{"from": since}))
    assert world.verify(world["certificate"]).exit_code == 0
    result = held.verify(held["waiver"])
    assert result.exit_code == 0, "another key's compromise is nothing to this one"
    trust = held.trust
    code = world.verify(world["certificate"], trust=trust, statements=(), evaluation=None, decision=None)
    failed = [line.step for line in code.lines if line.exit]
    assert "time" in failed


def test_a_token_of_another_authority_or_signature_does_not_help() -> None:
    for name in ("token-of-an-unlisted-authority", "token-of-a-forged-authority", "token-over-another-signature"):
        assert vector(name) == (4, ["time"]), name
    assert vector("no-token") == (1, ["time"])
