"""A structured card of any format that govern knows, told by its content; others go through a policy's mapping."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from govern.diagnostics import Diagnostic, Severity, Span
from govern.evidence.cards.aliases import Matcher
from govern.evidence.cards.model import Card
from govern.evidence.cards.shapes.cyclonedx import is_bom, read_bom
from govern.evidence.cards.shapes.draft import Draft
from govern.evidence.cards.shapes.flat import assign, questions, read_flat, read_questionnaire
from govern.evidence.cards.shapes.mlmodel import is_mlmodel, read_mlmodel
from govern.evidence.cards.shapes.part import Part
from govern.evidence.cards.shapes.sagemaker import content_of, read_sagemaker
from govern.evidence.cards.shapes.spdx import is_spdx, read_spdx
from govern.evidence.cards.shapes.toolkit import is_toolkit, read_toolkit
from govern.inputs.json import JsonValue

__all__ = ["read_json_card"]


def read_json_card(
    root: JsonValue,
    *,
    file: str,
    digest: str,
    matcher: Matcher,
    mapping: Mapping[str, str],
    line_of: Callable[[str], int | None] | None = None,
) -> Card:
    """Read a parsed document as a card. A shape that nobody knows gives a card that is not `recognised`.

    `mapping` (section id to JSON pointer) is a policy's: what it names replaces what the format's reader found.
    Raises InputError when a JSON text inside the document cannot be read.
    """
    draft = Draft(file, digest, matcher, line_of)
    document = Part(root)
    shape = _read(draft, document)
    for section, pointer in sorted(mapping.items()):
        found = document.follow(pointer)
        if found is not None:
            shape = shape or "mapped"
            draft.sections.pop(section, None)
            assign(draft, section, Part("", found.pointer) if found.value is None else found)
    if shape is None and not draft.problems:
        hint = "Name the fields in the policy, e.g. mapping: {intended_use: /uso_pretendido}."
        message = "no field of this JSON card is one that govern knows"
        draft.problems.append(Diagnostic("E202", message, Span(file), hint, Severity.WARNING))
    return draft.card(shape or "unknown-json", recognised=shape is not None)


def _read(draft: Draft, root: Part) -> str | None:
    """Read a document of a known shape; gives the shape's name, or None."""
    if is_bom(root):
        return "cyclonedx" if read_bom(draft, root) else None
    if is_spdx(root):
        return "spdx" if read_spdx(draft, root) else None
    if is_mlmodel(root):
        read_mlmodel(draft, root)
        return "mlmodel"
    if is_toolkit(root):
        read_toolkit(draft, root)
        return "toolkit"
    content = content_of(root, draft.file)
    if content is not None:
        read_sagemaker(draft, *content)
        return "sagemaker"
    pairs = questions(root)
    if pairs is not None:
        return "questionnaire" if read_questionnaire(draft, pairs) else None
    return "flat-json" if read_flat(draft, root) else None
