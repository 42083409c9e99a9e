"""The static form: paths and shapes of the specification, incremental export, and the check of a mirror."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.diagnostics import GovernError, IntegrityError, UsageError
from govern.ledger.merkle import leaf_hash, memory_nodes, tree_root
from govern.ledger.note import COSIGNATURE, NoteSigner
from govern.ledger.store import LedgerStore
from govern.ledger.tile_check import check_export, exported_entries
from govern.ledger.tile_export import export_tiles
from govern.ledger.tiles import (
    ENTRIES,
    MAX_ENTRY_BYTES,
    TILE_WIDTH,
    Frontier,
    Tile,
    entry_bundle,
    new_tiles,
    read_entry_bundle,
    subtree_root,
)
from support.disk_faults import failing_at
from support.ledgers import LedgerBox, entry, log_signer
from support.memory_log import MemoryLog, bodies

LEAVES = [leaf_hash(body) for body in bodies(1100)]
NODES = memory_nodes(LEAVES)


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def stamps_of(folder: Path) -> dict[str, tuple[int, int]]:
    """When and as which file each was written: a file that was not touched keeps both."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


# -- arithmetic ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0, TILE_WIDTH), "tile/0/000"),
        (Tile(0, 1234067, TILE_WIDTH), "tile/0/x001/x234/067"),
        (Tile(3, 1234067, 8), "tile/3/x001/x234/067.p/8"),
        (Tile(ENTRIES, 999, 255), "tile/entries/999.p/255"),
        (Tile(ENTRIES, 1000, TILE_WIDTH), "tile/entries/x001/000"),
        (Tile(63 // 8, 5, 1), "tile/7/005.p/1"),
    ],
)
def test_paths_are_those_of_the_specification(tile: Tile, path: str) -> None:
    assert tile.path == path


@pytest.mark.parametrize(
    ("size", "full", "partial"),
    [
        (0, {}, {}),
        (1, {}, {0: 1}),
        (255, {}, {0: 255}),
        (256, {0: 1}, {1: 1}),
        (257, {0: 1}, {0: 1, 1: 1}),
        (70_000, {0: 273, 1: 1}, {0: 112, 1: 17, 2: 1}),
        (2**24, {0: 65536, 1: 256, 2: 1}, {3: 1}),
    ],
)
def test_the_tiles_of_a_tree_are_those_of_the_specification(
    size: int, full: dict[int, int], partial: dict[int, int]
) -> None:
    tiles = list(new_tiles(0, size))
    for level in range(8):
        found = [tile for tile in tiles if tile.level == level]
        assert sum(tile.width == TILE_WIDTH for tile in found) == full.get(level, 0)
        assert [tile.width for tile in found if tile.width < TILE_WIDTH] == (
            [partial[level]] if level in partial else []
        )
    assert [(tile.index, tile.width) for tile in tiles if tile.level == ENTRIES] == [
        (tile.index, tile.width) for tile in tiles if tile.level == 0
    ]


@given(st.integers(0, 2**40), st.integers(0, 2**20))
def test_new_tiles_are_all_tiles_but_those_that_were_there(size: int, more: int) -> None:
    """By the definition: floor(size / 256**level) nodes at each level, cut into 256s."""
    new = size + more % 2000
    made = set(new_tiles(size, new))
    assert len(made) == len(list(new_tiles(size, new)))
    for level in range(8):
        before, after = size >> (8 * level), new >> (8 * level)
        expected = {(index, TILE_WIDTH) for index in range(before // 256, after // 256)}
        if after % 256 and after != before:
            expected.add((after // 256, after % 256))
        assert {(tile.index, tile.width) for tile in made if tile.level == level} == expected


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_of_entries_reads_back(items: list[bytes]) -> None:
    data = entry_bundle(items)
    assert read_entry_bundle(data, len(items)) == tuple(items)
    for wrong in (len(items) - 1, len(items) + 1):
        if wrong >= 0:
            with pytest.raises(ValueError, match="exactly"):
                read_entry_bundle(data, wrong)


def test_a_bundle_that_is_cut_or_cannot_be_counted_is_refused() -> None:
    data = entry_bundle([b"abc"])
    assert data == b"\x00\x03abc"
    for cut in (data[:-1], data[:1] + b"\xff" + data[2:], b"\x00"):
        with pytest.raises(ValueError, match="cut"):
            read_entry_bundle(cut, 1)
    assert entry_bundle([b"x" * MAX_ENTRY_BYTES])
    with pytest.raises(ValueError, match="longer"):
        entry_bundle([b"x" * (MAX_ENTRY_BYTES + 1)])


@given(st.integers(0, 1100), st.lists(st.integers(1, 400), max_size=8))
def test_the_frontier_gives_the_root_and_the_tiles_of_every_tree(size: int, steps: list[int]) -> None:
    frontier, at, made = Frontier(), 0, {}
    for step in [*steps, size]:
        end = min(size, at + step)
        made |= dict(frontier.extend(LEAVES[at:end]))
        at = end
        assert frontier.root == tree_root(at, NODES)
    made |= frontier.partial()
    assert set(made) == {tile for tile in new_tiles(0, size) if tile.level != ENTRIES}
    for tile, data in made.items():
        span = range(tile.start, tile.start + tile.width)
        assert data == b"".join(NODES(tile.node_level, index) for index in span)
        if tile.width == TILE_WIDTH:
            assert subtree_root([NODES(tile.node_level, index) for index in span]) == NODES(
                tile.node_level + 8, tile.index
            )


# -- export ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 600])
def test_an_export_holds_the_log_and_is_checked_without_it(tmp_path: Path, size: int) -> None:
    log: LedgerStore = MemoryLog(bodies(size))
    made = export_tiles(log, tmp_path / "mirror")
    assert made.size == size
    assert (
        set(made.written)
        == {"checkpoint", *(tile.path for tile in new_tiles(0, size))}
        == set(files_of(tmp_path / "mirror"))
    )
    assert made.written[-1] == "checkpoint"
    checked = check_export(tmp_path / "mirror", log=log.key)
    assert (checked.checkpoint.size, checked.checkpoint.root) == (size, log.head().root)
    assert list(exported_entries(tmp_path / "mirror", size)) == bodies(size)


def test_a_real_ledger_is_exported(tmp_path: Path) -> None:
    box = LedgerBox(tmp_path / "box").filled(5)
    with box.open(key=False) as ledger:
        export_tiles(ledger, tmp_path / "mirror")
    assert check_export(tmp_path / "mirror", log=box.signer.key).checkpoint.size == 5
    assert list(exported_entries(tmp_path / "mirror", 5)) == [entry(number).body for number in range(5)]


def test_exporting_twice_touches_nothing_the_second_time(tmp_path: Path) -> None:
    log = MemoryLog(bodies(600))
    export_tiles(log, tmp_path)
    files, stamps = files_of(tmp_path), stamps_of(tmp_path)
    assert export_tiles(log, tmp_path).written == ()
    assert (files_of(tmp_path), stamps_of(tmp_path)) == (files, stamps)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=4))
def test_an_export_in_steps_touches_only_what_is_new(steps: list[int]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder, log, before = Path(name), MemoryLog(), 0
        for step in steps:
            log.grow(bodies(step, start=before))
            stamps = stamps_of(folder)
            written = set(export_tiles(log, folder).written)
            tiles = {tile.path for tile in new_tiles(before, before + step)}
            assert written - {"checkpoint"} == tiles
            assert ("checkpoint" in written) == (step > 0 or not stamps)
            kept = {path: stamp for path, stamp in stamps_of(folder).items() if path not in written}
            assert kept == {path: stamp for path, stamp in stamps.items() if path not in written}
            assert check_export(folder, log=log.key).checkpoint.size == before + step
            before += step
        once = folder / "once"
        export_tiles(log, once)
        # A mirror that was followed step by step has the same files, and the narrower partial tiles of before.
        assert files_of(once).items() <= files_of(folder).items()


def test_the_cost_of_an_export_is_that_of_its_new_tiles(tmp_path: Path) -> None:
    """Counted in what is asked of the log, not in time."""

    class Counting(MemoryLog):
        asked = 0

        def nodes(self, level: int, start: int, end: int) -> list[bytes]:
            self.asked += end - start
            return list(super().nodes(level, start, end))

        def entries(self, start: int, end: int) -> list[bytes]:
            self.asked += end - start
            return list(super().entries(start, end))

    log = Counting(bodies(10_000))
    export_tiles(log, tmp_path)
    log.asked = 0
    log.grow(bodies(1, start=10_000))
    export_tiles(log, tmp_path)
    assert log.asked < 3 * TILE_WIDTH + 50


def test_an_interrupted_export_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles come first: without the new checkpoint the old export is still whole."""
    log = MemoryLog(bodies(300))
    export_tiles(log, tmp_path / "mirror")
    log.grow(bodies(400, start=300))

    class StoppedError(Exception):
        pass

    def stop(*_arguments: object) -> None:
        raise StoppedError

    with monkeypatch.context() as patched:
        patched.setattr("govern.ledger.tile_export.write_durably", stop)
        with pytest.raises(StoppedError):
            export_tiles(log, tmp_path / "mirror")
    assert check_export(tmp_path / "mirror", log=log.key).checkpoint.size == 300
    assert export_tiles(log, tmp_path / "mirror").written == ("checkpoint",)
    assert check_export(tmp_path / "mirror", log=log.key).checkpoint.size == 700


def test_whatever_disk_call_fails_the_mirror_is_whole(tmp_path: Path) -> None:
    """At every moment it is an export of the old head or of the new one; the next run completes it."""
    log = MemoryLog(bodies(250))
    folder = tmp_path / "mirror"
    export_tiles(log, folder)
    log.grow(bodies(10, start=250))
    sizes: list[int] = []

    def whole() -> None:
        sizes.append(check_export(folder, log=log.key).checkpoint.size)

    def export() -> None:
        # Begun anew each time, so that every call of one export fails once.
        shutil.rmtree(folder)
        export_tiles(MemoryLog(bodies(250)), folder)

    calls = 0
    while True:
        export()
        with failing_at(calls) as made:
            try:
                export_tiles(log, folder)
            except UsageError as fault:
                assert fault.diagnostics[0].code == "G257"  # noqa: PT017 - all but the last run fail
        whole()
        assert export_tiles(log, folder).size == 260
        assert check_export(folder, log=log.key).checkpoint.size == 260
        assert not list(folder.rglob("*.tmp"))
        if len(made) <= calls:
            break
        calls += 1
    assert calls > 20
    assert sizes == sorted(sizes)
    assert {250, 260} == set(sizes)


def test_what_is_written_is_flushed_and_the_checkpoint_comes_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[tuple[str, str]] = []
    real_fsync, real_replace = os.fsync, Path.replace

    def fsync(handle: int) -> None:
        events.append(("fsync", os.readlink(f"/proc/self/fd/{handle}")))
        real_fsync(handle)

    def replace(self: Path, target: Path) -> Path:
        events.append(("rename", str(target)))
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    folder = tmp_path / "mirror"
    written = export_tiles(MemoryLog(bodies(3)), folder).written
    renamed = [path for kind, path in events if kind == "rename"]
    assert renamed == [str(folder / path) for path in written]
    head = events.index(("rename", str(folder / "checkpoint")))
    for directory in ("", "/tile", "/tile/0", "/tile/0/000.p", "/tile/entries", "/tile/entries/000.p"):
        assert ("fsync", f"{folder}{directory}") in events[:head]
    assert ("fsync", str(folder)) in events[head:]
    assert sum(kind == "fsync" and path.endswith(".tmp") for kind, path in events) == len(written)


def test_new_cosignatures_on_the_same_head_are_exported(tmp_path: Path) -> None:
    log = MemoryLog(bodies(3))
    export_tiles(log, tmp_path)
    witness = NoteSigner("w.example", log_signer(seed=7)._private, kind=COSIGNATURE)
    plain = log.head()
    cosigned = plain.note + witness.line(plain.note.partition("\n\n")[0] + "\n", seconds=5)

    class Cosigned(MemoryLog):
        def head_at(self, size: int):  # type: ignore[no-untyped-def]
            from dataclasses import replace

            return replace(super().head_at(size), note=cosigned)

    assert export_tiles(Cosigned(bodies(3)), tmp_path).written == ("checkpoint",)
    assert check_export(tmp_path, log=log.key, witnesses=(witness.key,)).cosigners == (witness.key,)
    # And they are not lost again to an export that does not know them.
    assert export_tiles(log, tmp_path).written == ()
    assert (tmp_path / "checkpoint").read_text() == cosigned


# -- refusals -------------------------------------------------------------------------------------------------------


def refusal(action: object) -> tuple[str, int]:
    assert callable(action)
    with pytest.raises(GovernError) as caught:
        action()
    return caught.value.diagnostics[0].code, caught.value.exit_code


def test_an_export_over_another_history_is_refused(tmp_path: Path) -> None:
    export_tiles(MemoryLog(bodies(300)), tmp_path)
    files = files_of(tmp_path)
    cut = MemoryLog(bodies(299))
    fork = MemoryLog(bodies(10)).grow([b"forged"]).grow(bodies(400, start=11))
    other_key = MemoryLog(bodies(300), signer=log_signer(seed=9))
    other_log = MemoryLog(bodies(300), signer=log_signer("other.example"))
    assert refusal(lambda: export_tiles(cut, tmp_path)) == ("G240", 4)
    assert refusal(lambda: export_tiles(fork, tmp_path)) == ("G240", 4)
    assert refusal(lambda: export_tiles(other_key, tmp_path)) == ("G103", 4)
    assert refusal(lambda: export_tiles(other_log, tmp_path)) == ("G103", 4)
    (tmp_path / "checkpoint").write_bytes(b"\xff")
    assert refusal(lambda: export_tiles(MemoryLog(bodies(300)), tmp_path)) == ("G101", 4)
    (tmp_path / "checkpoint").write_bytes(files["checkpoint"])
    assert files_of(tmp_path) == files


def test_an_export_of_a_damaged_log_is_refused(tmp_path: Path) -> None:
    log = MemoryLog(bodies(5))
    log.bodies[2] = b"edited"
    assert refusal(lambda: export_tiles(log, tmp_path)) == ("G241", 4)
    long = MemoryLog([b"x" * (MAX_ENTRY_BYTES + 1)])
    assert refusal(lambda: export_tiles(long, tmp_path)) == ("G242", 2)
    assert not (tmp_path / "checkpoint").exists()


def test_an_export_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert refusal(lambda: export_tiles(MemoryLog(bodies(1)), tmp_path / "file" / "mirror")) == ("G257", 2)


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mirror")
    export_tiles(MemoryLog(bodies(300)), folder)
    return folder


def test_every_file_of_a_mirror_counts(mirror: Path, tmp_path: Path) -> None:
    """Missing, cut, longer, or one bit changed in any place of any file: refused, and the file is named."""
    files = files_of(mirror)
    assert len(files) == 6
    for name, data in files.items():
        places = range(0, len(data), 1 if name == "checkpoint" else max(1, len(data) // 40))
        variants = [None, data[:-1], data + b"\0", b""]
        variants += [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in places]
        for variant in variants:
            folder = tmp_path / "copy"
            shutil.copytree(mirror, folder)
            if variant is None:
                (folder / name).unlink()
            else:
                (folder / name).write_bytes(variant)
            with pytest.raises(UsageError if (variant, name) == (None, "checkpoint") else IntegrityError) as caught:
                check_export(folder, log=log_signer().key)
            if name != "checkpoint":
                assert caught.value.diagnostics[0].code == "G241"
                assert name in str(caught.value.diagnostics[0])
            shutil.rmtree(folder)


def test_a_head_that_promises_other_entries_is_refused(mirror: Path, tmp_path: Path) -> None:
    shutil.copytree(mirror, tmp_path / "copy")
    fork = MemoryLog(bodies(299)).grow([b"another last entry"])
    (tmp_path / "copy" / "checkpoint").write_text(fork.head().note)
    assert refusal(lambda: check_export(tmp_path / "copy", log=fork.key)) == ("G241", 4)
    (tmp_path / "copy" / "checkpoint").write_text(MemoryLog(bodies(301)).head().note)
    assert refusal(lambda: check_export(tmp_path / "copy", log=fork.key)) == ("G241", 4)
    assert refusal(lambda: check_export(tmp_path / "copy", log=log_signer(seed=2).key)) == ("G103", 4)


def test_an_older_head_of_a_newer_mirror_is_checked_from_full_tiles(tmp_path: Path) -> None:
    """Mirrors may drop partial tiles once the full one is there."""
    log = MemoryLog(bodies(300))
    export_tiles(log, tmp_path)
    export_tiles(log.grow(bodies(300, start=300)), tmp_path)
    for level in ("0", "entries"):
        shutil.rmtree(tmp_path / "tile" / level / "001.p")
    (tmp_path / "checkpoint").write_text(log.head_at(300).note)
    assert check_export(tmp_path, log=log.key).checkpoint.size == 300


@pytest.mark.parametrize("kind", ["fifo", "folder", "loop"])
def test_what_is_no_file_is_not_waited_for(mirror: Path, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(mirror, folder)
    path = folder / "tile" / "0" / "000"
    path.unlink()
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(path)
    code, exit_code = refusal(lambda: check_export(folder, log=log_signer().key))
    assert (code, exit_code) in {("G241", 4), ("G243", 2)}


def test_a_checkpoint_that_is_no_text_is_refused(mirror: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(mirror, folder)
    (folder / "checkpoint").write_bytes(b"\xff")
    assert refusal(lambda: check_export(folder, log=log_signer().key)) == ("G101", 4)


def test_a_huge_file_is_not_read(mirror: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(mirror, folder)
    os.truncate(folder / "tile" / "0" / "000", 2**40)
    assert refusal(lambda: check_export(folder, log=log_signer().key)) == ("G241", 4)
