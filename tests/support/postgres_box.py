"""A real ledger in a real PostgreSQL, with the shorthands of `support.ledgers.LedgerBox`."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from govern.ledger.note import NoteSigner
from govern.ledger.postgres import PostgresLedger, PostgresPlace
from govern.ledger.postgres_tables import GUARDED, SCHEMA, tables
from support.ledgers import CREATED, entry, log_signer
from support.postgres import PostgresServer

TABLES = GUARDED


@dataclass
class PostgresBox:
    """Where a test's ledger lies: a database of a server, and a folder for payloads and the published head."""

    root: Path
    server: PostgresServer
    database: str = ""
    user: str = "postgres"
    signer: NoteSigner = field(default_factory=log_signer)

    def __post_init__(self) -> None:
        self.database = self.database or self.server.database()

    @property
    def place(self) -> PostgresPlace:
        return PostgresPlace(
            url=self.server.url(self.database, self.user),
            objects=self.root / ".govern" / "objects",
            published=self.root / "published-checkpoint",
        )

    def create(self) -> PostgresLedger:
        return self.place.create(self.signer, created=CREATED)

    def open(self, *, key: bool = True) -> PostgresLedger:
        return self.place.open(signer=self.signer if key else None)

    def filled(self, count: int) -> PostgresBox:
        """Create the ledger and append `count` entries, one batch each."""
        with self.create() as ledger:
            for number in range(count):
                ledger.append([entry(number)])
        return self

    def tamper(self, *statements: str) -> None:
        """Edit the database behind the ledger's back: drop the triggers, edit, put them back."""
        self.unguard()
        with self.server.admin(self.database) as connection:
            connection.execute(f"SET search_path = {SCHEMA}")
            for statement in statements:
                zero = "decode(repeat('00', 32), 'hex')"
                connection.execute(statement.format(zero=zero, byte=self.blob("00"), filed="entry"))
            for statement in tables():
                if statement.startswith("CREATE TRIGGER"):
                    connection.execute(statement)

    def unguard(self) -> None:
        """Drop every trigger."""
        with self.server.admin(self.database) as connection:
            for table in TABLES:
                connection.execute(f"DROP TRIGGER append_only ON {SCHEMA}.{table}")

    @staticmethod
    def blob(digits: str) -> str:
        """Bytes as this database writes them."""
        return f"'\\x{digits}'::bytea"

    def copy(self, root: Path) -> PostgresBox:
        """The same ledger once more, in another database: a backup, or a fork."""
        shutil.copytree(self.root, root, ignore=shutil.ignore_patterns(root.name))
        made = self.server.database(template=self.database)
        return PostgresBox(root, self.server, database=made, user=self.user, signer=self.signer)

    def checkpoints(self) -> dict[int, bytes]:
        """Every stored head: size to root."""
        with self.server.admin(self.database) as connection:
            return dict(connection.execute(f"SELECT size, root FROM {SCHEMA}.checkpoint").fetchall())
