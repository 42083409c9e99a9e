"""Policy tests as they are read: `*.test.yaml` files to cases, every fault at its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from govern.canonical import parse_instant
from govern.diagnostics import Diagnostic, InputError, Span
from govern.inputs.yaml import ListNode, MapNode, Node, ScalarNode, parse_yaml, value_of
from govern.inputs.yaml_rules import core_type
from govern.policy.documents import API_VERSION
from govern.policy.evidence_schema import suggest
from govern.policy.faults import validated
from govern.policy.outcomes import Stage
from govern.policy.testing.documents import KIND, CaseDocument, CaseFileDocument, ExpectDocument, WaiverDocument
from govern.policy.testing.patches import Value

__all__ = ["Case", "CaseFile", "Placed", "Waiver", "data_of", "load_cases", "unknown_name", "waiver_of"]


@dataclass(frozen=True, slots=True)
class Placed:
    """A text with the place where it stands."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Waiver:
    """A waiver of a test, or the file that holds one."""

    span: Span
    document: WaiverDocument | None
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case, with everything that its file gives to all of them filled in."""

    name: str
    file: str
    stage: Stage
    clock: datetime
    bundle: Placed | None
    evidence: tuple[MapNode, ...]
    """Evidence of the file and then of the case: a later member replaces an earlier one."""
    patch: tuple[MapNode, ...]
    """Operations of RFC 6902, then those that `remove` stands for."""
    remove: tuple[Placed, ...]
    follow: bool
    """Whether digests follow the files that they name."""
    advisories: Node | None
    waivers: tuple[Waiver, ...]
    approvals: tuple[Any, ...]
    attestations: tuple[Any, ...]
    """`ApprovalDocument`s."""
    submitter: str | None
    """Who asks the gate."""
    expect: ExpectDocument
    node: MapNode = field(repr=False)

    @property
    def span(self) -> Span:
        """Where the case is written."""
        name = self.node.get("name")
        return self.node.span if name is None else name.span

    def expected(self, *path: str | int) -> Span:
        """Where an expectation is written, or the nearest place above it."""
        here: Node = self.node
        for step in ("expect", *path):
            below = here.get(str(step)) if isinstance(here, MapNode) else None
            if isinstance(here, ListNode) and isinstance(step, int) and step < len(here.items):
                below = here.items[step]
            if below is None:
                break
            here = below
        return Span(here.span.file, here.span.line, here.span.column) if isinstance(here, MapNode) else here.span


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A file of cases."""

    file: str
    document: CaseFileDocument
    policies: tuple[Placed, ...]
    cases: tuple[Case, ...]
    node: MapNode = field(repr=False)


def load_cases(files: Mapping[str, bytes]) -> tuple[tuple[CaseFile, ...], tuple[Diagnostic, ...]]:
    """Read test files; a fault in one does not hide the faults of the others, nor one case those of the next."""
    made: list[CaseFile] = []
    faults: list[Diagnostic] = []
    for file in sorted(files):
        try:
            node = parse_yaml(files[file], file=file, strictness="policy")
        except InputError as fault:
            faults += fault.diagnostics
            continue
        found = _envelope(node, file)
        if isinstance(found, Diagnostic):
            faults.append(found)
            continue
        document, problems = validated(CaseFileDocument, value_of(found), found)
        faults += problems
        # Cases are judged by themselves even where their file has a fault of its own.
        cases = tuple(_cases(found, document, file, faults))
        if document is not None:
            made.append(
                CaseFile(file=file, document=document, policies=_placed(found.get("policy")), cases=cases, node=found)
            )
    return tuple(made), tuple(faults)


def waiver_of(node: Node) -> tuple[WaiverDocument | None, tuple[Diagnostic, ...]]:
    """Read a waiver of a test from its tree."""
    if not isinstance(node, MapNode):
        return None, (Diagnostic("P203", "a waiver is a mapping with rule, not_before and expires", node.span),)
    return validated(WaiverDocument, value_of(node), node)


def data_of(node: Node) -> Value:
    """Turn a tree into plain values, plain scalars typed by YAML 1.2's core schema; fractions keep their digits."""
    if isinstance(node, ListNode):
        return [data_of(item) for item in node.items]
    if isinstance(node, MapNode):
        return {key.text: data_of(item) for key, item in node.entries}
    kind = core_type(node.text) if node.plain else "text"
    if kind == "null":
        return None
    if kind == "bool":
        return node.text.lower() == "true"
    if kind == "int":
        return int(node.text, 0) if node.text[:2] in ("0o", "0x") else int(node.text)
    if kind == "float":
        return _fraction(node.text)
    return node.text


def _fraction(text: str) -> Value:
    folded = text.lower()
    if folded.endswith((".nan", ".inf")):
        return Decimal(folded.replace(".nan", "NaN").replace(".inf", "Infinity"))
    return Decimal(text)


def _envelope(node: Node, file: str) -> MapNode | Diagnostic:
    hint = f"Start the file with `apiVersion: {API_VERSION}` and `kind: {KIND}`."
    if not isinstance(node, MapNode):
        return Diagnostic("P101", "a policy test is a mapping with apiVersion and kind", Span(file, 1, 1), hint)
    head = Span(file, node.span.line, node.span.column)
    version, kind = node.get("apiVersion"), node.get("kind")
    if not isinstance(version, ScalarNode) or version.text != API_VERSION:
        found = f"apiVersion is '{version.text}'" if isinstance(version, ScalarNode) else "there is no apiVersion"
        return Diagnostic("P101", found, head if version is None else version.span, hint)
    if not isinstance(kind, ScalarNode) or kind.text != KIND:
        found = f"a policy test is of kind {KIND}, this is '{kind.text}'" if isinstance(kind, ScalarNode) else "no kind"
        return Diagnostic("P102", found, head if kind is None else kind.span, hint)
    return node


def _placed(node: Node | None) -> tuple[Placed, ...]:
    items = node.items if isinstance(node, ListNode) else () if node is None else (node,)
    return tuple(Placed(item.text, item.span) for item in items if isinstance(item, ScalarNode))


def _cases(node: MapNode, document: CaseFileDocument | None, file: str, faults: list[Diagnostic]) -> list[Case]:
    listed = node.get("cases")
    made: list[Case] = []
    names: dict[str, Span] = {}
    for item in listed.items if isinstance(listed, ListNode) else ():
        if not isinstance(item, MapNode):
            faults.append(Diagnostic("P203", "a case is a mapping with name and expect", item.span))
            continue
        case, found = validated(CaseDocument, value_of(item), item)
        faults += found
        if case is None:
            continue
        if case.name in names:
            message = f"two cases are called '{case.name}' (first in line {names[case.name].line})"
            faults.append(Diagnostic("P204", message, item.key_span("name"), "Rename one of the two."))
        names.setdefault(case.name, item.key_span("name"))
        whole = _case(node, document, item, case, file, faults)
        if whole is not None:
            made.append(whole)
    return made


def _case(
    node: MapNode,
    document: CaseFileDocument | None,
    item: MapNode,
    case: CaseDocument,
    file: str,
    faults: list[Diagnostic],
) -> Case | None:
    stage = case.stage or (document.stage if document is not None else None)
    clock = case.clock or (document.clock if document is not None else None)
    head = Span(item.span.file, item.span.line, item.span.column)
    if document is None:
        return None
    if clock is None:
        hint = "Give the file a `clock:`, such as 2026-03-01T00:00:00Z: a test means the same on every day."
        faults.append(Diagnostic("P704", f"the case '{case.name}' has no clock", head, hint))
    if stage is None:
        hint = f"Give the file or the case a `stage:`; stages are {', '.join(one.value for one in Stage)}."
        faults.append(Diagnostic("P202", f"the case '{case.name}' has no stage", head, hint))
    if clock is None or stage is None:
        return None
    follow = (case.digests or document.digests) == "follow"
    patch, remove = item.get("patch"), item.get("remove")
    return Case(
        name=case.name,
        file=file,
        stage=stage,
        clock=parse_instant(clock),
        bundle=next(iter(_placed(item.get("bundle") or node.get("bundle"))), None),
        evidence=tuple(found for one in (node, item) if isinstance(found := one.get("evidence"), MapNode)),
        patch=tuple(one for one in (patch.items if isinstance(patch, ListNode) else ()) if isinstance(one, MapNode)),
        remove=_placed(remove),
        follow=follow,
        advisories=item.get("advisories") or node.get("advisories"),
        waivers=tuple(_waivers(item.get("waivers") or node.get("waivers"), faults)),
        approvals=document.approvals if case.approvals is None else case.approvals,
        attestations=document.attestations if case.attestations is None else case.attestations,
        submitter=case.submitter or document.submitter,
        expect=case.expect,
        node=item,
    )


def _waivers(node: Node | None, faults: list[Diagnostic]) -> list[Waiver]:
    made: list[Waiver] = []
    for item in node.items if isinstance(node, ListNode) else ():
        if isinstance(item, ScalarNode):
            made.append(Waiver(item.span, None, item.text))
            continue
        document, found = waiver_of(item)
        faults += [one for one in found if one not in faults]
        if document is not None:
            made.append(Waiver(item.span, document))
    return made


def unknown_name(name: str, known: list[str], span: Span, what: str) -> Diagnostic:
    """Say that a test names something that is not there, with the name that was probably meant."""
    near = suggest(name, known)
    hint = f"Did you mean '{near}'?" if near else f"There are {', '.join(known[:20]) or 'none'}."
    return Diagnostic("P705", f"there is no {what} '{name}'", span, hint)
