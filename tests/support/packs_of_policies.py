"""Packs for tests, in memory: compile policies against them without touching a disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from govern.evidence.schema import evidence_schema
from govern.policy.compile import Compiled, compile_policies
from govern.policy.load import load
from govern.policy.outcomes import Stage
from govern.policy.packs.bringing import imports_of
from govern.policy.packs.lockfile import Lock, LockedPack, PackFiles, pack_digest
from support.compiling import specs


def pack_yaml(name: str, version: str = "1.0.0", spec: str = "") -> str:
    return f"apiVersion: govern/v1\nkind: Pack\nmetadata: {{name: {name}, version: {version}}}\n{spec}"


def policy_yaml(name: str, rules: str, *, spec: str = "", version: str = "1.0.0") -> str:
    """A policy; `rules` is a YAML list, `spec` further keys of `spec:`, neither indented."""
    head = f'apiVersion: govern/v1\nkind: Policy\nmetadata: {{name: {name}, version: "{version}"}}\nspec:\n'
    body = "".join(f"  {line}\n" for line in spec.strip("\n").splitlines())
    listed = "".join(f"    {line}\n" for line in rules.strip("\n").splitlines())
    return f"{head}{body}  rules:\n{listed}" if listed else f"{head}{body}  rules: []\n"


@dataclass
class Shelf:
    """Packs by name: files, and the lock that pins them as they were when they were put here."""

    packs: dict[str, dict[str, bytes]] = field(default_factory=dict)
    entries: dict[str, LockedPack] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    def put(self, name: str, files: Mapping[str, str], *, version: str = "1.0.0", spec: str = "") -> Shelf:
        made = {"pack.yaml": pack_yaml(name, version, spec).encode()}
        made |= {path: text.encode() for path, text in files.items()}
        self.packs[name] = made
        documents, _faults = load({path: data for path, data in made.items() if path.endswith(".yaml")}, pack=name)
        requires = {item.pack for document in documents for item, _node in imports_of(document)[0]}
        self.entries[name] = LockedPack(
            name=name,
            version=version,
            source=f"path:packs/{name}",
            digest=f"sha256:{pack_digest(made)}",
            requires=tuple(sorted(requires)),
        )
        return self

    @property
    def lock(self) -> Lock:
        return Lock(lock_version=1, packs=tuple(self.entries[name] for name in sorted(self.entries)))

    def reader(self, entry: LockedPack) -> PackFiles:
        self.read.append(entry.name)
        return PackFiles(label=f"packs/{entry.name}", files=self.packs[entry.name])

    def compile(
        self,
        policies: Mapping[str, str],
        *,
        stage: Stage | None = Stage.PRE_REGISTRATION,
        params: Mapping[str, str] | None = None,
        lock: bool = True,
    ) -> Compiled:
        return compile_policies(
            {name: text.encode() for name, text in policies.items()},
            stage=stage,
            checks=specs(),
            evidence_schema=evidence_schema(),
            params=params,
            lock=self.lock if lock else None,
            read_pack=self.reader,
        )
