"""Where the parts of a pack lie: beside the certificate, in the workspace, and nowhere else."""

from __future__ import annotations

import glob
import gzip
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from govern.bundle.manifest import Manifest
from govern.diagnostics import Diagnostic, UsageError
from govern.gate.files import read_file

__all__ = ["Beside", "SnapshotBytes", "find_bundle", "find_earlier", "find_snapshot", "relative_names"]

RECORD_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Beside:
    """The files that issuing wrote beside a certificate or refusal, by its name."""

    certificate: Path

    @property
    def stem(self) -> str:
        """`<name>-<version>.<stage>`."""
        name = self.certificate.name.removesuffix(".sigstore.json")
        return name.removesuffix(".certificate").removesuffix(".refusal")

    def path(self, ending: str) -> Path:
        """Give `<stem><ending>`."""
        return self.certificate.with_name(f"{self.stem}{ending}")

    def optional(self, ending: str) -> bytes | None:
        """Read a file beside the certificate, None when there is none."""
        path = self.path(ending)
        return read_file(path) if path.is_file() else None

    @property
    def manifest(self) -> Path:
        """`<name>-<version>.MANIFEST.sha256`."""
        return self.certificate.with_name(f"{self.stem.rpartition('.')[0]}.MANIFEST.sha256")


def find_bundle(manifest: Manifest, places: Sequence[Path]) -> Path | None:
    """Give the first folder directly in one of `places` that has every file of a manifest; hidden ones are passed over.

    Whether the files are the same is for whoever hashes them to say.
    """
    for place in places:
        for folder in sorted(_folders(place)):
            if all((folder / line.path).is_file() for line in manifest.entries):
                return folder
    return None


def _folders(place: Path) -> Iterator[Path]:
    try:
        yield from (item for item in place.iterdir() if item.is_dir() and not item.name.startswith("."))
    except OSError:
        return


@dataclass(frozen=True, slots=True)
class SnapshotBytes:
    """An advisory snapshot as a pack holds it: both files uncompressed."""

    index: bytes
    records: bytes


def find_snapshot(store: Path | None, digest: str) -> SnapshotBytes:
    """Give the snapshot of a digest: the folder itself, or the one in a store, current or not.

    Raises UsageError A613 when there is none, and what `load_snapshot` raises for one that does not hold.
    """
    from govern.security.advisories.snapshot import RECORDS_FILE, load_snapshot

    def absent(found: str) -> UsageError:
        message = f"the certificate names the advisory snapshot sha256:{digest}; {found}"
        return UsageError(Diagnostic("A613", message, hint="name the store or the snapshot: --advisories DIR"))

    if store is None:
        raise absent("no store was named")
    folder = store / digest if (store / digest).is_dir() else store
    if not (folder / "snapshot.json").is_file():
        raise absent(f"{store} does not have it")
    snapshot = load_snapshot(folder)
    if snapshot.digest != digest:
        raise absent(f"{folder} is sha256:{snapshot.digest}")
    index = read_file(folder / "snapshot.json", limit=RECORD_BYTES)
    try:
        with gzip.open(folder / RECORDS_FILE, "rb") as stream:
            return SnapshotBytes(index, stream.read())  # load_snapshot has bounded and hashed it
    except (OSError, EOFError) as fault:
        raise absent(f"its records cannot be read ({fault})") from fault


def find_earlier(trust: Path) -> tuple[Path, ...]:
    """Give the earlier versions that lie beside a trust root as `<stem>.<n>.json`, oldest first."""
    found = []
    for path in trust.parent.glob(f"{glob.escape(trust.stem)}.*{glob.escape(trust.suffix)}"):
        number = path.name[len(trust.stem) + 1 : len(path.name) - len(trust.suffix)]
        if re.fullmatch("[1-9][0-9]{0,8}", number, re.ASCII):
            found.append((int(number), path))
    return tuple(path for _number, path in sorted(found))


def relative_names(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Name files relative to the deepest folder that holds them all: where that folder is does not matter."""
    absolute = {os.path.abspath(name): data for name, data in files.items()}  # noqa: PTH100 - Path keeps `..`
    root = os.path.commonpath([os.path.dirname(name) for name in absolute])  # noqa: PTH120
    return {os.path.relpath(name, root).replace(os.sep, "/"): data for name, data in absolute.items()}
