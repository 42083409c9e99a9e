"""What tests of the check kinds `model_card.*` share: one kind run on a bundle, and cards that differ in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from govern.bundle import Bundle
from govern.canonical import canonical_bytes
from govern.checks.context import CheckContext
from govern.checks.registry import builtin_checks
from govern.diagnostics.catalogue import lookup
from govern.inputs.yaml import parse_yaml
from govern.lineage.registry import SourceRegistry, compile_registry
from govern.policy.outcomes import CheckResult
from support.bundles import CARD
from support.gate import CONTROLS

CHECKS = builtin_checks()


def run_card(
    kind: str, bundle: Bundle, registries: Mapping[str, SourceRegistry] | None = None, **params: Any
) -> CheckResult:
    """Evaluate `model_card.<kind>`; its findings have known codes and say nothing that steers a terminal."""
    check = CHECKS[f"model_card.{kind}"]
    context = CheckContext(bundle=bundle, stage="pre-registration", registries=registries or {})
    result = check.evaluate(check.spec.params.model_validate(params), context)
    for finding in result.findings:
        assert lookup(finding.code)
        for text in (finding.detail, finding.observed, finding.required, finding.remediation):
            assert not CONTROLS & set(text or ""), text
    canonical_bytes(result.facts)
    assert set(result.fields) <= set(check.spec.message_fields)
    return result


def words(result: CheckResult) -> str:
    """Everything that a result says."""
    places = [f"{item.location.file}:{item.location.line}" for item in result.findings if item.location]
    return "\n".join([result.summary, *(item.detail for item in result.findings), *places])


def codes(result: CheckResult) -> list[str]:
    return [item.code for item in result.findings]


def changed(old: str, new: str, card: str = CARD) -> str:
    """The sound card with one place changed."""
    assert old in card, old
    return card.replace(old, new, 1)


def front(text: str, card: str = CARD) -> str:
    """The sound card with other front matter."""
    return f"---\n{text.strip()}\n---\n{card.split('---', 2)[2].lstrip()}"


def base_registry(*entries: str) -> dict[str, SourceRegistry]:
    """A registry `sources` of base models; each entry is written as `<uri> <licence>`, licence `-` for none."""
    lines = []
    for number, entry in enumerate(entries):
        uri, licence = entry.split(" ", 1)
        said = "" if licence == "-" else f", licence: '{licence}'"
        event = "{type: approved, by: a, effective: 2026-01-01, recorded: 2026-01-01}"
        revision = "c0ffee" * 6 + "c0ff"
        lines.append(f"  - {{id: base-{number}, exact: '{uri}', revision: {revision}{said}, events: [{event}]}}")
    text = (
        "apiVersion: govern/v1\nkind: SourceRegistry\n"
        "metadata: {name: sources, version: 1.0.0, owner: o@example.com}\nsources: []\n"
        "base_models:\n" + "\n".join(lines) + "\n"
    )
    made, faults = compile_registry(
        parse_yaml(text.encode(), file="sources.yaml", strictness="policy"), file="sources.yaml"
    )
    assert made is not None, [str(item) for item in faults]
    return {"sources": made}
