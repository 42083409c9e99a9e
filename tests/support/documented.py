"""The folders of `docs/diagnostics`: for each code a document that gives it and one that does not.

A folder holds `why.md` (generated from the catalogue), `bad.yaml` and `good.yaml`, or folders `bad` and `good` where
one file is not enough. A folder with packs holds `policies/`, `packs/` and `govern.lock`. `case.toml`, where it is there, says how they are read; all of it is optional:

    shown_by = "tests/…::test_…"     no file gives this code; the test named shows it
    [fill]                           words that stand for long texts: name = [text, how often]; `@name@` in a file
    [bad] or [good]
    stage = "pre-training"           compiled for this stage, instead of linted
    command = "test"                 or "mutate": run the policy tests that lie there, instead of linting
    engine = false                   on a machine without an expression engine
    placed = false                   nothing in a file is wrong, so that there is no place to show
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from govern.checks.registry import builtin_specs
from govern.diagnostics import Diagnostic
from govern.evidence.schema import evidence_schema
from govern.gate.packs.places import PackPlaces
from govern.gate.policies import PolicyError, lint_paths, read_policy_files
from govern.gate.policy_tests import TestRequest
from govern.gate.policy_tests import test_policies as run_policy_tests
from govern.policy.compile import compile_policies
from govern.policy.expressions import engine_for
from govern.policy.outcomes import Stage
from govern.policy.packs.lockfile import LOCK_FILE
from support.process import ROOT

FOLDER = ROOT / "docs" / "diagnostics"
NAMES = {"why.md", "bad.yaml", "good.yaml", "bad", "good", "case.toml"}

Side = Literal["bad", "good"]


@dataclass(frozen=True)
class Case:
    """The folder of one code."""

    code: str
    folder: Path
    settings: Mapping[str, Any]

    def options(self, side: Side) -> Mapping[str, Any]:
        """How one of the two is read."""
        options: Mapping[str, Any] = self.settings.get(side, {})
        return options

    def written(self, side: Side, target: Path) -> Path:
        """Copy one of the two below `target`, long texts written out, and give what to pass to a command."""
        source = self.folder / side
        if not source.is_dir():
            source = self.folder / f"{side}.yaml"
        place = target / source.name
        for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if file.is_file():
                copy = place / file.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(self._filled(file.read_bytes()))
        return place

    def _filled(self, data: bytes) -> bytes:
        for name, (text, times) in self.settings.get("fill", {}).items():
            data = data.replace(f"@{name}@".encode(), text.encode() * times)
        return data

    def diagnostics(self, side: Side, path: Path) -> tuple[tuple[Diagnostic, ...], Mapping[str, bytes]]:
        """What is found, and the files: by lint, or by compiling where a stage is asked for."""
        options = self.options(side)
        with no_engine() if options.get("engine") is False else nullcontext():
            if "command" in options:
                return _tested(path, mutate=options["command"] == "mutate")
            if "stage" not in options:
                return _linted(path)
            files = read_policy_files([path])
            compiled = compile_policies(
                files,
                stage=Stage(options["stage"]),
                checks=builtin_specs(),
                evidence_schema=evidence_schema(),
            )
        return compiled.diagnostics, files


def _linted(path: Path) -> tuple[tuple[Diagnostic, ...], Mapping[str, bytes]]:
    """Lint as the command does: a lock file that cannot be read is what it prints."""
    if not (path / "policies").is_dir():
        return lint_paths([path])
    try:
        return lint_paths([path / "policies"], places=PackPlaces(lock=path / LOCK_FILE))
    except PolicyError as fault:
        return fault.diagnostics, fault.files


def _tested(path: Path, *, mutate: bool) -> tuple[tuple[Diagnostic, ...], Mapping[str, bytes]]:
    """Run policy tests as the command does."""
    report = run_policy_tests(TestRequest(paths=[path], mutate=mutate))
    return (*report.faults, *report.failures, *report.holes, *report.survivors), report.sources


@contextmanager
def no_engine() -> Iterator[None]:
    """A machine for which there is no expression engine."""
    held = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "cel_expr_python"}
    engine_for.cache_clear()
    sys.modules.update(dict.fromkeys(["cel_expr_python", *held]))  # type: ignore[arg-type]  # None refuses the import
    try:
        yield
    finally:
        del sys.modules["cel_expr_python"]
        sys.modules.update(held)
        engine_for.cache_clear()


def documented() -> dict[str, Case]:
    """Every folder by its code."""
    made: dict[str, Case] = {}
    for folder in sorted(FOLDER.iterdir()):
        settings = folder / "case.toml"
        held = tomllib.loads(settings.read_text("utf-8")) if settings.is_file() else {}
        made[folder.name] = Case(folder.name, folder, held)
    return made
