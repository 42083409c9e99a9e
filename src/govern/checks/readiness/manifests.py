"""The manifests that a rule names: found, read, held to the terms of the rule, and taken apart into objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from govern.checks.binding import envelope_of
from govern.checks.context import CheckContext
from govern.checks.predictions import finding_of, missing, terms_of
from govern.checks.readiness.params import KubernetesParams
from govern.diagnostics import Diagnostic, InputError, plain
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location

if TYPE_CHECKING:
    from govern.evidence.kubernetes.workloads import Object

__all__ = ["RENDER_FIRST", "Files", "files_of"]

RENDER_FIRST = "Render it first, and name the result: helm template, or kubectl kustomize."
_KUSTOMIZATION = frozenset({"kustomization.yaml", "kustomization.yml", "kustomization"})


@dataclass(frozen=True, slots=True)
class Files:
    """What the manifests of a rule hold."""

    objects: tuple[Object, ...]
    evidence: tuple[EvidenceRef, ...]
    holds: tuple[Holds, ...]
    absent: tuple[Finding, ...]
    """Named paths at which there is nothing."""
    unclear: tuple[Finding, ...]
    """Files that a tool would still change before a cluster sees them."""


def files_of(params: KubernetesParams, context: CheckContext) -> Files | CheckResult:
    """Read the manifests of a rule, or say why they may not be used: unbound, undated, of another model.

    Raises InputError for a file that cannot be read and is no template.
    """
    from govern.evidence.kubernetes.manifests import manifest_files

    absent: list[Finding] = []
    names: dict[str, None] = {}
    for text in params.manifests:
        found = manifest_files(context.bundle, text)
        names.update(dict.fromkeys(found))
        if not found:
            absent.append(_absent(text))
    evidence: list[EvidenceRef] = []
    holds: list[Holds] = []
    unmet: list[Finding] = []
    for name in names:
        envelope = envelope_of(context, name, speaks_of="model")
        refusal = envelope.refusal("the manifests") if envelope else None
        bound = envelope.bound if envelope else False
        evidence.append(
            EvidenceRef(name="kubernetes", file=name, digest=context.bundle.files[name].sha256, bound=bound)
        )
        terms = terms_of(
            params,
            name="manifests",
            file=name,
            bound=bound,
            produced_at=envelope.produced_at if envelope else None,
            tool=envelope.tool if envelope else None,
            how_to_bind=f"Add an evidence envelope: govern evidence add {name} --bundle DIR.",
        )
        holds += terms.holds
        unmet += [finding_of(refusal)] if refusal else terms.unmet
    if unmet:
        return missing("The manifests do not meet the terms of the rule.", unmet, tuple(evidence))
    unclear: list[Finding] = []
    objects: list[Object] = []
    for name in names:
        held = context.once(("kubernetes", name), lambda name=name: _read(context, name))  # type: ignore[misc]  # bound now
        if isinstance(held, Finding):
            unclear.append(held)
        else:
            objects += held
    return Files(tuple(objects), tuple(evidence), tuple(holds), tuple(absent), tuple(unclear))


def _read(context: CheckContext, name: str) -> list[Object] | Finding:
    from govern.evidence.kubernetes.manifests import is_template, read_documents
    from govern.evidence.kubernetes.workloads import objects
    from govern.inputs.limits import EVIDENCE_YAML

    if name.rpartition("/")[2].lower() in _KUSTOMIZATION:
        return _unrendered(name, None, f"{plain(name)} says how kustomize will change the other manifests")
    try:
        documents = read_documents(context.bundle, name)
    except InputError as fault:
        if is_template(context.bundle.read(name, limit=EVIDENCE_YAML.bytes)):
            return _unrendered(name, fault.diagnostics[0], f"{plain(name)} is a template, not a manifest")
        raise
    return [item for document in documents for item in objects(document)]


def _unrendered(name: str, fault: Diagnostic | None, detail: str) -> Finding:
    span = fault.span if fault else None
    place = Location(name) if span is None else Location(name, span.line, span.column)
    return Finding(code="C132", detail=detail, location=place, remediation=RENDER_FIRST, discriminator=name)


def _absent(text: str) -> Finding:
    return Finding(
        code="C130",
        detail=f"the bundle has no manifest {plain(text)}",
        required="a YAML or JSON file, or a folder with some",
        location=Location(text),
        remediation="Add the manifests to the bundle, or correct the path in the policy.",
        discriminator=text,
    )
