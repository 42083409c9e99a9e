"""Threat: one person meets a threshold of two. Control: distinct key bytes and distinct owners are counted."""

from __future__ import annotations

import json

from cryptography.hazmat.primitives.serialization import load_der_public_key

from govern.attestation.trust.signing import sign_trust
from support.attestations import ROOT_A
from support.kinds import Kinds
from support.threats import vector


def test_one_key_under_two_ids_is_refused_where_securesystemslib_accepts(world: Kinds) -> None:
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import SSlibKey

    public = load_der_public_key(ROOT_A.public.spki)
    keys = [SSlibKey.from_crypto(public, keyid=keyid) for keyid in ("a", "b")]
    own = json.loads(world.trust)["envelopes"][0]
    first = next(
        item for item in json.loads(world.trust)["envelopes"] if item["signatures"][0]["keyid"] == ROOT_A.public.keyid
    )
    both = [{**first["signatures"][0], "keyid": keyid} for keyid in ("a", "b")]
    assert len(Envelope.from_dict({**own, "signatures": both}).verify(keys, 2)) == 2
    assert vector("trust-one-key-under-two-ids") == (4, ["trust"])


def test_two_keys_of_one_person_do_not_make_two_people() -> None:
    assert vector("trust-threshold-above-the-owners") == (4, ["trust"])


def test_one_root_person_signs_no_trust_root(world: Kinds) -> None:
    for name in ("trust-of-one-signer", "trust-signed-by-one-twice"):
        assert vector(name) == (4, ["trust"]), name
    alone = world.verify(world["certificate"], trust=sign_trust(world.predicate, [ROOT_A]))
    assert alone.exit_code == 4


def test_one_person_casts_no_two_votes() -> None:
    for name in ("one-person-votes-twice", "approval-of-one-of-two", "approval-by-the-submitter"):
        code, failed = vector(name)
        assert (code, failed[0]) == (1, "approvals"), name


def test_two_signatures_in_one_envelope_are_never_two_people() -> None:
    assert vector("two-signatures") == (4, ["envelope"])
    assert vector("second-signature-by-another-key") == (4, ["envelope"])
