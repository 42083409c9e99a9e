"""Reader of a Feast registry, exported as JSON (`registry.to_dict`): sources, feature views, feature services.

What it says is declared by people who run `feast apply`, and written by a tool: grade E1. Tags such as `approved` are
claims: nothing here takes one for an approval. Entities are join keys and no data; `__dummy` is Feast's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from govern.canonical import Json
from govern.diagnostics import Diagnostic, Span, plain
from govern.inputs.json import JsonValue
from govern.lineage.build import GraphBuilder
from govern.lineage.claims import BundleFiles, Record, Reference
from govern.lineage.graph import Assertion, EdgeKind, NodeKey, NodeKind, Strength
from govern.lineage.uri import CanonicalUri, UriError, canonical_uri

__all__ = ["is_feast", "read_feast"]

_FORMAT = "feast"
_VIEWS = ("featureViews", "streamFeatureViews", "onDemandFeatureViews")
_PARTS = (*_VIEWS, "dataSources", "featureServices")
_TABLES = ("bigqueryOptions", "snowflakeOptions", "redshiftOptions", "athenaOptions", "trinoOptions", "sparkOptions")
Steps = tuple[str | int, ...]


def is_feast(value: JsonValue) -> bool:
    """Say whether a JSON document is a Feast registry: a project with at least one of its lists."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("project"), str)
        and any(isinstance(value.get(part), list) for part in _PARTS)
    )


def read_feast(value: JsonValue, record: Record, files: BundleFiles, into: GraphBuilder) -> None:
    """Add one registry to the graph; faults go to `record.diagnostics` (L195, L106)."""
    if isinstance(value, dict):
        _Reading(value, record, files, into).run()


class _Reading:
    """One pass over one registry."""

    def __init__(self, root: Mapping[str, Any], record: Record, files: BundleFiles, into: GraphBuilder) -> None:
        self.root, self.record, self.files, self.into = root, record, files, into
        self.project = str(root["project"])
        self.views: dict[str, NodeKey] = {}

    def by(self, *steps: str | int) -> Assertion:
        pointer = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)
        return Assertion(self.record.file, pointer, _FORMAT, "E1")

    def fault(self, code: str, message: str, *steps: str | int) -> None:
        where = self.by(*steps).pointer
        text = f"{message} (at {where})"
        self.record.diagnostics.append(Diagnostic(code, text, Span(self.record.file, 1), "Export the registry again."))

    def run(self) -> None:
        for number, source in enumerate(self.items("dataSources")):
            self.source(source, ("dataSources", number))
        views = [(part, number, item) for part in _VIEWS for number, item in enumerate(self.items(part))]
        for part, number, item in views:
            self.view(item, (part, number, "spec"))
        for part, number, item in views:
            self.inputs(item, (part, number, "spec"))
        for number, item in enumerate(self.items("featureServices")):
            self.service(item, ("featureServices", number, "spec"))

    def items(self, part: str) -> list[Mapping[str, Any]]:
        held = self.root.get(part) or []
        found = held if isinstance(held, list) else []
        if not isinstance(held, list) or not all(isinstance(item, dict) for item in found):
            self.fault("L195", f"{part} is no list of objects", part)
            return []
        return [item if part == "dataSources" else _mapping(item.get("spec")) for item in found]

    def name(self, item: object, steps: Steps) -> str | None:
        name = item.get("name") if isinstance(item, Mapping) else None
        if isinstance(name, str) and name:
            return name
        self.fault("L195", "an entry without a name", *steps)
        return None

    def canonical(self, text: str, steps: Steps) -> CanonicalUri | None:
        try:
            return canonical_uri(text)
        except UriError as fault:
            self.fault("L106", f"'{plain(text)}' {fault}", *steps)
            return None

    def own(self, kind: str, name: str, steps: Steps) -> NodeKey | None:
        uri = self.canonical(f"feast://{_escaped(self.project)}/{kind}/{_escaped(name)}", steps)
        return None if uri is None else NodeKey(NodeKind.DATASET, uri.text)

    def source(self, source: object, steps: Steps) -> NodeKey | None:
        """Give the node of where features come from: a file of the bundle by its sha256, else by its address."""
        name = self.name(source, steps)
        if name is None or not isinstance(source, Mapping):
            return None
        address = _address(source)
        uri = None if address is None else self.canonical(address, steps)
        if address is not None and uri is None:
            return None
        by, claims = self.by(*steps), _claims(source)
        located = self.files.locate(address) if address is not None and uri is not None and uri.is_local else None
        if uri is None:
            key = self.own("source", name, steps)
        else:
            digest = None if located is None else self.files.digests[located]
            key = NodeKey(NodeKind.DATASET, uri.text, "unversioned" if digest is None else f"sha256:{digest}")
        if key is None:
            return None
        self.into.node(key, name=name, by=by, attributes=claims)
        if located is not None:
            manifest = Assertion("MANIFEST.sha256", f"/{located}", "manifest", "E4")
            held = {"sha256": self.files.digests[located]}
            self.into.node(key, name=name, by=manifest, digests=held, strength=Strength.RECOMPUTED)
        return key

    def view(self, view: Mapping[str, Any], steps: Steps) -> None:
        name = self.name(view, steps)
        key = None if name is None else self.own("view", name, steps)
        if key is None or name is None:
            return
        if name in self.views:
            self.fault("L195", f"two feature views are called {plain(name)}", *steps)
            return
        columns: list[Json] = [
            {"name": str(item["name"]), "from": [], **({"tags": _texts(item.get("tags"))} if item.get("tags") else {})}
            for item in _list(view.get("features"))
            if isinstance(item, dict) and isinstance(item.get("name"), str)
        ]
        self.views[name] = self.into.node(
            key, name=name, by=self.by(*steps), attributes={**_claims(view), "columns": columns}
        )

    def inputs(self, view: Mapping[str, Any], steps: Steps) -> None:
        target = self.views.get(str(view.get("name")))
        if target is None:
            return
        for part in ("batchSource", "streamSource"):
            if isinstance(view.get(part), dict):
                source = self.source(view[part], (*steps, part))
                if source is not None:
                    self.into.edge(source, target, EdgeKind.DERIVED, self.by(*steps, part))
        sources = view.get("sources")
        for name, held in sources.items() if isinstance(sources, dict) else ():
            for used in _views_named(held):
                self.derive(used, target, (*steps, "sources", name))

    def service(self, service: Mapping[str, Any], steps: Steps) -> None:
        name = self.name(service, steps)
        key = None if name is None else self.own("service", name, steps)
        if key is None or name is None:
            return
        self.into.node(key, name=name, by=self.by(*steps), attributes=_claims(service))
        for number, item in enumerate(_list(service.get("features"))):
            used = item.get("featureViewName") if isinstance(item, dict) else None
            if isinstance(used, str):
                self.derive(used, key, (*steps, "features", number))
            else:
                self.fault("L195", "an entry without featureViewName", *steps, "features", number)

    def derive(self, used: str, target: NodeKey, steps: Steps) -> None:
        """Add that something is made of a feature view; one that is not in the registry is a dangling reference."""
        by = self.by(*steps)
        source = self.views.get(used)
        if source is None:
            source = self.own("view", used, steps)
            if source is None:
                return
            self.record.dangling.append(
                Reference(
                    source, f"feature view '{used}' is used and nowhere described", by, "export the whole registry"
                )
            )
            self.into.node(source, name=used, by=by, attributes={"dangling": True})
        self.into.edge(source, target, EdgeKind.DERIVED, by)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _address(source: Mapping[str, Any]) -> str | None:
    """Give where a source is: a file's URI, or its table's name under the store's scheme."""
    options = source.get("fileOptions")
    uri = options.get("uri") if isinstance(options, Mapping) else None
    if isinstance(uri, str) and uri:
        return uri
    for part in _TABLES:
        options = source.get(part)
        table = options.get("table") if isinstance(options, Mapping) else None
        if isinstance(options, Mapping) and isinstance(table, str) and table:
            names = [options.get("database"), options.get("schema"), table]
            path = "/".join(_escaped(name) for name in names if isinstance(name, str) and name)
            return f"{part.removesuffix('Options')}://{path}"
    return None


def _views_named(held: object) -> Iterator[str]:
    """Give the feature views that an entry of an on-demand view's sources names."""
    projection = held.get("featureViewProjection") if isinstance(held, Mapping) else None
    name = projection.get("featureViewName") if isinstance(projection, Mapping) else None
    if isinstance(name, str):
        yield name


def _claims(item: Mapping[str, Any]) -> dict[str, Json]:
    """Give owner and tags, as claims: a tag `approved` approves nothing."""
    found: dict[str, Json] = {}
    if isinstance(item.get("owner"), str) and item["owner"]:
        found["claimed_owner"] = item["owner"]
    if _texts(item.get("tags")):
        found["claimed_tags"] = _texts(item.get("tags"))
    return found


def _texts(value: object) -> dict[str, Json]:
    return {key: held for key, held in value.items() if isinstance(held, str)} if isinstance(value, Mapping) else {}


def _escaped(text: str) -> str:
    return quote(text, safe="-._~")
