"""The artefacts that a model record declares: files and folders, each with a role."""

from __future__ import annotations

from govern.bundle.layout.listing import Files, Layout, View
from govern.bundle.paths import inside
from govern.bundle.record_reading import ReadRecord
from govern.diagnostics import Diagnostic, Severity

__all__ = ["declared_view"]


def declared_view(files: Files, read: ReadRecord, layout: Layout) -> View:
    """Give the declared files, with a warning for each declaration that names nothing.

    Where a file and a folder above it are both declared, the nearer declaration gives the role; of two for the same
    path, the one as weights.
    """
    roles: dict[str, tuple[int, bool]] = {}
    absent: list[Diagnostic] = []
    for index, item in enumerate(read.record.spec.artefacts):
        path = inside(item.path)
        found = {path} if path in files else {file for file in files if file.startswith(f"{path}/") or not path}
        for file in found:
            roles[file] = max(roles.get(file, (-1, False)), (len(path), item.role == "weights"))
        if not found:
            absent.append(
                Diagnostic(
                    code="B117",
                    message=f"the artefact '{item.path}' is not in the bundle",
                    span=read.span(("spec", "artefacts", index, "path")),
                    hint="Add the file or correct the path; upper and lower case count.",
                    severity=Severity.WARNING,
                )
            )
    return View(
        layout=layout,
        artefacts=tuple(path for path in files if path in roles),
        weights=tuple(path for path in files if roles.get(path, (0, False))[1]),
        notes=tuple(absent),
    )
