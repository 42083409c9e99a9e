"""Where in a bundle the value of a path was written: the file, and the pointer where it is one place."""

from __future__ import annotations

from collections.abc import Sequence

from govern.checks.performance.measures import COMPUTABLE
from govern.evidence.schema import evidence_schema
from govern.policy.evidence_schema import Path, parse_path
from govern.policy.outcomes import EvidenceRef, Location

__all__ = ["place_of_path"]

_NAMES = {
    "model": ("model_record",),
    "card": ("model_card",),
    "metrics": ("metrics", "predictions"),
    "lineage": ("lineage",),
    "dependencies": ("requirements",),
    "artefacts": ("artefacts",),
    "bundle": ("bundle",),
}
"""Names that evidence of each root goes by."""
_IN_METADATA = ("name", "version", "title", "uri", "tags", "previous")
"""Fields of the model record that lie under `metadata`; others lie under `spec`, and facts of packs in `extensions`."""


def place_of_path(text: str, evidence: Sequence[EvidenceRef]) -> Location | None:
    """Give the place of the value at a path (or of what `size(..)` counts); None where that is not one place."""
    inner = text.removeprefix("size(").removesuffix(")") if text.startswith("size(") else text
    path = parse_path(inner)
    if path is None or str(path[0]) not in _NAMES:
        return None
    held = [item for name in _NAMES[str(path[0])] for item in evidence if item.name == name]
    if path[0] == "metrics":
        return _figure(path, held)
    files = dict.fromkeys(item.file for item in held)
    if len(files) != 1:
        return None
    return Location(held[0].file, pointer=_record_pointer(path) if path[0] == "model" else None)


def _figure(path: Path, held: Sequence[EvidenceRef]) -> Location | None:
    """A figure that predictions give is computed from them, whatever the metrics file says of it."""
    name = str(path[1]) if len(path) > 1 else ""
    computed = [item for item in held if item.name == "predictions"]
    written = [item for item in held if item.name == "metrics"]
    if name in COMPUTABLE and computed:
        return Location(computed[0].file)
    return Location(written[0].file, pointer=f"/{_escaped(name)}") if written else None


def _record_pointer(path: Path) -> str | None:
    steps = [str(step) for step in path[1:] if step is not None]
    if not steps or len(steps) < len(path) - 1:
        return None
    declared = evidence_schema().type_of(path) is not None
    part = "metadata" if steps[0] in _IN_METADATA else "spec" if declared else "extensions"
    return "/" + "/".join(_escaped(step) for step in (part, *steps))


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
