"""The shape of a `SourceRegistry` document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from govern.lineage.record_model import Day
from govern.lineage.shape import Listed, Strict
from govern.policy.types import Flag, Text

__all__ = ["BaseModelSource", "Declassifier", "Event", "Label", "Pin", "RegistryModel", "Source"]

_SLUG = r"^[a-z0-9][a-z0-9._-]{0,63}$"
Slug = Annotated[Text, StringConstraints(pattern=_SLUG), WithJsonSchema({"type": "string", "pattern": _SLUG})]


def _hex(size: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^[0-9a-f]{{{size}}}$"})


class Metadata(Strict):
    """Which registry this is."""

    name: Slug
    version: Text
    owner: Text
    title: Text | None = None


class Label(Strict):
    """How a label joins where data meet."""

    join: Literal["union", "intersection", "max", "min"]
    order: Listed[Text] = ()


class Pin(Strict):
    """One approved content, by digest."""

    sha256: Annotated[Text, _hex(64)] | None = None
    sha384: Annotated[Text, _hex(96)] | None = None
    sha512: Annotated[Text, _hex(128)] | None = None
    sha1: Annotated[Text, _hex(40)] | None = None
    md5: Annotated[Text, _hex(32)] | None = None
    as_of: Day | None = None
    accept_weak: Flag = False
    """Says that a digest below sha256 is enough, which must be written."""


class Event(Strict):
    """An approval or its end. Never edited: a correction is a further event."""

    type: Literal["approved", "revoked"]
    by: Text
    effective: Day
    """When it holds in the world. A day begins at 00:00 UTC."""
    until: Day | None = None
    """The first moment at which an approval no longer holds; absent: until revoked."""
    recorded: Day
    """When it was known."""
    ticket: Text | None = None
    reason: Text | None = None


class Source(Strict):
    """One approved source, or a family of them."""

    id: Slug
    match: Text | None = None
    exact: Text | None = None
    pins: Listed[Pin] = ()
    pin: Literal["any", "series"] | None = None
    signer: Text | None = None
    roles: Listed[Literal["train", "evaluate", "reference"]] = ()
    owner: Text | None = None
    pii: Listed[Text] | None = None
    purposes: Listed[Text] | None = None
    regions: Listed[Text] | None = None
    classification: Text | None = None
    retain_until: Day | None = None
    licence: Text | None = None
    labels: dict[Text, Listed[Text]] = Field(default_factory=dict)
    """Values of the labels that this registry adds."""
    events: Listed[Event] = ()


class PinnedCode(Strict):
    """Code by commit, or a built thing by digest."""

    repo: Text | None = None
    paths: Listed[Text] = ()
    commit: Text | None = None
    image: Text | None = None
    digest: Text | None = None


class Declassifier(Strict):
    """A step that may take labels off named columns."""

    id: Slug
    removes: Listed[Text]
    code: PinnedCode | None = None
    columns: Listed[Text]
    events: Listed[Event] = ()


class BaseModelSource(Strict):
    """A base model that may be built upon."""

    id: Slug
    match: Text | None = None
    exact: Text | None = None
    revision: Text | None = None
    pins: Listed[Pin] = ()
    require: Literal["certificate"] | None = None
    owner: Text | None = None
    licence: Text | None = None
    events: Listed[Event] = ()


def _text_keys(value: Any) -> Any:
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else value


class RegistryModel(Strict):
    """The whole document."""

    api_version: Literal["govern/v1"] = Field(alias="apiVersion")
    kind: Literal["SourceRegistry"]
    metadata: Metadata
    labels: Annotated[dict[Text, Label], BeforeValidator(_text_keys)] = Field(default_factory=dict)
    sources: Listed[Source] = ()
    declassifiers: Listed[Declassifier] = ()
    base_models: Listed[BaseModelSource] = ()
