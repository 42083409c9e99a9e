"""The page in a real browser: visible, styled under its own policy, and silent. Fails when there is no Chromium."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from govern.report.html import render_html
from govern.report.result import Result
from support import results
from support.score_facts import score_facts

pytestmark = pytest.mark.browser

QUIET = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-quic", "--disable-extensions"),
    *("--disable-default-apps", "--metrics-recording-only", "--no-default-browser-check"),
    *("--disable-features=OptimizationHints,MediaRouter,Translate", "--host-resolver-rules=MAP * ~NOTFOUND"),
]
LIGHT, DARK = [], ["--blink-settings=preferredColorScheme=0"]

Browser = Callable[..., str]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "these tests need Chromium: apt-get install --no-install-recommends chromium"

    def run(page: Path, *options: str) -> str:
        profile = tmp_path_factory.mktemp("profile")
        command = [found, *QUIET, f"--user-data-dir={profile}", *options, page.as_uri()]
        return subprocess.run(command, capture_output=True, timeout=120, check=True).stdout.decode("utf-8", "replace")

    return run


def written(tmp_path: Path, document: results.Document) -> Path:
    path = tmp_path / "report.html"
    path.write_text(render_html(Result.from_document(document)), "utf-8")
    return path


def pixels(path: Path) -> tuple[int, int, dict[tuple[int, int, int], int]]:
    """Width, height and how often each colour occurs in a PNG of 8-bit RGB or RGBA without interlacing."""
    data = path.read_bytes()
    at, body, head = 8, b"", b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"IHDR":
            head = data[at + 8 : at + 8 + size]
        elif kind == b"IDAT":
            body += data[at + 8 : at + 8 + size]
        at += 12 + size
    width, height, depth, colour, _c, _f, interlace = struct.unpack(">IIBBBBB", head)
    assert (depth, interlace) == (8, 0)
    step = {2: 3, 6: 4}[colour]
    raw, before = zlib.decompress(body), bytes(width * step)
    seen: dict[tuple[int, int, int], int] = {}
    for row in range(height):
        line = bytearray(raw[row * (width * step + 1) + 1 : (row + 1) * (width * step + 1)])
        unfilter(raw[row * (width * step + 1)], line, before, step)
        for x in range(0, len(line), step * 3):
            key = (line[x], line[x + 1], line[x + 2])
            seen[key] = seen.get(key, 0) + 1
        before = bytes(line)
    return width, height, seen


def unfilter(kind: int, line: bytearray, above: bytes, step: int) -> None:
    """Undo one scanline's filter (PNG specification, section 9)."""
    for x in range(len(line)):
        left = line[x - step] if x >= step else 0
        up, corner = above[x], above[x - step] if x >= step else 0
        guess = left + up - corner
        near = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
        line[x] = (line[x] + (0, left, up, (left + up) // 2, near)[kind]) & 255


@pytest.mark.parametrize(("scheme", "verdict"), [(LIGHT, (0xA9, 0x20, 0x1A)), (DARK, (0xFF, 0x93, 0x8A))])
@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_is_visible_and_its_style_is_let_in(
    browser: Browser, tmp_path: Path, scheme: list[str], verdict: tuple[int, int, int], width: int
) -> None:
    shot = tmp_path / "shot.png"
    browser(written(tmp_path, results.denied()), *scheme, f"--screenshot={shot}", f"--window-size={width},900")
    _width, height, seen = pixels(shot)
    assert height == 900
    assert seen.get(verdict, 0) > 100, "the verdict's colour is nowhere: the style did not run"
    assert len(seen) > 50


def test_the_text_is_there_without_any_script(browser: Browser, tmp_path: Path) -> None:
    dom = browser(written(tmp_path, results.denied()), "--dump-dom")
    for part in ("Denied", "What blocks", "race=Native · too few to compare", "Not assessed", "credit bureau 2025Q4"):
        assert part in dom
    assert "<script" not in dom


def test_nothing_is_asked_of_the_network(browser: Browser, tmp_path: Path) -> None:
    document = results.denied()
    document["outcomes"][0]["message"] = (
        '"><img src="http://evil.example/a.png"><link rel=stylesheet href=//evil.example>'
    )
    document["model"]["name"] = '<meta http-equiv="refresh" content="0;url=http://evil.example/">'
    log = tmp_path / "net.json"
    browser(written(tmp_path, document), f"--log-net-log={log}", "--dump-dom")
    asked = json.loads(log.read_text("utf-8"))
    urls = {str(event.get("params", {}).get("url", "")) for event in asked["events"]}
    assert not [url for url in urls if "evil.example" in url]


def test_planted_markup_does_not_run(browser: Browser, tmp_path: Path) -> None:
    document = results.denied()
    word = (
        "<script>document.documentElement.dataset.hit=1</script><svg onload='document.documentElement.dataset.hit=1'>"
    )
    for outcome in document["outcomes"]:
        outcome |= {"title": word, "message": word, "rule": word}
    page = written(tmp_path, document)
    assert "data-hit" not in browser(page, "--dump-dom")
    # The probe itself: without escaping and without the policy the same text does run.
    bare = tmp_path / "bare.html"
    bare.write_text(f"<!doctype html><title>x</title>{word}", "utf-8")
    assert "data-hit" in browser(bare, "--dump-dom")


def test_the_page_prints(browser: Browser, tmp_path: Path) -> None:
    pdf = tmp_path / "report.pdf"
    browser(written(tmp_path, results.denied()), f"--print-to-pdf={pdf}", "--no-pdf-header-footer")
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert pdf.stat().st_size > 20_000


def test_curves_and_trends_show_under_the_policy_of_the_page(browser: Browser, tmp_path: Path) -> None:
    document = results.copied(results.denied())
    first = next(item for item in document["outcomes"] if (item["facts"] or {}).get("kind") == "fairness-table")
    document["outcomes"].append({**results.copied(first), "rule": "fair-lending/scores", "facts": score_facts()})
    earlier = results.copied(document)
    earlier["model"]["version"], earlier["clock"] = "3.0.0", "2026-01-01T00:00:00Z"
    page = tmp_path / "report.html"
    page.write_text(render_html(Result.from_document(document), [Result.from_document(earlier)]), "utf-8")
    dom = browser(page, "--dump-dom")
    for part in ("Receiver operating characteristic by race", "Calibration by race", "over versions"):
        assert part in dom
    # The section alone, so that its lines are within the shot: curves have the colour of their class.
    whole = page.read_text("utf-8")
    start = whole.index('<section id="fairness">')
    section = whole[start : whole.index("</section>", start)]
    panels = section.split('<div class="panel stack">')
    curves = next(item for item in panels if "Receiver operating" in item)
    page.write_text(f'{whole[: whole.index("<div class=")]}<main><div class="panel">{curves}</div></main>', "utf-8")
    shot = tmp_path / "shot.png"
    browser(page, f"--screenshot={shot}", "--window-size=1280,700")
    _width, _height, seen = pixels(shot)
    assert seen.get((0x2D, 0x5A, 0x8A), 0) > 100
