"""The dependency list of a bundle: which files it is, what they say, and how far it counts as evidence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from govern.checks.context import CheckContext, Root
from govern.diagnostics import Diagnostic, InputError, Span
from govern.policy.interface import CheckParams
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Location, Outcome

if TYPE_CHECKING:
    from govern.checks.dependencies.params import PinnedParams, VulnerabilitiesParams
    from govern.security.requirements import RequirementLine, RequirementSet

__all__ = ["DependencyList", "counted", "dependencies_root", "dependency_list", "line_location", "listed"]

_NAMED = "requirements"
_ROOT_FILE = re.compile(r"requirements[^/]*\.txt", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DependencyList:
    """What was read, and from where."""

    requirements: RequirementSet
    evidence: tuple[EvidenceRef, ...]
    environment: Mapping[str, str]
    """Declared marker variables."""


def dependency_list(
    context: CheckContext, environment: Mapping[str, str] | None = None, files: tuple[str, ...] = ()
) -> DependencyList | None:
    """Read the requirements of a bundle once a run; None when there is no list at all.

    The files are the one that `spec.evidence.requirements` names, else every `requirements*.txt` at the root or in the
    model's own folder, and those in `files`. Markers are judged against `environment`, else against the Python that
    `python_env.yaml` names.
    Raises InputError S213 for a file that is named and absent, and whatever reading a file raises.
    """
    declared = dict(environment or {}) or _declared_python(context)
    key = ("dependencies", tuple(sorted(declared.items())), tuple(sorted(files)))
    return context.once(key, lambda: _read(context, declared, files))


def _read(context: CheckContext, environment: dict[str, str], files: tuple[str, ...]) -> DependencyList | None:
    from govern.security.requirements import read_requirements
    from govern.security.requirements.reader import MAX_FILE_BYTES

    bundle = context.bundle
    named = bundle.record.spec.evidence.get(_NAMED)
    roots = (
        [_present(context, named.path)]
        if named is not None
        else [path for path in bundle.usual() if _ROOT_FILE.fullmatch(path.rpartition("/")[2])]
    )
    roots += [path for path in sorted(files) if _present(context, path) not in roots]
    if not roots:
        return None
    found = read_requirements(
        roots,
        files=bundle.files.keys(),
        read=lambda path: bundle.read(path, limit=MAX_FILE_BYTES, reader="requirements"),
        environment=environment,
    )
    evidence = tuple(
        # A list that the model record names is this model's; one found by its name speaks of nobody.
        EvidenceRef(name=_NAMED, file=path, digest=bundle.files[path].sha256, bound=named is not None)
        for path in found.files
    )
    return DependencyList(found, evidence, environment)


def _present(context: CheckContext, path: str) -> str:
    found = context.bundle.resolve(path)
    if found is None:
        raise InputError(
            Diagnostic(
                "S213",
                f"the dependency file {path[:120]!r} is not in the bundle",
                Span(context.bundle.record_file or path),
                hint="add the file, or correct its path",
            )
        )
    return found


def _declared_python(context: CheckContext) -> dict[str, str]:
    """Give the Python version that MLflow's `python_env.yaml` declares."""
    from govern.inputs.limits import EVIDENCE_YAML
    from govern.inputs.nodes import MapNode, ScalarNode
    from govern.inputs.yaml import parse_yaml

    for path in context.bundle.find("python_env.yaml"):
        node = parse_yaml(
            context.bundle.read(path, limit=EVIDENCE_YAML.bytes, reader="requirements"),
            file=path,
            strictness="evidence",
        )
        python = node.get("python") if isinstance(node, MapNode) else None
        if isinstance(python, ScalarNode):
            return {"python": python.text}
    return {}


def line_location(line: RequirementLine) -> Location:
    """Give where a requirement stands."""
    return Location(line.file, line.line, line.column)


def _unmet_conditions(params: CheckParams, evidence: tuple[EvidenceRef, ...]) -> tuple[Finding, ...]:
    """Give a finding for each general condition that a dependency list cannot meet.

    A list is declared by people (grade E0) and carries no date.
    """
    file = evidence[0].file if evidence else "requirements.txt"
    asked = (
        (
            params.bound and any(not ref.bound for ref in evidence),
            "the dependency list is not bound to the model",
            "bound: true",
        ),
        (params.max_age is not None, "a dependency list has no date", f"max_age: {params.max_age}"),
        (
            params.min_grade != "E0",
            "a dependency list is declared by people: grade E0",
            f"min_grade: {params.min_grade}",
        ),
    )
    return tuple(
        Finding(
            code="S218",
            detail=text,
            required=required,
            location=Location(file),
            remediation="Name the file under spec.evidence.requirements, or leave the condition out.",
            discriminator=required.partition(":")[0],
        )
        for unmet, text, required in asked
        if unmet
    )


def dependencies_root(context: CheckContext) -> Root | None:
    """Give the root `dependencies` of expressions: one entry a package that is asked for, or None without a list.

    `pinned` says whether one version is settled, `hashed` whether a sha256 is given. Raises InputError as reading does.
    """
    from govern.security.requirements import Kind

    found = dependency_list(context)
    if found is None:
        return None
    value: list[dict[str, str | bool]] = []
    for line in found.requirements.packages:
        entry: dict[str, str | bool] = {
            "pinned": line.kind is Kind.EXACT,
            "hashed": any(item.startswith("sha256:") for item in line.hashes),
        }
        if line.name is not None:
            entry["name"] = line.name
        if line.version is not None:
            entry["version"] = line.version
        value.append(entry)
    return Root(value, found.evidence)


def _no_list(context: CheckContext) -> CheckResult:
    finding = Finding(
        code="S205",
        detail="the bundle has no list of dependencies",
        required="a requirements file",
        location=Location(context.bundle.record_file or "requirements.txt"),
        remediation="Add requirements.txt, or name the file under spec.evidence.requirements.",
        discriminator="list",
    )
    return CheckResult(
        outcome=Outcome.MISSING_EVIDENCE, summary="The bundle lists no dependencies.", findings=(finding,)
    )


def listed(
    params: PinnedParams | VulnerabilitiesParams, context: CheckContext, files: tuple[str, ...]
) -> DependencyList | CheckResult:
    """Give the list, or the result that its absence, emptiness or conditions already decide."""
    try:
        found = dependency_list(context, params.environment, files)
    except InputError as fault:
        if any(item.code != "S213" for item in fault.diagnostics):
            raise
        findings = tuple(Finding(code="S213", detail=item.message, remediation=item.hint) for item in fault.diagnostics)
        return CheckResult(outcome=Outcome.MISSING_EVIDENCE, summary=findings[0].detail, findings=findings)
    if found is None:
        return _no_list(context)
    if not found.requirements.packages and not found.requirements.problems:
        text = f"{', '.join(found.requirements.files)} asks for no package"
        finding = Finding(
            code="S205", detail=text, location=Location(found.requirements.files[0]), discriminator="list"
        )
        return CheckResult(
            outcome=Outcome.MISSING_EVIDENCE, summary=f"{text}.", findings=(finding,), evidence=found.evidence
        )
    unmet = _unmet_conditions(params, found.evidence)
    if unmet:
        return CheckResult(
            outcome=Outcome.MISSING_EVIDENCE, summary=f"{unmet[0].detail}.", findings=unmet, evidence=found.evidence
        )
    return found


def counted(number: int, one: str, many: str | None = None) -> str:
    """Write a number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
