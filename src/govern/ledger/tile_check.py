"""Check a static export without its database: what an auditor does with a mirror.

Every entry is hashed, every tile compared, and the root over all of them with the one that the log signed. So nothing
that the checkpoint promises is missing, and nothing was changed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from govern.diagnostics import Diagnostic, IntegrityError, Span, UsageError
from govern.ledger.merkle import leaf_hash
from govern.ledger.note import Checkpoint, NoteKey, check_note, open_checkpoint, parse_note
from govern.ledger.tile_export import CHECKPOINT
from govern.ledger.tiles import ENTRIES, MAX_ENTRY_BYTES, TILE_WIDTH, Frontier, Tile, read_entry_bundle

__all__ = ["ExportChecked", "check_export", "exported_checkpoint", "exported_entries", "exported_note"]

_MAX_NOTE_BYTES = 1_000_000
_MAX_BUNDLE_BYTES = TILE_WIDTH * (2 + MAX_ENTRY_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportChecked:
    """A folder that holds, whole and unchanged, what its signed checkpoint promises."""

    checkpoint: Checkpoint
    cosigners: tuple[NoteKey, ...]
    """Those of the given witnesses that cosigned the checkpoint."""
    files: int
    """Tiles and bundles that were read."""


def check_export(folder: Path, *, log: NoteKey, witnesses: Sequence[NoteKey] = ()) -> ExportChecked:
    """Recompute the root from the exported entries and compare it, and every tile, with what was signed.

    Raises UsageError (G243) for a folder without a checkpoint; IntegrityError: G101-G104 the checkpoint is not this
    log's, or a witness's line does not verify; G241 for the first file that is missing, cut or changed.
    """
    checkpoint, cosigners = exported_checkpoint(folder, log=log, witnesses=witnesses)
    frontier = Frontier()
    files = 0
    for bodies in _bundles(folder, checkpoint.size):
        files += 1
        for tile, data in frontier.extend([leaf_hash(body) for body in bodies]):
            files += _same(folder, tile, data)
    for tile, data in frontier.partial().items():
        files += _same(folder, tile, data)
    if frontier.root != checkpoint.root:
        message = f"the {checkpoint.size} entries do not lead to the root that the log signed"
        raise _damaged(folder / CHECKPOINT, message)
    return ExportChecked(checkpoint=checkpoint, cosigners=cosigners, files=files)


def exported_checkpoint(
    folder: Path, *, log: NoteKey, witnesses: Sequence[NoteKey] = ()
) -> tuple[Checkpoint, tuple[NoteKey, ...]]:
    """Give the folder's checkpoint, verified, and those of the witnesses that cosigned it. Raises as `check_export`."""
    note = exported_note(folder)
    return open_checkpoint(note, log), check_note(parse_note(note), witnesses)


def exported_note(folder: Path) -> str:
    """Give the folder's checkpoint note, unverified. Raises UsageError (G243) without one, IntegrityError (G101)."""
    path = folder / CHECKPOINT
    data = _read(path, _MAX_NOTE_BYTES)
    if data is None:
        hint = "an export holds `checkpoint` and `tile/`"
        raise UsageError(Diagnostic("G243", f"{folder} holds no exported log", Span(str(path)), hint))
    try:
        return data.decode()
    except UnicodeDecodeError as fault:
        raise IntegrityError(Diagnostic("G101", "the exported checkpoint is not UTF-8", Span(str(path)))) from fault


def exported_entries(folder: Path, size: int) -> Iterator[bytes]:
    """Yield the entries of an export in order. They are as good as `check_export` found them. IntegrityError (G241)."""
    for bodies in _bundles(folder, size):
        yield from bodies


def _bundles(folder: Path, size: int) -> Iterator[Sequence[bytes]]:
    for start in range(0, size, TILE_WIDTH):
        tile = Tile(ENTRIES, start // TILE_WIDTH, min(TILE_WIDTH, size - start))
        path, data, whole = _found(folder, tile, _MAX_BUNDLE_BYTES)
        try:
            bodies = read_entry_bundle(data, TILE_WIDTH if whole else tile.width)
        except ValueError as fault:
            raise _damaged(path, f"the bundle of entries: {fault}") from fault
        yield bodies[: tile.width]


def _same(folder: Path, tile: Tile, expected: bytes) -> int:
    path, data, whole = _found(folder, tile, TILE_WIDTH * 32)
    if (data[: len(expected)] if whole else data) != expected or (whole and len(data) != TILE_WIDTH * 32):
        below = Tile(tile.level - 1, tile.index, tile.width).path if tile.level == 0 else "the tiles below it"
        raise _damaged(path, f"{tile.path} does not hold the hashes of {below}: one of them was changed")
    return 1


def _found(folder: Path, tile: Tile, limit: int) -> tuple[Path, bytes, bool]:
    """A tile's bytes; for a partial one that is gone, those of the full tile that has taken its place."""
    full = Tile(tile.level, tile.index, TILE_WIDTH)
    for candidate in (tile, full):
        path = folder / candidate.path
        data = _read(path, limit)
        if data is not None:
            return path, data, candidate == full
    raise _damaged(folder / tile.path, "the file is missing")


def _read(path: Path, limit: int) -> bytes | None:
    """A regular file's bytes, None when there is none. A pipe or device in its place is not waited for."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as fault:
        raise UsageError(
            Diagnostic("G243", f"the export cannot be read: {fault.strerror or fault}", Span(str(path)))
        ) from fault
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _damaged(path, "it is not a regular file")
    with os.fdopen(handle, "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise _damaged(path, f"it is larger than {limit} bytes")
    return data


def _damaged(path: Path, message: str) -> IntegrityError:
    hint = "take the export again from where it was published, and compare its checkpoint with another copy"
    return IntegrityError(Diagnostic("G241", message, Span(str(path)), hint))
