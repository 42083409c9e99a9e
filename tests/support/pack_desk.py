"""A workspace whose decisions are packed and replayed in this process."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

from govern.gate.packing.pack import Packed, PackRequest, pack
from govern.gate.replaying.replay import Replayed, ReplayRequest, replay
from support.in_process import govern_here
from support.process import ROOT

AT = "2026-11-20T09:00:00Z"
STAGE = "pre-registration"
MODEL = "model/model.safetensors"


class Desk:
    """`govern init` with its example, judged whenever a test asks."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.gate = root / "gate"
        begun = govern_here("init", self.gate, "--at", AT, cwd=root)
        assert begun.code == 0, begun.err
        self.bundle = self.gate / "example"
        self.trust = self.gate / "trust.json"
        self.scratch = root / "scratch"
        self.scratch.mkdir()

    def policy(self, name: str, rules: list[dict[str, Any]]) -> Path:
        """Write a policy with these rules and give its file."""
        file = self.root / f"{name}.yaml"
        spec = {"rules": [{"severity": "high", "enforcement": "block", **rule} for rule in rules]}
        metadata = {"name": name, "version": "1.0.0", "title": name, "owner": "o@example.com"}
        document = {"apiVersion": "govern/v1", "kind": "Policy", "metadata": metadata, "spec": spec}
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
        return file

    def copy(self, name: str) -> Path:
        """A copy of the example bundle, to be changed."""
        return Path(shutil.copytree(self.bundle, self.root / name))

    def check(
        self,
        *,
        bundle: Path | None = None,
        policies: tuple[Path, ...] = (),
        params: tuple[str, ...] = (),
        out: str = "certificates",
    ) -> Path:
        """Judge, sign and log; give the certificate or refusal."""
        folder = self.root / out
        (self.gate / "govern.toml").write_text(
            (self.gate / "govern.toml").read_text().replace('output = "certificates"', f'output = "{folder}"'),
            encoding="utf-8",
        )
        flags = [item for path in policies or (self.gate / "policies",) for item in ("-p", path)]
        flags += [item for param in params for item in ("--param", param)]
        ended = govern_here(
            *("check", bundle or self.bundle, "-s", STAGE, "-w", self.gate, "--at", AT, "-q", *flags), cwd=self.root
        )
        assert ended.code in (0, 1, 3), ended.err
        (self.gate / "govern.toml").write_text(
            (self.gate / "govern.toml").read_text().replace(f'output = "{folder}"', 'output = "certificates"'),
            encoding="utf-8",
        )
        found = [*folder.glob("*.certificate.sigstore.json"), *folder.glob("*.refusal.sigstore.json")]
        assert len(found) == 1
        return found[0]

    def pack(self, certificate: Path, *, name: str = "p.tar", **values: Any) -> Packed:
        """Pack in this process."""
        request = {
            "certificate": certificate,
            "output": self.root / name,
            "policies": (self.gate / "policies",),
            "trust": self.trust,
            "bundle": self.bundle,
            **values,
        }
        return pack(PackRequest(**request))

    def replay(self, file: Path, **values: Any) -> Replayed:
        """Replay in this process, and see that nothing stays behind."""
        made = replay(ReplayRequest(**{"pack": file, "scratch": self.scratch, **values}))
        assert list(self.scratch.iterdir()) == []
        return made


MORTGAGE = ROOT / "examples" / "mortgage"
