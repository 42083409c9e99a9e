"""Field types of the model record: each types the text of a YAML scalar itself and says what it wanted."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from govern.policy.types import Text

__all__ = [
    "EEA",
    "EU",
    "AsTuple",
    "Contact",
    "Digest",
    "Either",
    "FilePath",
    "IsoDate",
    "IsoDuration",
    "Jurisdictions",
    "Key",
    "ModelName",
    "ModelVersion",
    "NonEmpty",
    "Part",
    "Slug",
    "Uri",
    "widened",
]


_MOST_CHARS = 10_000
"""No field needs more, and patterns stay fast on hostile text."""


class Part(BaseModel):
    """A mapping of the record. Unknown keys are errors; a key without a value counts as not written."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_undeclared(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


def _matching(pattern: str, wanted: str) -> tuple[AfterValidator, WithJsonSchema]:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if len(text) > _MOST_CHARS:
            raise PydanticCustomError(
                "bad_value", "a text of {count} characters; at most {most}", {"count": len(text), "most": _MOST_CHARS}
            )
        if not compiled.fullmatch(text):
            raise PydanticCustomError(
                "bad_value", "expected {wanted}, found '{text}'", {"wanted": wanted, "text": text}
            )
        return text

    return AfterValidator(check), WithJsonSchema({"type": "string", "pattern": f"^(?:{pattern})$"})


def _date(value: Any) -> Any:
    if isinstance(value, str):
        try:
            if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value, re.ASCII):
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise PydanticCustomError("bad_value", "expected a date such as 2026-03-31, found '{text}'", {"text": value})
    return value


EU = frozenset(
    "at be bg cy cz de dk ee es fi fr gr hr hu ie it lt lu lv mt nl pl pt ro se si sk".split()  # noqa: SIM905 - legible
)
"""The 27 member states, ISO 3166-1."""
EEA = frozenset(["is", "li", "no"])
"""Of the European Economic Area and not of the Union."""


def widened(places: tuple[str, ...]) -> tuple[str, ...]:
    """Add the places that contain each place: `us-ny-nyc` adds `us-ny` and `us`, `de` adds `eu` and `eea`."""
    wide: dict[str, None] = {}
    for place in places:
        parts = place.split("-")
        for length in range(len(parts), 0, -1):
            wide["-".join(parts[:length])] = None
        if parts[0] in EU or parts[0] == "eu":
            wide.update({"eu": None, "eea": None})
        elif parts[0] in EEA:
            wide["eea"] = None
    return tuple(wide)


AsTuple = BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)

NonEmpty = Annotated[Text, *_matching(r"[\s\S]*\S[\s\S]*", "a text that is not empty")]
ModelName = Annotated[
    Text, *_matching(r"[a-z0-9][a-z0-9._-]{0,127}", "a name of lower-case letters, digits, `.`, `_` and `-`")
]
ModelVersion = Annotated[
    Text, *_matching(r"[A-Za-z0-9.+_-]{1,64}", "a version of 1 to 64 letters, digits, `.`, `+`, `_` and `-`")
]
Slug = Annotated[Text, *_matching(r"[a-z0-9][a-z0-9._/-]{0,127}", "a short name in lower case")]
Key = Annotated[Text, *_matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", "a name of letters, digits, `.`, `_` and `-`")]
Uri = Annotated[Text, *_matching(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", "a URI")]
Contact = Annotated[Text, *_matching(r"[^@\s]{1,64}@[^@\s]{1,255}|(?:https?|mailto):\S+", "an e-mail address or a URL")]
Digest = Annotated[Text, *_matching(r"[0-9a-f]{64}", "a sha256 of 64 lower-case hex digits")]
FilePath = Annotated[Text, *_matching(r"[\s\S]*\S[\s\S]*", "a path inside the bundle")]
"""Whether it stays inside the bundle is judged when the bundle is open (B110)."""
IsoDate = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
IsoDuration = Annotated[
    Text,
    *_matching(
        r"P(?=.)(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+W)?(?:[0-9]+D)?(?:T(?=.)(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+S)?)?",
        "an ISO 8601 duration such as PT4H or P5Y",
    ),
]
Jurisdiction = Annotated[
    Text, *_matching(r"[a-z]{2,3}(?:-[a-z0-9]{1,8}){0,3}", "a lower-case ISO 3166 code such as de or us-ny")
]
Jurisdictions = Annotated[tuple[Jurisdiction, ...], AsTuple, AfterValidator(widened)]
"""The declared places and, after them, every place that contains one of them."""


def _branch(value: Any) -> str:
    return "=absent" if isinstance(value, dict) else "=value"


Either = Discriminator(_branch)
"""Chooses between a value (tag `=value`) and a mapping that says why there is none (tag `=absent`)."""
