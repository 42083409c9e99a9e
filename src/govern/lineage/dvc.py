"""Reader of DVC: `dvc.lock` (what each stage read and wrote) and `*.dvc` (data that were added or imported).

Written by a tool and unsigned: grade E1. There is no time and no signature in them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from govern.canonical import Json
from govern.diagnostics import Diagnostic, InputError, Severity, plain
from govern.inputs.nodes import Node, span_at, value_of
from govern.lineage.build import GraphBuilder
from govern.lineage.claims import BundleFiles, ModelClaim, Record
from govern.lineage.digests import is_commit, opaque_token
from govern.lineage.dvc_content import FOLDER, Content
from govern.lineage.graph import Assertion, EdgeKind, NodeKey, NodeKind, Strength
from govern.lineage.uri import CanonicalUri, UriError, canonical_uri

__all__ = ["is_dvc", "read_dvc"]

_FORMAT = "dvc"
_MANIFEST = "MANIFEST.sha256"
_MD5 = re.compile(r"[0-9a-f]{32}(?:\.dir)?")
_CODE = re.compile(r"\.(?:py|pyx|ipynb|r|rmd|sh|bash|jl|sql|scala|java|js|ts|rs|go|c|cc|cpp|h|m)", re.IGNORECASE)
_CHECKSUMS = ("md5", "etag", "checksum")
Steps = tuple[str | int, ...]


def is_dvc(path: str) -> bool:
    """Say whether a file of a bundle is a record of DVC, by its name."""
    name = path.rpartition("/")[2]
    return name == "dvc.lock" or (name.endswith(".dvc") and name != ".dvc")


def read_dvc(
    node: Node, record: Record, files: BundleFiles, content: Content, into: GraphBuilder, pipeline: Node | None = None
) -> None:
    """Add one `dvc.lock` or `*.dvc` to the graph; faults go to `record.diagnostics`.

    `pipeline` is the `dvc.yaml` beside a lock, which says in which folder a stage runs. Raises IntegrityError B109
    for a file of the bundle that changed while it was hashed.
    """
    reading = _Reading(node, record, files, content, into)
    if record.file.endswith("dvc.lock"):
        reading.lock(None if pipeline is None else value_of(pipeline))
    else:
        reading.pointer()


@dataclass(frozen=True, slots=True)
class _Item:
    """One entry of `deps` or `outs`."""

    path: str
    """As it is written."""
    where: str | None
    """Path in the bundle, of a file or folder that may be absent; None for what lies elsewhere."""
    uri: CanonicalUri
    checksum: str | None
    """`md5`, `etag` or `checksum`, whichever is given."""
    algorithm: str
    firm: bool
    """Whether md5sum gives this md5 of the same bytes: DVC 2 changed line ends before."""
    steps: Steps


class _Reading:
    """One pass over one file."""

    def __init__(self, node: Node, record: Record, files: BundleFiles, content: Content, into: GraphBuilder) -> None:
        self.node, self.record, self.files, self.content, self.into = node, record, files, content, into
        self.root = value_of(node)
        self.folder = record.file.rpartition("/")[0]
        self.subject: NodeKey | None = None

    def by(self, *steps: str | int) -> Assertion:
        span = span_at(self.node, steps)
        pointer = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)
        return Assertion(self.record.file, pointer, _FORMAT, "E1", line=span.line or 0, column=span.column or 0)

    def say(self, code: str, message: str, steps: Steps, hint: str, severity: Severity = Severity.ERROR) -> None:
        diagnostic = Diagnostic(code, message, span_at(self.node, steps), hint, severity)
        self.record.diagnostics.append(diagnostic)

    def shape(self, message: str, *steps: str | int) -> None:
        self.say("L190", message, steps, "Let DVC write the file again.")

    # --- dvc.lock

    def lock(self, pipeline: object) -> None:
        if not isinstance(self.root, Mapping) or str(self.root.get("schema")) != "2.0":
            self.shape("not a dvc.lock of schema '2.0'", "schema")
            return
        stages = self.root.get("stages")
        if not isinstance(stages, Mapping) or not stages:
            self.shape("the lock holds no stage", "stages")
            return
        for name, stage in stages.items():
            if isinstance(stage, Mapping):
                self.stage(str(name), stage, _folder_of(pipeline, str(name)))
            else:
                self.shape(f"the stage {plain(str(name))} is no mapping", "stages", str(name))
        if self.subject is None:
            message = "no stage of the lock wrote a file of the model that is in the bundle"
            hint = "Put the file that a stage wrote into the bundle, and name it under spec.artefacts."
            self.say("L193", message, ("stages",), hint, Severity.WARNING)

    def stage(self, name: str, stage: Mapping[str, object], folder: str) -> None:
        steps: Steps = ("stages", name)
        key = NodeKey(NodeKind.RUN, f"run:{_escaped(self.record.file)}#{_escaped(name)}")
        # A lock lists a stage once its command has ended well: that is what it locks.
        attributes: dict[str, Json] = {"job": name, "run": name, "status": "complete"}
        self.into.node(key, name=name, by=self.by(*steps), attributes=attributes)
        read: dict[str, str] = {}
        for item in self.items(stage, "deps", steps, folder):
            by = self.by(*item.steps)
            if _CODE.fullmatch(posixpath.splitext(item.path)[1]):
                code = NodeKey(NodeKind.CODE, item.uri.text, self.known(item)[0])
                self.into.node(code, name=item.path, by=by, strength=self.known(item)[1])
                self.into.edge(code, key, EdgeKind.BUILT_WITH, by)
            else:
                self.into.edge(self.data(item), key, EdgeKind.USED, by)
                if item.checksum is not None:
                    read[item.checksum] = item.path
        for item in self.items(stage, "outs", steps, folder):
            by = self.by(*item.steps)
            self.into.edge(key, self.output(item), EdgeKind.GENERATED, by)
            if item.checksum in read:
                same = read[item.checksum]
                message = f"the stage {plain(name)} wrote {plain(item.path)} with the very content of {plain(same)}"
                hint = "A step that changes nothing masks, filters and cleans nothing."
                self.say("L194", message, item.steps, hint, Severity.WARNING)

    def output(self, item: _Item) -> NodeKey:
        """Give the node of what a stage wrote: the model itself for the bundle's weights, else a data set."""
        if item.where is None:
            return self.data(item)
        mine = [path for path in self.files.weights if path == item.where or path.startswith(f"{item.where}/")]
        if not mine:
            return self.data(item)
        same = self.known(item)[1] is Strength.RECOMPUTED
        by = self.by(*item.steps)
        for path in mine:
            self.record.claims.append(ModelClaim(path, self.files.digests[path] if same else None, by))
        if self.subject is None:
            single = {"sha256": self.files.digests[mine[0]]} if same and len(mine) == 1 else {}
            uri = canonical_uri(f"model:{_escaped(self.files.name)}").text
            token = f"sha256:{single['sha256']}" if single else opaque_token(self.files.version)
            self.subject = NodeKey(NodeKind.MODEL, uri, token)
            self.into.node(
                self.subject,
                name=f"{self.files.name} {self.files.version}",
                by=by,
                digests=single,
                strength=Strength.RECOMPUTED if same else Strength.WEAK if item.checksum else None,
            )
            self.record.subjects.append(self.subject)
        return self.subject

    # --- *.dvc

    def pointer(self) -> None:
        if not isinstance(self.root, Mapping) or not isinstance(self.root.get("outs"), list):
            self.shape("a .dvc file without outs", "outs")
            return
        folder = str(self.root.get("wdir") or ".")
        sources = [key for key in map(self.source, _numbered(self.root.get("deps"))) if key is not None]
        for item in self.items(self.root, "outs", (), folder):
            target = self.data(item)
            for source in sources:
                self.into.edge(source, target, EdgeKind.DERIVED, self.by(*item.steps))

    def source(self, numbered: tuple[int, object]) -> NodeKey | None:
        """Give the node of what a .dvc file imports: a path of another repository, or a URL."""
        number, dep = numbered
        steps: Steps = ("deps", number)
        if not isinstance(dep, Mapping):
            self.shape("an entry of deps is no mapping", *steps)
            return None
        repo = dep.get("repo")
        if not isinstance(repo, Mapping):
            item = self.item(dep, steps, ".")
            return None if item is None else self.data(item)
        url, path, commit = (str(value or "") for value in (repo.get("url"), dep.get("path"), repo.get("rev_lock")))
        uri = self.canonical(f"{url.rstrip('/')}/{path.lstrip('/')}", steps)
        if uri is None:
            return None
        if not commit:
            message = f"{plain(path)} was imported, and no commit is recorded for it"
            self.say("L192", message, steps, "Run dvc update.", Severity.WARNING)
        key = NodeKey(NodeKind.DATASET, uri.text, opaque_token(commit) if commit else "unversioned")
        strength = Strength.WEAK if is_commit(commit) else Strength.OPAQUE if commit else Strength.NONE
        return self.into.node(key, name=path, by=self.by(*steps), strength=strength)

    # --- entries

    def items(self, holder: Mapping[str, object], name: str, steps: Steps, folder: str) -> Iterator[_Item]:
        entries = holder.get(name)
        if entries is not None and not isinstance(entries, list):
            self.shape(f"{name} is no list", *steps, name)
            return
        for number, entry in enumerate(entries or ()):
            item = self.item(entry, (*steps, name, number), folder)
            if item is not None:
                yield item

    def item(self, entry: object, steps: Steps, folder: str) -> _Item | None:
        path = entry.get("path") if isinstance(entry, Mapping) else None
        if not isinstance(entry, Mapping) or not isinstance(path, str):
            self.shape("an entry without a path", *steps)
            return None
        local = "://" not in path
        joined = posixpath.normpath(posixpath.join(self.folder, folder, path)) if local else path
        uri = self.canonical(joined, steps)
        if uri is None:
            return None
        algorithm = next((name for name in _CHECKSUMS if isinstance(entry.get(name), str)), "")
        checksum = str(entry[algorithm]) if algorithm else None
        if algorithm == "md5" and not _MD5.fullmatch(str(checksum)):
            self.shape(f"{plain(str(checksum), limit=80)} is no md5", *steps, "md5")
            return None
        if checksum is None:
            message = f"{plain(path)} has no checksum: which content it had is not recorded"
            self.say("L192", message, steps, "Run dvc commit.", Severity.WARNING)
        where = joined if local and not joined.startswith(("/", "..")) else None
        return _Item(str(path), where, uri, checksum, algorithm, entry.get("hash") == "md5", steps)

    def canonical(self, text: str, steps: Steps) -> CanonicalUri | None:
        try:
            return canonical_uri(text)
        except UriError as fault:
            self.say("L106", f"'{plain(text)}' {fault}", steps, "Correct the path.")
            return None

    def known(self, item: _Item) -> tuple[str, Strength]:
        """Give version and strength of an entry: the sha256 of the bundle's bytes where its md5 is theirs.

        A file that is here and has another md5 is a fault: the record speaks of other bytes.
        """
        if item.checksum is None:
            return "unversioned", Strength.NONE
        if item.algorithm != "md5":
            return opaque_token(f"{item.algorithm}/{item.checksum}"), Strength.OPAQUE
        token = f"md5:{item.checksum}" if not item.checksum.endswith(FOLDER) else opaque_token(f"md5/{item.checksum}")
        here = self.here(item)
        if here is None:
            return token, Strength.WEAK
        if here != item.checksum:
            if item.firm:
                message = f"{plain(item.path)} is in the bundle with another content than DVC recorded"
                hint = "Run dvc repro, and put what it wrote into the bundle."
                self.differs(message, item.steps, hint)
            return token, Strength.WEAK
        sha256 = self.content.sha256(item.where or "")
        return (token if sha256 is None else f"sha256:{sha256}"), Strength.RECOMPUTED

    def differs(self, message: str, steps: Steps, hint: str) -> None:
        diagnostic = Diagnostic("L191", message, span_at(self.node, steps), hint)
        if diagnostic not in self.record.diagnostics:
            self.record.diagnostics.append(diagnostic)

    def here(self, item: _Item) -> str | None:
        """Give the md5 of the bundle's own bytes of an entry; None when the bundle has none, or withholds them."""
        if item.where is None or item.checksum is None:
            return None
        try:
            if item.checksum.endswith(FOLDER):
                return self.content.md5_of_folder(item.where)
            return self.content.md5(item.where) if self.content.sha256(item.where) is not None else None
        except InputError:
            return None

    def data(self, item: _Item) -> NodeKey:
        token, strength = self.known(item)
        key = NodeKey(NodeKind.DATASET, item.uri.text, token)
        weak = {"md5": item.checksum} if token.startswith("md5:") and item.checksum else {}
        self.into.node(key, name=item.path, by=self.by(*item.steps), digests=weak, strength=strength)
        if strength is Strength.RECOMPUTED:
            below = (
                self.content.files_below(item.where or "") if item.checksum and item.checksum.endswith(FOLDER) else ()
            )
            if not below:
                self.hashed(key, item.path, item.where or "")
            for path in below:
                uri = self.canonical(path, item.steps)
                if uri is not None:
                    part = NodeKey(NodeKind.DATASET, uri.text, f"sha256:{self.content.sha256(path)}")
                    self.hashed(part, path, path)
                    self.into.edge(part, key, EdgeKind.PART_OF, self.by(*item.steps))
        return key

    def hashed(self, key: NodeKey, name: str, path: str) -> None:
        """Add what the manifest says of a file that is in the bundle."""
        by = Assertion(_MANIFEST, f"/{path}", "manifest", "E4")
        digest = self.content.sha256(path)
        self.into.node(
            key, name=name, by=by, digests={"sha256": digest} if digest else {}, strength=Strength.RECOMPUTED
        )


def _numbered(value: object) -> Iterator[tuple[int, object]]:
    """Number the items of a list; nothing for what is none."""
    return enumerate(value) if isinstance(value, list) else iter(())


def _folder_of(pipeline: object, stage: str) -> str:
    """Give the folder in which a stage runs, by its dvc.yaml; an item of a foreach stage has the stage's."""
    stages = pipeline.get("stages") if isinstance(pipeline, Mapping) else None
    entry = stages.get(stage.partition("@")[0]) if isinstance(stages, Mapping) else None
    folder = entry.get("wdir") if isinstance(entry, Mapping) else None
    return str(folder) if isinstance(folder, str) else "."


def _escaped(text: str) -> str:
    return quote(text, safe="-._~/")
