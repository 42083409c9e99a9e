"""A published bias audit as CSV or JSON: which cell is which figure of which category. The figures stay text here.

CSV has a header line and a row for each category of each table. Two layouts are read:

* a column for each attribute, e.g. `sex` and `race`; a row that leaves one blank belongs to the table by the other;
* a column `table` (`sex`, `race`, `sex x race`) and a column `category`; a crossed category names both values in
  either order, e.g. `Female / Asian` or `Asian Female`.

Beside them: `applicants` (or `n`), `selected` (or `scored above median`), `rate`, `impact ratio`, `excluded` and
`justification`, under these and other usual names. A row whose category is `unknown` gives the number of people of
unknown category, and one called `total` is passed over. JSON is what `govern fairness audit -o json` writes.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence

from govern.diagnostics import Diagnostic, InputError, Span
from govern.evidence.published_json import audit_from_json
from govern.evidence.published_raw import (
    MOST_ROWS,
    RACE,
    SEX,
    RawAudit,
    RawRow,
    RawTable,
    attribute_role,
    plain_text,
    slug_of,
)
from govern.evidence.tabulation import named, shape_fault
from govern.inputs.text import decode_text

__all__ = ["read_published"]

_BYTES = 8 * 1024 * 1024
_FIGURES = {
    "n": (
        *("n", "applicants", "of_applicants", "number_of_applicants", "n_applicants", "candidates", "assessed"),
        *("total_applicants", "number_of_candidates", "of_candidates", "applicant_count", "count", "people"),
    ),
    "selected": (
        *("selected", "of_selected", "n_selected", "number_selected", "selections", "hired", "advanced"),
        *("scored_above_median", "above_median", "n_above_median", "of_scoring_above_median", "number_above_median"),
    ),
    "rate": ("rate", "selection_rate", "scoring_rate", "selection_rates", "scoring_rates", "rate_of_selection"),
    "ratio": ("ratio", "impact_ratio", "impact_ratios", "adverse_impact_ratio", "air"),
    "excluded": ("excluded", "left_out", "excluded_from_ratio"),
    "justification": ("justification", "reason", "exclusion_reason", "reason_for_exclusion", "why_excluded"),
    "table": ("table", "breakdown", "category_type", "type", "attribute", "attributes"),
    "category": ("category", "group", "categories", "demographic", "demographic_category"),
}
_UNKNOWN = ("unknown", "unknown category", "not known", "unknown categories")
_TOTALS = ("total", "totals", "all", "overall")


def read_published(data: bytes, *, file: str) -> RawAudit:
    """Read a published audit; JSON is told by its first character.

    Raises InputError: I1 and I2 for what is no text, CSV or JSON, I203 for a table of the wrong shape, E122 for a
    table without a column that is needed, E101 for JSON of another shape.
    """
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return audit_from_json(data, file)
    return _from_csv(data, file)


# --- CSV


def _from_csv(data: bytes, file: str) -> RawAudit:
    text = decode_text(data, file=file, max_bytes=_BYTES)
    if not text.strip():
        raise InputError(Diagnostic(code="I114", message="the file is empty", span=Span(file, 1, 1)))
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as fault:
        raise shape_fault(file, f"not CSV: {fault}", reader.line_num, "Quote cells that hold commas.") from fault
    if len(rows) > MOST_ROWS:
        raise shape_fault(file, f"more than {MOST_ROWS:,} rows", None, "Give the tables alone.")
    header = rows[0][1]
    roles = _roles(header, file)
    filled = [(line, row) for line, row in rows[1:] if any(cell.strip() for cell in row)]
    for line, row in filled:
        if len(row) != len(header):
            message = f"{len(row)} cells where the header has {len(header)}"
            raise shape_fault(file, message, line, "Give every row as many cells as the header.")
    dicts = [(line, dict(zip(roles, row, strict=True))) for line, row in filled]
    percent = frozenset(
        role for role, name in zip(roles, header, strict=True) if "%" in name or "percent" in name.casefold()
    )
    return RawAudit(file=file, tables=tuple(_tables(dicts, roles)), percent=percent)


def _roles(header: Sequence[str], file: str) -> list[str]:
    """Give each column its role: a figure, `table`, `category`, or `by:<attribute>` for any other."""
    made = []
    for name in header:
        slug = slug_of(re.sub(r"\(.*?\)", "", name).replace("%", ""))
        role = next((role for role, names in _FIGURES.items() if slug in names), None)
        made.append(role or f"by:{attribute_role(slug)}")
    twice = sorted({role for role in made if made.count(role) > 1})
    if twice:
        places = [name for name, role in zip(header, made, strict=True) if role == twice[0]]
        raise shape_fault(file, f"columns {named(places)} mean the same", 1, "Keep one of them.")
    lacking = [role for role in ("n", "rate", "ratio") if role not in made]
    if "category" not in made and not any(role.startswith("by:") for role in made):
        lacking.append("category")
    if "category" in made and "table" not in made:
        lacking.append("table")
    if lacking:
        wanted = {"n": "applicants", "ratio": "impact ratio"}
        message = f"no column {named(wanted.get(role, role) for role in lacking)}; the columns are {named(header)}"
        hint = (
            "Say in a column `table` which table a line is of (sex, race/ethnicity, intersectional), or name the "
            "categories in columns `sex` and `race_ethnicity`; docs/fairness.md shows both."
        )
        raise InputError(Diagnostic(code="E122", message=message, span=Span(file, 1), hint=hint))
    return made


def _tables(rows: Sequence[tuple[int, Mapping[str, str]]], roles: Sequence[str]) -> Iterator[RawTable]:
    by_category = "category" in roles
    values = _single_values(rows) if by_category else {}
    found: dict[tuple[str, ...], list[tuple[tuple[str, ...], int, Mapping[str, str]]]] = {}
    for line, row in rows:
        attributes, category = _labelled(row, values) if by_category else _columned(row)
        found.setdefault(attributes, []).append((category, line, row))
    for attributes, items in found.items():
        yield _table(attributes, items)


def _columned(row: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    held = {role.removeprefix("by:"): plain_text(cell) for role, cell in row.items() if role.startswith("by:")}
    chosen = {name: value for name, value in held.items() if value}
    if not chosen and row.get("table"):
        attributes = _attributes(row["table"])
        return attributes, ("unknown",) * len(attributes)
    return tuple(chosen), tuple(chosen.values())


def _attributes(text: str) -> tuple[str, ...]:
    """Read what a table is by; words for a table by both attributes are known too."""
    if slug_of(text) in ("intersectional", "intersection", "intersectional_categories", "crossed"):
        return SEX, RACE
    whole = attribute_role(text)
    if whole in (SEX, RACE):
        return (whole,)
    parts = re.split(r"\s+(?:x|by|and)\s+|\s*[×*&+|]\s*|\s*/\s*", text.strip(), flags=re.IGNORECASE)
    roles = tuple(dict.fromkeys(attribute_role(part) for part in parts if slug_of(part)))
    return roles or (whole,)


def _single_values(rows: Sequence[tuple[int, Mapping[str, str]]]) -> dict[str, list[str]]:
    """Give the values of each attribute, longest first, from the tables by one attribute."""
    made: dict[str, set[str]] = {}
    for _line, row in rows:
        attributes = _attributes(row["table"])
        if len(attributes) == 1:
            made.setdefault(attributes[0], set()).add(plain_text(row["category"]))
    return {name: sorted(values, key=lambda value: (-len(value), value)) for name, values in made.items()}


def _labelled(row: Mapping[str, str], values: Mapping[str, list[str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    attributes, label = _attributes(row["table"]), plain_text(row["category"])
    if len(attributes) == 1 or label.casefold() in (*_UNKNOWN, *_TOTALS):
        return attributes, (label,) * len(attributes)
    return attributes, _split(label, attributes, values)


def _split(label: str, attributes: Sequence[str], values: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Take a crossed label apart by the values of its attributes; by its separator where that does not succeed."""
    folded = label.casefold()
    for place, name in enumerate(attributes[:2]):
        other = attributes[1 - place]
        for value in values.get(name, ()):
            part = re.escape(value.casefold())
            rest = re.fullmatch(rf"{part}\W+(.+?)\W*|(.+?)\W+{part}\W*", folded)
            told = None if rest is None else (rest[1] or rest[2]).strip(" /|,;-\u2013\u2014&(")
            match = next((item for item in values.get(other, ()) if item.casefold() == told), None)
            if match is not None:
                return (value, match) if place == 0 else (match, value)
    parts = [part.strip() for part in re.split(r"\s*[/|;]\s*|\s+[x\u00d7\u2013\u2014-]\s+", label)]
    if len(parts) == len(attributes):
        return tuple(parts)
    return (label,) * len(attributes)


def _table(attributes: tuple[str, ...], items: Sequence[tuple[tuple[str, ...], int, Mapping[str, str]]]) -> RawTable:
    rows, unknown = [], []
    for category, line, cells in items:
        folded = [part.casefold() for part in category]
        if all(part in _TOTALS for part in folded):
            continue
        if any(part in _UNKNOWN for part in folded):
            unknown.append(cells.get("n", ""))
            continue
        figures = {role: cell for role, cell in cells.items() if not role.startswith("by:")}
        rows.append(RawRow(category=category, cells=figures, line=line))
    return RawTable(attributes=attributes, rows=tuple(rows), unknown=tuple(unknown), line=items[0][1])
