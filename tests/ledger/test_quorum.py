"""The witness policy: who must have cosigned."""

from __future__ import annotations

from itertools import combinations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from govern.ledger.note import COSIGNATURE, NoteKey, NoteSigner
from govern.ledger.quorum import WitnessPolicy
from support.ledgers import log_signer


def witness(number: int) -> NoteKey:
    key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    return NoteSigner(f"w{number}.example", key, kind=COSIGNATURE).key


KEYS = [witness(number) for number in range(1, 5)]
PAIRS = [(f"w{number}", witness(number).vkey) for number in range(1, 5)]


@pytest.mark.parametrize(
    ("groups", "quorum", "needed"),
    [
        ([], "none", 0),
        ([], "w1", 1),
        (["g any w1 w2 w3 w4"], "g", 1),
        (["g all w1 w2 w3 w4"], "g", 4),
        (["g 3 w1 w2 w3 w4"], "g", 3),
        (["a any w1 w2", "b any w3 w4", "both all a b"], "both", 2),
    ],
)
def test_the_smallest_set_that_meets_the_quorum(groups: list[str], quorum: str, needed: int) -> None:
    policy = WitnessPolicy.parse(PAIRS, groups, quorum)
    sizes = [size for size in range(5) for chosen in combinations(KEYS, size) if policy.met(chosen)]
    assert min(sizes) == needed
    assert policy.met(KEYS)
    assert policy.keys == tuple(KEYS)


@pytest.mark.parametrize(
    ("witnesses", "groups", "quorum"),
    [
        (PAIRS, [], "w9"),
        (PAIRS, [], ""),
        ([*PAIRS, PAIRS[0]], [], "none"),
        ([*PAIRS, ("other", PAIRS[0][1])], [], "none"),
        ([("none", PAIRS[0][1])], [], "none"),
        ([("log", log_signer().key.vkey)], [], "none"),
        (PAIRS, ["g 1"], "g"),
        (PAIRS, ["g some w1"], "g"),
        (PAIRS, ["g 0 w1"], "g"),
        (PAIRS, ["g 2 w1"], "g"),
        (PAIRS, ["g 1 w1 w1"], "g"),
        (PAIRS, ["g 1 w9"], "g"),
        (PAIRS, ["g 1 g"], "g"),
        (PAIRS, ["none 1 w1"], "none"),
        (PAIRS, ["w1 1 w2"], "w1"),
        (PAIRS, ["a 1 w1", "b 1 w1"], "a"),
        (PAIRS, ["b 1 a", "a 1 w1"], "b"),
    ],
)
def test_policies_that_cannot_be_meant(witnesses: list[tuple[str, str]], groups: list[str], quorum: str) -> None:
    with pytest.raises(ValueError, match=r"witness|group|quorum"):
        WitnessPolicy.parse(witnesses, groups, quorum)
