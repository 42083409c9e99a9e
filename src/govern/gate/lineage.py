"""The lineage graph of a bundle as the result shows it: nodes, edges, and what the rules said of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from govern.canonical import Json
from govern.diagnostics import InputError

if TYPE_CHECKING:
    from govern.checks.context import CheckContext

__all__ = ["lineage_document"]


def lineage_document(context: CheckContext) -> Mapping[str, Json] | None:
    """Give the lineage graph as JSON, or None when the bundle has no record or none that can be read.

    That a record cannot be read is the business of the `lineage.*` rules, which give `error` for it.
    """
    from govern.checks.lineage import graph_of
    from govern.lineage.export import graph_document

    try:
        graph = graph_of(context)
    except InputError:
        return None
    return None if graph is None else graph_document(graph)
