"""Asking for outputs and writing them."""

from __future__ import annotations

from pathlib import Path

import pytest

from govern.diagnostics import UsageError
from govern.gate.outputs import Output, parse_outputs, write_atomic, write_outputs

FORMATS = ("text", "json", "html")


def test_text_goes_to_stdout_unless_something_else_does(tmp_path: Path) -> None:
    """`-o html=x` keeps the text; `-o json` replaces it."""
    assert parse_outputs((), formats=FORMATS, bundle=None) == (Output("text", None),)
    path = tmp_path / "r.html"
    assert parse_outputs((f"html={path}",), formats=FORMATS, bundle=None) == (
        Output("text", None),
        Output("html", path),
    )
    for spec in ("json", "json=", "json=-"):
        assert parse_outputs((spec,), formats=FORMATS, bundle=None) == (Output("json", None),)


@pytest.mark.parametrize(
    "specs",
    [("pdf=x",), ("json", "html"), ("json=a", "html=a"), ("json=BUNDLE/x.json",), ("html=BUNDLE/../bundle/deep/x",)],
)
def test_bad_requests_are_refused_before_any_check(tmp_path: Path, specs: tuple[str, ...]) -> None:
    """Unknown format, two on stdout, one file twice, a target inside the bundle."""
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    with pytest.raises(UsageError, match="U107"):
        parse_outputs([item.replace("BUNDLE", str(bundle)) for item in specs], formats=FORMATS, bundle=bundle)


def test_a_link_into_the_bundle_is_inside_it(tmp_path: Path) -> None:
    """The target is resolved before it is compared."""
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (tmp_path / "door").symlink_to(bundle)
    with pytest.raises(UsageError, match="U107"):
        parse_outputs([f"json={tmp_path / 'door' / 'x.json'}"], formats=FORMATS, bundle=bundle)


def test_one_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    """And it is said, with the path."""
    blocker = tmp_path / "file"
    blocker.write_text("")
    printed: list[str] = []
    faults = write_outputs(
        (Output("text", None), Output("json", blocker / "x.json"), Output("html", tmp_path / "r.html")),
        {"text": lambda: "T", "json": lambda: "J", "html": lambda: b"H"},
        printed.append,
    )
    assert [item.code for item in faults] == ["U108"]
    assert printed == ["T"]
    assert (tmp_path / "r.html").read_bytes() == b"H"


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    """Temporary name, then rename."""
    target = tmp_path / "there"
    target.mkdir()
    (target / "inside").write_text("x")
    with pytest.raises(OSError, match="directory"):
        write_atomic(target, b"data")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["there"]
