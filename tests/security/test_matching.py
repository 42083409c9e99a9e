"""Which records match a package at a version: the algorithm case by case, then against other implementations."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from govern.security.advisories import Band, Matcher
from govern.security.advisories.severity import band_of_score, band_of_vector, highest
from govern.security.advisories.versions import forms, is_pep440, version_key
from support.osv import record, snapshot_of


def matched(tmp_path: Path, raw: dict[str, Any], version: str, package: str = "pillow") -> str | None:
    """The evidence of the only match, or None."""
    found = Matcher(snapshot_of(tmp_path, raw)).match(package, version)
    assert not found.undecided
    return found.matches[0].evidence if found.matches else None


@pytest.mark.parametrize(
    ("version", "evidence"),
    [
        ("1.9", "range"),
        ("2.0", None),
        ("2.0.0", None),
        ("2.0rc1", "range"),
        ("0.0.0b0", "range"),
        ("1!0.1", None),
        ("1.9+cu118", "range"),
        ("2.0+cu118", None),
        ("2004d-old", "range"),
    ],
)
def test_a_range_from_the_beginning(tmp_path: Path, version: str, evidence: str | None) -> None:
    assert matched(tmp_path, record("PYSEC-1"), version) == evidence


@pytest.mark.parametrize(
    ("events", "version", "hit"),
    [
        ([{"introduced": "1.0"}, {"last_affected": "2.0.0"}], "2.0.0+cu118", True),
        ([{"introduced": "1.0"}, {"last_affected": "2.0.0"}], "2.0.0.post1", False),
        ([{"introduced": "1.0"}, {"last_affected": "2.0.0"}], "2.0.0", True),
        ([{"introduced": "1.0"}, {"fixed": "1.5"}, {"introduced": "2.0"}], "1.7", False),
        ([{"introduced": "1.0"}, {"fixed": "1.5"}, {"introduced": "2.0"}], "99", True),
        ([{"fixed": "1.5"}, {"introduced": "2.0"}, {"introduced": "0"}], "1.0", True),
        ([{"introduced": "0"}, {"limit": "1.5"}], "1.4", True),
        ([{"introduced": "0"}, {"limit": "1.5"}], "1.5", False),
        ([{"introduced": "0"}, {"limit": "*"}], "99", True),
        ([{"introduced": "0"}, {"introduced": "1.0"}, {"fixed": "1.0"}], "1.0", False),
    ],
)
def test_events_in_any_order(tmp_path: Path, events: list[dict[str, str]], version: str, hit: bool) -> None:
    assert (matched(tmp_path, record("PYSEC-1", events=events), version) is not None) is hit


def test_lists_and_ranges_are_united(tmp_path: Path) -> None:
    both = record("PYSEC-1", versions=["1.0", "3.2"])
    assert matched(tmp_path, both, "1.0.0") == "both"
    assert matched(tmp_path, both, "1.1") == "range"
    assert matched(tmp_path, both, "3.2") == "versions"
    assert matched(tmp_path, both, "3.2+cpu") == "versions"
    assert matched(tmp_path, both, "3.3") is None


def test_names_are_normalised_on_both_sides(tmp_path: Path) -> None:
    assert matched(tmp_path, record("PYSEC-1", "Scikit_Learn"), "1.0", "scikit.learn") == "range"


def test_other_ecosystems_and_withdrawn_records_do_not_match(tmp_path: Path) -> None:
    assert matched(tmp_path, record("PYSEC-1", withdrawn="2026-02-01T00:00:00Z"), "1.0") is None
    mixed = record("PYSEC-2")
    mixed["affected"].append({"package": {"ecosystem": "npm", "name": "pillow"}, "versions": ["9.9"]})
    assert matched(tmp_path, mixed, "9.9") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"ranges": [{"type": "GIT", "repo": "https://example.invalid/x", "events": [{"introduced": "0"}]}]},
        {"events": None},
        {"events": [{"introduced": "0"}, {"vanished": "1"}]},
        {"events": [{"fixed": "1.0"}]},
        {"ranges": [{"type": "CALENDAR", "events": [{"introduced": "0"}]}]},
    ],
)
def test_what_cannot_be_evaluated_is_undecided(tmp_path: Path, changes: dict[str, Any]) -> None:
    found = Matcher(snapshot_of(tmp_path, record("PYSEC-1", **changes))).match("pillow", "5.0")
    assert not found.matches
    assert found.undecided


def test_commit_ranges_beside_a_readable_range_decide_nothing(tmp_path: Path) -> None:
    git = {"type": "GIT", "events": [{"introduced": "0"}]}
    ecosystem = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}
    assert matched(tmp_path, record("PYSEC-1", ranges=[git, ecosystem]), "3.0") is None


def test_a_malicious_package_matches_by_name(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, record("MAL-2026-1", "colourama", events=None))
    found = Matcher(snapshot).findings("colourama", "0.1")
    assert [item.malicious for item in found] == [True]
    assert found[0].severity is Band.CRITICAL
    listed = snapshot_of(tmp_path / "b", record("MAL-2026-1", "colourama", events=None, versions=["0.4"]))
    assert not Matcher(listed).findings("colourama", "0.1")


def test_aliases_make_one_finding_and_keep_every_name(tmp_path: Path) -> None:
    snapshot = snapshot_of(
        tmp_path,
        record("PYSEC-1", aliases=["CVE-2026-1"]),
        record("GHSA-a", aliases=["CVE-2026-1"], database_specific={"severity": "MODERATE"}),
        record("GHSA-b", related=["CVE-2026-1"], upstream=["CVE-2026-1"]),
        record("GHSA-c", "other", aliases=["GHSA-a"]),
    )
    first, second = Matcher(snapshot).findings("pillow", "1.0")
    assert first.ids == ("GHSA-a", "PYSEC-1")
    assert first.aliases == ("CVE-2026-1", "GHSA-c")
    assert first.severity is Band.MEDIUM
    assert second.ids == ("GHSA-b",)
    assert second.severity is None
    assert snapshot.groups == 2


def test_fixed_versions_and_the_one_that_clears_all(tmp_path: Path) -> None:
    snapshot = snapshot_of(
        tmp_path,
        record("PYSEC-1", events=[{"introduced": "0"}, {"fixed": "1.2"}]),
        record("PYSEC-2", events=[{"introduced": "0"}, {"fixed": "1.10"}, {"introduced": "2.0"}, {"fixed": "2.3"}]),
        record("PYSEC-3", events=[{"introduced": "1.10"}, {"fixed": "1.11"}]),
    )
    matcher = Matcher(snapshot)
    assert matcher.findings("pillow", "1.0")[1].fixed == ("1.10", "2.3")
    assert matcher.clearing_version("pillow", "1.0") == "2.3"
    assert matcher.clearing_version("pillow", "5") is None


@pytest.mark.parametrize(
    ("score", "band"),
    [
        ("0", "none"),
        ("0.1", "low"),
        ("3.9", "low"),
        ("4.0", "medium"),
        ("6.9", "medium"),
        ("7.0", "high"),
        ("8.9", "high"),
        ("9.0", "critical"),
        ("10.0", "critical"),
    ],
)
def test_bands_of_scores(score: str, band: str) -> None:
    from decimal import Decimal

    assert band_of_score(Decimal(score)) == band


def test_severity_prefers_the_newest_vector_that_can_be_read(tmp_path: Path) -> None:
    v3 = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}
    v4 = {"type": "CVSS_V4", "score": "CVSS:4.0/AV:L/AC:H/AT:P/PR:H/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N"}
    bad = {"type": "CVSS_V4", "score": "CVSS:4.0/AV:X"}
    cases: list[tuple[dict[str, Any], Band | None]] = [
        ({"severity": [v3]}, Band.CRITICAL),
        ({"severity": [v3, v4]}, Band.LOW),
        ({"severity": [bad, v3]}, Band.CRITICAL),
        ({"severity": [bad]}, None),
        ({"severity": [bad], "database_specific": {"severity": "HIGH"}}, Band.HIGH),
        ({"severity": [v3], "severity_of_package": [v4]}, Band.LOW),
        ({"database_specific": {"severity": "wild"}}, None),
    ]
    for number, (changes, expected) in enumerate(cases):
        found = Matcher(snapshot_of(tmp_path / str(number), record("X-1", **changes))).findings("pillow", "1.0")
        assert found[0].severity is expected, changes
    assert band_of_vector("Ubuntu", "high") is None
    assert highest([None, Band.LOW, Band.HIGH]) is Band.HIGH


# Order of versions ------------------------------------------------------------------------------------------------

_PEP440 = st.builds(
    lambda epoch, release, pre, post, dev, local: f"{epoch}{release}{pre}{post}{dev}{local}",
    st.sampled_from(["", "1!"]),
    st.lists(st.integers(0, 12), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts))),
    st.sampled_from(["", "a1", "b2", "rc1"]),
    st.sampled_from(["", ".post1"]),
    st.sampled_from(["", ".dev3"]),
    st.sampled_from(["", "+cu118", "+1.abc"]),
)


@given(_PEP440, _PEP440)
def test_order_is_that_of_packaging(left: str, right: str) -> None:
    assert (version_key(left) < version_key(right)) == (Version(left) < Version(right))
    assert (version_key(left) == version_key(right)) == (Version(left) == Version(right))


@given(
    _PEP440, st.from_regex(r"[0-9]{1,3}[a-z]{1,4}[-.][a-z0-9]{1,4}", fullmatch=True).filter(lambda v: not is_pep440(v))
)
def test_other_strings_sort_below_every_pep440_version(version: str, other: str) -> None:
    assert version_key(other) < version_key(version)


@pytest.mark.parametrize(
    ("left", "right"),
    [("2004a-x", "2004d-x"), ("1.0-alpha-x", "1.0-x-y"), ("0.9.6a-hg", "0.9.10-hg"), ("1.0dev-x", "1.0-x")],
)
def test_legacy_order(left: str, right: str) -> None:
    """Pairs ordered as setuptools did before PEP 440."""
    assert not is_pep440(left)
    assert not is_pep440(right)
    assert version_key(left) < version_key(right)


def test_forms_of_a_local_version() -> None:
    assert forms("2.0.0+cu118") == ("2.0.0+cu118", "2.0.0")
    assert forms("2.0.0") == ("2.0.0",)
    assert forms("weird-1") == ("weird-1",)


@settings(max_examples=200)
@given(st.lists(_PEP440, min_size=2, max_size=2), _PEP440)
def test_a_range_is_the_interval_that_packaging_gives(bounds: list[str], version: str) -> None:
    """Oracle: `>=introduced,<fixed` of packaging, with pre-releases allowed."""
    from govern.security.advisories.osv import _in_range, _Range

    low, high = sorted((bound.partition("+")[0] for bound in bounds), key=Version)
    probe = version.partition("+")[0]
    item = _Range((), ((version_key(low), "introduced"), (version_key(high), "fixed")), (), None)
    expected = Version(low) <= Version(probe) < Version(high)
    assert _in_range(item, version_key(probe)) is expected
    if not Version(probe).is_prerelease and not Version(probe).is_postrelease:
        assert SpecifierSet(f">={low},<{high}").contains(probe, prereleases=True) in (expected, False)


def test_univers_agrees_on_random_ranges() -> None:
    """Oracle: another implementation of ranges over PyPI versions."""
    from univers.version_range import PypiVersionRange
    from univers.versions import PypiVersion

    from govern.security.advisories.osv import _in_range, _Range

    rng = random.Random(7)

    def version() -> str:
        text = ".".join(str(rng.randrange(4)) for _ in range(rng.randrange(1, 4)))
        return text + rng.choice(["", "", "", "rc1", "b2", ".post1", ".dev1"])

    for _round in range(300):
        low, high = sorted((version(), version()), key=Version)
        if Version(low) == Version(high):
            continue
        theirs = PypiVersionRange.from_string(f"vers:pypi/>={low}|<{high}")
        ours = _Range((), ((version_key(low), "introduced"), (version_key(high), "fixed")), (), None)
        for probe in (version() for _ in range(5)):
            assert _in_range(ours, version_key(probe)) is (PypiVersion(probe) in theirs), (low, high, probe)
