"""`govern policy lock`: find every pack that policies import, and pin it by version and digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from govern.diagnostics import Diagnostic, Span
from govern.gate.packs.places import PackPlaces, builtin_packs, label_of
from govern.gate.policies import PolicyError, read_policy_files
from govern.policy.load import Document, load
from govern.policy.packs.bringing import PACK_FILE, Edge, imports_of, pack_of
from govern.policy.packs.documents import satisfies
from govern.policy.packs.lockfile import Lock, LockedPack, PackFiles, Release, pack_digest, write_lock

__all__ = ["LockRequest", "Locked", "make_lock"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRequest:
    """What is to be pinned."""

    policies: Sequence[Path]
    lock: Path
    """Where the lock file is, or will be."""
    folders: Sequence[Path] = ()
    """Folders with one folder a pack, below the lock file's."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Sources given by name: `path:packs/org`, `file:packs/org.zip`, `builtin:baseline`."""
    update: Sequence[str] = ()
    """Names of packs to pin anew although the lock has them; `*` for all."""
    releases: Mapping[tuple[str, str, str], Release] = field(default_factory=dict)
    """Signed releases that hold, by (name, version, digest in hex)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A lock, and how it differs from the one before."""

    lock: Lock
    changes: tuple[str, ...]
    """One line a change, in words; none when nothing changed."""

    @property
    def data(self) -> bytes:
        """The bytes of the lock file."""
        return write_lock(self.lock)


def make_lock(request: LockRequest) -> Locked:
    """Resolve every import. A pack that is pinned already stays as it is, unless it is named by `update`.

    Raises PolicyError with every fault: P301 a pack that is found nowhere, P302 one that changed under its pin, P303
    and P305 versions, P311 a source outside, P313 what is no pack, and what the documents themselves have.
    """
    files = read_policy_files(request.policies)
    documents, faults = load(files)
    places = PackPlaces(lock=request.lock)
    before, _data = places.read_lock()
    walk = _Resolve(request, places, before, dict(files), list(faults))
    for document in documents:
        walk.importing(document, inside=None)
    walk.follow()
    if walk.faults:
        raise PolicyError(walk.faults, walk.files)
    lock = Lock(lock_version=1, packs=tuple(walk.packs[name] for name in sorted(walk.packs)))
    return Locked(lock=lock, changes=tuple(_changes(before, lock)))


class _Resolve:
    """Breadth first from the policies; each pack is looked at once."""

    def __init__(
        self,
        request: LockRequest,
        places: PackPlaces,
        before: Lock | None,
        files: dict[str, bytes],
        faults: list[Diagnostic],
    ) -> None:
        self.request = request
        self.places = places
        self.before = before
        self.files = files
        self.faults = faults
        self.packs: dict[str, LockedPack] = {}
        self._todo: list[Edge] = []
        self._first: dict[str, Edge] = {}

    def importing(self, document: Document, *, inside: str | None) -> list[str]:
        if document.kind not in ("Policy", "Pack"):
            return []
        found, faults = imports_of(document)
        self.faults += faults
        self._todo += [Edge(importer=document.file, inside=inside, item=item, node=node) for item, node in found]
        return [item.pack for item, _node in found]

    def follow(self) -> None:
        while self._todo:
            edge = self._todo.pop(0)
            name = edge.item.pack
            if name not in self._first:
                self._first[name] = edge
                self._enter(edge)
            if name in self.packs and not satisfies(self.packs[name].version, edge.item.version):
                self._not_in_range(edge)

    def _not_in_range(self, edge: Edge) -> None:
        name, pack = edge.item.pack, self.packs[edge.item.pack]
        span = (edge.node.get("version") or edge.node).span
        first = self._first[name]
        code = "P303" if first is edge or not satisfies(pack.version, first.item.version) else "P305"
        message = f"{edge.item.version} is asked of the pack '{name}', and what lies at {pack.source} is {pack.version}"
        self.faults.append(Diagnostic(code, message, span, "Bring that version of the pack, or change the import."))

    def _enter(self, edge: Edge) -> None:
        name, span = edge.item.pack, (edge.node.get("pack") or edge.node).span
        source = self._source(name)
        if source is None:
            where = ", ".join(str(folder) for folder in self.request.folders) or "no folder of packs"
            hint = f"Looked in what govern ships and in {where}. Name its place: --source {name}=path:FOLDER"
            self.faults.append(Diagnostic("P301", f"the pack '{name}' is found nowhere", span, hint))
            return
        held = self._read(name, source)
        if held.problem is not None:
            self.faults.append(Diagnostic(held.problem.code, held.problem.message, span, held.problem.hint))
            return
        self._pin(edge, source, held, span)

    def _source(self, name: str) -> str | None:
        if name in self.request.sources:
            return self.request.sources[name]
        known = None if self.before is None else self.before.get(name)
        if known is not None:
            return known.source
        root = self.request.lock.parent.resolve()
        for folder in self.request.folders:
            place = folder / name
            if (place / PACK_FILE).is_file() and place.resolve().is_relative_to(root):
                return f"path:{place.resolve().relative_to(root).as_posix()}"
        return f"builtin:{name}" if name in builtin_packs() else None

    def _read(self, name: str, source: str) -> PackFiles:
        try:
            probe = LockedPack(name=name, version="0.0.0", source=source, digest=f"sha256:{'0' * 64}", requires=())
        except ValueError:
            hint = "Sources are builtin:NAME, path:FOLDER and file:ARCHIVE, below the folder of the lock file."
            return PackFiles(
                label=source, files={}, problem=Diagnostic("P311", f"'{source}' is no source of a pack", hint=hint)
            )
        return self.places.read(probe)

    def _pin(self, edge: Edge, source: str, held: PackFiles, span: Span) -> None:
        name = edge.item.pack
        label = label_of(source, self.request.lock.parent)
        named = {f"{label}/{path}": data for path, data in held.files.items() if path.endswith((".yaml", ".yml"))}
        self.files.update(named)
        parts = {
            file: data
            for file, data in named.items()
            if file == f"{label}/{PACK_FILE}" or file.startswith(f"{label}/policies/")
        }
        documents, faults = load({file: data for file, data in parts.items() if ".test." not in file}, pack=name)
        self.faults += faults
        head = next((item for item in documents if item.kind == "Pack"), None)
        metadata, _spec, found = (None, None, ()) if head is None else pack_of(head)
        self.faults += found
        if metadata is None or metadata.name != name:
            what = (
                f"it calls itself '{metadata.name}'" if metadata is not None else f"it has no {PACK_FILE} of kind Pack"
            )
            self.faults.append(Diagnostic("P313", f"what lies at {source} is not the pack '{name}': {what}", span))
            return
        requires = sorted({item for document in documents for item in self.importing(document, inside=name)})
        digest = pack_digest(held.files)
        self.packs[name] = LockedPack(
            name=name,
            version=metadata.version,
            source=source,
            digest=f"sha256:{digest}",
            requires=tuple(requires),
            release=self.request.releases.get((name, metadata.version, digest)),
        )
        self._unchanged(name, span)

    def _unchanged(self, name: str, span: Span) -> None:
        known = None if self.before is None else self.before.get(name)
        made = self.packs[name]
        if known is None or known.digest == made.digest or {name, "*"} & {*self.request.update}:
            return
        message = (
            f"the pack '{name}' changed under its pin: {known.version} ({known.digest}) is pinned, {made.version} "
            f"({made.digest}) lies at {made.source}"
        )
        hint = f"Look at the difference, then accept it: govern policy lock --update {name}"
        self.faults.append(Diagnostic("P302", message, span, hint))


def _changes(before: Lock | None, after: Lock) -> list[str]:
    old = {} if before is None else {item.name: item for item in before.packs}
    new = {item.name: item for item in after.packs}
    made = [f"removed {name} {old[name].version}: nothing imports it" for name in sorted(old.keys() - new.keys())]
    for name, item in sorted(new.items()):
        known = old.get(name)
        signed = f", released by {item.release.keyid}" if item.release is not None else ", not signed"
        if known is None:
            made.append(f"pinned {name} {item.version} from {item.source} ({item.digest}{signed})")
        elif known != item:
            made.append(f"moved {name} {known.version} -> {item.version} ({item.digest}{signed})")
    return made
