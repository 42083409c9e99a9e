"""The roots of the expression language: which function reads each, and binding them for one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from govern.checks.context import CheckContext, Root
from govern.checks.observed import observed_facts, with_observed
from govern.diagnostics import InputError
from govern.policy.evidence_schema import MapType, RootSchema
from govern.policy.outcomes import EvidenceRef
from govern.policy.values import ParameterValue

if TYPE_CHECKING:
    from govern.policy.cel.bind import Bound

__all__ = ["bind_roots", "root_of"]

_FAMILIES = {
    "card": ("govern.checks.cards.sections", "card_root"),
    "metrics": ("govern.checks.performance.threshold", "metrics_root"),
    "lineage": ("govern.checks.lineage.rules", "lineage_root"),
    "dependencies": ("govern.checks.dependencies.pinned", "dependencies_root"),
    "drift": ("govern.checks.drift.root", "drift_root"),
    "artefacts": ("govern.checks.artefacts.formats", "artefacts_root"),
}


def bind_roots(context: CheckContext, roots: frozenset[str], params: Mapping[str, ParameterValue]) -> Bound:
    """Bind the evidence of some roots, once a run for the same roots and parameters.

    Evidence that is not there leaves its root absent; evidence that cannot be read is noted with the reason, so
    that whatever reads it comes to `error` and never to a verdict.
    """
    # The type is part of the key: true and 1 are equal, and two policies may use one name for both.
    values = tuple(sorted((name, type(value).__name__, value) for name, value in params.items()))
    key = ("expression.bound", roots, values)
    return context.once(key, lambda: _bind(context, roots, params))


def _bind(context: CheckContext, roots: frozenset[str], params: Mapping[str, ParameterValue]) -> Bound:
    from govern.evidence.schema import evidence_schema
    from govern.policy.cel.bind import Bound

    schema = evidence_schema()
    evidence: dict[str, object] = {}
    unreadable: dict[str, str] = {}
    refs: dict[str, tuple[EvidenceRef, ...]] = {}
    for name in sorted(roots - {"params", "stage"}):
        try:
            found = context.once(("expression.root", name), lambda name=name: root_of(context, name))  # type: ignore[misc]
        except InputError as fault:
            unreadable[name] = "; ".join(str(item.message) for item in fault.diagnostics[:3])
            continue
        except Exception as fault:  # a border: a reader that crashes leaves its root unreadable, never absent
            unreadable[name] = f"reading {name} crashed ({type(fault).__name__})"
            continue
        if found is not None:
            evidence[name] = found.value
            refs[name] = found.evidence
    evidence["stage"] = context.stage
    evidence["params"] = dict(params)
    bound_schema = schema.with_root("params", RootSchema(MapType(), None))
    return Bound(bound_schema, evidence, unreadable, refs)


def root_of(context: CheckContext, name: str) -> Root | None:
    """Read one root; None when the bundle has no such evidence. Raises InputError when it cannot be read."""
    if name == "model":
        return _model(context)
    if name == "bundle":
        return _bundle(context)
    module, function = _FAMILIES[name]
    read: Callable[[CheckContext], Root | None] = getattr(import_module(module), function)
    return read(context)


def _model(context: CheckContext) -> Root:
    bundle = context.bundle
    evidence: tuple[EvidenceRef, ...] = ()
    if bundle.record_file is not None:
        # The record names the model by being in its bundle: it speaks of no other.
        entry = bundle.files[bundle.record_file]
        evidence = (EvidenceRef(name="model_record", file=entry.path, digest=entry.sha256, bound=True),)
    seen = observed_facts(context)
    more = tuple(ref for item in seen for ref in item.evidence if ref not in evidence)
    return Root(with_observed(bundle.record.facts(), seen), (*evidence, *dict.fromkeys(more)))


def _bundle(context: CheckContext) -> Root:
    bundle = context.bundle
    value = {
        "digest": bundle.digest,
        "layout": bundle.layout,
        "files": len(bundle.files),
        "bytes": sum(entry.size for entry in bundle.files.values()),
    }
    return Root(value, (EvidenceRef(name="bundle", file="MANIFEST.sha256", digest=bundle.digest, bound=True),))
