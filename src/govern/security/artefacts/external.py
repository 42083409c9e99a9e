"""Files that a model reads its tensors from: inside the bundle, long enough, and named plainly."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import replace

from govern.security.artefacts.formats.onnx import ExternalData
from govern.security.artefacts.report import FileReport, Reason, Verdict

__all__ = ["external_reason", "resolve_external"]

_UNRESOLVED = "S313"


def external_reason(item: ExternalData) -> Reason:
    """Give the reason for one reference: blocked when it leaves the folder, else open until it is resolved.

    The offset of the reason is how many bytes the file must have.
    """
    parts = item.location.split("/")
    plain = item.location and not item.location.startswith("/") and not {"..", "", "."} & set(parts)
    if not plain or "\\" in item.location or ":" in item.location:
        text = f"tensors are read from {item.location[:80]!r}, which is no plain path inside the bundle"
        return Reason(code="S311", verdict=Verdict.BLOCKED, text=text, name=item.location[:80])
    text = f"tensors are read from the file {item.location[:200]!r}"
    needed = (item.offset or 0) + (item.length or 0)
    return Reason(code=_UNRESOLVED, verdict=Verdict.INCONCLUSIVE, text=text, offset=needed, name=item.location)


def resolve_external(report: FileReport, siblings: Mapping[str, int]) -> FileReport:
    """Settle references against the files of the bundle, `siblings` giving their sizes: present, or blocked."""
    kept: list[Reason] = []
    external: list[str] = []
    for reason in report.reasons:
        if reason.code != _UNRESOLVED or reason.name is None:
            kept.append(reason)
            continue
        path = posixpath.join(posixpath.dirname(report.path), reason.name)
        size = siblings.get(path)
        if size is not None and size >= (reason.offset or 0):
            external.append(path)
            continue
        why = "which is absent" if size is None else f"which has only {size} of {reason.offset} bytes"
        text = f"tensors are read from {reason.name[:80]!r}, {why}"
        kept.append(Reason(code="S311", verdict=Verdict.BLOCKED, text=text, name=reason.name[:80]))
    return replace(report, reasons=tuple(dict.fromkeys(kept)), external=tuple(sorted(set(external))))
