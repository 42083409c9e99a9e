"""Find policy files, compile them for a stage, and compile the source registries they name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from govern.checks.interface import Check
from govern.checks.registry import builtin_checks
from govern.diagnostics import Diagnostic, Severity, UsageError, in_order
from govern.evidence.schema import evidence_schema
from govern.inputs.limits import POLICY_BYTES
from govern.inputs.nodes import MapNode
from govern.policy.compile import Compiled, compile_policies
from govern.policy.outcomes import Stage
from govern.policy.plan import Plan

if TYPE_CHECKING:
    from govern.lineage.registry import SourceRegistry

__all__ = [
    "Loaded",
    "NotAssessed",
    "PolicyError",
    "lint_files",
    "lint_paths",
    "load_policies",
    "read_policy_files",
]


class PolicyError(UsageError):
    """Policies that do not compile; carries the files so that the source line can be shown."""

    def __init__(self, diagnostics: Sequence[Diagnostic], files: Mapping[str, bytes]) -> None:
        """Keep the diagnostics and the bytes they point into."""
        super().__init__(diagnostics)
        self.files = files


@dataclass(frozen=True, slots=True)
class NotAssessed:
    """A clause of a loaded control catalogue that no rule of the plan covers."""

    control: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Compiled policies and everything on the policy side that checks read."""

    plan: Plan
    compiled: Compiled
    checks: Mapping[str, Check]
    registries: Mapping[str, SourceRegistry]
    not_assessed: tuple[NotAssessed, ...]
    files: Mapping[str, bytes]
    warnings: tuple[Diagnostic, ...]


def read_policy_files(paths: Sequence[Path]) -> dict[str, bytes]:
    """Read policy files by path; a folder stands for every `*.yaml` and `*.yml` below it but policy tests.

    Raises:
        UsageError: U104 when nothing is named, U103 for paths that do not exist or folders without policies.
    """
    if not paths:
        hint = "pass -p FILE, or name policies in govern.toml"
        raise UsageError(Diagnostic(code="U104", message="no policy was named", hint=hint))
    faults: list[Diagnostic] = []
    files: dict[str, bytes] = {}
    for path in paths:
        found = sorted(_below(path)) if path.is_dir() else [path]
        if not found:
            faults.append(Diagnostic(code="U103", message=f"no policies (*.yaml) in {path}"))
        for file in found:
            try:
                with file.open("rb") as stream:
                    files[str(file)] = stream.read(POLICY_BYTES + 1)  # the reader says too-large, with the cap
            except OSError as fault:
                faults.append(Diagnostic(code="U103", message=f"cannot read {file}: {fault.strerror or fault}"))
    if faults:
        raise UsageError(faults)
    return files


def _below(folder: Path) -> list[Path]:
    found = [*folder.rglob("*.yaml"), *folder.rglob("*.yml")]
    return [item for item in found if ".test." not in item.name and item.is_file()]


def load_policies(paths: Sequence[Path], *, stage: Stage) -> Loaded:
    """Compile policies for one stage with the built-in check kinds.

    Raises:
        PolicyError: they do not compile; every diagnostic of the failing compile stage is there.
    """
    files = read_policy_files(paths)
    checks = builtin_checks()
    specs = {kind: item.spec for kind, item in checks.items()}
    compiled = compile_policies(files, stage=stage, checks=specs, evidence_schema=evidence_schema())
    registries, faults = _registries(compiled)
    diagnostics = (*compiled.diagnostics, *faults)
    if compiled.plan is None or any(item.severity is Severity.ERROR for item in diagnostics):
        raise PolicyError([item for item in diagnostics if item.severity is Severity.ERROR], files)
    return Loaded(
        plan=compiled.plan,
        compiled=compiled,
        checks=checks,
        registries=registries,
        not_assessed=tuple(NotAssessed(item.control, item.title) for item in compiled.not_assessed),
        files=files,
        warnings=diagnostics,
    )


def lint_paths(paths: Sequence[Path], *, at: datetime | None = None) -> tuple[tuple[Diagnostic, ...], dict[str, bytes]]:
    """Give every diagnostic of policy files, for all stages, errors and advice, with the files they point into.

    `at` is the instant to judge the age of legal sources at; without it nothing is said about their age.
    """
    files = read_policy_files(paths)
    return lint_files(files, at=at), files


def lint_files(files: Mapping[str, bytes], *, at: datetime | None = None) -> tuple[Diagnostic, ...]:
    """Give every diagnostic of policy files that have been read, as `lint_paths` does."""
    from govern.policy.lint import advice

    specs = {kind: item.spec for kind, item in builtin_checks().items()}
    compiled = compile_policies(files, stage=None, checks=specs, evidence_schema=evidence_schema())
    _made, faults = _registries(compiled)
    found = [*compiled.diagnostics, *advice(compiled, evidence_schema(), at=at), *faults]
    return in_order(dict.fromkeys(found))


def _registries(compiled: Compiled) -> tuple[dict[str, SourceRegistry], tuple[Diagnostic, ...]]:
    if not compiled.registries:
        return {}, ()
    from govern.lineage.registry import compile_registry

    made: dict[str, SourceRegistry] = {}
    faults: list[Diagnostic] = []
    for name, document in sorted(compiled.registries.items()):
        if not isinstance(document.node, MapNode):
            continue  # the compiler has already refused a document that is not a mapping
        registry, problems = compile_registry(document.node, file=document.file)
        faults.extend(problems)
        if registry is not None:
            made[name] = registry
    return made, tuple(faults)
