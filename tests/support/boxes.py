"""What tests of all ledger stores share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from govern.diagnostics import GovernError
from support.ledgers import LedgerBox
from support.postgres_box import PostgresBox

Box = LedgerBox | PostgresBox


def code_of(action: Callable[[], object], kind: type[GovernError]) -> str:
    """The code of the error that an action must raise."""
    with pytest.raises(kind) as caught:
        action()
    return caught.value.diagnostics[0].code
