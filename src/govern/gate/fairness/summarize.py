"""`govern fairness summarize`: rows become a FairnessCounts document inside the data owner's walls."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from govern import __version__
from govern.canonical import Json
from govern.diagnostics import Diagnostic, InputError, UsageError
from govern.gate.fairness.key import KEY_BYTES, kept_key
from govern.gate.fairness.rows import Meaning, Rows, rows_of

if TYPE_CHECKING:
    from govern.gate.fairness.writing import Tensor

__all__ = ["Made", "SummarizeRequest", "differences", "document_of", "mark_of", "summarize_rows"]

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarizeRequest:
    """What is to be counted."""

    path: Path
    meaning: Meaning = field(default_factory=Meaning)
    salt_file: Path | None = None
    """The kept key that binds the counts to their rows; made when it is not there. None binds nothing."""


@dataclass(frozen=True, slots=True)
class Made:
    """The document, and what was counted for it."""

    document: Mapping[str, Json]
    tensor: Tensor


def summarize_rows(request: SummarizeRequest, *, entropy: Callable[[int], bytes]) -> Made:
    """Count rows by every group column and write down the counts.

    `entropy` gives that many random bytes; `os.urandom` outside tests. Raises UsageError and InputError as `rows_of`
    does, E200 for a key file that is none, and as the readers of predictions do.
    """
    rows = rows_of(request.path, request.meaning)
    key = None if request.salt_file is None else kept_key(request.salt_file, entropy=entropy)
    return document_of(rows, salt=entropy(KEY_BYTES), key=key)


def document_of(rows: Rows, *, salt: bytes, key: bytes | None) -> Made:
    """Count a table and make the document.

    Raises InputError as the readers do, E104 for a table without rows and E126 for attributes that make more cells than
    a document may have.
    """
    from govern.evidence.class_counts import read_class_counts
    from govern.evidence.predictions import read_predictions
    from govern.gate.fairness.writing import counts_document, described, positive_json, tensor_of

    source = rows.source
    read = read_class_counts if source.classes else read_predictions
    predictions = read(rows.bundle, source, source.attributes)
    if isinstance(predictions, Diagnostic):
        raise InputError(predictions)
    if predictions.rows == 0:
        raise InputError(Diagnostic("E104", "the table has a header and no rows", None, "Write one row a case."))
    tensor = tensor_of(predictions)
    document = counts_document(
        tensor,
        model=described(rows.manifest.model),
        data=described(rows.manifest.data),
        positive=positive_json(rows.manifest),
        scores=_scores(rows),
        salt=salt.hex(),
        source=None if key is None else {"rows": predictions.rows, "hmac_sha256": mark_of(rows, key)},
        producer={"name": "govern", "version": __version__},
    )
    return Made(document, tensor)


def _scores(rows: Rows) -> Json:
    """Reduce the scores too, where the table has any: by the same groups and by label where there are labels."""
    from govern.checks.scores import score_counts_of
    from govern.evidence.score_counts import read_score_table
    from govern.fairness.scores import BINS, scores_to_json

    source = rows.source
    if source.score is None or source.classes:
        return None  # a score is of one class, and which one nobody says
    labels = source.y_true is not None
    table = read_score_table(rows.bundle, source, source.attributes, labels=labels, bins=BINS)
    if isinstance(table, Diagnostic):
        raise InputError(table)
    return scores_to_json(score_counts_of(table))


def mark_of(rows: Rows, key: bytes) -> str:
    """Give the HMAC-SHA256 (RFC 2104) of the row file in hex.

    A plain digest of a few columns of few values can be guessed row by row; without the key this one cannot.
    """
    mark = hmac.new(key, digestmod=hashlib.sha256)
    with rows.bundle.open(rows.source.file, reader="predictions") as file:
        while piece := file.read(_PIECE):
            mark.update(piece)
    return mark.hexdigest()


def differences(path: Path, request: SummarizeRequest) -> tuple[str, ...]:
    """Say in which members a document differs from what these rows give; none when they are its rows.

    With a key file the bytes of the row file are compared as well, by their HMAC. Raises as `summarize_rows` does, and
    UsageError E200 when the document is bound by a key and none is given, or the other way round.
    """
    from govern.gate.fairness.documents import read_counts

    stated, _ = read_counts(path)
    source = stated.get("source")
    if (source is None) != (request.salt_file is None):
        message = "the document names no row file" if source is None else "the document is bound to its rows by a key"
        hint = "leave --salt-file out" if source is None else "give the file that was kept: --salt-file"
        raise UsageError(Diagnostic("E200", message, hint=hint))
    rows = rows_of(request.path, request.meaning)
    key = None if request.salt_file is None else kept_key(request.salt_file, entropy=None)
    made = document_of(rows, salt=bytes(KEY_BYTES), key=key).document
    ours, theirs = _comparable(made), _comparable(stated)
    return tuple(name for name in sorted({*ours, *theirs}) if ours.get(name) != theirs.get(name))


def _comparable(document: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in document.items() if name not in ("salt", "producer")}
