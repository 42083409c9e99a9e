"""Reader of our own record, `lineage.yaml`: the lowest-effort complete one. Declared by people: grade E0."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from govern.canonical import Json
from govern.diagnostics import Diagnostic, Related
from govern.inputs.nodes import Node, span_at
from govern.lineage.build import GraphBuilder
from govern.lineage.claims import BundleFiles, ModelClaim, Record, Reference
from govern.lineage.digests import digest_fault, is_commit, version_token
from govern.lineage.graph import Assertion, EdgeKind, NodeKey, NodeKind, Strength
from govern.lineage.record_model import BaseModelEntry, Dataset, LineageRecord, Run, Used
from govern.lineage.shape import path_text, shaped
from govern.lineage.uri import CanonicalUri, UriError, canonical_uri

__all__ = ["read_record"]

_FORMAT = "govern-lineage"
_MANIFEST = "MANIFEST.sha256"


def read_record(node: Node, record: Record, files: BundleFiles, into: GraphBuilder) -> None:
    """Add one `Lineage` document to the graph; faults go to `record.diagnostics`.

    A fault of shape (unknown key, wrong type) makes the whole record unreadable. A malformed digest or URI does not:
    it is a diagnostic in its place, and everything else is still read.
    """
    model, faults = shaped(LineageRecord, node)
    record.diagnostics.extend(faults)
    if model is not None:
        _Reading(node, record, files, into).run(model)


class _Reading:
    """One pass over one record."""

    def __init__(self, node: Node, record: Record, files: BundleFiles, into: GraphBuilder) -> None:
        self.node, self.record, self.files, self.into = node, record, files, into
        self.datasets: dict[str, NodeKey] = {}
        self.runs: dict[str, NodeKey] = {}
        self.jobs: dict[str, str] = {}

    def by(self, *path: str | int) -> Assertion:
        span = span_at(self.node, path)
        pointer = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
        return Assertion(self.record.file, pointer, _FORMAT, "E0", line=span.line or 0, column=span.column or 0)

    def fault(self, code: str, message: str, *path: str | int, hint: str | None = None) -> None:
        text = f"{path_text(path)}: {message}"
        self.record.diagnostics.append(Diagnostic(code, text, span_at(self.node, path), hint))

    def run(self, model: LineageRecord) -> None:
        subject = self.model(model)
        for number, dataset in enumerate(model.datasets):
            self.dataset(dataset, number)
        seen: dict[str, int] = {}
        for number, run in enumerate(model.runs):
            if self.is_first(seen, run.id, "run", "runs", number):
                self.step(run, number, subject)
        for number, evaluation in enumerate(model.evaluations):
            self.evaluation(evaluation.run, evaluation.used, evaluation.reports, number)
        for number, base in enumerate(model.base_models):
            self.base_model(base, number, subject)

    def is_first(self, seen: dict[str, int], name: str, what: str, where: str, number: int) -> bool:
        if name in seen:
            first = span_at(self.node, (where, seen[name], "id"))
            self.record.diagnostics.append(
                Diagnostic(
                    "L107",
                    f"{what} id '{name}' is given twice",
                    span_at(self.node, (where, number, "id")),
                    "give each its own id",
                    related=(Related(first, "first given here"),),
                )
            )
            return False
        seen[name] = number
        return True

    def uri(self, text: str, *path: str | int) -> CanonicalUri | None:
        try:
            return canonical_uri(text)
        except UriError as fault:
            self.fault("L106", f"'{text}' {fault}", *path)
            return None

    def digests(self, claimed: Mapping[str, str] | None, *path: str | int) -> dict[str, str]:
        sound: dict[str, str] = {}
        for algorithm, value in (claimed or {}).items():
            why = digest_fault(algorithm, value)
            if why is None:
                sound[algorithm] = value
            else:
                self.fault(
                    "L105", why, *path, algorithm, hint="write the digest as sha256sum prints it, or leave it out"
                )
        return sound

    def model(self, model: LineageRecord) -> NodeKey:
        ref = model.model
        self.record.model_name = (ref.name, self.by("model", "name"))
        self.record.model_version = (ref.version, self.by("model", "version"))
        listed: list[Json] = []
        sound: dict[str, str] = {}
        for number, file in enumerate(ref.files):
            path = ("model", "files", number)
            why = digest_fault("sha256", file.sha256) if file.sha256 is not None else None
            if why is not None:
                self.fault("L105", why, *path, "sha256")
            self.record.claims.append(
                ModelClaim(file.path, None if why else file.sha256, self.by(*path), malformed=why is not None)
            )
            listed.append({"path": file.path, "sha256": None if why else file.sha256})
            if file.sha256 is not None and why is None:
                sound[file.path] = file.sha256
        single = {"sha256": next(iter(sound.values()))} if len(ref.files) == 1 and sound else {}
        uri = canonical_uri(f"model:{_escaped(ref.name)}").text
        key = NodeKey(NodeKind.MODEL, uri, version_token(single, ref.version))
        attributes: dict[str, Json] = {"model_version": ref.version, "files": listed}
        all_here = bool(sound) and len(sound) == len(ref.files)
        matching = all_here and all(
            self.files.digests.get(self.files.locate(path) or "") == digest for path, digest in sound.items()
        )
        self.into.node(
            key,
            name=f"{ref.name} {ref.version}",
            by=self.by("model"),
            digests=single,
            attributes=attributes,
            strength=Strength.RECOMPUTED if matching else Strength.STRONG if all_here else None,
        )
        self.record.subjects.append(key)
        return key

    def dataset(self, dataset: Dataset, number: int) -> None:
        path = ("datasets", number)
        if dataset.id in self.datasets:
            self.fault("L107", f"dataset id '{dataset.id}' is given twice", *path, "id", hint="give each its own id")
            return
        digests = self.digests(dataset.digest, *path, "digest")
        uri = self.uri(dataset.uri, *path, "uri")
        if uri is None:
            uri = CanonicalUri(f"local:unreadable/{_escaped(dataset.id)}", is_local=True)
        attributes: dict[str, Json] = _dropped(uri)
        if dataset.as_of:
            attributes["as_of"] = dataset.as_of
        if dataset.version:
            attributes["declared_version"] = dataset.version
        if dataset.files:
            attributes["files"] = dataset.files
        if dataset.columns:
            attributes["columns"] = [{"name": item.name, "from": list(item.sources)} for item in dataset.columns]
        located = self.files.locate(dataset.uri) if uri.is_local else None
        here = self.files.digests[located] if located is not None else None
        token = version_token(digests, dataset.version or uri.version)
        if here is not None and "sha256" not in digests:
            token = f"sha256:{here}"
        key = NodeKey(NodeKind.DATASET, uri.text, token)
        opaque = Strength.OPAQUE if token.startswith("version:") else None
        self.into.node(key, name=dataset.id, by=self.by(*path), digests=digests, attributes=attributes, strength=opaque)
        if here is not None:
            manifest = Assertion(_MANIFEST, f"/{located}", "manifest", "E4")
            self.into.node(key, name=dataset.id, by=manifest, digests={"sha256": here}, strength=Strength.RECOMPUTED)
        self.datasets[dataset.id] = key

    def base_model(self, base: BaseModelEntry, number: int, subject: NodeKey) -> None:
        path = ("base_models", number)
        uri = self.uri(base.uri, *path, "uri")
        if uri is None:
            return
        digests = self.digests(base.digest, *path, "digest")
        attributes: dict[str, Json] = {"relation": base.relation, "base_model": True, **_dropped(uri)}
        strength: Strength | None = None
        if base.revision:
            attributes["revision"] = base.revision
            if not digests:
                # A commit of a hub is content-addressed by SHA-1 at best; a branch or tag by nothing.
                strength = Strength.WEAK if is_commit(base.revision) else Strength.OPAQUE
        key = NodeKey(NodeKind.MODEL, uri.text, version_token(digests, base.revision or uri.version))
        by = self.by(*path)
        self.into.node(key, name=base.uri, by=by, digests=digests, attributes=attributes, strength=strength)
        self.into.edge(key, subject, EdgeKind.BASE_OF, by)

    def refer(self, name: str, *path: str | int) -> NodeKey:
        """Resolve a dataset id; one that is nowhere described becomes a node of its own, marked dangling."""
        if name in self.datasets:
            return self.datasets[name]
        by = self.by(*path)
        key = NodeKey(NodeKind.DATASET, f"local:undescribed/{_escaped(name)}")
        near = difflib.get_close_matches(name, self.datasets, n=1)
        if key not in self.into:
            self.record.dangling.append(
                Reference(
                    key,
                    f"dataset '{name}' is used and nowhere described",
                    by,
                    f"did you mean '{near[0]}'?" if near else "describe it under datasets",
                )
            )
        return self.into.node(key, name=name, by=by, attributes={"dangling": True})

    def step(self, run: Run, number: int, subject: NodeKey) -> None:
        path = ("runs", number)
        by = self.by(*path)
        key = NodeKey(NodeKind.RUN, f"run:{_escaped(self.record.file)}#{_escaped(run.id)}")
        self.runs[run.id], self.jobs[run.id] = key, run.job
        attributes: dict[str, Json] = {"job": run.job, "run": run.id}
        for name in ("started", "ended", "status", "location"):
            value = getattr(run, name)
            if value is not None:
                attributes[name] = value
        if run.code is not None and run.code.dirty is not None:
            attributes["dirty"] = run.code.dirty
        if run.declassifies:
            attributes["declassifies"] = [
                {"by": item.by, "input": item.input, "columns": list(item.columns)} for item in run.declassifies
            ]
        self.into.node(key, name=run.job, by=by, attributes=attributes)
        completed = run.status in (None, "complete")
        self.inputs(run.used, key, EdgeKind.USED, (*path, "used"), completed=completed)
        for index, name in enumerate(run.generated):
            target = self.refer(name, *path, "generated", index)
            self.into.edge(key, target, EdgeKind.GENERATED, self.by(*path, "generated", index), completed=completed)
        if run.generated_model:
            spot = self.by(*path, "generated_model")
            self.into.edge(key, subject, EdgeKind.GENERATED, spot, completed=completed)
        self.circumstances(run, key, path)

    def inputs(
        self, used: Sequence[Used], run: NodeKey, kind: EdgeKind, path: tuple[str | int, ...], *, completed: bool = True
    ) -> None:
        for index, item in enumerate(used):
            source = self.refer(item.dataset, *path, index)
            self.into.edge(source, run, kind, self.by(*path, index), completed=completed)

    def circumstances(self, run: Run, key: NodeKey, path: tuple[str | int, ...]) -> None:
        """Add the code and the environment of a step."""
        if run.code is not None:
            uri = self.uri(run.code.repo, *path, "code", "repo")
            if uri is not None:
                by = self.by(*path, "code")
                commit = run.code.commit
                code = NodeKey(NodeKind.CODE, uri.text, version_token({}, commit))
                firm = commit is not None and is_commit(commit)
                self.into.node(
                    code,
                    name=run.code.repo.rstrip("/").rsplit("/", 1)[-1],
                    by=by,
                    attributes={"commit": commit} if commit else {},
                    strength=Strength.WEAK if firm else Strength.OPAQUE if commit else None,
                )
                self.into.edge(code, key, EdgeKind.BUILT_WITH, by)
        if run.environment is not None and run.environment.image is not None:
            self.image(run.environment.image, key, (*path, "environment", "image"))

    def image(self, image: str, run: NodeKey, path: tuple[str | int, ...]) -> None:
        name, at, digest = image.partition("@")
        algorithm, _, value = digest.partition(":")
        digests: dict[str, str] = {}
        if at:
            why = digest_fault(algorithm, value)
            if why is not None:
                self.fault("L105", why, *path)
            else:
                digests[algorithm] = value
        uri = self.uri(f"oci://{name}", *path)
        if uri is not None:
            by = self.by(*path)
            key = NodeKey(NodeKind.ENV, uri.text, version_token(digests))
            self.into.node(key, name=name, by=by, digests=digests)
            self.into.edge(key, run, EdgeKind.BUILT_WITH, by)

    def evaluation(self, run: str, used: Sequence[Used], reports: Sequence[str], number: int) -> None:
        path = ("evaluations", number)
        known = self.runs.get(run)
        key = known or NodeKey(NodeKind.RUN, f"run:{_escaped(self.record.file)}#evaluation/{_escaped(run)}")
        name = run if known is None else self.jobs[run]
        self.into.node(key, name=name, by=self.by(*path), attributes={"evaluation": True})
        self.inputs(used, key, EdgeKind.EVALUATED_ON, (*path, "used"))
        for index, report in enumerate(reports):
            uri = self.uri(report, *path, "reports", index)
            if uri is not None:
                located = self.files.locate(report) if uri.is_local else None
                by = self.by(*path, "reports", index)
                digests = {"sha256": self.files.digests[located]} if located is not None else {}
                node = NodeKey(NodeKind.REPORT, uri.text, version_token(digests))
                self.into.node(node, name=report, by=by, digests=digests)
                self.into.edge(key, node, EdgeKind.GENERATED, by)


def _dropped(uri: CanonicalUri) -> dict[str, Json]:
    return {"uri_dropped": list(uri.dropped)} if uri.dropped else {}


def _escaped(text: str) -> str:
    """Escape a name so that it can stand in a URI of ours and holds no blank."""
    from urllib.parse import quote

    return quote(text, safe="-._~/")
