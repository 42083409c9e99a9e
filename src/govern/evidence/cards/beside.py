"""What files beside a card say of the same model: `MLmodel` and an adapter's `adapter_config.json`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Span
from govern.evidence.cards.model import Claim, Locator
from govern.evidence.cards.words import squeeze

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.inputs.yaml import MapNode, Node

__all__ = ["adapter_bases", "mlmodel_claims"]

_ADAPTER = "adapter_config.json"
_MLMODEL = "MLmodel"
_MOST_FILES = 50
_BYTES = 1024 * 1024
_KEYS = {
    "name": ("name", "model_name"),
    "version": ("version", "model_version"),
    "license": ("license", "licence"),
    "base_models": ("base_model", "base_models"),
}
"""Keys of an MLmodel's free `metadata`, by the field of a card that they speak of."""


def adapter_bases(bundle: Bundle) -> tuple[Claim, ...]:
    """Give the base model that each adapter of the bundle names. Raises InputError for one that cannot be read."""
    from govern.inputs.json import parse_json, pointer_span

    found = []
    for path in _named(bundle, _ADAPTER):
        data = bundle.read(path, limit=_BYTES)
        document = parse_json(data, file=path)
        if not isinstance(document, dict):
            raise _unknown(path, "the adapter's settings are no JSON object")
        base = document.get("base_model_name_or_path")
        if base is not None and not isinstance(base, str):
            raise _unknown(path, "`base_model_name_or_path` is no text")
        if base is not None and base.strip():
            pointer = "/base_model_name_or_path"
            span = pointer_span(data, file=path, pointer=pointer)
            place = Locator(path, bundle.files[path].sha256, span.line if span else None, pointer)
            found.append(Claim(squeeze(base)[:300], place))
    return tuple(found)


def mlmodel_claims(bundle: Bundle, field: str) -> tuple[Claim, ...]:
    """Give what the bundle's MLmodel files say of a field (`name`, `version`, `license`, `base_models`).

    Read are the keys of `metadata`, which is free, and `name` and `version` at the top. Raises InputError for a file
    that cannot be read.
    """
    from govern.inputs.yaml import MapNode, parse_yaml

    found: list[Claim] = []
    for path in _named(bundle, _MLMODEL):
        root = parse_yaml(bundle.read(path, limit=_BYTES), file=path, strictness="evidence")
        if not isinstance(root, MapNode):
            raise _unknown(path, "the description of the model is no mapping")
        metadata = root.get("metadata")
        for node, base in ((root, ""), (metadata, "/metadata")):
            if isinstance(node, MapNode) and (base or field in ("name", "version")):
                found += _claims(node, base, field, path, bundle.files[path].sha256)
    return tuple(found)


def _claims(node: MapNode, base: str, field: str, path: str, digest: str) -> Iterator[Claim]:
    from govern.evidence.cards.frontmatter import scalars

    for key in _KEYS[field]:
        value: Node | None = node.get(key)
        for text, span in scalars(value):
            yield Claim(squeeze(text)[:300], Locator(path, digest, span.line, f"{base}/{key}"))


def _unknown(path: str, message: str) -> InputError:
    """What a file says of the model is not known; that is not the same as that it says nothing."""
    return InputError(Diagnostic("B121", message, Span(path, 1, 1)))


def _named(bundle: Bundle, name: str) -> list[str]:
    """The files of a name, those of folders nearer to the root first."""
    found = [path for path in bundle.files if path.rpartition("/")[2] == name]
    return sorted(found, key=lambda path: (path.count("/"), path))[:_MOST_FILES]
