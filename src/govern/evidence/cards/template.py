"""The headings that govern asks for, each with a hint: used in remediations and to make an empty card."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

__all__ = ["heading_of", "hint_of", "template_card", "template_markdown"]

_CHAPTERS = (
    ("description", "owner", "contact", "licence"),
    ("intended_use", "users", "usage", "out_of_scope", "affected_groups"),
    ("decision_logic", "decision_impact", "risk"),
    ("training_data", "training_procedure", "data_gaps", "architecture"),
    ("evaluation_data", "evaluation", "subgroups", "generalisation"),
    ("limitations", "bias_ethics", "assumptions", "alternatives"),
    ("human_oversight", "monitoring", "fallback"),
    ("environmental_impact", "citation"),
)
_HEAD = """\
---
# An SPDX identifier, e.g. Apache-2.0; `other` needs license_name and license_link too.
license:
# Ids of what it was trained on and made from.
datasets: []
base_model:
language: []
---
"""
_ABOUT = """\
<!-- Write under the headings; hints like this one are not shown and count for nothing. Take out a heading that your
policy does not ask for: an empty one is a stub. `govern card` shows what the gate sees and what is missing. -->
"""


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


def template_card() -> str:
    """Make the card that `govern init --card` writes: every section, nothing filled in."""
    order = [name for chapter in _CHAPTERS for name in chapter]
    body = template_markdown("Model card", order)
    title, _break, rest = body.partition("\n")
    return f"{_HEAD}{title}\n\n{_ABOUT}{rest}"
