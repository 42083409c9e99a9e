"""Canonical URIs: the registry matches on them, so every spelling of a name must be one name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.lineage.uri import UriError, canonical_uri, openlineage_uri


@pytest.mark.parametrize(
    ("given_text", "canonical"),
    [
        ("S3://Core/a/b", "s3://core/a/b"),
        ("s3a://core/a", "s3://core/a"),
        ("s3n://core/a", "s3://core/a"),
        ("s3://core", "s3://core/"),
        ("https://Example.COM:443/a", "https://example.com/a"),
        ("http://example.com:80", "http://example.com/"),
        ("http://example.com:8080/a", "http://example.com:8080/a"),
        ("https://example.com./a", "https://example.com/a"),
        ("postgresql://db:5432/x.y", "postgres://db/x.y"),
        ("s3://core/%61%2D%7e", "s3://core/a-~"),
        ("s3://core/%2f", "s3://core/%2F"),
        ("s3://core/a/./b/../c", "s3://core/a/c"),
        ("s3://core/a/..", "s3://core/"),
        ("s3://core/a//b", "s3://core/a//b"),
        ("s3://core/a b", "s3://core/a%20b"),
        ("s3://core/é", "s3://core/%C3%A9"),
        ("s3://core/e\u0301", "s3://core/%C3%A9"),
        ("s3://core/%c3%a9", "s3://core/%C3%A9"),
        ("s3://core/e%CC%81", "s3://core/%C3%A9"),
        ("urn:Example:x", "urn:Example:x"),
        ("hf://Org/Base", "hf://org/Base"),
        ("https://[::1]:8443/a", "https://[::1]:8443/a"),
    ],
)
def test_one_spelling(given_text: str, canonical: str) -> None:
    made = canonical_uri(given_text)
    assert (made.text, made.is_local) == (canonical, False)
    assert canonical_uri(made.text).text == canonical


@pytest.mark.parametrize(
    "text",
    ["data/train.csv", "./x", "/abs/x", "C:\\data\\x.csv", "file:///C:/x", "file://localhost/x", "dbfs:/x", "~/x"],
)
def test_names_local_to_the_record(text: str) -> None:
    made = canonical_uri(text)
    assert made.is_local
    assert canonical_uri(made.text) == made


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "s3://core/../x",
        "s3://core/a/../../x",
        "s3://core/%2e%2e/x",
        "../x",
        "a/../../x",
        "s3://core/%",
        "s3://core/%zz",
        "s3://core/%00",
        "s3://core/a%0Ab",
        "s3://core/a\nb",
        "s3://core/\u202egnp",
        "s3://core/a\u200bb",
        "s3://core\\evil/x",
        "s3:///x",
        "https://host:port/x",
        "s3://core/" + "a" * 5000,
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(UriError):
        canonical_uri(text)


def test_secrets_and_selections_leave_the_name() -> None:
    made = canonical_uri("https://user:pa55@example.com/d?table=7#frag")
    assert made.text == "https://example.com/d"
    assert made.dropped == ("fragment", "query", "userinfo")
    assert "pa55" not in repr(made)


def test_version_id_becomes_the_version() -> None:
    made = canonical_uri("s3://core/a?versionId=L4k")
    assert (made.text, made.version, made.dropped) == ("s3://core/a", "L4k", ())


def test_userinfo_is_not_the_host() -> None:
    assert canonical_uri("s3://core@evil/x").text == "s3://evil/x"


def test_openlineage_names() -> None:
    assert openlineage_uri("s3://Core", "/a/b").text == "s3://core/a/b"
    assert openlineage_uri("postgres://db:5432", "shop.public.orders").text == "postgres://db/shop.public.orders"
    assert openlineage_uri("default", "orders").is_local
    assert openlineage_uri("file", "/data/x").text == "file:///data/x"


@given(st.text(max_size=60))
def test_canonical_or_refused_and_idempotent(text: str) -> None:
    try:
        made = canonical_uri(text)
    except UriError:
        return
    assert made.text.isascii()
    assert " " not in made.text
    again = canonical_uri(made.text)
    assert (again.text, again.is_local) == (made.text, made.is_local)


PIECES = st.lists(st.sampled_from(["a", "b", ".", "..", "%2e", "%2E%2e", "", "c d", "%63"]), max_size=8)


@given(PIECES)
def test_a_path_never_leaves_its_host(pieces: list[str]) -> None:
    try:
        made = canonical_uri("s3://core/" + "/".join(pieces))
    except UriError:
        return
    assert made.text.startswith("s3://core/")
    assert "/../" not in f"{made.text}/"
    assert "/./" not in f"{made.text}/"
