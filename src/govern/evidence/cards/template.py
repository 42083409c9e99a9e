"""The headings that govern asks for, each with a hint: used in remediations and to make an empty card."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

__all__ = ["heading_of", "hint_of", "template_markdown"]


@cache
def _template() -> Mapping[str, Mapping[str, str]]:
    text = files("govern.evidence.cards").joinpath("data/template.json").read_text("utf-8")
    table: Mapping[str, Mapping[str, str]] = json.loads(text)
    return table


def heading_of(section: str) -> str:
    """Give the heading to write for a section; a policy's own section is named by its id."""
    known = _template().get(section)
    return known["heading"] if known else section.replace("_", " ").capitalize()


def hint_of(section: str) -> str:
    """Give one sentence on what belongs under the heading; empty for a policy's own section."""
    known = _template().get(section)
    return known["hint"] if known else ""


def template_markdown(title: str, sections: Sequence[str]) -> str:
    """Make an empty card with the given sections. Hints are HTML comments, so an unfilled card never passes."""
    parts = [f"# {title}\n"]
    parts += [f"## {heading_of(section)}\n\n<!-- {hint_of(section)} -->\n" for section in sections]
    return "\n".join(parts)
