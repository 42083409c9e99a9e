"""Tables of a bias audit as CSV, Markdown and text, and what was found in published ones."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from govern.canonical import Json, JsonObject
from govern.diagnostics import plain
from govern.diagnostics.catalogue import lookup
from govern.fairness.published import Fault, label_of

__all__ = ["audit_csv", "audit_json", "audit_markdown", "audit_text", "faults_json", "faults_text"]

_NO_MARK = "The rules that ask for these tables (6 RCNY 5-301) name no ratio at which a tool passes or fails."
_TITLES = {"sex": "Sex", "race_ethnicity": "Race / ethnicity"}


def _any(document: JsonObject) -> Any:
    return document


def audit_json(document: JsonObject) -> str:
    """Write the document."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def audit_csv(document: JsonObject) -> str:
    """Write one row a category of each table, and one for the people of unknown category of each."""
    held = _any(document)
    scoring = held["method"] == "scoring"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    selected, rate = ("scored_above_median", "scoring_rate") if scoring else ("selected", "selection_rate")
    writer.writerow(
        ["table", "sex", "race_ethnicity", "applicants", selected, rate, "impact_ratio", "excluded", "justification"]
    )
    for table in held["tables"]:
        names = table["attributes"]
        for row in table["rows"]:
            by = dict(zip(names, row["category"], strict=True))
            writer.writerow(
                [
                    " x ".join(names),
                    by.get("sex", ""),
                    by.get("race_ethnicity", ""),
                    row["n"],
                    row["selected"],
                    _shown(row["rate"]),
                    "" if row["excluded"] else _shown(row["ratio"]),
                    "yes" if row["excluded"] else "",
                    row["justification"] or "",
                ]
            )
        unknown = ["unknown" if name in names else "" for name in ("sex", "race_ethnicity")]
        writer.writerow([" x ".join(names), *unknown, table["unknown"], "", "", "", "", ""])
    return text.getvalue()


def _shown(figure: str | None) -> str:
    return "N/A" if figure is None else figure


def audit_markdown(document: JsonObject) -> str:
    """Write what is published: the tables, the unknown, the exclusions, and where the data is from."""
    return "\n".join(_markdown(_any(document))) + "\n"


def _cell(text: object) -> str:
    """Make a text harmless in a cell of a Markdown table."""
    made = plain(str(text), limit=200)
    return re.sub(r"([\\`*_{}\[\]<>|#!~])", r"\\\1", made)


def _markdown(held: Any) -> Iterator[str]:
    scoring = held["method"] == "scoring"
    yield "# Bias audit: impact ratios"
    yield ""
    yield f"Audit date: {held['audit_date']}. People assessed: {held['people']}."
    if held["without_outcome"]:
        yield f"People without a {'score' if scoring else 'decision'}, in no table: {held['without_outcome']}."
    yield ""
    yield from _about(held["data"])
    for table in held["tables"]:
        yield from _table(table, scoring=scoring)
    yield (
        "The rate is the share of people whose score is above the median score of everybody, and the impact ratio is "
        "the rate over the highest rate."
        if scoring
        else "The rate is the share of people selected, and the impact ratio is the rate over the highest rate."
    )
    yield _NO_MARK


def _about(data: Any) -> Iterator[str]:
    yield f"Data: {_cell(data['type'])}, {_cell(data['source'] or 'source not given')}."
    for name in ("explanation", "test_reason"):
        if data[name]:
            what = "Why test data was used" if name == "test_reason" else "What the data is"
            yield f"{what}: {_cell(data[name])}"
    yield ""


def _table(table: Any, *, scoring: bool) -> Iterator[str]:
    names = [_TITLES.get(name, name) for name in table["attributes"]]
    yield f"## {' x '.join(names)}"
    yield ""
    heads = ("Scored above the median", "Scoring rate") if scoring else ("Selected", "Selection rate")
    columns = [*names, "Applicants", *heads, "Impact ratio"]
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(names)}{'---:|' * 4}"
    for row in table["rows"]:
        ratio = "left out" if row["excluded"] else _shown(row["ratio"])
        cells = [*map(_cell, row["category"]), row["n"], row["selected"], _shown(row["rate"]), ratio]
        yield f"| {' | '.join(map(str, cells))} |"
    yield ""
    for row in table["rows"]:
        if row["excluded"]:
            yield f"Left out: {_cell(label_of(tuple(row['category'])))}. {_cell(row['justification'] or '')}"
    yield f"People of unknown category, in no row: {table['unknown']}."
    yield ""


def audit_text(document: JsonObject, faults: Sequence[Fault]) -> str:
    """Write the tables for a terminal, and what would be found in them."""
    held = _any(document)
    lines = []
    for table in held["tables"]:
        lines.append(f"{' x '.join(table['attributes'])}, {table['people']} people, {table['unknown']} unknown")
        labels = [plain(label_of(tuple(row["category"])), limit=60) for row in table["rows"]]
        width = max((len(label) for label in labels), default=0)
        for label, row in zip(labels, table["rows"], strict=True):
            ratio = "left out" if row["excluded"] else _shown(row["ratio"])
            share = f"{row['selected']:>8} of {row['n']:<8}"
            lines.append(f"  {label:<{width}} {share} rate {_shown(row['rate']):<8} ratio {ratio}")
        lines.append("")
    lines.append(_NO_MARK)
    return "\n".join([*lines, *_fault_lines("", faults)]) + "\n"


def _fault_lines(file: str, faults: Sequence[Fault]) -> Iterator[str]:
    for fault in faults:
        place = ":".join(str(part) for part in (plain(file), fault.line or fault.place) if part)
        about = ": ".join(part for part in (fault.table, plain(label_of(fault.category), limit=120)) if part)
        kind = "note" if fault.note else "fault"
        says = [f"{fault.detail}"]
        if fault.observed is not None:
            says.append(f"printed {plain(fault.observed)}")
        if fault.required is not None:
            says.append(f"expected {plain(fault.required)}")
        slug = lookup(fault.code).slug
        start = f"{place}: " if place else ""
        yield f"{start}{kind} {fault.code} {slug}: {f'{about}: ' if about else ''}{plain('; '.join(says), limit=400)}"


def faults_text(file: str, faults: Sequence[Fault], not_checked: Sequence[str]) -> str:
    """Write a fault a line, what was not checked, and how many there are."""
    wrong = sum(not fault.note for fault in faults)
    notes = len(faults) - wrong
    lines = [*_fault_lines(file, faults), *(f"NOT CHECKED {text}" for text in not_checked)]
    total = f"{wrong} fault{'' if wrong == 1 else 's'}, {notes} note{'' if notes == 1 else 's'}"
    return "\n".join([*lines, total, _NO_MARK]) + "\n"


def faults_json(file: str, faults: Sequence[Fault], not_checked: Sequence[str]) -> str:
    """Write the faults as JSON."""
    items: list[Json] = [
        {
            "code": fault.code,
            "slug": lookup(fault.code).slug,
            "note": fault.note,
            "table": fault.table or None,
            "category": list(fault.category),
            "line": fault.line,
            "place": fault.place or None,
            "detail": fault.detail,
            "observed": fault.observed,
            "required": fault.required,
        }
        for fault in faults
    ]
    document = {
        "schema": "urn:govern:impact-table-faults:v1",
        "file": file,
        "faults": items,
        "not_checked": list(not_checked),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
