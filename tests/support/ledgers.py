"""A real ledger in a temporary folder, with fixed keys."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from govern.ledger.database import APPEND_ONLY, schema
from govern.ledger.leaf import leaf_body
from govern.ledger.note import NoteSigner
from govern.ledger.sqlite import LedgerPaths, SqliteLedger
from govern.ledger.store import NewEntry

CREATED = "2026-01-01T00:00:00Z"


def log_signer(origin: str = "ledger.example", seed: int = 1) -> NoteSigner:
    """The log key of the golden figures: 32 bytes of 0x01."""
    return NoteSigner(origin, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def entry(number: int | str, *, signature: bytes = b"signature", key: bytes = b"key") -> NewEntry:
    """A well-formed log entry whose payload is a number. Its signature is bytes: the ledger does not look at it."""
    payload = f"payload {number}".encode()
    return NewEntry(payload=payload, body=leaf_body(payload, signature, key))


@dataclass
class LedgerBox:
    """Where a test's ledger lies, and shorthands to fill, damage and copy it."""

    root: Path
    signer: NoteSigner = field(default_factory=log_signer)

    @property
    def paths(self) -> LedgerPaths:
        return LedgerPaths(
            database=self.root / ".govern" / "ledger.db",
            objects=self.root / ".govern" / "objects",
            published=self.root / "published-checkpoint",
        )

    def create(self) -> SqliteLedger:
        return SqliteLedger.create(self.paths, self.signer, created=CREATED)

    def open(self, *, key: bool = True) -> SqliteLedger:
        return SqliteLedger.open(self.paths, signer=self.signer if key else None)

    def filled(self, count: int) -> LedgerBox:
        """Create the ledger and append `count` entries, one batch each."""
        with self.create() as ledger:
            for number in range(count):
                ledger.append([entry(number)])
        return self

    # -- what the contract of all stores asks of a box; `support.postgres_box` has the other one --------------------

    @property
    def place(self) -> LedgerPaths:
        return self.paths

    def tamper(self, *statements: str) -> None:
        """Edit the database behind the ledger's back: drop the triggers, edit, put them back."""
        self.unguard()
        connection = sqlite3.connect(self.paths.database, isolation_level=None)
        for statement in statements:
            connection.execute(statement.format(zero="zeroblob(32)", byte="x'00'", filed="identity"))
        for statement in schema():
            if statement.startswith("CREATE TRIGGER"):
                connection.execute(statement)
        connection.close()

    def unguard(self) -> None:
        """Drop every trigger."""
        with closing(sqlite3.connect(self.paths.database)) as connection:
            for table in APPEND_ONLY:
                for action in ("update", "delete"):
                    connection.execute(f"DROP TRIGGER {table}_no_{action}")

    @staticmethod
    def blob(digits: str) -> str:
        """Bytes as this database writes them."""
        return f"x'{digits}'"

    def copy(self, root: Path) -> LedgerBox:
        """The same ledger once more, in another folder: a backup, or a fork."""
        shutil.copytree(self.root, root, ignore=shutil.ignore_patterns(root.name))
        return LedgerBox(root, signer=self.signer)

    def checkpoints(self) -> dict[int, bytes]:
        """Every stored head: size to root."""
        with closing(sqlite3.connect(self.paths.database)) as connection:
            return dict(connection.execute("SELECT size, root FROM checkpoint").fetchall())
