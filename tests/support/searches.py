"""Records of a search for less discriminatory alternatives."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from support.bundles import ALTERNATIVES, MODEL_FILE, NAME, VERSION, safetensors, sha256

__all__ = ["ALTERNATIVES", "candidate", "search"]

Cells = tuple[int, int, int, int]


def candidate(name: str, groups: Mapping[str | None, Cells], **utility: float) -> dict[str, Any]:
    """One candidate by sex: tn, fp, fn, tp a group; None is unknown."""
    counts = [{"group": [group], "cells": list(cells)} for group, cells in groups.items()]
    return {"name": name, "utility": utility, "counts": counts}


def search(chosen: str, candidates: Sequence[Mapping[str, Any]], /, **changes: Any) -> str:
    """The document, of the model that `BundleBuilder` makes."""
    document: dict[str, Any] = {
        "apiVersion": "govern/v1",
        "kind": "FairnessAlternatives",
        "model": {
            "name": NAME,
            "version": VERSION,
            "files": [{"path": MODEL_FILE, "sha256": sha256(safetensors())}],
        },
        "data": {"name": "acme/loans holdout", "split": "test", "sha256": sha256(b"test")},
        "search": {"by": "Retail credit models", "on": "2026-04-02", "method": "a sweep of thresholds"},
        "attributes": ["sex"],
        "chosen": chosen,
        "candidates": list(candidates),
    }
    document.update(changes)
    return json.dumps({key: value for key, value in document.items() if value is not None})
