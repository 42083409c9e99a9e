"""Edits that mend a fault for certain: what `govern policy lint --fix` may write without asking."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from govern.diagnostics import Edit, Span
from govern.inputs.yaml import Node, ScalarNode
from govern.policy.evidence_schema import certainly

__all__ = ["duration_fix", "number_fix", "renamed"]


def renamed(span: Span, name: str, known: Iterable[str]) -> tuple[Edit, ...]:
    """Give the edit that corrects a plainly written name, or nothing where two known names are near."""
    sure = certainly(name, known)
    if sure is None or span.line != span.end_line or span.column is None or span.end_column is None:
        return ()
    # As long as the name: written without quotes or escapes, so that another plain name can take its place.
    return (Edit(span, sure),) if span.end_column - span.column == len(name) else ()


_PERCENT = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,9})?%", re.ASCII)
_DECIMAL_COMMA = re.compile(r"0,[0-9]{1,9}", re.ASCII)
_QUOTED_NUMBER = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,9})?", re.ASCII)


def number_fix(node: Node) -> tuple[Edit, ...]:
    """Write 80% and 0,8 as 0.8, and '0.8' without its quotes; `1,000` could be two numbers and is left alone."""
    if not isinstance(node, ScalarNode) or node.span.line != node.span.end_line:
        return ()
    if node.plain and _PERCENT.fullmatch(node.text):
        return (Edit(node.span, format(Decimal(node.text[:-1]).scaleb(-2).normalize(), "f")),)
    if node.plain and _DECIMAL_COMMA.fullmatch(node.text):
        return (Edit(node.span, node.text.replace(",", ".")),)
    if not node.plain and _QUOTED_NUMBER.fullmatch(node.text):
        return (Edit(node.span, node.text),)
    return ()


_ISO_DURATION = re.compile(r"P(?:([0-9]{1,6})([DMY])|T([0-9]{1,6})([HM]))", re.ASCII)
_UNITS = {"D": "d", "M": "mo", "Y": "y"}


def duration_fix(node: Node) -> tuple[Edit, ...]:
    """Write P30D as 30d: one number and one unit mean the same in both spellings."""
    found = _ISO_DURATION.fullmatch(node.text) if isinstance(node, ScalarNode) else None
    if found is None:
        return ()
    days, date_unit, hours, time_unit = found.groups()
    return (Edit(node.span, f"{days}{_UNITS[date_unit]}" if days else f"{hours}{time_unit.lower()}"),)
