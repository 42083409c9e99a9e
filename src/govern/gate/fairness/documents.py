"""Documents of counts on their way: reading, adding those of several sites, and saying in public what is in one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from govern import __version__
from govern.canonical import Json, canonical_bytes, sha256_hex
from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.gate.fairness.key import KEY_BYTES
from govern.gate.files import read_file

if TYPE_CHECKING:
    from govern.fairness import ScoreCounts, Tally
    from govern.gate.fairness.writing import Tensor

__all__ = ["merged", "public_lines", "read_counts"]


def read_counts(path: Path) -> tuple[Mapping[str, Json], Tensor]:
    """Read a FairnessCounts document that the caller named, as it is written and as counts.

    Raises UsageError U103, and InputError as `parse_counts` does.
    """
    from govern.evidence.counts_document import COUNTS_BYTES, parse_counts
    from govern.fairness import Axis, Missing
    from govern.gate.fairness.writing import Tensor
    from govern.inputs.json import parse_json

    data = read_file(path, limit=COUNTS_BYTES)
    read = parse_counts(data, file=path.name)
    missing = read.document.missing
    tensor = Tensor(
        axes=tuple(Axis(group.name, group.values, group.declared) for group in read.groups),
        labelled=read.document.y_true,
        cells=read.tensor,
        missing=Missing(missing.y_pred, missing.y_true, read.missing_rows),
        rows=read.document.rows,
        classes=read.document.classes,
    )
    return cast("Mapping[str, Json]", parse_json(data, file=path.name)), tensor


def merged(
    paths: Sequence[Path], *, data: str | None, entropy: Callable[[int], bytes]
) -> tuple[Mapping[str, Json], Tensor]:
    """Add the documents of several sites: what one document over all their rows would count.

    `data` names the whole where the sites' data have different names. Raises InputError E199 for documents over other
    axes, of other models or of the same rows, and as `read_counts` does.
    """
    from govern.gate.fairness.writing import counts_document

    found = [_Site(path) for path in paths]
    first = found[0]
    for number, site in enumerate(found[1:], 1):
        for name, what in _MUST_AGREE.items():
            if site.agreed(name) != first.agreed(name):
                raise _not_added(site.path, f"{what} differ from those of {plain(first.path.name)}")
        if any(site.rows_id == other.rows_id for other in found[:number]):
            raise _not_added(site.path, "the same rows are given twice")
    names = {canonical_bytes(site.document["data"]) for site in found}
    if len(names) > 1 and data is None:
        raise _not_added(found[1].path, "the data have different names or dates: name the whole with --data")
    whole = found[0].tensor
    for site in found[1:]:
        whole = whole.plus(site.tensor)
    document = counts_document(
        whole,
        model=first.document["model"],
        data=first.document["data"] if data is None else {"name": data},
        positive=first.document.get("positive"),
        scores=_summed_scores(found),
        salt=entropy(KEY_BYTES).hex(),
        parts=[{"sha256": site.digest, "rows": site.tensor.rows} for site in sorted(found, key=lambda s: s.digest)],
        producer={"name": "govern", "version": __version__},
    )
    return document, whole


_MUST_AGREE = {
    "model": "model, version or files",
    "positive": "the positive values",
    "axes": "columns or groups",
    "classes": "classes",
    "y_true": "labels",
    "scores": "range, threshold or labels of the scores",
}


class _Site:
    """One document that is added."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.document, self.tensor = read_counts(path)
        self.scores = _score_counts(path, self.document.get("scores"))
        self.digest = sha256_hex(canonical_bytes(self.document))

    @property
    def rows_id(self) -> bytes:
        """What tells whether two documents are of the same rows: the mark of the row file, else everything counted."""
        mark = self.document.get("source")
        if mark is not None:
            return canonical_bytes(mark)
        return canonical_bytes({k: v for k, v in self.document.items() if k not in ("salt", "producer")})

    def agreed(self, name: str) -> object:
        """What must be the same at every site."""
        if name != "scores":
            return canonical_bytes(self.document.get(name))
        held = self.scores
        return None if held is None else (held.axes, held.bins, held.low, held.high, held.labelled, held.threshold)


def _not_added(path: Path, message: str) -> InputError:
    hint = "Declare the same columns, groups and positive values at every site, and give each document once."
    return InputError(Diagnostic("E199", message, Span(path.name), hint))


def _score_counts(path: Path, scores: Any) -> ScoreCounts | None:
    from govern.fairness import scores_from_json

    if scores is None:
        return None
    try:
        return scores_from_json(scores)
    except ValueError as fault:
        hint = "Make the document again: govern fairness summarize."
        raise InputError(Diagnostic("E195", f"scores: {fault}", Span(path.name), hint)) from fault


def _summed_scores(sites: Sequence[_Site]) -> Json:
    from govern.fairness import scores_to_json

    held = [site.scores for site in sites if site.scores is not None]
    if not held:
        return None
    whole = held[0]
    for other in held[1:]:
        whole = whole + other
    return scores_to_json(whole)


def public_lines(tensor: Tensor) -> tuple[str, ...]:
    """Say what was counted without a number of a group of fewer than 11, or one that gives such a number back."""
    from govern.fairness import MAX_GROUPS
    from govern.fairness.disclosure import SMALLEST_SHOWN, hidden_groups

    counts = tensor.counts
    lines = [f"{counts.rows:,} rows, {_about(counts.missing.rows)} without prediction or label"]
    for axis in counts.axes:
        if len(axis.values) > MAX_GROUPS:
            lines.append(f"  {plain(axis.name)}: {len(axis.values):,} groups")
            continue
        table = counts.table((axis.name,))
        hidden = hidden_groups(counts, (axis.name,), SMALLEST_SHOWN, labels=False)
        shown = {group: tally for group, tally in table.groups.items() if group not in hidden}
        lines += [
            f"  {plain(axis.name)} = {plain(group[0])}: {tally.n:,} rows{_selected(tensor, tally)}"
            for group, tally in shown.items()
        ]
        small = len(table.groups) - len(shown)
        lines += [f"  {plain(axis.name)}: {small} more with no number shown (some under {SMALLEST_SHOWN})"] * bool(
            small
        )
        lines.append(f"  {plain(axis.name)} unknown: {_about(table.unknown.n)}")
    return tuple(lines)


def _selected(tensor: Tensor, tally: Tally) -> str:
    return "" if tensor.classes else f", {tally.fp + tally.tp:,} selected"


def _about(amount: int) -> str:
    from govern.fairness.disclosure import SMALLEST_SHOWN

    return f"under {SMALLEST_SHOWN}" if 0 < amount < SMALLEST_SHOWN else f"{amount:,}"
