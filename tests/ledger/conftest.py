"""One PostgreSQL server for all tests of a worker that ask for it; each makes databases of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.boxes import Box
from support.ledgers import LedgerBox
from support.postgres import PostgresServer
from support.postgres_box import PostgresBox


@pytest.fixture
def postgres_server(running_server: PostgresServer) -> Iterator[PostgresServer]:
    yield running_server
    running_server.recycle()


@pytest.fixture(scope="session")
def running_server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.tools)])
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Box:
    """A place for a ledger, in every kind of store."""
    if request.param == "sqlite":
        return LedgerBox(tmp_path)
    return PostgresBox(tmp_path, request.getfixturevalue("postgres_server"))
