"""Every way to break evidence, by family. Each looks at a rule and says what would take its ground away."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from govern.gate.testing.breaking.cards import cards
from govern.gate.testing.breaking.drift import drift
from govern.gate.testing.breaking.facts import facts, metrics, other_evidence
from govern.gate.testing.breaking.general import out_of_time, without_statements, without_votes
from govern.gate.testing.breaking.impact import impact
from govern.gate.testing.breaking.interface import Break, Target
from govern.gate.testing.breaking.lineage import lineage
from govern.gate.testing.breaking.packages import artefacts, dependencies
from govern.gate.testing.breaking.quality import quality
from govern.gate.testing.breaking.readiness import readiness
from govern.gate.testing.breaking.rivals import explanations, rivals
from govern.gate.testing.breaking.scores import scores
from govern.gate.testing.breaking.searches import searches
from govern.gate.testing.breaking.tables import tables

__all__ = ["FAMILIES"]

FAMILIES: tuple[Callable[[Target], Iterator[Break]], ...] = (
    facts,
    metrics,
    cards,
    tables,
    impact,
    scores,
    drift,
    lineage,
    dependencies,
    artefacts,
    quality,
    rivals,
    explanations,
    searches,
    other_evidence,
    readiness,
    out_of_time,
    without_votes,
    without_statements,
)
