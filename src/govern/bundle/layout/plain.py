"""A plain folder: the files whose content, or else whose name, is that of a model format."""

from __future__ import annotations

from govern.bundle.layout.listing import Files, View
from govern.bundle.sniff import model_format

__all__ = ["plain_view"]


def plain_view(files: Files) -> View:
    """Take every file that looks like a model for an artefact."""
    found = tuple(path for path, entry in files.items() if model_format(entry) is not None)
    return View(layout="plain", artefacts=found, weights=found)
