"""Stage packs: the documents of every pack that policies import, exactly as `govern.lock` pins them.

Nothing is fetched or looked for here: a reader is handed in that gives the files of a locked pack, and what it gives is
hashed again. A pack never comes from a bundle: the judged do not bring the law.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from govern.diagnostics import Diagnostic, Related, Span
from govern.inputs.yaml import ListNode, MapNode, Node, ScalarNode, value_of
from govern.policy.evidence_schema import suggest
from govern.policy.faults import validated
from govern.policy.load import Document, load
from govern.policy.packs.cycles import cycle_faults
from govern.policy.packs.documents import Import, PackMetadata, PackSpec, satisfies
from govern.policy.packs.lockfile import LOCK_FILE, Lock, LockedPack, PackFiles, pack_digest
from govern.records import record

__all__ = ["PACK_FILE", "Brought", "Edge", "Pack", "ReadPack", "bring", "imports_of", "pack_of"]

ReadPack = Callable[[LockedPack], PackFiles]
PACK_FILE = "pack.yaml"
_LOADED = re.compile(r"(policies|controls|sources)/[^/]+\.ya?ml", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*(/[A-Za-z0-9_][A-Za-z0-9._+-]*)*", re.ASCII)
_LONGEST_PATH = 80


@record(kw_only=True)
class Edge:
    """One import: who imports which pack, and what it tightens."""

    importer: str
    """File of the importing document."""
    inside: str | None
    """Name of the pack whose document imports; None for the policies at hand."""
    item: Import
    node: MapNode


@record(kw_only=True)
class Pack:
    """A pack that was brought in."""

    metadata: PackMetadata
    spec: PackSpec
    label: str
    node: MapNode
    digest: str
    """sha256 (hex) of its manifest."""
    locked: LockedPack | None = None
    """None for a pack that is itself among the files at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """The documents of policies and of every pack below them."""

    documents: tuple[Document, ...]
    edges: tuple[Edge, ...] = ()
    packs: Mapping[str, Pack] = field(default_factory=dict)

    def below(self, pack: str) -> frozenset[str]:
        """Give the names of a pack and of all packs that it builds on."""
        seen: set[str] = set()
        todo = [pack]
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += [edge.item.pack for edge in self.edges if edge.inside == name]
        return frozenset(seen)


def bring(
    documents: Sequence[Document], lock: Lock | None, read: ReadPack | None
) -> tuple[Brought, tuple[Diagnostic, ...]]:
    """Follow every import to the documents of its pack. What cannot be followed is a fault, and left out."""
    walk = _Walk(lock, read)
    for document in documents:
        if document.kind == "Pack":
            walk.own_pack(document)
    for document in documents:
        walk.importing(document, inside=None)
    walk.follow()
    walk.faults += cycle_faults(walk.edges)
    brought = Brought(documents=(*documents, *walk.documents), edges=tuple(walk.edges), packs=walk.packs)
    return brought, (*walk.faults, *_names_taken(brought))


def imports_of(document: Document) -> tuple[tuple[tuple[Import, MapNode], ...], tuple[Diagnostic, ...]]:
    """Give the imports of a policy or pack document, with the faults of those that are not of the right shape."""
    spec = document.node.get("spec")
    listed = spec.get("imports") if isinstance(spec, MapNode) else None
    made: list[tuple[Import, MapNode]] = []
    faults: list[Diagnostic] = []
    for node in listed.items if isinstance(listed, ListNode) else ():
        if not isinstance(node, MapNode):
            faults.append(Diagnostic("P203", "an import is a mapping with pack and version", node.span))
            continue
        item, found = validated(Import, value_of(node), node)
        faults += found
        if item is not None:
            made.append((item, node))
    return tuple(made), tuple(faults)


def pack_of(document: Document) -> tuple[PackMetadata | None, PackSpec, tuple[Diagnostic, ...]]:
    """Give the head of a pack document, with its faults."""
    faults: list[Diagnostic] = []
    for key, _value in document.node.entries:
        if key.text not in ("apiVersion", "kind", "metadata", "spec"):
            faults.append(Diagnostic("P201", f"there is no key '{key.text}' here", key.span))
    node, spec_node = document.node.get("metadata"), document.node.get("spec")
    metadata: PackMetadata | None = None
    if isinstance(node, MapNode):
        metadata, found = validated(PackMetadata, value_of(node), node)
        faults += found
    else:
        span = Span(document.file, document.node.span.line, document.node.span.column)
        faults.append(Diagnostic("P202", "'metadata' is missing", span, "Add `metadata:` with name and version."))
    spec: PackSpec | None = None
    if spec_node is not None and not (isinstance(spec_node, ScalarNode) and spec_node.is_null):
        spec, found = validated(PackSpec, value_of(spec_node), spec_node)
        faults += found
    return metadata, spec or PackSpec(), tuple(faults)


class _Walk:
    """Breadth first from the policies at hand to the last pack, each pack once."""

    def __init__(self, lock: Lock | None, read: ReadPack | None) -> None:
        self.lock = lock
        self.read = read
        self.documents: list[Document] = []
        self.edges: list[Edge] = []
        self.packs: dict[str, Pack] = {}
        self.faults: list[Diagnostic] = []
        self._todo: list[Edge] = []
        self._asked: dict[str, list[Edge]] = {}

    def own_pack(self, document: Document) -> None:
        """A pack document among the files at hand: somebody looks at a pack itself."""
        metadata, spec, found = pack_of(document)
        self.faults += found
        if metadata is None:
            return
        if metadata.name in self.packs:
            node = document.node.key_span("metadata")
            message = f"a second Pack is called '{metadata.name}'"
            self.faults.append(Diagnostic("P214", message, node, "Rename one of them."))
            return
        label = document.file
        self.packs[metadata.name] = Pack(
            metadata=metadata, spec=spec, label=label, node=document.node, digest=document.digest
        )

    def importing(self, document: Document, *, inside: str | None) -> None:
        if document.kind not in ("Policy", "Pack"):
            return
        found, faults = imports_of(document)
        self.faults += faults
        for item, node in found:
            edge = Edge(importer=document.file, inside=inside, item=item, node=node)
            self.edges.append(edge)
            self._todo.append(edge)

    def follow(self) -> None:
        while self._todo:
            edge = self._todo.pop(0)
            name = edge.item.pack
            asked = self._asked.setdefault(name, [])
            asked.append(edge)
            if self._at_hand(edge) or not self._in_range(edge, asked) or name in self.packs or len(asked) > 1:
                continue
            entry = None if self.lock is None else self.lock.get(name)
            if entry is not None and self.read is not None:
                self._enter(edge, entry, self.read(entry))

    def _at_hand(self, edge: Edge) -> bool:
        """Whether the files at hand hold the very pack that is imported: its rules would be there twice, once loose."""
        held = self.packs.get(edge.item.pack)
        if held is None or held.locked is not None:
            return False
        message = f"the pack '{edge.item.pack}' is imported, and its own files are among those that were named"
        hint = "Leave the pack's folder out of the policies: govern.lock says where it is."
        related = (Related(held.node.key_span("metadata"), "it is here"),)
        self.faults.append(Diagnostic("P214", message, _value_span(edge.node, "pack"), hint, related=related))
        return True

    def _in_range(self, edge: Edge, asked: Sequence[Edge]) -> bool:
        name, span = edge.item.pack, _value_span(edge.node, "pack")
        entry = None if self.lock is None else self.lock.get(name)
        if entry is None:
            known = () if self.lock is None else [item.name for item in self.lock.packs]
            near = suggest(name, known)
            hint = f"Did you mean '{near}'? Else run: govern policy lock" if near else "Run: govern policy lock"
            what = f"there is no {LOCK_FILE}" if self.lock is None else f"{LOCK_FILE} does not list it"
            self.faults.append(Diagnostic("P301", f"the pack '{name}' is not locked: {what}", span, hint))
            return False
        if satisfies(entry.version, edge.item.version):
            return True
        span = _value_span(edge.node, "version")
        other = next((one for one in asked if satisfies(entry.version, one.item.version)), None)
        if other is None:
            message = f"{edge.item.version} was asked of the pack '{name}', and {LOCK_FILE} pins {entry.version}"
            self.faults.append(Diagnostic("P303", message, span, f"Run: govern policy lock --update {name}"))
        else:
            message = (
                f"the pack '{name}' is asked for as {edge.item.version} and as {other.item.version}: "
                "one plan holds one version of a pack"
            )
            related = (Related(_value_span(other.node, "version"), f"{other.item.version} is asked for here"),)
            hint = "Move both imports to one version."
            self.faults.append(Diagnostic("P305", message, span, hint, related=related))
        return False

    def _enter(self, edge: Edge, entry: LockedPack, held: PackFiles) -> None:
        span = _value_span(edge.node, "pack")
        if held.problem is not None:
            self.faults.append(held.problem)
            return
        digest = f"sha256:{pack_digest(held.files)}"
        if digest != entry.digest:
            message = (
                f"the pack '{entry.name}' is not the one that {LOCK_FILE} pins: "
                f"its digest is {digest}, pinned is {entry.digest}"
            )
            hint = f"Restore it, or accept the change: govern policy lock --update {entry.name}"
            self.faults.append(Diagnostic("P302", message, span, hint))
            return
        self._documents(span, entry, held)

    def _documents(self, span: Span, entry: LockedPack, held: PackFiles) -> None:
        odd = [path for path in held.files if len(path) > _LONGEST_PATH or not _PATH.fullmatch(path)]
        if odd:
            message = f"the pack '{entry.name}' has a file called '{odd[0][:120]}'"
            hint = f"Names in a pack are ASCII letters, digits and ._+-, at most {_LONGEST_PATH} characters a path."
            self.faults.append(Diagnostic("P313", message, span, hint))
            return
        files = {
            f"{held.label}/{path}": data
            for path, data in held.files.items()
            if (path == PACK_FILE or _LOADED.fullmatch(path)) and not re.search(r"\.test\.ya?ml$", path)
        }
        documents, faults = load(files, pack=entry.name)
        self.faults += faults
        head = next((item for item in documents if item.file == f"{held.label}/{PACK_FILE}"), None)
        if head is None or head.kind != "Pack":
            message = f"the pack '{entry.name}' has no {PACK_FILE} of kind Pack"
            self.faults.append(Diagnostic("P313", message, span, f"A pack is a folder with {PACK_FILE} and policies/."))
            return
        metadata, spec, found = pack_of(head)
        self.faults += found
        if metadata is None:
            return
        if (metadata.name, metadata.version) != (entry.name, entry.version):
            message = (
                f"{head.file} is of {metadata.name} {metadata.version}, and {LOCK_FILE} lists it as "
                f"{entry.name} {entry.version}"
            )
            self.faults.append(Diagnostic("P313", message, head.node.key_span("metadata"), "Run: govern policy lock"))
            return
        self.packs[entry.name] = Pack(
            metadata=metadata,
            spec=spec,
            label=held.label,
            node=head.node,
            digest=entry.digest.removeprefix("sha256:"),
            locked=entry,
        )
        self.documents += documents
        for document in documents:
            self.importing(document, inside=entry.name)
        self._requires(entry, head)

    def _requires(self, entry: LockedPack, head: Document) -> None:
        found = sorted({edge.item.pack for edge in self.edges if edge.inside == entry.name})
        if found != sorted(entry.requires):
            message = (
                f"{LOCK_FILE} says that the pack '{entry.name}' builds on {', '.join(entry.requires) or 'nothing'}; "
                f"it builds on {', '.join(found) or 'nothing'}"
            )
            self.faults.append(Diagnostic("P302", message, head.node.key_span("spec"), "Run: govern policy lock"))


def _value_span(node: MapNode, key: str) -> Span:
    held: Node | None = node.get(key)
    return node.key_span(key) if held is None else held.span


def _names_taken(brought: Brought) -> Iterator[Diagnostic]:
    """Every policy of a pack bears its name, and nobody else's does: a rule's name says who answers for it."""
    for document in brought.documents:
        if document.kind != "Policy":
            continue
        metadata = document.node.get("metadata")
        node = metadata.get("name") if isinstance(metadata, MapNode) else None
        if not isinstance(node, ScalarNode):
            continue
        owner = next((name for name in brought.packs if node.text == name or node.text.startswith(f"{name}.")), None)
        if document.pack is not None and owner != document.pack:
            message = f"the policy '{node.text}' of the pack '{document.pack}' does not bear its name"
            hint = f"Call it {document.pack}, or {document.pack}.<more>."
            yield Diagnostic("P306", message, node.span, hint)
        elif document.pack is None and owner is not None and brought.packs[owner].locked is not None:
            message = f"the name '{node.text}' belongs to the pack '{owner}'"
            yield Diagnostic("P306", message, node.span, "Rename the policy; an import tightens rules of a pack.")
