"""Editing a trust root: each change, each refusal, and that nothing unsound can come out of any series of edits."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from govern.attestation.kinds import ROLE_TYPES
from govern.attestation.trust import edit_keys as keys
from govern.attestation.trust import edit_logs as logs
from govern.attestation.trust.draft import Draft, finished, next_version, read_draft, sign_draft
from govern.attestation.trust.edit_keys import Edit
from govern.attestation.trust.reading import load_trust
from govern.attestation.trust.root import RevokedKey, TrustedTsa, TrustRoot, Window
from govern.attestation.trust.signing import sign_trust
from govern.attestation.trust.statement import read_trust_statement
from govern.attestation.trust.terms import terms_of, trust_payload, trust_predicate
from govern.canonical import base64_text, canonical_bytes, parse_instant
from govern.diagnostics import GovernError, IntegrityError, UsageError
from govern.ledger.note import COSIGNATURE, NoteKey, NoteSigner
from support.attestations import CERTIFIER, OTHER, ROOT_A, ROOT_B, signer
from support.attestations import trust_predicate as first_predicate
from support.ledgers import LedgerBox, log_signer

BOX = LedgerBox(Path("nowhere"))
OLD = load_trust(sign_trust(first_predicate(BOX), [ROOT_A, ROOT_B]))
AT = parse_instant("2026-03-01T00:00:00Z")
LATER = AT + timedelta(days=30)
NONCE = b"\x09" * 16
ERIN, FAY = signer(60), signer(61)
ALWAYS = Window()
LOG = BOX.signer.key


def witness(seed: int, name: str = "witness.example/w") -> NoteKey:
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return NoteSigner(f"{name}{seed}", key, kind=COSIGNATURE).key


def edited(*edits: Edit, old: TrustRoot = OLD, expires: datetime = OLD.expires) -> Draft:
    return next_version(old, edits, issued_at=AT, expires=expires, nonce=NONCE)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(GovernError) as caught:
        call()
    assert isinstance(caught.value, UsageError), "an edit is the caller's fault; no integrity is at stake"
    return caught.value.diagnostics[0].code


def adding(role: str, who: keys.PublicKey = ERIN.public, owner: str = "person:erin", window: Window = ALWAYS) -> Edit:
    return lambda terms: keys.add_key(terms, role, who, owner, window)


# -- what edits do ----------------------------------------------------------------------------------------------------


def test_terms_are_written_and_read_back_without_loss() -> None:
    root = edited(
        adding("approver/model-risk", window=Window(AT, LATER)),
        adding("approver", FAY.public, "person:fay", Window(None, LATER)),
        lambda terms: keys.revoke_key(terms, RevokedKey(keyid=FAY.public.keyid, reason="r", start=AT, from_index=7)),
        lambda terms: logs.add_log(terms, log_signer("two.example", 2).key, Window(AT, None)),
        lambda terms: logs.add_witness(terms, "w1", witness(3)),
        lambda terms: logs.add_witness(terms, "w2", witness(4)),
        lambda terms: logs.set_group(terms, "inner", "1 w1"),
        lambda terms: logs.set_group(terms, "outer", "2 inner w2"),
        lambda terms: logs.set_quorum(terms, "outer"),
        lambda terms: logs.add_tsa(terms, TrustedTsa((b"cert", b"root"), Window(AT, None))),
        lambda terms: logs.set_requirements(terms, timestamps=1, status_max_age="P7D"),
        lambda terms: logs.set_min_policy(terms, "credit-risk", "2.1.0"),
    ).root
    again = trust_predicate(
        terms_of(root),
        version=root.version,
        previous=root.previous,
        issued_at=root.issued_at,
        expires=root.expires,
        nonce=NONCE,
    )
    assert trust_payload(again) == root.payload
    assert terms_of(read_trust_statement(trust_payload(again))) == terms_of(root)


def test_all_and_any_are_counted_out() -> None:
    root = edited(
        lambda terms: logs.add_witness(logs.add_witness(terms, "w1", witness(3)), "w2", witness(4)),
        lambda terms: logs.set_group(terms, "inner", "any w1"),
        lambda terms: logs.set_group(terms, "outer", "all inner w2"),
    ).root
    assert terms_of(root).groups == {"inner": "1 w1", "outer": "2 inner w2"}


@pytest.mark.parametrize("role", [*(name for name in ROLE_TYPES if name != "root"), "approver/credit", "attester/ciso"])
def test_a_new_role_signs_what_its_base_may_and_asks_for_one(role: str) -> None:
    made = edited(adding(role)).root.roles[role]
    assert made.types == ROLE_TYPES[role.partition("/")[0]]
    assert made.threshold == 1
    if role != "certifier":  # which was there, with stages of its own
        assert (made.stages, made.verifier_ids) == (None, None)


def test_a_version_follows_the_one_it_was_made_from() -> None:
    made = edited(adding("waiver")).root
    assert (made.version, made.previous) == (2, OLD.digest)
    assert (made.issued_at, made.expires) == (AT, OLD.expires)
    renewed = edited(expires=OLD.expires + timedelta(days=1)).root
    assert terms_of(renewed) == terms_of(OLD)


def test_retiring_ends_the_window_in_every_role() -> None:
    first = load_trust(finish(edited(adding("waiver"), adding("approver")), OLD, ROOT_A, ROOT_B))
    made = edited(lambda terms: keys.retire_key(terms, ERIN.public.keyid, LATER), old=first).root
    for role in ("waiver", "approver"):
        (item,) = made.roles[role].keys
        assert item.window == Window(None, LATER)


def test_an_idle_key_is_dropped_but_for_the_old_root_keys() -> None:
    made = edited(
        adding("root"),
        lambda terms: keys.remove_key(terms, "root", ROOT_B.public.keyid),
        lambda terms: keys.remove_key(terms, "certifier", CERTIFIER.public.keyid),
    )
    assert set(made.root.keys) == {ROOT_A.public.keyid, ROOT_B.public.keyid, ERIN.public.keyid}
    # Carol, dave and erin sign; dave's envelope can be checked by the new version alone.
    second = load_trust(finish(made, OLD, ROOT_A, ROOT_B, ERIN))
    assert second.signers == ("person:carol", "person:dave", "person:erin")
    third = edited(adding("waiver", FAY.public, "person:fay"), old=second).root
    assert ROOT_B.public.keyid not in third.keys


def test_a_requirement_is_set_and_taken_away() -> None:
    first = edited(lambda terms: logs.set_requirements(terms, status_max_age="P7D")).root
    assert (first.status_max_age, first.log_entries, first.timestamps) == ("P7D", 1, 0)
    second = edited(
        lambda terms: logs.set_min_policy(terms, "p", "1"),
        lambda terms: logs.set_requirements(terms, log_entries=0, status_max_age="none"),
        lambda terms: logs.set_min_policy(terms, "q", "2"),
        lambda terms: logs.set_min_policy(terms, "p", "none"),
        old=replace(OLD, status_max_age="P7D"),
    ).root
    assert (second.status_max_age, second.log_entries, second.min_policy) == (None, 0, {"q": "2"})


def test_what_a_role_may_sign_is_narrowed_and_widened() -> None:
    made = edited(
        lambda terms: keys.set_types(terms, "certifier", ["refusal:v1"]),
        lambda terms: keys.set_stages(terms, "certifier", ["pre-training"]),
        lambda terms: keys.set_verifier_ids(terms, "certifier", ["https://a", "https://b"]),
    ).root.roles["certifier"]
    assert (made.types, made.stages) == ({"refusal:v1"}, {"pre-training"})
    assert made.verifier_ids == {"https://a", "https://b"}
    made = edited(
        lambda terms: keys.set_stages(terms, "certifier", None),
        lambda terms: keys.set_verifier_ids(terms, "certifier", None),
    ).root.roles["certifier"]
    assert (made.stages, made.verifier_ids) == (None, None)


def test_saying_it_again_changes_nothing_and_a_later_word_on_a_stolen_key_counts() -> None:
    def revoke(keyid: str, index: int) -> Edit:
        item = RevokedKey(keyid=keyid, reason="stolen", start=None, from_index=index)
        return lambda terms: keys.revoke_key(terms, item)

    certifier, root = CERTIFIER.public.keyid, ROOT_A.public.keyid
    made = edited(
        lambda terms: keys.retire_key(terms, certifier, AT),
        lambda terms: keys.retire_key(terms, certifier, AT),
        revoke(certifier, 9),
        revoke(root, 3),
        revoke(certifier, 7),
    ).root
    assert [item.window.end for item in made.roles["certifier"].keys] == [AT]
    assert [(item.keyid, item.from_index) for item in made.revoked] == [(root, 3), (certifier, 7)]


def test_a_log_is_retired_when_the_next_one_is_listed() -> None:
    root = edited(
        lambda terms: logs.add_log(terms, log_signer("two.example", 2).key, Window(AT, None)),
        lambda terms: logs.retire_log(terms, LOG.name, AT),
    ).root
    assert [(item.key.name, item.window.end) for item in root.logs] == [(LOG.name, AT), ("two.example", None)]


def test_a_key_is_found_by_an_unmistakable_beginning() -> None:
    terms = terms_of(OLD)
    keyid = CERTIFIER.public.keyid
    assert keys.find_key(terms, keyid) == keys.find_key(terms, keyid[:13]) == keyid
    for text in (keyid[:12], keyid[7:], "SHA256:", "", OTHER.public.keyid):
        assert code_of(lambda text=text: keys.find_key(terms, text)) == "A311"  # type: ignore[misc]


# -- what edits refuse ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edits", "code"),
    [
        ([], "A315"),
        ([lambda terms: keys.set_threshold(terms, "root", 2)], "A315"),
        ([adding("certifier", CERTIFIER.public, "service:gate")], "A310"),
        ([adding("waiver", CERTIFIER.public, "person:mallory")], "A310"),
        ([adding("waiver", window=Window(LATER, AT))], "A310"),
        ([adding("waiver", window=Window(AT, AT))], "A310"),
        ([lambda terms: keys.retire_key(terms, OTHER.public.keyid, AT)], "A311"),
        ([lambda terms: keys.remove_key(terms, "certifier", ROOT_A.public.keyid)], "A311"),
        ([lambda terms: keys.remove_key(terms, "waiver", ROOT_A.public.keyid)], "A311"),
        ([lambda terms: keys.set_threshold(terms, "waiver", 1)], "A311"),
        (
            [
                lambda terms: keys.retire_key(terms, CERTIFIER.public.keyid, AT),
                lambda terms: keys.retire_key(terms, CERTIFIER.public.keyid, LATER),
            ],
            "A310",
        ),
        (
            [
                lambda terms: keys.revoke_key(
                    terms, RevokedKey(keyid=OTHER.public.keyid, reason="x", start=None, from_index=None)
                )
            ],
            "A311",
        ),
        # What a trust root may not say.
        ([adding("waiver", ROOT_A.public, "person:carol")], "A303"),
        ([adding("root", CERTIFIER.public, "service:gate")], "A303"),
        ([adding("auditor")], "A303"),
        ([adding("certifier/x")], "A303"),
        ([adding("approver/No Such")], "A303"),
        ([adding("approver/../x")], "A303"),
        ([lambda terms: keys.set_types(terms, "certifier", ["approval:v1"])], "A303"),
        ([lambda terms: keys.set_stages(terms, "certifier", ["production"])], "A301"),
        ([lambda terms: keys.set_threshold(terms, "certifier", 2)], "A304"),
        ([lambda terms: keys.set_threshold(terms, "root", 3)], "A304"),
        ([adding("root", ERIN.public, "person:dave"), lambda terms: keys.set_threshold(terms, "root", 3)], "A304"),
        ([lambda terms: keys.remove_key(terms, "root", ROOT_A.public.keyid)], "A304"),
        # What nobody could meet.
        ([lambda terms: keys.retire_key(terms, ROOT_A.public.keyid, AT)], "A310"),
        ([lambda terms: logs.set_requirements(terms, timestamps=1)], "A310"),
        ([lambda terms: logs.set_requirements(terms, log_entries=2)], "A310"),
        ([lambda terms: logs.set_requirements(terms, status_max_age="7 days")], "A301"),
        # Logs and witnesses.
        ([lambda terms: logs.add_log(terms, LOG, ALWAYS)], "A310"),
        ([lambda terms: logs.add_log(terms, log_signer(LOG.name, 2).key, ALWAYS)], "A314"),
        ([lambda terms: logs.add_log(terms, log_signer("two.example", 1).key, ALWAYS)], "A303"),
        ([lambda terms: logs.add_log(terms, log_signer("two.example/log", 2).key, ALWAYS)], "A303"),
        ([lambda terms: logs.retire_log(terms, "two.example", AT)], "A311"),
        ([lambda terms: logs.add_witness(terms, "w", NoteKey("w", COSIGNATURE, LOG.public))], "A303"),
        ([lambda terms: logs.add_witness(terms, "a b", witness(3))], "A303"),
        ([lambda terms: logs.add_witness(terms, "#w", witness(3))], "A303"),
        ([lambda terms: logs.add_witness(logs.add_witness(terms, "w", witness(3)), "v", witness(3))], "A301"),
        ([lambda terms: logs.set_quorum(terms, "g")], "A301"),
        ([lambda terms: logs.set_group(terms, "g", "1 nobody")], "A301"),
        ([lambda terms: logs.set_group(terms, "g", "")], "A311"),
        ([lambda terms: logs.remove_witness(terms, "w")], "A311"),
        (
            [lambda terms: logs.remove_witness(logs.set_quorum(logs.add_witness(terms, "w", witness(3)), "w"), "w")],
            "A310",
        ),
        (
            [
                lambda terms: logs.add_witness(terms, "w", witness(3)),
                lambda terms: logs.set_group(terms, "g", "1 w"),
                lambda terms: logs.remove_witness(terms, "w"),
            ],
            "A310",
        ),
        ([lambda terms: logs.retire_tsa(terms, "00" * 32, AT)], "A311"),
        (
            [lambda terms: logs.add_tsa(logs.add_tsa(terms, TrustedTsa((b"c",), ALWAYS)), TrustedTsa((b"c",), ALWAYS))],
            "A303",
        ),
    ],
)
def test_what_an_edit_refuses(edits: Sequence[Edit], code: str) -> None:
    assert code_of(lambda: edited(*edits)) == code


def test_a_witness_is_removed_together_with_what_names_it() -> None:
    first = edited(
        lambda terms: logs.add_witness(terms, "w", witness(3)),
        lambda terms: logs.set_group(terms, "g", "1 w"),
        lambda terms: logs.set_quorum(terms, "g"),
    ).root
    made = edited(
        lambda terms: logs.set_quorum(terms, "none"),
        lambda terms: logs.set_group(terms, "g", ""),
        lambda terms: logs.remove_witness(terms, "w"),
        old=first,
    ).root
    assert (made.witnesses.quorum, made.witnesses.witnesses, made.witnesses.groups) == ("none", {}, {})


@pytest.mark.parametrize(
    ("issued_at", "expires"),
    [(OLD.issued_at - timedelta(seconds=1), OLD.expires), (OLD.expires, OLD.expires), (AT, AT)],
)
def test_a_version_of_the_past_or_without_a_term_is_refused(issued_at: datetime, expires: datetime) -> None:
    call = lambda: next_version(OLD, [adding("waiver")], issued_at=issued_at, expires=expires, nonce=NONCE)  # noqa: E731
    assert code_of(call) == "A310"


def test_an_expired_trust_root_can_still_be_followed() -> None:
    late = OLD.expires + timedelta(days=3)
    draft = next_version(OLD, [], issued_at=late, expires=late + timedelta(days=365), nonce=NONCE)
    assert load_trust(finish(draft, OLD, ROOT_A, ROOT_B)).version == 2


# -- drafts -----------------------------------------------------------------------------------------------------------


def finish(draft: Draft, old: TrustRoot, *who: object) -> bytes:
    for item in who:
        draft = sign_draft(draft, item, old=old)  # type: ignore[arg-type]
    return finished(draft, old=old)


def handover(terms: keys.TrustTerms) -> keys.TrustTerms:
    """From carol and dave to erin and fay."""
    for who, owner in ((ERIN, "person:erin"), (FAY, "person:fay")):
        terms = keys.add_key(terms, "root", who.public, owner, ALWAYS)
    for old in (ROOT_A, ROOT_B):
        terms = keys.remove_key(terms, "root", old.public.keyid)
    return terms


@pytest.mark.parametrize(
    ("signers", "holds"),
    [
        ((), False),
        ((ROOT_A, ROOT_B), False),  # only the old
        ((ERIN, FAY), False),  # only the new
        ((ROOT_A, ERIN, FAY), False),
        ((ROOT_A, ROOT_B, ERIN), False),
        ((ROOT_A, ROOT_A, ERIN, FAY), False),
        ((ROOT_A, ROOT_B, ERIN, FAY), True),
        ((FAY, ROOT_B, ROOT_A, ERIN), True),
    ],
)
def test_a_handover_takes_the_thresholds_of_both(signers: tuple[object, ...], holds: bool) -> None:
    draft = edited(handover)
    if holds:
        assert load_trust(finish(draft, OLD, *signers)).version == 2
        return
    with pytest.raises(IntegrityError) as caught:
        finish(draft, OLD, *signers)
    assert caught.value.diagnostics[0].code == "A304"


def test_a_draft_survives_its_file_and_is_no_trust_root() -> None:
    draft = sign_draft(edited(handover), ROOT_A, old=OLD)
    assert read_draft(draft.data) == draft
    with pytest.raises(IntegrityError):
        load_trust(draft.data)
    with pytest.raises(IntegrityError) as caught:
        read_draft(finish(draft, OLD, ROOT_B, ERIN, FAY))
    assert caught.value.diagnostics[0].code == "A313"


@pytest.mark.parametrize("change", ["many", "media type", "member", "not an object", "base64", "another payload"])
def test_any_other_form_of_a_draft_is_refused(change: str) -> None:
    draft = sign_draft(edited(handover), ROOT_A, old=OLD)
    value = json.loads(draft.data)
    if change == "many":
        value["envelopes"] *= 33
    elif change == "media type":
        value["mediaType"] = "application/json"
    elif change == "member":
        value["extra"] = 1
    elif change == "not an object":
        value = []
    elif change == "base64":
        value["payload"] = "aGl="
    else:
        value["payload"] = base64_text(edited(adding("waiver")).root.payload)
    with pytest.raises(IntegrityError) as caught:
        read_draft(canonical_bytes(value) + b"\n")
    assert caught.value.diagnostics[0].code == "A313"


def test_a_second_signature_by_one_key_takes_the_place_of_the_first() -> None:
    once = sign_draft(edited(handover), ROOT_A, old=OLD)
    assert sign_draft(once, ROOT_A, old=OLD) == once
    assert [item.keyid for item in sign_draft(once, ERIN, old=OLD).envelopes] == sorted(
        (ROOT_A.public.keyid, ERIN.public.keyid)
    )


def test_a_retired_root_key_signs_no_draft() -> None:
    retiring = edited(adding("root"), lambda terms: keys.retire_key(terms, ROOT_B.public.keyid, AT))
    second = load_trust(finish(retiring, OLD, ROOT_A, ROOT_B, ERIN))
    with pytest.raises(UsageError) as caught:
        sign_draft(edited(adding("waiver", FAY.public, "person:fay"), old=second), ROOT_B, old=second)
    assert caught.value.diagnostics[0].code == "A316"


@pytest.mark.parametrize("who", [CERTIFIER, OTHER])
def test_only_root_keys_sign_drafts(who: object) -> None:
    with pytest.raises(UsageError) as caught:
        sign_draft(edited(handover), who, old=OLD)  # type: ignore[arg-type]
    assert caught.value.diagnostics[0].code == "A316"


def test_a_draft_of_another_predecessor_is_not_signed() -> None:
    other = edited(adding("waiver")).root
    with pytest.raises(IntegrityError) as caught:
        sign_draft(edited(handover), ROOT_A, old=other)
    assert caught.value.diagnostics[0].code == "A306"


def test_every_changed_byte_of_a_draft_is_refused() -> None:
    draft = sign_draft(edited(adding("waiver")), ROOT_A, old=OLD)
    data = draft.data
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(GovernError):
            finished(sign_draft(read_draft(changed), ROOT_B, old=OLD), old=OLD)


# -- any series of edits ----------------------------------------------------------------------------------------------

PEOPLE = [(signer(70 + number), f"person:{number % 3}") for number in range(5)]
MOMENTS = st.sampled_from([None, AT - timedelta(days=1), AT, LATER])
ROLES = st.sampled_from(["root", "certifier", "approver", "approver/credit", "waiver"])
WHO = st.sampled_from([*PEOPLE, (ROOT_A, "person:carol"), (CERTIFIER, "service:gate")])
EDITS = st.one_of(
    st.builds(
        lambda role, who, start, end: adding(role, who[0].public, who[1], Window(start, end)),
        ROLES,
        WHO,
        MOMENTS,
        MOMENTS,
    ),
    st.builds(lambda who, end: lambda terms: keys.retire_key(terms, who[0].public.keyid, end), WHO, st.just(AT)),
    st.builds(lambda role, who: lambda terms: keys.remove_key(terms, role, who[0].public.keyid), ROLES, WHO),
    st.builds(lambda role, count: lambda terms: keys.set_threshold(terms, role, count), ROLES, st.integers(1, 4)),
)


@given(st.lists(EDITS, min_size=1, max_size=6), st.lists(st.integers(0, 6), max_size=7, unique=True))
def test_no_series_of_edits_and_signatures_gives_an_unsound_version(edits: list[Edit], signing: list[int]) -> None:
    """Either it is refused, or it loads; and it is complete exactly when enough people of both versions signed."""
    try:
        draft = edited(*edits)
    except UsageError:
        return
    everybody = [*(who for who, _ in PEOPLE), ROOT_A, ROOT_B]
    signed = set()
    for number in signing:
        with suppress(UsageError):  # a key that no version lists as a root key
            draft = sign_draft(draft, everybody[number], old=OLD)
            signed.add(everybody[number].public.keyid)

    def met(root: TrustRoot) -> bool:
        people = {
            root.keys[item.keyid].owner
            for item in root.roles["root"].keys
            if item.keyid in signed and item.window.holds(AT)
        }
        return len(people) >= root.roles["root"].threshold

    try:
        data = finished(draft, old=OLD)
    except IntegrityError:
        assert not (met(OLD) and met(draft.root))
        return
    assert met(OLD)
    assert met(draft.root)
    assert load_trust(data).digest == draft.root.digest
