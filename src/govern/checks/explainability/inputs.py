"""Which inputs the model has: by its MLflow signature, else by the rule, else by the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.policy.outcomes import EvidenceRef

if TYPE_CHECKING:
    from govern.checks.context import CheckContext

__all__ = ["Inputs", "model_inputs"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Names of the model's inputs, and who says so."""

    names: tuple[str, ...]
    said: str
    evidence: tuple[EvidenceRef, ...] = ()


def model_inputs(context: CheckContext, columns: tuple[str, ...]) -> Inputs | None:
    """Give the model's inputs; None when nothing names them.

    Raises InputError for an MLmodel that cannot be read, and E121 for several with different inputs.
    """
    signed = context.once("model.inputs", lambda: _signed(context))
    if signed is not None:
        return signed
    if columns:
        return Inputs(tuple(sorted(set(columns))), "the rule")
    necessary = context.bundle.record.spec.necessary_columns
    return Inputs(tuple(sorted(set(necessary))), "the record's necessary_columns") if necessary else None


def _signed(context: CheckContext) -> Inputs | None:
    from govern.evidence.tools.finding import Sighting, read_sighting
    from govern.evidence.tools.mlmodel import Signature
    from govern.evidence.tools.registry import reader_named

    paths = [path for path in context.bundle.files if path.rpartition("/")[2] == "MLmodel"]
    paths = ["MLmodel"] if "MLmodel" in paths else paths
    reader = reader_named("mlmodel")
    assert reader is not None
    found: dict[tuple[str, ...], str] = {}
    for path in paths:
        evidence = read_sighting(context.bundle, Sighting(path, reader, path, None, "content"))
        signature = evidence.readout.body(Signature)
        if signature is not None and signature.features is not None:
            found.setdefault(tuple(sorted(signature.features)), path)
    if len(found) > 1:
        first, second = sorted(found.values())[:2]
        message = f"{plain(first)} and {plain(second)} have different inputs, and either could be the model's"
        raise InputError(Diagnostic("E121", message, Span(first), "Keep one model in a bundle."))
    if not found:
        return None
    (names, path), *_rest = found.items()
    ref = EvidenceRef(name="signature", file=path, digest=context.bundle.files[path].sha256)
    return Inputs(names, f"the signature in {plain(path)}", (ref,))
