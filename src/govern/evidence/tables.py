"""Reading a table of a bundle once, whatever its format, into counts of value combinations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from govern.evidence.columnar_file import is_columnar
from govern.evidence.tabulation import Tabulation

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["header_of", "is_table", "tabulate"]


def is_table(path: str) -> bool:
    """Whether a path names a table this module reads."""
    return is_columnar(path) or path.lower().endswith(".csv")


def header_of(bundle: Bundle, path: str, *, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """Read the column names alone. Raises InputError for a file that is no table.

    `wanted` are the columns that a message about a wrong delimiter names as missing.
    """
    if is_columnar(path):
        from govern.evidence.columnar_table import columnar_header

        return columnar_header(bundle, path)
    from govern.evidence.csv_table import csv_header

    return csv_header(bundle, path, wanted)


def tabulate(bundle: Bundle, path: str, columns: Sequence[str], *, unique: str | None = None) -> Tabulation:
    """Count combinations of the named columns in one pass over the file.

    The bytes counted are the bytes of the manifest, else IntegrityError. With `unique`, a column whose values must
    not repeat, the first repetition is noted. Raises InputError: I203 for a table of the wrong shape, E122 for a
    column that is not there, E126 when a column holds too many different values, E129 when pyarrow is needed.
    """
    if is_columnar(path):
        from govern.evidence.columnar_table import tabulate_columnar

        return tabulate_columnar(bundle, path, columns, unique)
    from govern.evidence.csv_table import tabulate_csv

    return tabulate_csv(bundle, path, columns, unique)
