"""`govern fairness summarize`: predictions become counts inside the data owner's walls."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from govern.cli.answer import Answer
from govern.cli.streams import err, out

if TYPE_CHECKING:
    from govern.canonical import Json
    from govern.gate.fairness.summarize import SummarizeRequest
    from govern.gate.fairness.writing import Tensor


@click.command(
    epilog="\b\nExamples:\n"
    "  govern fairness summarize predictions.yaml --salt-file ~/keys/rows.key -o fairness-counts.json\n"
    "  govern fairness summarize eval.csv --sensitive sex --sensitive race --positive approve \\\n"
    "      --model credit@3.1.0 --model-file model/model.pkl --data holdout -o fairness-counts.json\n"
    "  govern fairness summarize --merge north.json south.json --data 'both sites' -o fairness-counts.json\n"
    "  govern fairness summarize predictions.yaml --check fairness-counts.json --salt-file ~/keys/rows.key\n"
    "  govern fairness summarize sample.yaml --cross-check fairlearn",
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="TABLE|MANIFEST|BUNDLE")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write the document.")
@click.option("--y-pred", help="Column of decisions. Default: y_pred.")
@click.option("--y-true", help="Column of true outcomes. Default: y_true where there is one.")
@click.option("--score", help="Column of scores, which are reduced to histograms.")
@click.option("--stratum", help="Column of a stratum, such as a branch or a year; counted like a group.")
@click.option("--row-id", help="Column that must not repeat a value.")
@click.option("--sensitive", multiple=True, metavar="COLUMN", help="Column that tells groups apart; once for each.")
@click.option(
    "--positive",
    metavar="VALUE",
    help="Value that counts as selected; '\"1\"' is the text 1. Default: literal 0 and 1 are read.",
)
@click.option("--positive-true", metavar="VALUE", help="Label that counts as positive. Default: as --positive.")
@click.option(
    "--groups", multiple=True, metavar="COLUMN=A,B,C", help="All groups of a column, so that absent ones are seen."
)
@click.option("--unknown", multiple=True, metavar="TEXT", help="Cell that means that the group is not known.")
@click.option("--model", metavar="NAME@VERSION", help="Model that made the predictions.")
@click.option(
    "--model-file", "model_files", multiple=True, metavar="PATH", help="A file of that model, or PATH_IN_BUNDLE=PATH."
)
@click.option("--data", metavar="NAME", help="Name of the data; with --merge, of all data together.")
@click.option("--split", help="Which part of the data it is, such as test.")
@click.option(
    "--salt-file",
    type=click.Path(path_type=Path),
    help="Kept key that binds the counts to their rows (HMAC-SHA256); made when it is not there. It never leaves.",
)
@click.option("--merge", is_flag=True, help="Add documents of several sites instead of counting rows.")
@click.option("--check", "checked", type=click.Path(path_type=Path), help="Say whether this document is of these rows.")
@click.option(
    "--cross-check",
    type=click.Choice(("fairlearn",)),
    help="Compute every rate again with fairlearn, of at most 20,000 rows.",
)
def summarize(
    paths: tuple[Path, ...],
    output: Path | None,
    y_pred: str | None,
    y_true: str | None,
    score: str | None,
    stratum: str | None,
    row_id: str | None,
    sensitive: tuple[str, ...],
    positive: str | None,
    positive_true: str | None,
    groups: tuple[str, ...],
    unknown: tuple[str, ...],
    model: str | None,
    model_files: tuple[str, ...],
    data: str | None,
    split: str | None,
    salt_file: Path | None,
    merge: bool,
    checked: Path | None,
    cross_check: str | None,
) -> Answer:
    """Count the predictions of a table by group, label and decision, and write the counts: rows stay where they are.

    A table (CSV, Parquet, Arrow) needs --sensitive, --model and --data; a FairnessRows document or a bundle says all of
    that itself. The gate judges the counts as it judges the rows. They hold small groups: hand them to those who may
    see the evidence, and to nobody else. What is printed leaves groups of fewer than 11 out.

    Exit codes: 0 done; 1 --check: other rows, --cross-check: another figure; 2 the options are at fault; 3 the rows or
    documents cannot be read or added; 4 a file changed while it was read.
    """
    from govern.gate.fairness.rows import Meaning
    from govern.gate.fairness.summarize import SummarizeRequest

    meaning = Meaning(
        y_pred=y_pred,
        y_true=y_true,
        score=score,
        stratum=stratum,
        row_id=row_id,
        sensitive=sensitive,
        positive=positive,
        positive_true=positive_true,
        groups=_groups_of(groups),
        unknown=unknown,
        model=model,
        model_files=model_files,
        data=data,
        split=split,
    )
    if merge:
        if meaning != Meaning(data=data) or salt_file or checked or cross_check or len(paths) < 2 or output is None:
            raise click.UsageError("--merge takes two documents or more, -o and --data, and nothing else")
        return _merged(paths, data, output)
    if len(paths) > 1:
        raise click.UsageError("give one table, document or bundle; --merge adds documents")
    if (output is not None) + (checked is not None) + (cross_check is not None) != 1:
        raise click.UsageError("give one of -o, --check and --cross-check")
    request = SummarizeRequest(path=paths[0], meaning=meaning, salt_file=salt_file)
    if checked is not None:
        return _checked(checked, request)
    if cross_check is not None:
        return _cross_checked(request)
    assert output is not None
    return _counted(request, output)


def _groups_of(given: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    made: dict[str, tuple[str, ...]] = {}
    for item in given:
        column, sign, values = item.rpartition("=")
        if not sign or not column or column in made:
            raise click.UsageError("--groups is written COLUMN=A,B,C, once for a column")
        made[column] = tuple(values.split(","))
    return made


def _counted(request: SummarizeRequest, output: Path) -> Answer:
    from govern.gate.fairness.summarize import summarize_rows

    made = summarize_rows(request, entropy=os.urandom)
    _write(output, made.document, made.tensor)
    return Answer(0)


def _merged(paths: tuple[Path, ...], data: str | None, output: Path) -> Answer:
    from govern.gate.fairness.documents import merged

    document, tensor = merged(paths, data=data, entropy=os.urandom)
    _write(output, document, tensor)
    return Answer(0)


def _write(output: Path, document: Mapping[str, Json], tensor: Tensor) -> None:
    from govern.canonical import canonical_bytes
    from govern.gate.fairness.documents import public_lines
    from govern.gate.outputs import write_atomic, writing

    with writing(output):
        write_atomic(output, canonical_bytes(document))
    for line in public_lines(tensor):
        out(line)
    model = document["model"]
    if isinstance(model, Mapping) and not model["files"]:
        err("note: the document names no file of the model, so that a rule with `bound: true` will not take it")
    err(f"wrote {output}; it holds the counts of small groups too, and is not for the public")


def _checked(path: Path, request: SummarizeRequest) -> Answer:
    from govern.gate.fairness.summarize import differences

    found = differences(path, request)
    out(f"{path}: {'other than these rows give: ' + ', '.join(found) if found else 'these are its rows'}")
    return Answer(1 if found else 0)


def _cross_checked(request: SummarizeRequest) -> Answer:
    from govern.gate.fairness.cross_check import cross_check_rows

    report = cross_check_rows(request)
    for line in report.lines:
        out(line)
    return Answer(0 if report.agrees else 1)
