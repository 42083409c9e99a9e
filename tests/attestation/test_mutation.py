"""Every dropped, retyped, doubled, renamed or swapped member is refused, and so is every replay. Counts are printed."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import pytest

from govern.attestation.issue import Issued, issue
from govern.attestation.kinds import CERTIFICATE
from govern.attestation.statement_set import StatementSet
from govern.attestation.trust.reading import load_trust
from govern.attestation.trust.signing import sign_trust, trust_file
from govern.attestation.verification import Expected, NamedFile
from govern.bundle.manifest import Manifest
from govern.canonical import base64_text, canonical_bytes
from govern.diagnostics import IntegrityError
from support.attestations import CERTIFIER, ROOT_A, ROOT_B, Gate, manifest
from support.kinds import AT, Kinds
from support.mutation import (
    changed,
    doubled,
    dropped,
    duplicated_names,
    members,
    places,
    pointer,
    retyped,
    value_at,
)
from support.tsa import LocalTsa

Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Kinds:
    return Kinds(tsa=LocalTsa(tmp_path_factory.mktemp("kinds") / "tsa"))


def sound(world: Kinds, data: bytes) -> bool:
    (judged,) = StatementSet([NamedFile("c", data)], trust=world.root, at=AT).all(CERTIFICATE) or (None,)
    return judged is not None and judged.sound


def told(what: str, counts: Counter[str], record_property: Record) -> None:
    record_property(what, dict(counts))
    print(f"{what}: {sum(counts.values())} refused ({dict(counts)})")  # noqa: T201


# -- the file, by somebody without a key ------------------------------------------------------------------------------


def test_every_member_of_the_file(world: Kinds, record_property: Record) -> None:
    document = json.loads(world["certificate"].data)
    counts: Counter[str] = Counter()
    for how, path, made in members(document):
        data = canonical_bytes(made) + b"\n"
        if data != world["certificate"].data:
            assert not sound(world, data), (how, pointer(path))
            counts[how] += 1
    for path, text in duplicated_names(document):
        assert not sound(world, text + b"\n"), pointer(path)
        counts["duplicated_names"] += 1
    told("changed_files", counts, record_property)
    assert sum(counts.values()) > 1000


def test_every_member_of_the_payload(world: Kinds, record_property: Record) -> None:
    """Under the old signature, in canonical form: what an intermediary would do."""
    own = world["certificate"]
    document, statement = json.loads(own.data), json.loads(own.payload)
    counts: Counter[str] = Counter()

    def refused(how: str, payload: bytes) -> None:
        if payload != own.payload:
            document["dsseEnvelope"]["payload"] = base64_text(payload)
            assert not sound(world, canonical_bytes(document) + b"\n"), (how, payload)
            counts[how] += 1

    for how, _, made in every(statement):
        refused(how, canonical_bytes(made))
    for _, text in duplicated_names(statement):
        refused("duplicated_names", text)
    told("changed_payloads", counts, record_property)
    assert sum(counts.values()) > 3000


def every(document: Any) -> Iterator[tuple[str, Any, Any]]:
    """All changes, and of the many swaps every seventh."""
    for number, (how, path, made) in enumerate(members(document)):
        if how != "swapped" or number % 7 == 0:
            yield how, path, made


# -- the statement, by the certifier itself ---------------------------------------------------------------------------

FREE = {
    "/predicate/certificateId": "its own name",
    "/predicate/nonce": "random",
    "/predicate/model/uri": "held against what the deployer fetches, when that is asked",
    "/predicate/model/omsRoot*": "what another tool computed",
    "/predicate/verifier/*": "what the gate says of itself; compared at replay",
    "/predicate/policies/0/*": "a release that is not named is not compared; address and legal status are for readers",
    "/predicate/policies/0": "listed twice",
    "/predicate/supersedes*": "another certificate's digest",
    "/predicate/rules": "another order",
    "/predicate/rules/2/attestation": "an attestation that is not named is not judged",
    "/predicate/approvals": "another order",
}
"""Where a certifier that lies is found out by replay and not by verifying, with the reason. Nothing else is left to it."""


def test_what_a_certifier_can_change_while_others_words_stand(record_property: Record) -> None:
    """Each value dropped, retyped or doubled and signed by the certifier: refused wherever it would change the verdict."""
    world = Kinds()
    statement = json.loads(world["certificate"].payload)
    counts: Counter[str] = Counter()
    let_through: set[str] = set()
    for change, step in ((dropped, 1), (doubled, 1), (retyped, 5)):
        for _, (path, made) in itertools.islice(enumerate(change(statement)), 0, None, step):
            file = world.resigned("certificate", canonical_bytes(made))
            if world.verify(file).exit_code != 0:
                counts[change.__name__] += 1
            else:
                let_through.add(pointer(path))
    told("changed_statements_signed_anew", counts, record_property)
    assert [path for path in sorted(let_through) if not any(fnmatchcase(path, place) for place in FREE)] == []
    assert sum(counts.values()) > 500


# -- the trust root ---------------------------------------------------------------------------------------------------


def test_every_member_of_the_trust_file(world: Kinds, record_property: Record) -> None:
    document = json.loads(world.trust)
    counts: Counter[str] = Counter()
    for how, path, made in members(document):
        data = canonical_bytes(made) + b"\n"
        if data != world.trust:
            with pytest.raises(IntegrityError):
                load_trust(data)
            counts[how] += 1
            assert path
    told("changed_trust_files", counts, record_property)


def test_a_trust_root_with_its_envelopes_in_another_order_or_twice_is_refused(world: Kinds) -> None:
    """Who signed first says nothing; so there is one order."""
    value = json.loads(world.trust)
    assert len(value["envelopes"]) == 2
    for envelopes in (value["envelopes"][::-1], [*value["envelopes"], value["envelopes"][1]]):
        with pytest.raises(IntegrityError) as caught:
            load_trust(canonical_bytes({**value, "envelopes": envelopes}) + b"\n")
        assert caught.value.diagnostics[0].code == "A301"


def test_every_dropped_member_of_a_trust_root_that_its_people_sign(world: Kinds, record_property: Record) -> None:
    """What is left out is never a default that grants more: refused, or the certificate's named version is another."""
    counts: Counter[str] = Counter()
    for path, made in dropped(world.predicate):
        try:
            root = load_trust(sign_trust(made, [ROOT_A, ROOT_B]))
        except IntegrityError:
            counts["does not load"] += 1
            continue
        except KeyError:  # the version, without which there is no subject to write
            assert path == ("version",)
            continue
        assert root.digest != world.root.digest
        counts["is another trust root"] += 1
    told("trust_roots_with_a_part_less", counts, record_property)
    assert trust_file([]) != b""


# -- replays ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where a certificate is shown."""

    model: str
    version: str
    stage: str

    @property
    def bundle(self) -> Manifest:
        return manifest({"model": f"{self.model} {self.version}".encode()})

    @property
    def expected(self) -> Expected:
        return Expected(model=self.model, version=self.version, stage=self.stage, uri=self.uri)

    @property
    def uri(self) -> str:
        return f"models:/{self.model}/{self.version}"


PLACES = [
    Place(*parts)
    for parts in itertools.product(
        ("credit-risk", "fraud", "credit-risk-eu"),
        ("3.2.0", "3.2.1", "3.2"),
        ("pre-training", "pre-registration", "pre-deployment", "post-deployment"),
    )
]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Gate, dict[Place, Issued]]:
    stages = [place.stage for place in PLACES[:4]]
    gate = Gate(
        tmp_path_factory.mktemp("gate"), edit_trust=lambda made: made["roles"]["certifier"].update(stages=stages)
    )
    made = {}
    with gate.box.open() as ledger:
        for number, place in enumerate(PLACES):
            inputs = gate.inputs(
                model_name=place.model,
                model_version=place.version,
                model_uri=place.uri,
                stage=place.stage,
                bundle_digest=place.bundle.digest,
                files=1,
                nonce=bytes([number]) * 16,
            )
            made[place] = issue(inputs, signer=CERTIFIER, ledger=ledger)
    return gate, made


def test_every_replay_on_another_model_version_or_stage(
    many: tuple[Gate, dict[Place, Issued]], record_property: Record
) -> None:
    gate, made = many
    counts: Counter[str] = Counter()
    for place, issued in made.items():
        for other in PLACES:
            code = gate.verify(issued.certificate_bytes, bundle=other.bundle, expected=other.expected).exit_code
            same_bundle = (place.model, place.version) == (other.model, other.version)
            assert code == (0 if place == other else 1 if same_bundle else 4), (place, other)
            counts["accepted where it belongs" if code == 0 else "refused elsewhere"] += 1
    told("replays", counts, record_property)
    assert counts == {"accepted where it belongs": 36, "refused elsewhere": 36 * 35}


def test_every_replay_without_the_folder_is_still_refused(many: tuple[Gate, dict[Place, Issued]]) -> None:
    """A deployer that only knows what it asks for needs no bundle to see that this is another's."""
    gate, made = many
    (first, issued), *_ = made.items()
    for other in PLACES[1:]:
        assert gate.verify(issued.certificate_bytes, expected=other.expected).exit_code == 1
    assert gate.verify(issued.certificate_bytes, expected=first.expected).exit_code == 0


def test_the_changes_are_many_and_all_different() -> None:
    """The generator itself: nothing is tried twice under another name, and every place is met."""
    document = {"a": [1, {"b": "x"}], "c": None}
    assert [pointer(path) for path in places(document)] == ["/a", "/a/0", "/a/1", "/a/1/b", "/c"]
    made = [canonical_bytes(item) for _, item in dropped(document)]
    assert len(set(made)) == len(made) == 5
    met = {pointer(path) for _, path, _ in members(document)}
    assert met == {"/a", "/a/0", "/a/1", "/a/1/b", "/c"}
    assert all(value_at(changed(document, path, 7), path) == 7 for path in places(document))
    for _, text in duplicated_names(document):
        assert text.count(b'"a":') + text.count(b'"b":') + text.count(b'"c":') == 4
