"""Files that something in the bundle names: the model record, MLmodel, bills of materials, ONNX models with tensors
elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from govern.bundle.layout.mlflow import described
from govern.bundle.paths import inside
from govern.checks.artefacts.remarks import Grade, Remark, place_of
from govern.diagnostics import InputError, plain
from govern.policy.outcomes import Location

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.checks.context import CheckContext
    from govern.security.artefacts import FileReport

__all__ = ["bill_remarks", "reference_remarks"]


def reference_remarks(bundle: Bundle, reports: Mapping[str, FileReport]) -> Iterator[Remark]:
    """Say which named files are absent or lie outside the bundle. One remark for each name that a file gives."""
    yield from _of_record(bundle)
    yield from _of_mlmodels(bundle)
    for path, report in reports.items():
        for reason in report.reasons:
            if reason.code == "S311":
                hint = "Keep the data beside the model, inside the bundle."
                yield Remark(
                    Grade.FAIL, "S311", f"{path}: {reason.text}", Location(path), hint, f"{path}:{reason.name}"
                )


def bill_remarks(context: CheckContext) -> Iterator[Remark]:
    """Say which models and files of a bill of materials are not in the bundle: their digest is nobody's here.

    Data may lie elsewhere, so a data set's digest that no file has is only told.
    """
    from govern.checks.tool_evidence import items_of, place
    from govern.evidence.tools.cyclonedx import Inventory

    for item in items_of(context, Inventory):
        for component in item.body.strangers:
            name = plain(component.name, limit=80)
            yield Remark(
                Grade.NOTE if component.type == "data" else Grade.FAIL,
                "E187",
                f"{item.file} lists {name} with a digest that no file of the bundle has",
                place(item.evidence, *component.steps, "hashes"),
                "Make the bill of materials again from the files that are in the bundle.",
                f"{item.file}:{name}",
                f"sha256:{plain(component.hashes['SHA-256'], limit=64)}",
                "the digest of a file of the bundle",
            )


def _of_record(bundle: Bundle) -> Iterator[Remark]:
    from govern.bundle.record_reading import written_paths

    told: set[str] = set()
    folders = {path[:end] for path in bundle.files for end in range(len(path)) if path[end] == "/"}
    for place, text in written_paths(bundle.record):
        if text in told or _is_there(bundle, folders, text):
            continue
        told.add(text)
        dotted = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).lstrip(".")
        message = f"the model record names '{plain(text, limit=200)}' ({dotted}), which is not in the bundle"
        hint = "Add the file or correct the path; upper and lower case count."
        yield Remark(Grade.FAIL, "B117", message, place_of(bundle.record_span(*place)), hint, text[:200])


def _is_there(bundle: Bundle, folders: set[str], text: str) -> bool:
    try:
        path = inside(text)
    except InputError:  # the record would not have been read
        return False
    return path in bundle.files or path in folders or not path


def _of_mlmodels(bundle: Bundle) -> Iterator[Remark]:
    for item in described(bundle.listing):
        yield from (Remark.unreadable(fault) for fault in item.problems)
        told: set[str] = set()
        for reference in item.model.references if item.model is not None else ():
            problem = reference.problem
            if problem is None or reference.text in told:
                continue
            told.add(reference.text)
            hint = problem.hint or "Add the file, or save the model again."
            where = place_of(problem.span)
            text = f"{item.file}: {plain(problem.message, limit=900)}"
            yield Remark(Grade.FAIL, problem.code, text, where, hint, f"{item.file}:{reference.text[:200]}")
