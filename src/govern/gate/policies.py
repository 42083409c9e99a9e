"""Find policy files, compile them for a stage, and compile the source registries they name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from govern.checks.interface import Check
from govern.diagnostics import Diagnostic, InputError, Severity, UsageError, in_order
from govern.evidence.schema import evidence_schema
from govern.gate.files import read_file
from govern.gate.kinds import check_registry
from govern.gate.packs.places import PackPlaces
from govern.gate.parameters import ParameterArgument, parameter_texts
from govern.inputs.limits import POLICY_BYTES
from govern.inputs.nodes import MapNode
from govern.policy.compile import Compiled, compile_policies
from govern.policy.outcomes import Stage
from govern.policy.packs.lockfile import LockedPack, PackFiles
from govern.policy.plan import Plan

if TYPE_CHECKING:
    from govern.lineage.registry import SourceRegistry

__all__ = [
    "CompiledPaths",
    "Loaded",
    "NotAssessed",
    "PolicyError",
    "compile_files",
    "compile_paths",
    "compile_read",
    "lint_paths",
    "lint_read",
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
    """The policy files that were named, by their paths."""
    lock: bytes | None
    """The lock file, when packs are imported."""
    warnings: tuple[Diagnostic, ...]

    packs: Mapping[str, Mapping[str, bytes]]
    """Every file of each pack that the policies build on, by the pack's name and the path in it."""


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


def load_policies(
    paths: Sequence[Path],
    *,
    stage: Stage,
    places: PackPlaces | None = None,
    params: Mapping[str, ParameterArgument] | None = None,
) -> Loaded:
    """Compile policies for one stage, with the built-in check kinds and those of plug-ins that they name.

    `params` are values for parameters of the policies, by name or `<policy>/<name>`; they may only tighten.

    `places` says where the lock file and its packs are; without it no pack can be imported.

    Raises:
        UsageError: P402 for a value that is none.
        PolicyError: they do not compile; every diagnostic of the failing compile stage is there.
    """
    return compile_files(read_policy_files(paths), stage=stage, places=places, params=params)


def compile_files(
    files: Mapping[str, bytes],
    *,
    stage: Stage,
    places: PackPlaces | None = None,
    params: Mapping[str, ParameterArgument] | None = None,
) -> Loaded:
    """Compile policy documents that have been read. Raises PolicyError as `load_policies` does."""
    made = compile_read(files, stage=stage, places=places, params=params)
    compiled = made.compiled
    registries, faults = _registries(compiled)
    diagnostics = (*compiled.diagnostics, *made.faults, *faults)
    if compiled.plan is None or any(item.severity is Severity.ERROR for item in diagnostics):
        raise PolicyError([item for item in diagnostics if item.severity is Severity.ERROR], made.every_file)
    return Loaded(
        plan=compiled.plan,
        compiled=compiled,
        checks=made.checks,
        registries=registries,
        not_assessed=tuple(NotAssessed(item.control, item.title) for item in compiled.not_assessed),
        files=made.files,
        lock=made.lock if compiled.packs else None,
        packs=made.packs,
        warnings=diagnostics,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPaths:
    """What came of compiling the policies at some paths, faults and all."""

    compiled: Compiled
    files: Mapping[str, bytes]
    lock: bytes | None
    packs: Mapping[str, Mapping[str, bytes]]
    every_file: Mapping[str, bytes]
    """The files by the names that diagnostics give them: policies, lock file and packs."""
    faults: tuple[Diagnostic, ...]
    """What is wrong beside the policies: packs without a signed release where one is demanded, broken plug-ins."""
    checks: Mapping[str, Check]


def compile_paths(
    paths: Sequence[Path],
    *,
    stage: Stage | None,
    places: PackPlaces | None = None,
    params: Mapping[str, ParameterArgument] | None = None,
) -> CompiledPaths:
    """Read and compile policies with the packs that they import; what is wrong is in the result.

    Raises UsageError for paths that cannot be read, PolicyError for a lock file that cannot.
    """
    return compile_read(read_policy_files(paths), stage=stage, places=places, params=params)


def compile_read(
    files: Mapping[str, bytes],
    *,
    stage: Stage | None,
    places: PackPlaces | None = None,
    params: Mapping[str, ParameterArgument] | None = None,
) -> CompiledPaths:
    """Compile policies that have been read, as `compile_paths` does. Raises P402 for a value that is none."""
    places = places or PackPlaces()
    checks = check_registry()
    every = dict(files)
    packs: dict[str, Mapping[str, bytes]] = {}
    try:
        lock, data = places.read_lock()
    except InputError as fault:
        held = {} if places.lock is None else {str(places.lock): read_file(places.lock)}
        raise PolicyError(fault.diagnostics, {**files, **held}) from fault
    if data is not None:
        every[str(places.lock)] = data

    def read(entry: LockedPack) -> PackFiles:
        held = places.read(entry)
        packs[entry.name] = held.files
        every.update({f"{held.label}/{path}": content for path, content in held.files.items()})
        return held

    compiled = compile_policies(
        files,
        stage=stage,
        checks=checks.specs,
        evidence_schema=evidence_schema(),
        params=parameter_texts(params or {}),
        lock=lock,
        read_pack=read,
    )
    faults: tuple[Diagnostic, ...] = tuple(checks.notes)
    if places.releases is not None:
        from govern.gate.packs.signed import unsigned

        faults += tuple(unsigned(compiled, places.releases, str(places.lock)))
    brought = {name: held for name, held in packs.items() if name in compiled.packs}
    return CompiledPaths(
        compiled=compiled, files=files, lock=data, packs=brought, every_file=every, faults=faults, checks=checks
    )


def lint_paths(
    paths: Sequence[Path], *, places: PackPlaces | None = None, at: datetime | None = None
) -> tuple[tuple[Diagnostic, ...], dict[str, bytes]]:
    """Give every diagnostic of policy files, for all stages, errors and advice, with the files they point into.

    `at` is the instant to judge the age of legal sources at; without it nothing is said about their age.
    """
    return lint_read(read_policy_files(paths), places=places, at=at)


def lint_read(
    files: Mapping[str, bytes], *, places: PackPlaces | None = None, at: datetime | None = None
) -> tuple[tuple[Diagnostic, ...], dict[str, bytes]]:
    """Give every diagnostic of policy files that have been read, as `lint_paths` does."""
    from govern.policy.advice.lint import advice

    made = compile_read(files, stage=None, places=places)
    _registries_made, faults = _registries(made.compiled)
    found = [*made.compiled.diagnostics, *made.faults, *advice(made.compiled, evidence_schema(), at=at), *faults]
    lock = None if places is None or places.lock is None else str(places.lock)
    shown = {item.span.file for item in found if item.span is not None}
    files = {name: data for name, data in made.every_file.items() if name != lock or name in shown}
    return in_order(dict.fromkeys(found)), files


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
