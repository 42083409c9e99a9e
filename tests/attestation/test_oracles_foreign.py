"""Every kind, whole, by verifiers in other languages: @sigstore/verify with its own thresholds, and Go's libraries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from govern.attestation.kinds import KIND_NAMES, TRUST_ROOT
from govern.attestation.trust.root import Window
from govern.attestation.trust.sigstore import key_map, public_keys, trusted_root
from oracles.go_oracle import GoOracle, GoRefusesError, running
from oracles.js_oracle import js_verifies_all
from support.attestations import ROOT_A, ROOT_B
from support.kind_statements import SIGNERS
from support.kinds import Kinds
from support.ledgers import log_signer
from support.tampered import DAMAGES, damaged
from support.tsa import LocalTsa

pytestmark = pytest.mark.tools

KINDS = sorted(KIND_NAMES.values())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Kinds:
    return Kinds(tsa=LocalTsa(tmp_path_factory.mktemp("kinds") / "tsa"))


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoOracle]:
    with running(tmp_path_factory.mktemp("go")) as oracle:
        yield oracle


def js_keys(world: Kinds, kind: str) -> bytes:
    """The attesting keys as compiled; root keys, which no export lists as attesting, for trust roots alone."""
    if kind == TRUST_ROOT:
        return key_map((who.public, Window()) for who in (ROOT_A, ROOT_B))
    return public_keys(world.root)


def by_js(world: Kinds, kind: str, files: list[bytes]) -> list[bool]:
    return [
        bool(item)
        for item in js_verifies_all([(data, {}) for data in files], trusted_root(world.root), keys=js_keys(world, kind))
    ]


JS_UNSEEN = {"other_keyid": "it finds keys by the hint and ignores the id"}


@pytest.mark.parametrize("name", KINDS)
def test_sigstore_js_accepts_every_kind_and_refuses_each_damage(world: Kinds, name: str) -> None:
    """At its default thresholds: one log entry and one time-stamp."""
    file = world[name]
    damages = sorted(DAMAGES.keys() - JS_UNSEEN.keys())
    answers = by_js(world, file.kind, [file.data, *(damaged(world, file, damage) for damage in damages)])
    assert answers[0]
    assert [damage for damage, accepted in zip(damages, answers[1:], strict=True) if accepted] == []


GO_UNSEEN = {
    "other_hint": "Go's libraries know no bundles, so no hints",
    "no_token": "nor tokens",
    "other_token": "nor tokens",
    "two_signatures": "one that holds is enough for a threshold of one",
}


def by_go(go: GoOracle, world: Kinds, name: str, data: bytes, folder: Path, *, vkey: str | None = None) -> bool:
    path = folder / "file"
    path.write_bytes(data)
    spki = SIGNERS[world[name].kind].public.spki
    try:
        go.ask("bundle", path=path, vkey=vkey or world.log.key.vkey, spki=spki)
    except GoRefusesError:
        return False
    return True


@pytest.mark.parametrize("name", KINDS)
def test_go_accepts_every_kind_and_refuses_each_damage(go: GoOracle, world: Kinds, name: str, tmp_path: Path) -> None:
    """Envelope under the ssh fingerprint, leaf, inclusion, and the log's signed head."""
    assert by_go(go, world, name, world[name].data, tmp_path)
    assert not by_go(go, world, name, world[name].data, tmp_path, vkey=log_signer(seed=9).key.vkey)
    damages = sorted(DAMAGES.keys() - GO_UNSEEN.keys())
    accepted = [item for item in damages if by_go(go, world, name, damaged(world, world[name], item), tmp_path)]
    assert accepted == []


def test_go_reads_both_cosignatures_of_every_kind(go: GoOracle, world: Kinds) -> None:
    import json

    for name in KINDS:
        proof = json.loads(world[name].data)["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
        cosigners = [item.key.vkey for item in world.log.witnesses]
        made = go.ask("note", note=proof["checkpoint"]["envelope"], vkeys=[world.log.key.vkey], cosigners=cosigners)
        assert made["signed"] == ["ledger.example", "witness.example/w1", "witness.example/w2"]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("damage", sorted(DAMAGES))
def test_govern_refuses_each_damage_of_every_kind(world: Kinds, name: str, damage: str) -> None:
    """What any of them refuses, ours does; what they do not see, ours does too."""
    file = world[name]
    result = world.verify(replace(file, data=damaged(world, file, damage)))
    expected = 1 if damage in ("no_entry", "no_token") else 4
    assert result.exit_code == expected
