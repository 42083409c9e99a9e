"""`govern policy test`: find test files, compile what they name, run every case, measure coverage and mutants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from govern.diagnostics import Diagnostic, InputError, UsageError, in_order
from govern.gate.packs.places import PackPlaces
from govern.gate.policies import PolicyError, compile_files, read_policy_files
from govern.gate.testing.mutation import mutate
from govern.gate.testing.paths import beside
from govern.gate.testing.runner import Bench, Material, Ready
from govern.inputs.limits import POLICY_BYTES
from govern.policy.mutation.mutate import Group
from govern.policy.outcomes import Stage
from govern.policy.rules import CompiledPolicy
from govern.policy.testing.cases import CaseFile, load_cases
from govern.policy.testing.coverage import coverage, holes, unknown_excuses
from govern.policy.testing.running import run_cases
from govern.report.policy_tests import PolicyTestReport

__all__ = ["TestRequest", "find_tests", "test_policies"]

_ENDINGS = (".test.yaml", ".test.yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRequest:
    """What is asked."""

    __test__ = False  # its name is not meant for pytest

    paths: Sequence[Path]
    """Test files, policies with a test file beside them, and folders."""
    mutate: bool = False
    every_rule: bool = False
    """Whether rules that never block must be covered, and broken on purpose, as well."""
    places: PackPlaces | None = None
    """Where the lock file and its packs are; without it policies that import a pack cannot be tested."""


def test_policies(request: TestRequest) -> PolicyTestReport:
    """Run policy tests. Writes only below a temporary folder, and removes it whatever happens.

    Raises UsageError for paths without tests; faults inside the files are in the report.
    """
    sources = _read(find_tests(request.paths))
    files, faults = load_cases(sources)
    found = list(faults)
    with TemporaryDirectory(prefix="govern-policy-test-") as folder:
        bench = Bench(Path(folder), request.places)
        groups = _compiled(files, bench, found)
        tests = [one for group in groups.values() for one in group.tests]
        policies = _policies(groups.values())
        named = [file for file in files if file.file in groups]
        covered = coverage(policies, tests, named, every_rule=request.every_rule)
        found += unknown_excuses(named, covered)
        mutation = None
        if request.mutate and not found and not any(one.failures for one in tests):
            mutation, problems = mutate(policies, list(groups.values()), named, bench, every_rule=request.every_rule)
            found += problems
    for group in groups.values():
        sources.update(group.files)
    return PolicyTestReport(
        tests=tuple(tests),
        coverage=covered,
        holes=() if found else in_order(holes(covered)),
        faults=in_order(dict.fromkeys(found)),
        mutation=mutation,
        not_mutated=request.mutate and mutation is None,
        sources=sources,
    )


test_policies.__test__ = False  # type: ignore[attr-defined]  # its name is not meant for pytest


# --- finding and compiling


def find_tests(paths: Sequence[Path]) -> list[Path]:
    """Find test files: those named, those below folders, and those beside policies (`x.test.yaml` of `x.yaml`).

    Raises UsageError U104 when nothing is named, U103 for a path without tests.
    """
    if not paths:
        raise UsageError(Diagnostic("U104", "no policy test was named", hint="pass a file or a folder"))
    made: list[Path] = []
    faults: list[Diagnostic] = []
    for path in paths:
        found = _below(path) if path.is_dir() else _beside(path)
        if not found:
            hint = "policy tests are called NAME.test.yaml and lie beside the policy"
            faults.append(Diagnostic("U103", f"no policy tests in {path}", hint=hint))
        made += found
    if faults:
        raise UsageError(faults)
    return sorted(set(made))


def _below(folder: Path) -> list[Path]:
    return [item for item in folder.rglob("*.test.y*ml") if item.name.endswith(_ENDINGS) and item.is_file()]


def _beside(path: Path) -> list[Path]:
    if path.name.endswith(_ENDINGS):
        return [path] if path.is_file() else []
    return [made for ending in _ENDINGS if (made := path.with_name(path.stem + ending)).is_file()]


def _read(paths: Sequence[Path]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for path in paths:
        try:
            with path.open("rb") as stream:
                files[str(path)] = stream.read(POLICY_BYTES + 1)
        except OSError as fault:
            raise UsageError(Diagnostic("U103", f"cannot read {path}: {fault.strerror or fault}")) from fault
    return files


def _compiled(files: Sequence[CaseFile], bench: Bench, faults: list[Diagnostic]) -> dict[str, Group[Ready, Material]]:
    """Compile what every test file names, once for the same files and stage, and run its cases."""
    groups: dict[str, Group[Ready, Material]] = {}
    ready: dict[tuple[tuple[str, ...], Stage], Ready] = {}
    for file in files:
        policies = _policy_files(file, faults)
        if policies is None:
            continue
        stages: dict[Stage, Ready] = {}
        try:
            for stage in dict.fromkeys(case.stage for case in file.cases):
                key = (tuple(policies), stage)
                if key not in ready:
                    ready[key] = Ready(compile_files(policies, stage=stage, places=bench.places))
                stages[stage] = ready[key]
        except PolicyError as fault:
            faults += fault.diagnostics
            continue
        tests, problems = run_cases(file, stages, bench)
        faults += problems
        groups[file.file] = Group(files=policies, stages=stages, tests=tests)
    return groups


def _policy_files(file: CaseFile, faults: list[Diagnostic]) -> dict[str, bytes] | None:
    made: dict[str, bytes] = {}
    for item in file.policies:
        try:
            made.update(read_policy_files([beside(file.file, item.text, item.span)]))
        except (InputError, UsageError) as fault:
            text = fault.diagnostics[0].message
            faults.append(Diagnostic("P707", text, item.span, "Name a policy or a folder, relative to the test."))
        except OSError as fault:
            text = f"cannot read {item.text}: {fault.strerror or fault}"
            faults.append(Diagnostic("P707", text, item.span, "Name a policy or a folder, relative to the test."))
    return dict(sorted(made.items())) if made else None


def _policies(groups: Iterable[Group[Ready, Material]]) -> list[CompiledPolicy]:
    """Every policy that some test file names, once. Those of imported packs are tested by whoever made the pack."""
    made: dict[str, CompiledPolicy] = {}
    for group in groups:
        for ready in group.stages.values():
            for policy in ready.loaded.compiled.policies:
                if policy.draft.document.pack is not None:
                    continue
                made.setdefault(policy.draft.document.file, policy)
    return [made[file] for file in sorted(made)]
