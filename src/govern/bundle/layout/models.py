"""Which folders below a bundle's root hold a model, when no record says which one is meant."""

from __future__ import annotations

from collections.abc import Iterator

from govern.bundle.layout.huggingface import ADAPTER, has_hub_card, is_hub_folder
from govern.bundle.layout.listing import Layout, Listing
from govern.bundle.layout.mlmodel import MLMODEL
from govern.diagnostics import Diagnostic, Severity, Span, UsageError, plain

__all__ = ["SQLITE", "layout_notes", "layout_of", "model_home"]

_LISTED = 20
_TOOL_FOLDERS = frozenset([".git", ".hg", ".svn", ".dvc", ".cache", "__pycache__", ".ipynb_checkpoints"])
SQLITE = b"SQLite format 3\0"


def layout_of(listing: Listing, home: str, *, recorded: bool) -> Layout:
    """Name the layout of a model's folder. Beside a record a card says nothing about layout: the record does."""
    if (f"{home}/{MLMODEL}" if home else MLMODEL) in listing.files:
        return "mlflow"
    if is_hub_folder(listing, home) or (not recorded and has_hub_card(listing, home)):
        return "huggingface"
    return "plain"


def model_home(listing: Listing) -> str:
    """Give the one folder that holds a model in a bundle without a record; the root when nothing below does.

    Raises UsageError B112, listing them, when there are several.
    """
    if MLMODEL in listing.files or is_hub_folder(listing, "") or has_hub_card(listing, ""):
        return ""
    found = _outermost(_folders(listing))
    if len(found) < 2:
        return found[0] if found else ""
    shown = ", ".join(plain(folder, limit=200) for folder in found[:_LISTED])
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    raise UsageError(
        Diagnostic(
            code="B112",
            message=f"no govern.yaml here, and several models below: {shown}{more}",
            hint=f"Say which one: `--model '{found[0]}'`, or give that folder itself; or add a govern.yaml here that "
            "says which model this is.",
        )
    )


def _folders(listing: Listing) -> set[str]:
    """Give every folder with an MLmodel file or with the settings of a hub model."""
    names = (MLMODEL, "config.json", "model_index.json", ADAPTER)
    candidates = {path.rpartition("/")[0] for path in listing.files if path.endswith(tuple(f"/{n}" for n in names))}
    return {
        folder
        for folder in sorted(candidates)
        if f"{folder}/{MLMODEL}" in listing.files or is_hub_folder(listing, folder)
    }


def _outermost(folders: set[str]) -> list[str]:
    """Leave out what lies within another model: an MLflow model of a pipeline holds hub folders, one for each part."""
    return [folder for folder in sorted(folders) if not any(upper in folders for upper in _above(folder))]


def _above(folder: str) -> Iterator[str]:
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        yield folder


def layout_notes(listing: Listing) -> Iterator[Diagnostic]:
    """Give what an owner should hear of the folder: odd spellings, databases, folders of tools."""
    for path, entry in listing.files.items():
        name = path.rpartition("/")[2]
        if name.casefold() == MLMODEL.casefold() and name != MLMODEL:
            message = f"{name} is not read as MLflow's description of a model: the name is {MLMODEL}"
            yield Diagnostic("B120", message, Span(path), f"Rename it to {MLMODEL}.", Severity.WARNING)
        if entry.head.startswith(SQLITE):
            yield Diagnostic("B122", "an SQLite database, which is not opened", Span(path), EXPORT, Severity.NOTE)
    for folder in sorted({part for path in listing.files for part in path.split("/")[:-1]} & _TOOL_FOLDERS):
        yield Diagnostic(
            code="B118",
            message=f"the bundle holds a folder {folder}: every file in it counts in the bundle digest",
            span=Span(folder),
            hint="Export a clean copy if that is not meant, for example with `git archive`.",
            severity=Severity.NOTE,
        )


EXPORT = (
    "Export what is to be judged: `mlflow artifacts download -u models:/NAME/VERSION -d FOLDER` for the model, "
    "and the run as JSON for its figures."
)
"""How to get a model out of a tracking store."""
