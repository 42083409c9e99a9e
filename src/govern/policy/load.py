"""Stage 1, load: bytes to trees with places, sorted by kind of document."""

from __future__ import annotations

from collections.abc import Mapping

from govern.canonical import Json, digest_of, sha256_hex
from govern.diagnostics import Diagnostic, Span
from govern.inputs.yaml import ListNode, MapNode, Node, ScalarNode, read_yaml
from govern.policy.documents import API_VERSION, KINDS
from govern.policy.evidence_schema import suggest
from govern.records import record

__all__ = ["Document", "content_digest", "load"]


@record
class Document:
    """One document: what kind it is, its tree, and the digest of its bytes."""

    file: str
    kind: str
    node: MapNode
    digest: str
    """sha256 of the file, hex."""
    pack: str | None = None
    """Name of the pack that it came in with; None for the files at hand."""


def load(files: Mapping[str, bytes], *, pack: str | None = None) -> tuple[tuple[Document, ...], tuple[Diagnostic, ...]]:
    """Read every file; a fault in one hides neither the faults of the others nor those of what it says itself."""
    documents: list[Document] = []
    faults: list[Diagnostic] = []
    for file in sorted(files):
        node, found = read_yaml(files[file], file=file, strictness="policy")
        faults += found
        if node is None:
            continue
        kind = _kind(node, file)
        if isinstance(kind, Diagnostic):
            faults.append(kind)
        elif isinstance(node, MapNode):
            documents.append(Document(file, kind, node, sha256_hex(files[file]), pack))
    return tuple(documents), tuple(faults)


def _kind(node: Node, file: str) -> str | Diagnostic:
    hint = f"Start the file with `apiVersion: {API_VERSION}` and `kind: Policy`."
    if not isinstance(node, MapNode):
        return Diagnostic("P101", "a policy file is a mapping with apiVersion and kind", Span(file, 1, 1), hint)
    version = node.get("apiVersion")
    if not isinstance(version, ScalarNode) or version.text != API_VERSION:
        found = f"apiVersion is '{version.text}'" if isinstance(version, ScalarNode) else "there is no apiVersion"
        span = version.span if version is not None else Span(file, node.span.line, node.span.column)
        return Diagnostic("P101", found, span, hint)
    kind = node.get("kind")
    if isinstance(kind, ScalarNode) and kind.text in KINDS:
        return kind.text
    span = kind.span if kind is not None else Span(file, node.span.line, node.span.column)
    if not isinstance(kind, ScalarNode):
        return Diagnostic("P102", "there is no kind", span, f"Kinds are {', '.join(KINDS)}.")
    if kind.text == "PolicyTest":
        return Diagnostic("P102", "a policy test is no policy", span, "Run it with `govern policy test`.")
    near = suggest(kind.text, KINDS)
    return Diagnostic(
        "P102",
        f"there is no kind '{kind.text}'",
        span,
        f"Did you mean '{near}'?" if near else f"Kinds are {', '.join(KINDS)}.",
    )


def content_digest(node: Node) -> str:
    """Give the sha256 (hex) of what a document says: order of keys, comments and spelling of quotes do not count."""

    def plain(item: Node) -> Json:
        if isinstance(item, ScalarNode):
            return None if item.is_null else item.text
        if isinstance(item, ListNode):
            return [plain(member) for member in item.items]
        return {key.text: plain(value) for key, value in item.entries}

    return digest_of(plain(node))
