"""Packs for tests: taken apart, changed in one place, and put together again by somebody with our own tools."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

from govern.attestation.pack.index import INDEX, Entry, Role, index_bytes, read_index
from govern.attestation.pack.reading import Pack, read_pack
from govern.attestation.pack.tar import ArchiveWriter
from govern.attestation.pack.writing import Part, part, write_pack
from govern.canonical import sha256_hex

Files = dict[str, bytes]


def members(data: bytes) -> Files:
    """Every member of an archive by path, index included, read by Python's own tarfile."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        made: Files = {}
        for item in archive.getmembers():
            stream = archive.extractfile(item)
            assert stream is not None
            made[item.name] = stream.read()
    return made


def archive(files: Mapping[str, bytes]) -> bytes:
    """An archive of exactly these members: nobody asks whether the index agrees."""
    stream = io.BytesIO()
    writer = ArchiveWriter(stream)
    for path in sorted(files, key=str.encode):
        writer.add(path, len(files[path]), iter([files[path]]))
    writer.end()
    return stream.getvalue()


def reindexed(data: bytes, change: Callable[[Files, list[Entry]], None]) -> bytes:
    """Change members and lines, then give every line the digest and size that its member now has.

    What whoever tampers would do who knows the format, but has no key.
    """
    files = members(data)
    entries = list(read_index(files.pop(INDEX)))
    change(files, entries)
    lines = []
    for entry in entries:
        if entry.withheld or entry.path not in files:
            lines.append(entry)
            continue
        now = files[entry.path]
        lines.append(Entry(path=entry.path, role=entry.role, digest=sha256_hex(now), size=len(now)))
    files[INDEX] = index_bytes(lines)
    return archive(files)


def reading(data: bytes) -> Pack:
    """Read an archive from memory."""
    return read_pack(io.BytesIO(data))


def written(parts: list[Part]) -> bytes:
    """Write a pack to memory."""
    stream = io.BytesIO()
    write_pack(stream, parts)
    return stream.getvalue()


BUNDLE: Files = {"README.md": b"# Model card\n", "model.safetensors": b"W" * 1000, "data/rows.csv": b"y,p\n1,0.9\n"}


def evidence(bundle: Mapping[str, bytes], *, withheld: tuple[str, ...] = ()) -> list[Part]:
    """Manifest and evidence of a bundle."""
    ordered = sorted(bundle, key=str.encode)
    manifest = "".join(f"{sha256_hex(bundle[path])}  {path}\n" for path in ordered).encode()
    made = [part("MANIFEST.sha256", Role.MANIFEST, manifest)]
    for path in {sha256_hex(bundle[path]): path for path in ordered}.values():
        data = bundle[path]
        digest = sha256_hex(data)
        if path in withheld:
            entry = Entry(path=f"evidence/{digest}", role=Role.EVIDENCE, digest=digest, size=len(data), withheld=True)
            made.append(Part(entry=entry, open=None))
        else:
            made.append(part(f"evidence/{digest}", Role.EVIDENCE, data))
    return made


def parts(bundle: Mapping[str, bytes] | None = None, *, withheld: tuple[str, ...] = ()) -> list[Part]:
    """Everything that a pack must have, sound in form and signed by nobody."""
    return [
        part("certificate.sigstore.json", Role.CERTIFICATE, b"certificate"),
        part("trust/trust.json", Role.TRUST, b"trust"),
        part("policy/source/p.yaml", Role.POLICY, b"policy"),
        part("policy/plan.json", Role.PLAN, b"plan"),
        part("records/evaluation.json", Role.EVALUATION, b"evaluation"),
        part("records/decision.json", Role.DECISION, b"decision"),
        part("engine/engine.json", Role.ENGINE, b"engine"),
        *evidence(BUNDLE if bundle is None else bundle, withheld=withheld),
    ]


def write(folder: Path, data: bytes, name: str = "p.tar") -> Path:
    """Put a pack into a file."""
    path = folder / name
    path.write_bytes(data)
    return path
