"""Write a log as a folder of static files that any web server or disk can carry (c2sp.org/tlog-tiles).

Tiles are written first and the checkpoint last, each durably, so that whoever reads the checkpoint finds its tiles.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from govern.diagnostics import Diagnostic, IntegrityError, Span, UsageError
from govern.ledger.durable import locked_directory, sync_directory, write_all_durably, write_durably
from govern.ledger.merkle import leaf_hash, tree_root
from govern.ledger.note import Checkpoint, open_checkpoint, parse_note
from govern.ledger.store import Head, LedgerStore
from govern.ledger.tiles import ENTRIES, Tile, entry_bundle, new_tiles

__all__ = ["CHECKPOINT", "Exported", "export_tiles"]

CHECKPOINT = "checkpoint"
"""Name of the file with the signed head."""

_BATCH = 64
"""Files that are held in memory and flushed together: at most some ten megabytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What an export wrote."""

    size: int
    """Entries that the folder holds now."""
    written: tuple[str, ...]
    """Files that were written, relative to the folder, in this order."""


def export_tiles(ledger: LedgerStore, folder: Path) -> Exported:
    """Bring a folder up to the log's head; files that are there already are not touched.

    Raises IntegrityError: G240 the folder's checkpoint is not of this log or no earlier head of it, G101-G104 it is
    not signed, G241 an entry is not what the log's tree says, and whatever the ledger raises; UsageError: G242 an
    entry is too long for this format, G257 the folder cannot be written.
    """
    head = ledger.head()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked_directory(folder):
            before = _exported_before(ledger, folder, head)
            return _bring_up(ledger, folder, before, head)
    except OSError as fault:
        where = fault.filename or folder
        raise UsageError(
            Diagnostic("G257", f"the export cannot be written: {where}: {fault.strerror or fault}", Span(str(folder)))
        ) from fault


def _exported_before(ledger: LedgerStore, folder: Path, head: Head) -> tuple[Checkpoint, str] | None:
    """The checkpoint that the folder holds, shown to be an earlier head of this very log."""
    path = folder / CHECKPOINT
    try:
        note = path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as fault:
        raise IntegrityError(Diagnostic("G101", "the exported checkpoint is not UTF-8", Span(str(path)))) from fault
    found = open_checkpoint(note, ledger.key)
    if found.size > head.size:
        raise _inconsistent(path, f"the folder holds {found.size} entries of a log that has {head.size}")
    if tree_root(found.size, lambda level, index: ledger.nodes(level, index, index + 1)[0]) != found.root:
        raise _inconsistent(path, f"the first {found.size} entries of the log are not those that were exported")
    return found, note


def _inconsistent(path: Path, message: str) -> IntegrityError:
    hint = (
        "the log was cut, restored or forked, or the folder is of another one; keep both, and see govern ledger verify"
    )
    return IntegrityError(Diagnostic("G240", message, Span(str(path)), hint))


def _bring_up(ledger: LedgerStore, folder: Path, before: tuple[Checkpoint, str] | None, head: Head) -> Exported:
    old = 0 if before is None else before[0].size
    written: list[str] = []
    tiles = new_tiles(old, head.size)
    while batch := list(islice(tiles, _BATCH)):
        files: dict[Path, bytes] = {}
        for tile in batch:
            path, data = folder / tile.path, _tile_bytes(ledger, tile)
            if not (path.is_file() and path.read_bytes() == data):  # an export that was interrupted has left it
                files[path] = data
                written.append(tile.path)
        _make_directories({path.parent for path in files})
        write_all_durably(files)
    if before is None or old < head.size or _signatures(before[1]) < _signatures(head.note):
        write_durably(folder / CHECKPOINT, head.note.encode())
        written.append(CHECKPOINT)
    return Exported(size=head.size, written=tuple(written))


def _signatures(note: str) -> int:
    return len(parse_note(note).signatures)


def _make_directories(wanted: Iterable[Path]) -> None:
    """Make directories so that they, too, are there after a crash."""
    changed: set[Path] = set()
    for directory in wanted:
        missing = [item for item in (directory, *directory.parents) if not item.is_dir()]
        for made in reversed(missing):
            made.mkdir()
            changed.add(made.parent)
    for directory in sorted(changed):
        sync_directory(directory)


def _tile_bytes(ledger: LedgerStore, tile: Tile) -> bytes:
    end = tile.start + tile.width
    if tile.level != ENTRIES:
        return b"".join(ledger.nodes(tile.node_level, tile.start, end))
    bodies = ledger.entries(tile.start, end)
    if [leaf_hash(body) for body in bodies] != list(ledger.nodes(0, tile.start, end)):
        message = f"among the entries {tile.start} to {end - 1} is one that is not what was logged"
        raise IntegrityError(
            Diagnostic("G241", message, hint="govern ledger verify says which; restore the newest copy")
        )
    try:
        return entry_bundle(bodies)
    except ValueError as fault:
        raise UsageError(Diagnostic("G242", f"entries {tile.start} to {end - 1}: {fault}")) from fault
