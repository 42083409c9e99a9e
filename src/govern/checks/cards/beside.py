"""What `MLmodel` files say of a field, read once a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govern.checks.context import CheckContext

if TYPE_CHECKING:
    from govern.evidence.cards import Claim

__all__ = ["beside"]


def beside(context: CheckContext, field: str) -> tuple[Claim, ...]:
    """Give what the bundle's MLmodel files say of a field. Raises InputError for one that cannot be read."""
    from govern.evidence.cards.beside import mlmodel_claims

    return context.once(("mlmodel.claims", field), lambda: mlmodel_claims(context.bundle, field))
