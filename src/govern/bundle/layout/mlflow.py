"""An MLflow model folder: the files that the flavors of its `MLmodel` name, environment files apart."""

from __future__ import annotations

from govern.bundle.layout.listing import Listing, View
from govern.bundle.layout.mlmodel import MLMODEL, MlModel, Reference, read_mlmodel
from govern.bundle.layout.plain import plain_view
from govern.bundle.sniff import model_format
from govern.diagnostics import Diagnostic, InputError, Severity
from govern.inputs.limits import EVIDENCE_YAML
from govern.records import record

__all__ = ["READER", "Described", "described", "mlflow_view", "mlmodel_of"]

READER = "mlflow_layout"
_ENVIRONMENT = frozenset(["conda.yaml", "python_env.yaml", "requirements.txt"])
_WORDS = (".py", ".yaml", ".yml", ".txt", ".md")
"""A flavor may keep its model as text of this kind (langchain, models from code): settings or code, not weights."""


@record
class Described:
    """One MLmodel file: what it says, or why it could not be read."""

    file: str
    model: MlModel | None
    problems: tuple[Diagnostic, ...]


def mlmodel_of(listing: Listing, path: str) -> Described:
    """Read one MLmodel file; a wrong one is told, never raised."""
    try:
        data = listing.read(path, limit=EVIDENCE_YAML.bytes, reader=READER)
        model = read_mlmodel(data, file=path, files=listing.files)
    except InputError as fault:
        return Described(path, None, fault.diagnostics)
    return Described(path, model, model.problems)


def described(listing: Listing) -> tuple[Described, ...]:
    """Read every MLmodel file of a folder, in path order."""
    return tuple(mlmodel_of(listing, path) for path in listing.files if path == MLMODEL or path.endswith(f"/{MLMODEL}"))


def mlflow_view(listing: Listing, home: str) -> View:
    """Give the artefacts of the MLmodel file in `home`; those of a plain folder when it cannot be used."""
    path = f"{home}/{MLMODEL}" if home else MLMODEL
    read = mlmodel_of(listing, path)
    if read.model is None or read.problems:
        found = plain_view({item: listing.files[item] for item in listing.below(home)})
        notes = tuple(_warning(item) for item in read.problems)
        return View(layout="mlflow", artefacts=found.artefacts, weights=found.weights, notes=notes)
    apart = {file for item in read.model.references if item.role == "environment" for file in item.files} | {path}
    artefacts: set[str] = set()
    weights: set[str] = set()
    for item in read.model.references:
        if item.role in ("model", "companion", "code"):
            named = {file for file in item.files if file not in apart and not _is_environment(file, home)}
            artefacts |= named
            weights |= {file for file in named if _is_weights(listing, item, file)}
    return View(
        layout="mlflow",
        artefacts=tuple(file for file in listing.files if file in artefacts),
        weights=tuple(file for file in listing.files if file in weights),
        notes=tuple(item.problem for item in read.model.references if item.problem is not None),
    )


def _is_environment(file: str, home: str) -> bool:
    folder, _, name = file.rpartition("/")
    return folder == home and name in _ENVIRONMENT


def _is_weights(listing: Listing, reference: Reference, file: str) -> bool:
    if reference.role == "code":
        return False
    if model_format(listing.files[file]) is not None:
        return True
    itself = reference.role == "model" and reference.files == (file,)
    return itself and not file.casefold().endswith(_WORDS)


def _warning(item: Diagnostic) -> Diagnostic:
    return Diagnostic(item.code, item.message, item.span, item.hint, Severity.WARNING, item.related)
