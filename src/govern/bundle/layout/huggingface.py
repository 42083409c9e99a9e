"""A Hugging Face-style repository: how it is recognised, which files make up the model, and what an adapter adapts.

File names: transformers, peft, diffusers and sentence-transformers as `save_pretrained` writes them. `_name_or_path`
and the card's title name nothing: they are left over from whatever the author started with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from govern.bundle.layout.listing import Listing, View
from govern.bundle.sniff import model_format
from govern.diagnostics import Diagnostic, InputError, Span
from govern.inputs.json import JsonValue, parse_json, pointer_span
from govern.records import record

if TYPE_CHECKING:
    from govern.bundle.opened import Bundle

__all__ = ["AdapterBase", "adapter_base", "has_hub_card", "hub_view", "is_hub_folder"]

READER = "hub_layout"
ADAPTER = "adapter_config.json"
_CONFIG_BYTES = 4 * 1024 * 1024
_CARD_BYTES = 256 * 1024
_SETTINGS = frozenset(["config.json", "generation_config.json", ADAPTER, "model_index.json", "modules.json"])
_TOKENIZER = frozenset(
    {
        *("tokenizer.json", "tokenizer_config.json", "tokenizer.model", "special_tokens_map.json", "added_tokens.json"),
        *("vocab.json", "vocab.txt", "merges.txt", "spiece.model", "sentencepiece.bpe.model"),
        *("source.spm", "target.spm", "chat_template.jinja", "chat_template.json"),
        *("preprocessor_config.json", "processor_config.json"),
    }
)
_WITH_CODE = ("config.json", "tokenizer_config.json", "processor_config.json", "preprocessor_config.json")
_TOOLS = re.compile(r"(?:^|/)\.(?:git|cache)/")
_HUB_KEYS = re.compile(
    rb"^(?:library_name|pipeline_tag|base_model|base_model_relation|model-index|widget)[ \t]*:", re.MULTILINE
)
_FRONT_MATTER = re.compile(rb"\A(?:\xef\xbb\xbf)?---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)


@record(kw_only=True)
class AdapterBase:
    """The model that an adapter was trained on, as `adapter_config.json` states it."""

    name: str | None
    """`base_model_name_or_path` as written; None when the adapter names none."""
    revision: str | None
    local: bool
    """Whether it is a path on somebody's machine: such a base has no verifiable origin."""
    span: Span


# --- recognising


def is_hub_folder(listing: Listing, home: str) -> bool:
    """Say whether a folder is a hub repository by its settings: `config.json` of a model, or an adapter's."""
    start = f"{home}/" if home else ""
    if start + ADAPTER in listing.files:
        return True
    if "_class_name" in _settings(listing, f"{start}model_index.json"):
        return True
    config = _settings(listing, f"{start}config.json")
    return "model_type" in config or "architectures" in config


def has_hub_card(listing: Listing, home: str) -> bool:
    """Say whether the folder's README.md has front matter with a key that only the hub gives a meaning to."""
    path = f"{home}/README.md" if home else "README.md"
    entry = listing.files.get(path)
    if entry is None or entry.size > _CARD_BYTES:
        return False
    if entry.withheld is not None:
        entry.withheld.guessed.add(path)
        return False
    if not entry.head.removeprefix(b"\xef\xbb\xbf").startswith(b"---"):
        return False
    front = _FRONT_MATTER.match(listing.read(path, limit=_CARD_BYTES, reader=READER))
    return front is not None and _HUB_KEYS.search(front.group(1)) is not None


def _settings(listing: Listing, path: str) -> dict[str, JsonValue]:
    """Read a settings file for its keys. A wrong one has none: whoever needs the file reports what is wrong."""
    if path not in listing.files:
        return {}
    try:
        found = parse_json(listing.read(path, limit=_CONFIG_BYTES, reader=READER), file=path)
    except InputError:
        return {}
    return found if isinstance(found, dict) else {}


# --- artefacts


def hub_view(listing: Listing, home: str) -> View:
    """Give weights by content, shard indexes, adapter, tokenizer and settings files, and code that `auto_map` names."""
    own = tuple(listing.below(home))
    weights = {path for path in own if model_format(listing.files[path]) is not None}
    rest = {path for path in own if not _TOOLS.search(path) and _belongs(path)}
    rest |= set(_custom_code(listing, own))
    return View(
        layout="huggingface",
        artefacts=tuple(path for path in own if path in weights or path in rest),
        weights=tuple(path for path in own if path in weights),
    )


def _belongs(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in _SETTINGS or name in _TOKENIZER or name.endswith(".index.json")


def _custom_code(listing: Listing, own: tuple[str, ...]) -> Iterator[str]:
    """Give the Python files that a settings file's `auto_map` names: `module.Class`, or a list of them."""
    for path in own:
        folder, _, name = path.rpartition("/")
        if name in _WITH_CODE and not _TOOLS.search(path):
            for text in _texts(_settings(listing, path).get("auto_map")):
                module = text.rpartition(".")[0].replace(".", "/")
                file = f"{folder}/{module}.py" if folder else f"{module}.py"
                if module and file in listing.files:
                    yield file


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)


# --- adapters


def adapter_base(bundle: Bundle) -> AdapterBase | None:
    """Give the base model that the bundle's adapter names; None when the bundle is no adapter.

    Raises InputError for an `adapter_config.json` that is no JSON object (I1, I2, B121): an adapter whose base cannot
    be read is not one without a base.
    """
    path = f"{bundle.home}/{ADAPTER}" if bundle.home else ADAPTER
    if path not in bundle.files:
        return None
    data = bundle.read(path, limit=_CONFIG_BYTES, reader=READER)
    found = parse_json(data, file=path)
    if not isinstance(found, dict):
        raise InputError(Diagnostic("B121", "the adapter's settings are no JSON object", Span(path, 1, 1)))
    name, revision = found.get("base_model_name_or_path"), found.get("revision")
    if name is not None and not isinstance(name, str):
        raise InputError(Diagnostic("B121", "`base_model_name_or_path` is no text", Span(path, 1, 1)))
    pointer = "/base_model_name_or_path" if "base_model_name_or_path" in found else ""
    return AdapterBase(
        name=name or None,
        revision=revision if isinstance(revision, str) and revision else None,
        local=bool(name) and (not _HUB_ID.fullmatch(name or "") or _is_folder(bundle, name or "")),
        span=pointer_span(data, file=path, pointer=pointer) or Span(path, 1, 1),
    )


def _is_folder(bundle: Bundle, name: str) -> bool:
    """Whether the name is that of a folder or file of the bundle itself, which the hub would never be asked for."""
    return name in bundle.files or any(path.startswith(f"{name}/") for path in bundle.files)
