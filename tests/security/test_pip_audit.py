"""pip-audit: as an oracle of the matcher, and as a live provider that may never answer "nothing" by mistake."""

from __future__ import annotations

import inspect
import json
import random
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from govern.security.advisories import Matcher
from govern.security.advisories.providers.pip_audit import LiveStatus, query_live, snapshot_service
from support.osv import record, snapshot_of


def test_its_auditor_finds_the_same_on_our_snapshot(tmp_path: Path) -> None:
    """200 pinned packages against 120 records with aliases: the same findings, package by package."""
    from pip_audit._audit import Auditor
    from pip_audit._dependency_source import RequirementSource

    rng = random.Random(3)
    records = []
    for number in range(120):
        low, high = sorted(rng.sample(range(40), 2))
        events = [{"introduced": f"1.{low}"}, {"fixed": f"1.{high}"}]
        aliases = [f"CVE-2026-{number // 2}"] if number % 3 else []
        records.append(record(f"PYSEC-2026-{number}", f"package-{number % 60}", events=events, aliases=aliases))
    snapshot = snapshot_of(tmp_path, *records)
    pins = {f"package-{number}": f"1.{rng.randrange(40)}" for number in range(200)}
    (tmp_path / "requirements.txt").write_text("".join(f"{name}=={version}\n" for name, version in pins.items()))
    source = RequirementSource([tmp_path / "requirements.txt"], no_deps=True, disable_pip=True)
    theirs = {
        (dependency.canonical_name, frozenset({found.id, *found.aliases}))
        for dependency, results in Auditor(snapshot_service(snapshot)).audit(source)
        for found in results
    }
    matcher = Matcher(snapshot)
    ours = {
        (name, item.record.id): frozenset({item.record.id, *item.record.aliases})
        for name, version in pins.items()
        for item in matcher.match(name, version).matches
    }
    assert len(ours) > 30
    # Its merging of aliases keeps one result an alias group and may drop the second record's own id.
    assert {name for name, _ids in theirs} == {name for name, _id in ours}
    for name, identifiers in theirs:
        assert any(identifiers & ids for (package, _id), ids in ours.items() if package == name)
    for (name, _id), ids in ours.items():
        assert any(identifiers & ids for package, identifiers in theirs if package == name)


def test_the_surface_this_adapter_uses_is_there() -> None:
    """Fails with "pip-audit changed" before anything else does."""
    from pip_audit._service import OsvService, ResolvedDependency, VulnerabilityResult

    assert list(inspect.signature(OsvService.__init__).parameters) == ["self", "cache_dir", "timeout", "osv_url"]
    assert ResolvedDependency("a", Version("1")).is_skipped() is False
    created = inspect.signature(VulnerabilityResult.create).parameters
    assert {"ids", "description", "fix_versions", "published"} <= set(created)


class _Handler(BaseHTTPRequestHandler):
    status: int
    body: bytes

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_args: Any) -> None:
        """Silent."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """A loopback server that answers what the test says."""
    handler = type("Handler", (_Handler,), {"status": 200, "body": b"{}"})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


GOOD = record("GHSA-1", aliases=["CVE-2026-1"])
ANSWERS: list[tuple[str, int, Any, LiveStatus]] = [
    ("match", 200, {"vulns": [GOOD]}, LiveStatus.MATCH),
    ("nothing", 200, {}, LiveStatus.NO_MATCH),
    ("empty list", 200, {"vulns": []}, LiveStatus.NO_MATCH),
    ("paged", 200, {"vulns": [GOOD], "next_page_token": "x"}, LiveStatus.UNDECIDED),
    ("schema 2", 200, {"vulns": [GOOD | {"schema_version": "2.0.0"}]}, LiveStatus.UNDECIDED),
    ("no affected", 200, {"vulns": [{"id": "X-1"}]}, LiveStatus.UNDECIDED),
    ("a list", 200, [], LiveStatus.UNDECIDED),
    ("server error", 500, {"vulns": []}, LiveStatus.ERROR),
    ("login page", 200, b"<html>", LiveStatus.ERROR),
    ("odd fix", 200, {"vulns": [record("X-1", events=[{"introduced": "0"}, {"fixed": "not!"}])]}, LiveStatus.ERROR),
]


@pytest.mark.parametrize(("status", "body", "expected"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_live_answers(
    server: ThreadingHTTPServer, tmp_path: Path, status: int, body: Any, expected: LiveStatus
) -> None:
    server.RequestHandlerClass.status = status  # type: ignore[attr-defined]
    server.RequestHandlerClass.body = body if isinstance(body, bytes) else json.dumps(body).encode()  # type: ignore[attr-defined]
    (answer,) = query_live(
        [("pillow", "1.0")], cache_dir=tmp_path, timeout=5, osv_url=f"http://127.0.0.1:{server.server_port}/q"
    )
    assert answer.status is expected, answer
    if expected is LiveStatus.MATCH:
        assert answer.ids == ("CVE-2026-1", "GHSA-1")


def test_no_connection_and_odd_versions(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    closed = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    closed.server_close()
    refused, odd = query_live(
        [("pillow", "1.0"), ("pillow", "2004d-x")],
        cache_dir=tmp_path,
        timeout=5,
        osv_url=f"http://127.0.0.1:{closed.server_port}/q",
    )
    assert refused.status is LiveStatus.ERROR
    assert odd.status is LiveStatus.UNDECIDED
