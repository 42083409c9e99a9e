"""A part of a JSON document with the pointer that leads to it: how card readers walk foreign documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from govern.evidence.cards.words import normal
from govern.inputs.json import JsonValue

__all__ = ["Part", "escape"]


@dataclass(frozen=True, slots=True)
class Part:
    """A value and its JSON pointer (RFC 6901). What is not there is None, never an empty part."""

    value: JsonValue
    pointer: str = ""

    def get(self, *keys: str) -> Part | None:
        """Give the first of several spellings of a member that is there and not null."""
        if isinstance(self.value, dict):
            for key in keys:
                found = self.value.get(key)
                if found is not None:
                    return Part(found, f"{self.pointer}/{escape(key)}")
        return None

    def dig(self, *keys: str) -> Part | None:
        """Follow one member after the other."""
        here: Part | None = self
        for key in keys:
            here = here.get(key) if here is not None else None
        return here

    def all(self, *keys: str) -> list[Part]:
        """Give the elements of a list below `keys`; a single value there counts as a list of one."""
        found = self.dig(*keys)
        if found is None:
            return []
        return found.elements if isinstance(found.value, list) else [found]

    @property
    def elements(self) -> list[Part]:
        """Elements of a list; none for anything else."""
        if not isinstance(self.value, list):
            return []
        return [Part(item, f"{self.pointer}/{index}") for index, item in enumerate(self.value) if item is not None]

    @property
    def members(self) -> list[tuple[str, Part]]:
        """Members of an object; none for anything else."""
        if not isinstance(self.value, dict):
            return []
        return [(key, Part(item, f"{self.pointer}/{escape(key)}")) for key, item in self.value.items()]

    @property
    def object(self) -> Mapping[str, JsonValue]:
        """The value as an object; empty for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def text(self) -> str | None:
        """A leaf as text in NFC, flags included; None for null, the empty text, lists and objects."""
        if isinstance(self.value, bool):
            return str(self.value).lower()
        if isinstance(self.value, str):
            return normal("NFC", self.value).strip() or None
        return str(self.value) if isinstance(self.value, int | Decimal) else None

    def leaves(self, key: str = "") -> Iterator[tuple[str, Part]]:
        """Give every leaf below, with the key nearest to it, in reading order."""
        if isinstance(self.value, list):
            for part in self.elements:
                yield from part.leaves(key)
        elif isinstance(self.value, dict):
            for name, part in self.members:
                yield from part.leaves(name)
        else:
            yield key, self

    def follow(self, pointer: str) -> Part | None:
        """Follow a JSON pointer; None when it leads nowhere."""
        here: JsonValue = self.value
        for raw in pointer.split("/")[1:] if pointer else []:
            step = raw.replace("~1", "/").replace("~0", "~")
            if isinstance(here, dict) and step in here:
                here = here[step]
            elif isinstance(here, list) and step.isascii() and step.isdecimal() and int(step) < len(here):
                here = here[int(step)]
            else:
                return None
        return Part(here, self.pointer + pointer)


def escape(key: str) -> str:
    """Write a key as a step of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")
