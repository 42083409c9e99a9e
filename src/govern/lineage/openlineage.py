"""Reader of OpenLineage run events (specification 2-0-2). Written by a tool, unsigned: grade E1.

Only a run that reached COMPLETE makes ancestry. There is no checksum facet: a `datasetVersion` counts as a digest only
when it is written as one (`sha256:<64 hex>`). A name read without a version is resolved to the last complete output of
that name before the run began, else it stays `unversioned`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from govern.canonical import Json, instant_text
from govern.lineage.build import GraphBuilder
from govern.lineage.claims import BundleFiles, ModelClaim, Record
from govern.lineage.digests import digest_fault, is_commit, opaque_token
from govern.lineage.graph import Assertion, EdgeKind, NodeKey, NodeKind, Strength
from govern.lineage.openlineage_events import (
    Events,
    Facts,
    Name,
    Run,
    as_object,
    as_objects,
    as_text,
    dataset_name,
    facet_inputs,
)
from govern.lineage.uri import CanonicalUri, UriError, canonical_uri, openlineage_uri

__all__ = ["add_events"]

_DIGEST = re.compile(r"([a-z0-9-]+):([0-9a-fA-F]+)")


def add_events(events: Events, builder: GraphBuilder, files: BundleFiles) -> None:
    """Merge the events of all files into runs, add them to the graph, and note what each record calls the model."""
    runs, models = events.merged()
    _Writer(builder, runs, models, events.records, files).write()


@dataclass(slots=True)
class _Writer:
    """Adds merged runs to the graph."""

    builder: GraphBuilder
    runs: Mapping[str, Run]
    models: Mapping[Name, bool]
    records: Sequence[Record]
    files: BundleFiles
    subjects: dict[str, dict[NodeKey, Assertion]] = field(default_factory=dict)
    outputs: dict[Name, list[tuple[datetime, str]]] = field(default_factory=dict)
    """For each dataset the complete runs that wrote it, by their end."""

    def write(self) -> None:
        """Add every run, then say which models each file may be speaking of."""
        for run in self.runs.values():
            if run.ends == {"complete"} and run.ended is not None:
                for name in run.outputs:
                    self.outputs.setdefault(name, []).append((run.ended, run.id))
        for made in self.outputs.values():
            made.sort()
        consumed: set[NodeKey] = set()
        for run in sorted(self.runs.values(), key=lambda item: item.id):
            consumed |= self.write_run(run)
        by_file = {record.file: record for record in self.records}
        for file, models in sorted(self.subjects.items()):
            self.claim(by_file[file], {key: by for key, by in models.items() if key not in consumed})

    def claim(self, record: Record, models: Mapping[NodeKey, Assertion]) -> None:
        """Choose the models that can be ours: those with a digest of the bundle's, else all that nothing uses on."""
        ours = self.files.model_digests
        bound = {key for key in models if key.version.removeprefix("sha256:") in ours}
        for key in sorted(bound or models):
            record.subjects.append(key)
            algorithm, _, value = key.version.partition(":")
            record.claims.append(ModelClaim(None, value if algorithm == "sha256" else None, models[key]))

    def write_run(self, run: Run) -> set[NodeKey]:
        key = NodeKey(NodeKind.RUN, f"run:{quote(run.id, safe='-._~')}")
        attributes: dict[str, Json] = {"job": run.job, "run": run.id}
        status = "complete" if run.ends == {"complete"} else min(run.ends - {"complete"}, default=None)
        if status is not None:
            attributes["status"] = status
        elif run.moments or run.inputs or run.outputs:
            attributes["status"] = "incomplete"
        if run.begin is not None:
            attributes["started"] = instant_text(run.begin)
        if run.ended is not None:
            attributes["ended"] = instant_text(run.ended)
        self.builder.node(key, name=run.job.rsplit("/", 1)[-1] or run.id, by=run.by, attributes=attributes)
        completed = status == "complete"
        consumed: set[NodeKey] = set()
        nodes: dict[Name, NodeKey] = {}
        for name, facts in sorted(run.inputs.items()):
            node = nodes[name] = self.dataset(name, facts, self.resolved(name, facts, run))
            consumed.add(node)
            self.builder.edge(node, key, EdgeKind.USED, facts.by, completed=completed)
        made: dict[Name, NodeKey] = {}
        for name, facts in sorted(run.outputs.items()):
            node = made[name] = self.dataset(name, facts, self.token(facts) or opaque_token(f"run/{run.id}"))
            self.builder.edge(key, node, EdgeKind.GENERATED, facts.by, completed=completed)
            if node.kind is NodeKind.MODEL:
                self.subjects.setdefault(facts.by.file, {}).setdefault(node, facts.by)
            for facet in ("columnLineage", "lineage"):
                for source in facet_inputs(as_object(facts.facets.get(facet))):
                    run.derived.setdefault((source, name), facts.by)
        self.derive(run, nodes, made, completed=completed)
        self.code(run, key)
        return consumed

    def derive(self, run: Run, used: Mapping[Name, NodeKey], made: Mapping[Name, NodeKey], *, completed: bool) -> None:
        """Add sources that only a lineage facet names: they are inputs too, whatever `inputs` says."""
        for (source, target), by in sorted(run.derived.items()):
            if source in used or source == target:
                continue
            facts = Facts(by)
            above = self.dataset(source, facts, self.resolved(source, facts, run))
            below = made.get(target) or self.dataset(target, facts, self.resolved(target, facts, run))
            if above != below:
                self.builder.edge(above, below, EdgeKind.DERIVED, by, completed=completed)

    def token(self, facts: Facts) -> str | None:
        version = as_text(as_object(facts.facets.get("version")).get("datasetVersion"))
        if not version:
            return None
        found = _DIGEST.fullmatch(version)
        if found and digest_fault(found[1], found[2].lower()) is None:
            return f"{found[1]}:{found[2].lower()}"
        return opaque_token(version)

    def resolved(self, name: Name, facts: Facts, reader: Run) -> str:
        """Give the version of an input: its own, else that of the last complete output of the name before the run."""
        own = self.token(facts)
        if own is not None:
            return own
        begin = reader.begin
        made = self.outputs.get(name, [])
        before = bisect_right(made, (begin, "\U0010ffff")) if begin is not None else 0
        maker = next((run for _, run in reversed(made[:before]) if run != reader.id), None)
        if maker is None:
            return "unversioned"
        return self.token(self.runs[maker].outputs[name]) or opaque_token(f"run/{maker}")

    def dataset(self, name: Name, facts: Facts, token: str) -> NodeKey:
        uri = _uri(name)
        attributes: dict[str, Json] = {"uri_dropped": list(uri.dropped)} if uri.dropped else {}
        aliases = sorted(
            {
                _uri(alias).text
                for item in as_objects(as_object(facts.facets.get("symlinks")).get("identifiers"))
                if (alias := dataset_name(item)) is not None
            }
        )
        if aliases:
            attributes["aliases"] = list(aliases)
        algorithm, _, value = token.partition(":")
        digests = {algorithm: value} if algorithm not in ("version", "unversioned") else {}
        real = algorithm == "version" and not value.startswith("run/")
        key = NodeKey(NodeKind.MODEL if self.models.get(name) else NodeKind.DATASET, uri.text, token)
        return self.builder.node(
            key,
            name=name[1],
            by=facts.by,
            digests=digests,
            attributes=attributes,
            strength=Strength.OPAQUE if real else None,
        )

    def code(self, run: Run, key: NodeKey) -> None:
        location = as_object(run.job_facets.get("sourceCodeLocation"))
        repo = as_text(location.get("repoUrl")) or as_text(location.get("url"))
        if not repo:
            return
        try:
            uri = canonical_uri(repo)
        except UriError:
            return
        version = as_text(location.get("version"))
        node = NodeKey(NodeKind.CODE, uri.text, opaque_token(version) if version else "unversioned")
        strength = Strength.WEAK if is_commit(version) else Strength.OPAQUE if version else None
        self.builder.node(
            node,
            name=repo.rstrip("/").rsplit("/", 1)[-1],
            by=run.by,
            attributes={"commit": version} if version else {},
            strength=strength,
        )
        self.builder.edge(node, key, EdgeKind.BUILT_WITH, run.by)


def _uri(name: Name) -> CanonicalUri:
    """Make a dataset's name canonical; one that cannot be stays a name of this record, which identifies nothing."""
    try:
        return openlineage_uri(*name)
    except UriError:
        return CanonicalUri(f"local:unreadable/{quote('/'.join(name), safe='-._~')[:2000]}", is_local=True)
