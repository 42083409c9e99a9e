"""A workspace to attack through the command, and vectors of `conformance/` by name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from support.in_process import govern_here
from support.process import ROOT, Ended

AT = "2026-06-01T00:00:00Z"
STAGE = "pre-registration"
STEM = f"example-loan-model-1.0.0.{STAGE}"


@dataclass
class Workspace:
    """What `govern init` made, and the commands that a gate and an auditor use."""

    root: Path

    @property
    def bundle(self) -> Path:
        return self.root / "example"

    @property
    def certificates(self) -> Path:
        return self.root / "certificates"

    @property
    def certificate(self) -> Path:
        return self.certificates / f"{STEM}.certificate.sigstore.json"

    def run(self, *arguments: str | Path, cwd: Path | None = None) -> Ended:
        """Run `govern` in this process."""
        return govern_here(*arguments, cwd=cwd or self.root)

    def check(self, *more: str | Path, bundle: Path | str = "example") -> Ended:
        """Judge, sign and log."""
        return self.run("check", bundle, "-s", STAGE, "--at", AT, "-q", *more)

    def verify(self, *more: str | Path, certificate: Path | None = None) -> Ended:
        """What the auditor does; everything signed that is at hand is handed in."""
        return self.run("verify", certificate or self.certificate, "--trust", "trust.json", "--at", AT, *more)

    def entries(self) -> int:
        """How many entries the log has."""
        return int(json.loads(self.run("ledger", "log", "-o", "json").out)["size"])


def vector(name: str, *, folder: str = "bad") -> tuple[int, list[str]]:
    """Run `govern verify` on a vector; give the exit code and the steps that failed."""
    home = ROOT / "conformance" / folder / name
    expected = json.loads((home / "expect.json").read_text(encoding="utf-8"))
    config = json.loads((ROOT / "conformance" / "govern.json").read_text(encoding="utf-8"))
    args = expected["args"]
    command = [_filled(item, args) for item in config["arguments"]]
    for key, value in args.items():
        for one in value if isinstance(value, list) else [value]:
            command += [item.replace("{}", one) for item in config["options"].get(key, [])]
    ended = govern_here(*command, cwd=home)
    lines = json.loads(ended.out)["checks"]
    return ended.code, list(dict.fromkeys(item["id"] for item in lines if item["status"] == "FAIL"))


def _filled(text: str, args: dict[str, str]) -> str:
    for key, value in args.items():
        text = text.replace(f"{{{key}}}", str(value))
    return text
