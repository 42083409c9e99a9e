"""The source registry: what it refuses to compile, what it finds, and when a source was approved."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from govern.diagnostics import Diagnostic, Severity
from govern.inputs.yaml import MapNode, parse_yaml
from govern.lineage.patterns import Pattern, PatternError
from govern.lineage.registry import Approval, SourceRegistry, compile_registry, windows_of
from support.lineages import APPROVED, hexed, registry, source


def compiled(*sources: dict[str, Any], **more: Any) -> tuple[SourceRegistry | None, tuple[Diagnostic, ...]]:
    document = {
        "apiVersion": "govern/v1",
        "kind": "SourceRegistry",
        "metadata": {"name": "sources", "version": "1.10", "owner": "dg@example.com"},
        "sources": list(sources),
    } | more
    node = parse_yaml(yaml.safe_dump(document, sort_keys=False).encode(), file="sources.yaml", strictness="policy")
    assert isinstance(node, MapNode)
    return compile_registry(node, file="sources.yaml")


def faults(*sources: dict[str, Any], **more: Any) -> list[str]:
    made, found = compiled(*sources, **more)
    assert made is None
    assert all(item.span is not None and item.span.line for item in found)
    return [item.code for item in found]


def test_sound_registry_compiles() -> None:
    made, found = compiled(source())
    assert made is not None
    assert found == ()
    assert (made.name, made.version) == ("sources", "1.10")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"match": "**"}, "L301"),
        ({"match": "*"}, "L301"),
        ({"match": "s3://**"}, "L301"),
        ({"match": "s3:*"}, "L301"),
        ({"match": "*://core/loans/*/"}, "L301"),
        ({"match": "s3://core*/loans/"}, "L302"),
        ({"match": "s3://core**"}, "L302"),
        ({"match": None, "exact": "data/train.csv"}, "L302"),
        ({"match": None, "exact": "s3a://Core/x"}, "L308"),
        ({"match": None, "exact": "s3://core/*/"}, "L308"),
        ({"match": "s3://core/loans/"}, "L308"),
        ({"match": "s3://core/../*"}, "L308"),
        ({"match": "s3://CORE/*/"}, "L308"),
        ({"exact": "s3://core/x"}, "L104"),
        ({"match": None}, "L104"),
        ({"pins": None}, "L102"),
        ({"pin": "any"}, "L104"),
        ({"pins": None, "pin": "series"}, "L102"),
        ({"pins": [{"as_of": "2026-01-01"}]}, "L102"),
        ({"pins": [{"sha256": "xyz"}]}, "L105"),
        ({"pins": [{"md5": "a" * 32}]}, "L307"),
        ({"roles": None}, "L102"),
        ({"roles": ["training"]}, "L103"),
        ({"classification": "secret"}, "L305"),
        ({"labels": {"origin": ["eu"]}}, "L305"),
        ({"events": [APPROVED | {"until": "2025-01-01"}]}, "L306"),
        ({"events": [APPROVED | {"until": APPROVED["effective"]}]}, "L306"),
        ({"events": [APPROVED | {"effective": "2026-02-30"}]}, "L306"),
        ({"events": [APPROVED | {"type": "revoked"}]}, "L306"),
        ({"events": [APPROVED | {"type": "aproved"}]}, "L103"),
        ({"events": [{"type": "approved", "by": "x", "effective": "2026-01-01"}]}, "L102"),
        ({"evnts": []}, "L101"),
    ],
)
def test_refused_entries(changes: dict[str, Any], code: str) -> None:
    assert code in faults(source(**changes))


def test_all_faults_at_once_with_their_places() -> None:
    assert len(faults(source(match="**", roles=None, classification="x"), source(id="b", pins=None))) >= 4


def test_unknown_key_suggests() -> None:
    _, found = compiled(source(rols=["train"]))
    assert found[0].hint == "did you mean 'roles'?"


def test_duplicate_ids() -> None:
    assert "L107" in faults(source(), source(match="s3://other/x/*"))


def test_never_approved_is_a_warning() -> None:
    made, found = compiled(source(events=[]))
    assert made is not None
    assert [(item.code, item.severity) for item in found] == [("L309", Severity.WARNING)]


def test_overlapping_entries_must_agree() -> None:
    other = source(id="b", match="s3://core/loans/**/", roles=["evaluate"])
    assert "L303" in faults(source(), other)
    assert compiled(source(), source(id="b", match="s3://core/loans/**/"))[0] is not None, "they agree"
    assert compiled(source(), source(id="b", match="s3://core/loans/x/*/", pins=None, pin="any"))[0] is not None
    apart = source(id="b", match="s3://core/loans/*.csv", roles=["evaluate"])
    assert compiled(source(), apart)[0] is not None, "no URI fits both"


def test_longest_literal_prefix_wins() -> None:
    made = registry(
        source(id="wide", match="s3://core/**", roles=["evaluate"]),
        source(id="narrow", match="s3://core/loans/*/"),
        source(id="one", match=None, exact="s3://core/loans/2026-03/", roles=["reference"]),
    )
    found = {uri: getattr(made.lookup(uri), "id", None) for uri in (
        "s3://core/loans/2026-03/", "s3://core/loans/2026-04/", "s3://core/x", "s3://corex/x", "s3://core/",
    )}  # fmt: skip
    assert list(found.values()) == ["one", "narrow", "wide", None, None]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"code": None}, "L304"),
        ({"code": {"repo": "https://git.example.com/x", "commit": "main"}}, "L304"),
        ({"code": {"repo": "https://git.example.com/x"}}, "L304"),
        ({"code": {"image": "registry.example.com/x:latest"}}, "L304"),
        ({"removes": ["pi"]}, "L305"),
        ({"columns": []}, "L102"),
    ],
)
def test_declassifiers(change: dict[str, Any], code: str) -> None:
    sound = {
        "id": "mask-v2",
        "removes": ["pii"],
        "code": {"repo": "https://git.example.com/x", "paths": ["mask/"], "commit": "c" * 40},
        "columns": ["birth_date"],
        "events": [APPROVED],
    }
    assert compiled(source(), declassifiers=[sound])[0] is not None
    assert code in faults(source(), declassifiers=[{k: v for k, v in (sound | change).items() if v is not None}])


def test_labels() -> None:
    assert "L305" in faults(source(), labels={"pii": {"join": "max"}})
    assert "L305" in faults(source(), labels={"grade": {"join": "max"}})
    labels = {"origin": {"join": "union"}, "classification": {"join": "max", "order": ["low", "high"]}}
    assert compiled(source(labels={"origin": ["eu"]}, classification="low"), labels=labels)[0] is not None
    assert "L305" in faults(source(classification="public"), labels=labels)


def test_base_models_must_be_pinned() -> None:
    assert "L102" in faults(base_models=[{"id": "b", "match": "hf://org/base", "events": [APPROVED]}])
    moving = {"id": "b", "match": "hf://org/base", "revision": "main", "events": [APPROVED]}
    assert "L307" in faults(base_models=[moving])


def test_by_digest_takes_strong_digests_only() -> None:
    made = registry(source(pins=[{"sha256": hexed("loans")}, {"md5": "a" * 32, "accept_weak": True}]))
    assert made.by_digest({"sha256": hexed("loans")}) is not None
    assert made.by_digest({"md5": "a" * 32}) is None
    assert made.by_digest({"sha256": hexed("other")}) is None


def test_digest_ignores_layout_and_order_of_keys() -> None:
    one = source()
    assert registry(one).digest == registry(dict(reversed(one.items()))).digest
    assert registry(one).digest != registry(source(owner="x@example.com")).digest


# --- patterns


def naive(pattern: str) -> re.Pattern[str]:
    """The meaning, spelled as a regular expression."""
    parts = re.split(r"(\*\*|\*)", pattern)
    return re.compile("".join({"**": ".+", "*": "[^/]+"}.get(part, re.escape(part)) for part in parts), re.DOTALL)


TAIL = st.text(alphabet="ab/*", min_size=1, max_size=7).filter(lambda text: "*" in text and "***" not in text)
URI = st.text(alphabet="ab/", max_size=8)


def pattern(tail: str) -> Pattern:
    return Pattern(f"s3://c/{tail}")


@given(TAIL, URI)
def test_matching_equals_the_regular_expression(tail: str, rest: str) -> None:
    uri = f"s3://c/{rest}"
    assert pattern(tail).matches(uri) == (naive(f"s3://c/{tail}").fullmatch(uri) is not None)


ALL = ["".join(item) for size in range(6) for item in itertools.product("ab/", repeat=size)]


@given(TAIL.filter(lambda t: len(t) < 5), TAIL.filter(lambda t: len(t) < 5))
def test_overlap_equals_search(first: str, second: str) -> None:
    one, two = pattern(first), pattern(second)
    a, b = naive(one.text), naive(two.text)
    common = any(a.fullmatch(f"s3://c/{rest}") and b.fullmatch(f"s3://c/{rest}") for rest in ALL)
    assert one.overlaps(two) == two.overlaps(one)
    if common:
        assert one.overlaps(two)
    elif len(first) + len(second) <= 5:
        assert not one.overlaps(two), "five characters show every overlap of patterns this short"


def test_matching_is_not_exponential() -> None:
    assert not pattern("**a**a**a**a**a**a**b").matches("s3://c/" + "a" * 4000)


def test_hostile_patterns_are_refused() -> None:
    with pytest.raises(PatternError):
        Pattern.of("s3://core/\u202e*")


# --- time


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_verdict_at_an_instant() -> None:
    made = registry(source())
    entry = made.sources[0]
    cases = {
        "2025-12-31T23:59:59": Approval.NOT_YET,
        "2026-01-01T00:00:00": Approval.APPROVED,
        "2026-12-31T23:59:59": Approval.APPROVED,
        "2027-01-01T00:00:00": Approval.ENDED,
    }
    assert {text: made.verdict(entry, at(text)) for text in cases} == cases
    never = registry(source(events=[]))
    assert never.verdict(never.sources[0], at("2026-05-01T00:00:00")) is Approval.NEVER


DAYS = st.integers(1, 12)
EVENT = st.tuples(st.sampled_from(["approved", "revoked"]), DAYS, st.none() | DAYS, DAYS)


@given(st.lists(EVENT, max_size=5, unique_by=lambda event: event[1]))
def test_windows_equal_a_day_by_day_reading(events: list[tuple[str, int, int | None, int]]) -> None:
    def day(number: int) -> datetime:
        return datetime(2026, 1, number, tzinfo=UTC)

    kept = [(k, e, None if k == "revoked" else u, r) for k, e, u, r in events if u is None or u > e or k == "revoked"]
    windows = windows_of([(k, day(e), day(u) if u else None, day(r), "") for k, e, u, r in kept])
    for number in range(1, 20):
        approved = False
        for kind, effective, until, _ in kept:
            if kind == "approved" and effective <= number and (until is None or number < until):
                ended = any(k == "revoked" and effective < e <= number for k, e, _, _ in kept)
                approved = approved or not ended
        inside = any(w.start <= day(number) and (w.end is None or day(number) < w.end) for w in windows)
        assert inside == approved
    assert all(a.end is not None and a.end < b.start for a, b in itertools.pairwise(windows))
