"""What the page shows, worked out before the template runs: the template only places it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from govern.canonical import JsonObject
from govern.diagnostics import plain
from govern.policy.outcomes import Decision, Outcome
from govern.report.groups import Group, groups, headline
from govern.report.html.claims import ClaimTable, claim_table
from govern.report.html.comparisons import Comparison, Importance, comparisons_of, importances_of
from govern.report.html.drift import DriftTable, drift_tables
from govern.report.html.fairness import FairnessSection, ScoreSection, fairness_sections, score_sections
from govern.report.html.quality import QualityTable, quality_tables
from govern.report.html.trends import Trend, trends
from govern.report.result import FileView, OutcomeView, PolicyView, Result, facts_of, rows

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["Page", "page_of"]

_NAME = 160
"""Code points of a name; paths and sentences may be longer."""
_MOST_NODES = 300
_MOST_FILES = 2_000


@dataclass(frozen=True, slots=True)
class CardRow:
    """One section of the model card."""

    id: str
    state: str
    words: int
    place: str
    missing: str
    required: bool
    settled: bool


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The sections that one rule asked for."""

    rule: str
    rows: tuple[CardRow, ...]
    placeholders: int
    looked: tuple[str, ...] = ()
    """Which files could have been cards, which were read, and why."""


@dataclass(frozen=True, slots=True)
class LineageRow:
    """One thing of the lineage in the list beside the drawing."""

    name: str
    kind: str
    version: str
    state: str
    made_from: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """The drawing and its list form."""

    drawing: Markup
    rows: tuple[LineageRow, ...]
    left_out: int
    paths: tuple[str, ...]
    """Failing paths from a source to the model, in words."""
    digest: str


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """A policy with what its rules came to."""

    policy: PolicyView
    passed: int
    rules: int
    period: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything the template places."""

    word: str
    tone: str
    headline: str
    title: str
    name: str
    version: str
    groups: tuple[Group, ...]
    fairness: tuple[FairnessSection, ...]
    scores: tuple[ScoreSection, ...]
    trends: tuple[Trend, ...]
    scorecards: tuple[Scorecard, ...]
    claims: tuple[ClaimTable, ...]
    quality: tuple[QualityTable, ...]
    drifts: tuple[DriftTable, ...]
    comparisons: tuple[Comparison, ...]
    importances: tuple[Importance, ...]
    lineage: Lineage | None
    policies: tuple[PolicyLine, ...]
    dependencies: tuple[OutcomeView, ...]
    commands: tuple[tuple[str, str], ...]
    """(what it does, command) pairs."""
    facts: tuple[tuple[str, str], ...]
    """Key facts beside the verdict."""
    files: tuple[FileView, ...]
    """The first files of the bundle."""


_TONES = {Decision.ALLOWED: "good", Decision.DENIED: "bad", Decision.UNDECIDED: "unsure"}


def page_of(result: Result, earlier: Sequence[Result] = ()) -> Page:
    """Work out the page of a result; `earlier` are results of earlier versions, for the trends."""
    name, version = result.model.name or "No model", result.model.version or ""
    return Page(
        word=result.decision.value.capitalize(),
        tone=_TONES[result.decision],
        headline=headline(result),
        title=f"{result.decision.value.capitalize()}: {plain(name, limit=_NAME)} {plain(version)}".strip(),
        name=plain(name, limit=_NAME),
        version=plain(version, limit=_NAME),
        groups=groups(result.outcomes),
        fairness=fairness_sections(result.outcomes),
        scores=score_sections(result.outcomes),
        trends=trends(result, earlier),
        scorecards=tuple(
            _scorecard(item, facts)
            for item in result.outcomes
            if (facts := facts_of(item, "card-scorecard")) is not None
        ),
        claims=tuple(
            claim_table(item, facts) for item in result.outcomes if (facts := facts_of(item, "card-claims")) is not None
        ),
        quality=quality_tables(result.outcomes),
        drifts=drift_tables(result.outcomes),
        comparisons=comparisons_of(result.outcomes),
        importances=importances_of(result.outcomes),
        lineage=None if result.lineage is None else _lineage(result.lineage),
        policies=tuple(_policy(item, result.outcomes) for item in result.policies),
        dependencies=tuple(item for item in result.outcomes if item.check.startswith("dependencies.")),
        commands=tuple(_commands(result)),
        facts=tuple(_key_facts(result)),
        files=result.files[:_MOST_FILES],
    )


def _key_facts(result: Result) -> list[tuple[str, str]]:
    found = [("Stage", result.stage), ("Decided at", result.clock)]
    if result.certificate and result.certificate.valid_until:
        found.append(("Valid until", result.certificate.valid_until))
    elif result.holds_until:
        found.append(("Holds until", result.holds_until))
    optional = (
        ("Owner", result.model.owner),
        ("Risk tier", result.model.risk_tier),
        ("Purpose", result.model.purpose),
    )
    found += [(label, plain(value, limit=400)) for label, value in optional if value]
    return found


def _scorecard(outcome: OutcomeView, facts: Mapping[str, Any]) -> Scorecard:
    made = []
    for item in rows(facts.get("sections")):
        line, pointer = item.get("line"), item.get("pointer")
        place = str(item.get("file") or "")
        place += f":{line}" if isinstance(line, int) else f"#{pointer}" if place and pointer else ""
        state = str(item.get("state", ""))
        words = item.get("words")
        made.append(
            CardRow(
                id=str(item.get("id", "")).replace("_", " "),
                state=state.replace("_", " "),
                words=words if isinstance(words, int) else 0,
                place=plain(place),
                missing=str(item.get("missing") or ""),
                required=item.get("required") is True,
                settled=state in ("complete", "not_applicable"),
            )
        )
    left = facts.get("placeholders")
    return Scorecard(outcome.rule, tuple(made), left if isinstance(left, int) else 0, tuple(_looked(facts)))


def _looked(facts: Mapping[str, Any]) -> Iterator[str]:
    """Say of every file that could be a card whether it was used, and why."""
    for item in rows(facts.get("looked")):
        form = f" ({item['format']})" if isinstance(item.get("format"), str) else ""
        used = "read" if item.get("used") is True else "not read"
        yield plain(f"{item.get('file')}{form}: {used}, {item.get('why')}", limit=1000)


def _lineage(document: JsonObject) -> Lineage:
    from markupsafe import Markup

    from govern.lineage.drawing import draw

    names = {str(node.get("key")): str(node.get("name")) for node in rows(document.get("nodes"))}
    parents: dict[str, list[str]] = {}
    for edge in rows(document.get("edges")):
        parents.setdefault(str(edge.get("target")), []).append(names.get(str(edge.get("source")), "?"))
    states = {str(item.get("key")): str(item.get("status", "")) for item in rows(document.get("statuses"))}
    made = [
        LineageRow(
            name=plain(str(node.get("name")), limit=_NAME),
            kind=str(node.get("kind", "")),
            version=plain(str(node.get("version", "")), limit=40),
            state=states.get(str(node.get("key")), "").replace("_", " "),
            made_from=", ".join(plain(name, limit=80) for name in sorted(set(parents.get(str(node.get("key")), ())))),
        )
        for node in rows(document.get("nodes"))
    ]
    witnesses = document.get("witnesses")
    paths = [
        " → ".join(plain(names.get(str(key), str(key)), limit=80) for key in path)
        for path in (witnesses if isinstance(witnesses, list | tuple) else ())
        if isinstance(path, list | tuple)
    ]
    # The drawing escapes every text itself.
    drawing = Markup(draw(document, width=1040, prefix="ln"))  # noqa: S704
    return Lineage(
        drawing,
        tuple(made[:_MOST_NODES]),
        max(0, len(made) - _MOST_NODES),
        tuple(dict.fromkeys(paths)),
        str(document.get("digest", "")),
    )


def _policy(policy: PolicyView, outcomes: Sequence[OutcomeView]) -> PolicyLine:
    own = [item for item in outcomes if item.policy == policy.name and item.outcome is not Outcome.NOT_APPLICABLE]
    passed = sum(item.outcome is Outcome.PASS for item in own)
    period = " to ".join((policy.applies_from or "always", policy.applies_until or "no end"))
    if policy.applies_from is None and policy.applies_until is None:
        period = ""
    return PolicyLine(policy, passed, len(own), period)


def _commands(result: Result) -> list[tuple[str, str]]:
    """Commands by which a reader checks the page; file names are quoted, never run by us."""
    import shlex

    commands = []
    if result.certificate is not None:
        path = shlex.quote(plain(result.certificate.path))
        commands.append(
            (
                f"Verify the {result.certificate.kind}, offline",
                f"govern verify {path} --trust trust.json --bundle BUNDLE",
            )
        )
    if result.manifest is not None and result.model.name is not None:
        manifest = shlex.quote(plain(f"{result.model.name}-{result.model.version}.MANIFEST.sha256"))
        commands.append(("Check every file of the bundle without govern", f"(cd BUNDLE && sha256sum -c ../{manifest})"))
        commands.append(("Compare the bundle digest", f"sha256sum {manifest}"))
    commands.append(("Render this page again from its result", "govern report RESULT.json -o html=report.html"))
    return commands
