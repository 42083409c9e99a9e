"""Model cards: gone, empty, a section gone or left as the template had it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from govern.diagnostics import InputError
from govern.evidence.cards import card_of_bytes
from govern.gate.testing.breaking.facts import reads_of
from govern.gate.testing.breaking.interface import Break, Target, remove, replace
from govern.gate.testing.cards import FRONT_MATTER, PREAMBLE, card_text, sections_of
from govern.policy.testing.patches import Value

__all__ = ["cards"]

_TEMPLATE = "[More Information Needed]"
_RESTS_ON = {"model_card.claims": "evaluation", "model_card.licence": "licence"}
"""The section in which a card says what a kind judges."""
_MOST_PLACES = 8
"""How often a card may say one thing in different places."""


def cards(target: Target) -> Iterator[Break]:
    """Spoil the card that a rule rests on."""
    if not target.cites("card"):
        return
    kind, params = target.rule.check, target.params
    several = len(target.cited("model_card")) > 1
    yield Break(name="removed:card", told="there is no model card", patch=remove("/card"), elsewhere=several)
    if kind.startswith("model_card."):
        patch = replace("/card", "# Model\n")
        yield Break(
            name="empty:card", told="the model card is a title and nothing else", patch=patch, elsewhere=several
        )
    if kind == "model_card.placeholders":
        left = "\n\n".join(f"## Section {number}\n\n{_TEMPLATE}" for number in range(params.at_most + 1))
        text = f"{_Text(target).whole}\n\n{left}\n"
        told = f"{params.at_most + 1} more places are left as the template had them"
        yield Break(name="placeholder:card", told=told, patch=replace("/card", text))
    yield from _declared(target)
    if not several:
        for section in _sections(target):
            yield from _section(target, section)
    yield from _unbound(target)


def _declared(target: Target) -> Iterator[Break]:
    """Take back, or contradict, what the card declares."""
    kind, text = target.rule.check, _Text(target).whole
    front = text.startswith("---\n")
    if kind == "model_card.licence" and front:
        told, patch = "the card declares a licence that nobody knows", "---\nlicense: no-such-licence\n"
        yield Break(name="contradicted:licence", told=told, patch=replace("/card", f"{patch}---\n{_body(text)}"))
    if kind == "model_card.fresh" and front:
        patch = "---\ndate: 1970-01-01\n---\n"
        yield Break(name="old:card", told="the card is of 1970", patch=replace("/card", f"{patch}{_body(text)}"))
        told = "the model changed materially after the card was written"
        pointer = "/model/spec/change/material_on"
        if target.has(pointer):
            yield Break(name="changed:model", told=told, patch=replace(pointer, "9999-12-31"))
            yield Break(name="removed:change", told="no change is declared", patch=remove("/model/spec/change"))
    if kind == "model_card.consistent" and "version" in target.params.fields_ and target.has("/model/metadata/version"):
        patch = '---\nversion: "no such version"\n---\n'
        told = "the card speaks of another version"
        yield Break(name="contradicted:version", told=told, patch=replace("/card", f"{patch}{_body(text)}"))
    if kind == "model_card.original" and target.params.max_equal == 0:
        same = "The very same words stand under two headings of this card."
        yield Break(name="pasted:card", told="two sections have one text", patch=replace("/card", _pasted(text, same)))
    if kind == "model_card.claims":
        yield from _other_figures(target, text)


def _body(text: str) -> str:
    """A card without its front matter."""
    return text.split("\n---\n", 1)[1] if text.startswith("---\n") and "\n---\n" in text else text


def _pasted(text: str, same: str) -> str:
    """The front matter of a card, and two sections with one text."""
    head = text[: len(text) - len(_body(text))]
    return f"{head}# Model\n\n## Limitations\n\n{same}\n\n## Training data\n\n{same}\n"


def _other_figures(target: Target, text: str) -> Iterator[Break]:
    """Change one figure that was found to agree: it must be seen, however many others still do."""
    facts = target.run.result.facts
    claims = facts.get("claims") if isinstance(facts, Mapping) else None
    for number, item in enumerate(claims if isinstance(claims, list | tuple) else ()):
        line, raw = item["line"], item["claimed"]
        lines = text.split("\n")
        if item["result"] != "agrees" or not isinstance(line, int) or raw not in lines[line - 1]:
            continue
        other = "0.0001" if item["measured"] != "0.0001" else "0.9999"
        lines[line - 1] = lines[line - 1].replace(raw, other, 1)
        told = f"the card says {other} where it said {raw}"
        yield Break(name=f"other:claim:{number}", told=told, patch=replace("/card", "\n".join(lines)))


def _sections(target: Target) -> list[str]:
    if target.rule.check == "model_card.sections":
        return list(target.params.required)
    if target.rule.check in _RESTS_ON:
        return [_RESTS_ON[target.rule.check]]
    paths = [path for path in reads_of(target) if path[:2] == ("card", "sections") and len(path) > 2]
    absent = getattr(target.params, "may_be_absent", ())
    return [path[2] for path in paths if not any(item.startswith(f"card.sections.{path[2]}") for item in absent)]


def _section(target: Target, section: str) -> Iterator[Break]:
    gone = _Text(target).without(section, "")
    if gone is not None:
        yield Break(name=f"removed:card.{section}", told=f"the card has no {section}", patch=replace("/card", gone))
    left = _Text(target).without(section, f"\n{_TEMPLATE}\n")
    if left is not None and target.rule.check == "model_card.sections":
        told = f"{section} is left as the template had it"
        yield Break(name=f"placeholder:card.{section}", told=told, patch=replace("/card", left))


def _unbound(target: Target) -> Iterator[Break]:
    if not target.params.bound:
        return
    evidence = target.at("/model/spec/evidence")
    named = evidence.items() if isinstance(evidence, dict) else ()
    held = [f"/model/spec/evidence/{name}/envelope" for name, item in named if _about_card(item, target)]
    if held:
        told = "the card no longer says which model it speaks of"
        yield Break(name="unbound:card", told=told, patch=remove(*held))


def _about_card(item: Value, target: Target) -> bool:
    return isinstance(item, dict) and "envelope" in item and item.get("path") in target.cited("model_card")


class _Text:
    """A card that loses what it says of one section, wherever it says it."""

    def __init__(self, target: Target) -> None:
        fixture, value = target.material.evidence.fixture, target.document["card"]
        styles = {} if fixture is None else fixture.styles
        self.whole = card_text(value, styles["card"].headings if "card" in styles else {})
        self.sections, self.headings = sections_of(self.whole)

    def without(self, section: str, instead: str) -> str | None:
        """Give the card in which each place that makes up a section has other text; None when it says nothing of it.

        Front matter is taken out whole: it has no text that could be left as a template.
        """
        text, changed = self.whole, False
        for _attempt in range(_MOST_PLACES):
            names = self._places(text, section, instead)
            if not names:
                return text if changed else None
            changed = True
            for name in names:
                if instead and name not in (FRONT_MATTER, PREAMBLE):
                    self.sections[name] = instead
                else:
                    self.sections.pop(name, None)
            text = card_text(self.sections, self.headings)
        return None

    def _places(self, text: str, section: str, instead: str) -> list[str]:
        """The parts of the card that claim the section and have not been spoilt yet."""
        try:
            card = card_of_bytes(text.encode(), file="card.md", digest="")
        except InputError:
            return []
        found = card.sections.get(section)
        lines = [] if found is None else [place.line for place in found.claimed_at if place.line is not None]
        if found is not None:
            lines += [passage.locator.line for passage in found.passages if passage.locator.line is not None]
        names = dict.fromkeys(self._part_at(text, line) for line in lines)
        return [name for name in names if name in self.sections and (not instead or self.sections[name] != instead)]

    def _part_at(self, text: str, line: int) -> str:
        """The part in which a line of the text stands."""
        number = 1
        for name, value in self.sections.items():
            written = card_text({name: value}, self.headings)
            number += written.count("\n") + 1
            if line < number:
                return name
        return next(reversed(self.sections), PREAMBLE)
