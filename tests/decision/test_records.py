"""Reading an evaluation back: it decides to the same bytes, and nothing else than an evaluation is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.canonical import canonical_bytes, sha256_hex
from govern.decision.decide import decide
from govern.decision.records import read_evaluation
from govern.diagnostics import InputError
from govern.gate.check import Checked, CheckRequest, check
from govern.gate.packs.places import PackPlaces
from govern.policy.outcomes import Holds, Outcome, Stage
from support.mortgage import EXAMPLE, LOCK
from support.people import BAD, CLOCK, ERIN, FRANK, Board, evaluation, quorum, rule, text

FULL = evaluation(
    rule(
        "p/pass",
        Outcome.PASS,
        holds=(Holds(otherwise=Outcome.MISSING_EVIDENCE, reason="old", until=text(CLOCK, days=5)),),
    ),
    BAD,
    quorum(),
    rule(
        "p/deps",
        Outcome.FAIL,
        facts={
            "kind": "dependency-findings",
            "findings": [{"package": "jinja2", "version": "3.1.0", "ids": ["CVE-1"], "aliases": []}],
        },
    ),
)


def test_an_evaluation_read_back_decides_to_the_same_bytes() -> None:
    board = Board(about=FULL)
    waiver = board.waiver()
    people = board.people([waiver, board.vote(ERIN, [waiver]), board.vote(FRANK, [waiver])])
    again = read_evaluation(FULL.data())
    assert (again.digest, again.data()) == (FULL.digest, FULL.data())
    given_: dict[str, Any] = {"waivers": people.waivers, "approvals": people.approvals, "submitter": "person:alice"}
    one, two = decide(FULL, clock=CLOCK, **given_), decide(again, clock=CLOCK, **given_)
    assert one.data() == two.data()
    assert (one.holds_until, one.blocking) == (two.holds_until, two.blocking)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_real_evaluation_read_back_decides_to_the_same_bytes(version: str) -> None:
    """Of a real bundle under real policies, findings, evidence and all."""
    made = check(
        CheckRequest(
            bundle=EXAMPLE / version,
            stage=Stage.PRE_REGISTRATION,
            policies=[EXAMPLE / "policies"],
            places=PackPlaces(lock=LOCK),
            clock=CLOCK,
        )
    )
    assert isinstance(made, Checked)
    data = made.evaluation.data()
    again = read_evaluation(data)
    assert again.digest == sha256_hex(data) == made.evaluation.digest
    assert len(again.outcomes) == len(made.evaluation.outcomes) > 3
    assert decide(again, clock=CLOCK).data() == made.decision.data()


OUTCOMES = st.sampled_from([item for item in Outcome if item is not Outcome.WAIVED])


@given(
    st.lists(st.tuples(OUTCOMES, OUTCOMES, st.integers(-3, 3), st.booleans()), max_size=4),
    st.text(max_size=8),
    st.one_of(st.none(), st.text(max_size=8)),
)
@settings(max_examples=150, deadline=None)
def test_whatever_was_evaluated_is_read_back(
    rules: list[tuple[Outcome, Outcome, int, bool]], name: str, owner: str | None
) -> None:
    made = evaluation(
        *(
            rule(
                f"p/{index}",
                outcome,
                holds=(Holds(otherwise=otherwise, reason="r", until=text(CLOCK, days=days)),),
                waivable=waivable,
            )
            for index, (outcome, otherwise, days, waivable) in enumerate(rules)
        ),
        version=name,
        owner=owner,
    )
    again = read_evaluation(made.data())
    assert decide(again, clock=CLOCK).data() == decide(made, clock=CLOCK).data()
    assert again.subject == made.subject


# -- what is no evaluation --------------------------------------------------------------------------------------------


def refused(data: bytes, file: str = "evaluation.json") -> str:
    with pytest.raises(InputError) as caught:
        read_evaluation(data, file=file)
    (fault,) = caught.value.diagnostics
    assert (fault.code, caught.value.exit_code) == ("D104", 3)
    assert fault.span is not None
    assert fault.span.file == file
    return fault.message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"\xff",
        b"null",
        b"[]",
        b"7",
        b'"urn:govern:evaluation:v1"',
        b"{}",
        b'{"schema":"urn:govern:evaluation:v1"}',
        b'{"schema":"urn:govern:decision:v1"}',
        b"[" * 100_000,
        b'{"a":' * 70 + b"1" + b"}" * 70,
        b'{"schema":"urn:govern:evaluation:v1","x":NaN}',
        b'{"schema":"urn:govern:evaluation:v1","x":1e9999}',
        b'{"schema":"urn:govern:evaluation:v1","x":0.5}',
        b'{"schema":"urn:govern:evaluation:v1","x":9007199254740992}',
        b'{"schema":"urn:govern:evaluation:v1","x":"\\ud800"}',
        b'{"schema":"urn:govern:evaluation:v1","schema":"urn:govern:evaluation:v1"}',
        b"PK\x03\x04",
        b" " * (64 * 1024 * 1024 + 1),
    ],
    ids=range(20),
)
def test_other_bytes_are_refused_with_a_place(data: bytes) -> None:
    refused(data)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data + b"\n",
        lambda data: data + b" ",
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.decode().encode("utf-16"),
        lambda data: data.replace(b'":', b'": ', 1),
        lambda data: json.dumps(json.loads(data), indent=1).encode(),
        lambda data: data.replace(b"credit-risk@", b"credit\\u002drisk@").replace(b'"name":"c', b'"name":"\\u0063', 1),
        lambda data: data.replace(b'"files":4', b'"files":4.0'),
        lambda data: data[:-1],
    ],
)
def test_another_spelling_is_another_record(change: Callable[[bytes], bytes]) -> None:
    assert change(FULL.data()) != FULL.data()
    refused(change(FULL.data()))


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place inside a JSON value."""
    if at:
        yield at
    if isinstance(value, dict):
        for name, item in value.items():
            yield from places(item, (*at, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*at, index))


PLACES = list(places(json.loads(FULL.data())))


def changed(place: tuple[Any, ...], new: Any) -> bytes:
    value = json.loads(FULL.data())
    where = value
    for step in place[:-1]:
        where = where[step]
    if new is ...:
        del where[place[-1]]
    else:
        where[place[-1]] = new
    return canonical_bytes(value)


def test_every_place_of_a_record_bears_every_wrong_type_without_a_crash() -> None:
    """D104, or a record that can be read; then deciding it raises nothing either."""
    board = Board(about=FULL)
    people = board.people([board.waiver(), board.vote(ERIN), board.vote(FRANK, vote="reject")])
    codes: set[str] = set()
    read = cases = 0
    for place in PLACES:
        for new in (
            ...,
            None,
            True,
            7,
            -1,
            2**53 - 1,
            "x",
            "",
            [],
            ["x"],
            [None],
            {},
            {"x": 1},
            {"digest": {"sha256": 7}},
        ):
            cases += 1
            try:
                made = read_evaluation(changed(place, new))
            except InputError as fault:
                codes.add(fault.diagnostics[0].code)
                continue
            read += 1
            decide(made, clock=CLOCK, waivers=people.waivers, approvals=people.approvals, submitter="x").data()
    assert codes == {"D104"}
    assert cases > 1500
    assert read < cases / 2


@pytest.mark.parametrize(
    ("place", "new"),
    [
        (("outcomes", 0, "outcome"), "waived"),
        (("outcomes", 0, "outcome"), "passed"),
        (("outcomes", 0, "enforcement"), "advise"),
        (("outcomes", 0, "waivable"), 1),
        (("outcomes", 0, "waivable"), "true"),
        (("outcomes", 0, "max_waiver_days"), True),
        (("outcomes", 0, "max_waiver_days"), -1),
        (("outcomes", 0, "max_waiver_days"), 10**12),
        (("outcomes", 0, "holds", 0, "otherwise"), "waived"),
        (("outcomes", 0, "holds", 0, "until"), "2026-03-01"),
        (("outcomes", 0, "holds", 0, "until"), "2026-03-01T00:00:00+00:00"),
        (("outcomes", 0, "holds", 0, "until"), "2026-02-30T00:00:00Z"),
        (("outcomes", 1, "rule"), "p/pass"),
        (("outcomes", 2, "facts", "roles"), None),
        (("outcomes", 2, "facts", "roles", 0), ["approver", 2]),
        (("outcomes", 2, "facts", "roles", 0, "count"), 0),
        (("outcomes", 2, "facts", "roles", 0, "count"), "2"),
        (("outcomes", 3, "facts", "findings"), {}),
        (("outcomes", 3, "facts", "findings", 0, "ids"), "CVE-1"),
        (("outcomes", 3, "facts", "findings", 0, "ids", 0), 1),
        (("outcomes", 3, "facts", "findings", 0, "package"), None),
        (("stage",), "production"),
        (("bundle", "files"), "4"),
        (("bundle", "owner"), ["person:bob"]),
    ],
)
def test_what_would_decide_wrongly_is_refused(place: tuple[Any, ...], new: Any) -> None:
    refused(changed(place, new))


def test_a_name_of_a_file_is_harmless_in_the_message(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_evaluation(b"{}", file="\x1b[31m::error::\u202egnp")
    said = str(caught.value.diagnostics[0])
    assert "\x1b" not in said
    assert "\u202e" not in said
