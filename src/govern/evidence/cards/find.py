"""Which files of a bundle may be model cards, in the order in which they are read."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from govern.diagnostics import Diagnostic, Severity, Span, plain

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["Candidate", "Kind", "find_cards"]

Kind = Literal["listed", "card", "structured", "readme", "bom", "mlmodel", "note"]
"""`listed` by the model record, `card` by its name alone, `structured` when its shape is known, `readme` when it reads
like a card, `bom` when it holds one, `mlmodel` technical facts only, `note` a run's or model version's description."""

_ORDER: tuple[Kind, ...] = ("listed", "card", "structured", "readme", "bom", "mlmodel", "note")
_FOLDERS = frozenset(["", "docs", "metadata", "model_card"])
_CARDS = frozenset(["model_card.md", "modelcard.md", "model-card.md"])
_CARDS_LONG = frozenset(["model_card.markdown", "modelcard.markdown", "model-card.markdown"])
_STRUCTURED = frozenset(
    ["model_card.json", "model-card.json", "modelcard.json", "model_card.yaml", "model_card.yml", "model-card.yaml"]
)
_READMES = frozenset(["readme.md", "readme.markdown"])
_USUAL = frozenset(
    [*_CARDS, *_CARDS_LONG, *_STRUCTURED, "bom.json", "MLmodel", "MODEL_CARD.md", "MODELCARD.md", "MODEL_CARD.markdown"]
) | frozenset(["README.md", "README.markdown"])
_NOTE = re.compile(
    r"(?:.*/)?(?:tags/mlflow\.note\.content|models/[^/]+/version-[0-9]+/meta\.yaml)|(?:mlflow_)?run\.json"
)
"""Where MLflow's file stores keep descriptions, and the usual names of an exported run."""

_ENDINGS = (".md", ".markdown", ".json", ".yaml", ".yml", "mlmodel", "mlflow.note.content")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be a card."""

    path: str
    kind: Kind


def find_cards(bundle: Bundle) -> tuple[list[Candidate], list[Diagnostic]]:
    """Give the candidates in reading order, and notes. Upper and lower case aside, names are compared in NFC.

    Only the root, docs/, model_card/, metadata/ and the folder of an MLmodel are searched, so that the card of a
    package in some subfolder is not taken for the model's.
    """
    found, notes = _listed(bundle)
    listed = {item.path for item in found}
    folders = _FOLDERS | {_fold(path.rpartition("/")[0]) for path in bundle.files if path.endswith("/MLmodel")}
    for path in bundle.files:
        kind = _kind(path, folders)
        if kind is None or path in listed:
            continue
        found.append(Candidate(path, kind))
        name = path.rpartition("/")[2]
        if kind not in ("bom", "note") and name not in _USUAL:
            message = f"the card is spelt '{plain(name)}', which case-sensitive tools do not find"
            notes.append(Diagnostic("E207", message, Span(path), "Rename it to its usual spelling.", Severity.NOTE))
    # Files named in the record keep its order, all others that of their paths.
    found.sort(key=lambda item: (_ORDER.index(item.kind), "" if item.kind == "listed" else item.path))
    return found, notes


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _kind(path: str, folders: frozenset[str]) -> Kind | None:
    if not path.casefold().endswith(_ENDINGS):
        return None  # nearly every file of a large bundle
    folder, _, name = _fold(path).rpartition("/")
    if _NOTE.fullmatch(path):
        return "note"
    if folder not in folders:
        return None
    if name in _CARDS or name in _CARDS_LONG:
        return "card"
    if name in _STRUCTURED:
        return "structured"
    if name in _READMES:
        return "readme"
    if name == "bom.json" or name.endswith((".cdx.json", ".spdx.json")):
        return "bom"
    return "mlmodel" if path.rpartition("/")[2] == "MLmodel" else None


def _listed(bundle: Bundle) -> tuple[list[Candidate], list[Diagnostic]]:
    """Cards that the model record names under `spec.cards`."""
    found: list[Candidate] = []
    notes: list[Diagnostic] = []
    for index, text in enumerate(bundle.record.spec.cards or ()):
        path = bundle.resolve(str(text))
        if path is not None:
            found.append(Candidate(path, "listed"))
            continue
        place = bundle.record_span("spec", "cards", index) or Span(bundle.record_file or "govern.yaml")
        message = f"the model record names the card '{text}', and the bundle has no such file"
        notes.append(Diagnostic("E206", message, place, "Add the file, or correct spec.cards.", Severity.WARNING))
    return list(dict.fromkeys(found)), notes
