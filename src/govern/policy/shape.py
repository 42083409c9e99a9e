"""Stage 2, shape: trees to frozen models, document by document and rule by rule, every fault at its key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from govern.diagnostics import Diagnostic, Related, Severity, Span
from govern.inputs.yaml import ListNode, MapNode, Node, ScalarNode, value_of
from govern.policy.advice.certain import renamed
from govern.policy.documents import Control, ControlCatalogue, Metadata, PolicySpec, Rule
from govern.policy.evidence_schema import suggest
from govern.policy.faults import validated
from govern.policy.interface import CheckSpec, UnusableKindError
from govern.policy.load import Document, content_digest
from govern.policy.outcomes import Enforcement
from govern.policy.people_shorthands import with_shorthands
from govern.records import record

Kept = TypeVar("Kept")

__all__ = ["Catalogue", "PolicyDraft", "RegistryDocument", "RuleDraft", "Shaped", "control_faults", "shape"]

_ENVELOPE = ("apiVersion", "kind", "metadata", "spec")
_ADVISORY_ONLY = ("proposed", "superseded", "rescinded")


@record
class RuleDraft:
    """A rule of the right shape; its parameters are not judged yet."""

    rule: Rule
    node: MapNode
    spec: CheckSpec

    @property
    def enforcement(self) -> Enforcement:
        """What the author wrote, or the default of the severity."""
        return self.rule.enforcement or (Enforcement.WARN if self.rule.severity == "low" else Enforcement.BLOCK)


@record
class PolicyDraft:
    """A policy of the right shape, with the rules that have one."""

    document: Document
    metadata: Metadata
    spec: PolicySpec
    spec_node: MapNode
    rules: tuple[RuleDraft, ...]


@record
class Catalogue:
    """A control catalogue."""

    name: str
    controls: Mapping[str, Control]
    file: str
    content: str = ""
    """sha256 (hex) of what it says."""
    metadata: MapNode | None = None
    """The node that says which law it lists, and when somebody last compared; None for those of packs."""


@record
class RegistryDocument:
    """A source registry that policies brought; `lineage` gives it its meaning."""

    name: str
    node: Node
    digest: str
    """sha256 (hex) of its content."""
    file: str

    @property
    def content(self) -> str:
        """The same: what two registries of one name are compared by."""
        return self.digest


@record
class Shaped:
    """Every document of the right shape."""

    policies: tuple[PolicyDraft, ...]
    catalogues: Mapping[str, Catalogue]
    registries: Mapping[str, RegistryDocument]


def shape(documents: Sequence[Document], checks: Mapping[str, CheckSpec]) -> tuple[Shaped, tuple[Diagnostic, ...]]:
    """Give documents their shape. What has a fault is left out, so that the rest can still be judged."""
    faults: list[Diagnostic] = []
    catalogues: dict[str, Catalogue] = {}
    registries: dict[str, RegistryDocument] = {}
    policies: dict[str, PolicyDraft] = {}
    for document in documents:
        if document.kind == "ControlCatalog":
            _keep(catalogues, _catalogue(document, faults), faults, document)
        elif document.kind == "SourceRegistry":
            _keep(registries, _registry(document, faults), faults, document)
    for document in documents:
        if document.kind == "Policy":
            _keep(policies, _policy(document, checks, catalogues, faults), faults, document)
    shaped = Shaped(tuple(policies[name] for name in sorted(policies)), catalogues, registries)
    return shaped, tuple(faults)


def _keep(held: dict[str, Kept], item: tuple[str, Kept] | None, faults: list[Diagnostic], document: Document) -> None:
    if item is None:
        return
    name, kept = item
    if name in held:
        if document.pack is not None and _same_content(held[name], kept):
            return  # two packs that ship one catalogue
        span = _name_span(document.node)
        faults.append(Diagnostic("P214", f"a second {document.kind} is called '{name}'", span, "Rename one of them."))
        return
    held[name] = kept


def _same_content(first: object, second: object) -> bool:
    content = getattr(first, "content", None)
    return content is not None and content == getattr(second, "content", None)


def _name_span(node: MapNode) -> Span:
    metadata = node.get("metadata")
    name = metadata.get("name") if isinstance(metadata, MapNode) else None
    return name.span if name is not None else node.key_span("metadata")


def _start(node: Node) -> Span:
    return Span(node.span.file, node.span.line, node.span.column)


def _has_error(faults: Sequence[Diagnostic]) -> bool:
    return any(item.severity is Severity.ERROR for item in faults)


# --- catalogues and registries


def _catalogue(document: Document, faults: list[Diagnostic]) -> tuple[str, Catalogue] | None:
    body = MapNode(
        tuple(item for item in document.node.entries if item[0].text not in _ENVELOPE[:2]), document.node.span
    )
    model, found = validated(ControlCatalogue, value_of(body), body)
    faults += found
    if model is None:
        return None
    controls: dict[str, Control] = {}
    for index, control in enumerate(model.controls):
        if control.id in controls:
            node = document.node.get("controls")
            span = node.items[index].span if isinstance(node, ListNode) else document.node.span
            faults.append(
                Diagnostic(
                    "P206", f"the clause '{control.id}' is listed twice", Span(span.file, span.line, span.column)
                )
            )
        controls[control.id] = control
    metadata = document.node.get("metadata")
    held = metadata if isinstance(metadata, MapNode) and document.pack is None else None
    content = content_digest(document.node)
    return model.metadata.name, Catalogue(model.metadata.name, controls, document.file, content, held)


def _registry(document: Document, faults: list[Diagnostic]) -> tuple[str, RegistryDocument] | None:
    metadata = document.node.get("metadata")
    name = metadata.get("name") if isinstance(metadata, MapNode) else None
    if not isinstance(name, ScalarNode) or name.is_null:
        span = _start(metadata) if metadata is not None else _start(document.node)
        faults.append(Diagnostic("P202", "'name' is missing in metadata", span, "Add `name:`."))
        return None
    return name.text, RegistryDocument(name.text, document.node, content_digest(document.node), document.file)


# --- policies


def _policy(
    document: Document,
    checks: Mapping[str, CheckSpec],
    catalogues: Mapping[str, Catalogue],
    faults: list[Diagnostic],
) -> tuple[str, PolicyDraft] | None:
    found = list(_envelope(document.node))
    metadata_node, spec_node = document.node.get("metadata"), document.node.get("spec")
    metadata: Metadata | None = None
    if metadata_node is not None:
        metadata, more = validated(Metadata, value_of(metadata_node), metadata_node)
        found += more
    spec: PolicySpec | None = None
    if isinstance(spec_node, MapNode):
        spec, more = validated(PolicySpec, value_of(spec_node), spec_node)
        found += more
    elif spec_node is not None:
        found.append(Diagnostic("P203", "spec: expected a mapping", spec_node.span))
    rules: tuple[RuleDraft, ...] = ()
    if isinstance(spec_node, MapNode):
        rules = tuple(_rules(with_shorthands(spec_node), checks, catalogues, found))
    if metadata is not None:
        found += _legal(metadata, metadata_node, rules)
    faults += found
    if spec is None or not isinstance(spec_node, MapNode):
        return None
    if metadata is None:  # judged on under the file's name: with a fault there will be no plan
        metadata = Metadata.model_construct(name=document.file, version="")
    return metadata.name, PolicyDraft(document, metadata, spec, spec_node, rules)


def _envelope(node: MapNode) -> Iterator[Diagnostic]:
    for key, _value in node.entries:
        if key.text not in _ENVELOPE:
            near = suggest(key.text, _ENVELOPE)
            hint = f"Did you mean '{near}'?" if near else f"Keys here are {', '.join(_ENVELOPE)}."
            fix = renamed(key.span, key.text, _ENVELOPE) if near and node.get(near) is None else ()
            yield Diagnostic("P201", f"there is no key '{key.text}' here", key.span, hint, fix=fix)
    for name in ("metadata", "spec"):
        if node.get(name) is None:
            yield Diagnostic("P202", f"'{name}' is missing", _start(node), f"Add `{name}:`.")


def _rules(
    node: Node | None,
    checks: Mapping[str, CheckSpec],
    catalogues: Mapping[str, Catalogue],
    faults: list[Diagnostic],
) -> Iterator[RuleDraft]:
    seen: dict[str, Span] = {}
    for item in node.items if isinstance(node, ListNode) else ():
        if not isinstance(item, MapNode):
            faults.append(Diagnostic("P203", "a rule is a mapping with id and check", item.span))
            continue
        rule, found = validated(Rule, value_of(item), item)
        faults += found
        rule = rule or _core_of(item)
        if rule is None:
            _unknown_check(item, checks, faults)
            continue
        id_node = item.get("id")
        span = id_node.span if id_node is not None else item.span
        if rule.id in seen:
            related = (Related(seen[rule.id], "first given here"),)
            message = f"the rule '{rule.id}' is given twice (first in line {seen[rule.id].line})"
            faults.append(Diagnostic("P206", message, span, "Rename one of the two.", related=related))
        seen.setdefault(rule.id, span)
        faults += control_faults(item, rule.controls, catalogues)
        spec = _unknown_check(item, checks, faults)
        if spec is not None:
            yield RuleDraft(rule, item, spec)


def _core_of(item: MapNode) -> Rule | None:
    """Give a faulty rule by its sound keys, so that the later stages' faults are said as well, and no false ones.

    It never runs: the fault that brought us here keeps a plan from being made.
    """
    kept = tuple(entry for entry in item.entries if entry[0].text in ("id", "check", "with"))
    rule, _found = validated(Rule, value_of(MapNode(kept, item.span)), item)
    for entry in item.entries if rule is not None else ():
        more = (*kept, entry)
        held, _found = validated(Rule, value_of(MapNode(more, item.span)), item)
        if held is not None:
            rule, kept = held, more
    return rule


def _unknown_check(item: MapNode, checks: Mapping[str, CheckSpec], faults: list[Diagnostic]) -> CheckSpec | None:
    node = item.get("check")
    if not isinstance(node, ScalarNode):
        return None
    try:
        spec = checks.get(node.text)
    except UnusableKindError as unusable:
        faults += unusable.placed(node.span)
        return None
    if spec is None:
        near = suggest(node.text, checks)
        hint = (
            f"Did you mean '{near}'?"
            if near
            else "docs/reference/checks.md lists the built-in kinds; others need their plug-in installed."
        )
        fix = renamed(node.span, node.text, checks)
        faults.append(Diagnostic("P209", f"there is no check kind '{node.text}'", node.span, hint, fix=fix))
    return spec


def control_faults(item: MapNode, controls: Sequence[str], catalogues: Mapping[str, Catalogue]) -> Iterator[Diagnostic]:
    """Report the controls of a rule or an overlay that no loaded catalogue lists (P211)."""
    node = item.get("controls")
    for index, control in enumerate(controls):
        span = node.items[index].span if isinstance(node, ListNode) else item.span
        name, _slash, clause = control.partition("/")
        catalogue = catalogues.get(name)
        if catalogue is None:
            near = suggest(name, catalogues)
            hint = f"Did you mean '{near}'?" if near else "Load the ControlCatalog that lists it with the policy."
            yield Diagnostic("P211", f"no control catalogue '{name}' is loaded", span, hint)
        elif clause not in catalogue.controls:
            near = suggest(clause, catalogue.controls)
            hint = f"Did you mean '{name}/{near}'?" if near else f"Clauses are listed in {catalogue.file}."
            yield Diagnostic("P211", f"the catalogue '{name}' has no clause '{clause}'", span, hint)


def _legal(metadata: Metadata, node: Node | None, rules: Sequence[RuleDraft]) -> Iterator[Diagnostic]:
    place = node if isinstance(node, MapNode) else None
    start, end = metadata.applies_from, metadata.applies_until
    if place is None:
        return
    if start is not None and end is not None and start >= end:
        message = f"applies_until {end} is not after applies_from {start}"
        yield Diagnostic("P210", message, place.key_span("applies_until"), "Correct one of the two dates.")
    blocking = [item for item in rules if item.enforcement is Enforcement.BLOCK]
    status = metadata.legal_status
    if blocking and status in _ADVISORY_ONLY:
        span = place.key_span("legal_status")
        message = f"a {status} policy may not block, and the rule '{blocking[0].rule.id}' does"
        yield Diagnostic("P210", message, span, "Give its rules `enforcement: warn` or `record`.")
    if blocking and status == "pending" and start is None:
        message = "a pending policy blocks only from a date on, and there is no applies_from"
        yield Diagnostic("P210", message, place.key_span("legal_status"), "Add `applies_from:`.")
