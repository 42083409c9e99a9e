"""Policy-side inputs for tests of checks: validated parameters, a source registry, an advisory snapshot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from govern.checks.people.facts import Signed, SignedStatement, StatementRuling
from govern.inputs.yaml import parse_yaml
from govern.lineage.registry import SourceRegistry, compile_registry
from govern.policy.compile import compile_policies
from govern.policy.interface import CheckParams, CheckSpec
from govern.policy.outcomes import Stage
from govern.security.advisories.build import AdvisoryInput, build_snapshot
from govern.security.advisories.snapshot import Snapshot, load_snapshot
from support.bundles import sha256

AS_OF = "2026-05-01T00:00:00Z"


def policy_text(kind: str, values: Mapping[str, Any], *, stage: str = "pre-registration") -> str:
    """A policy with one blocking rule."""
    return f"""\
apiVersion: govern/v1
kind: Policy
metadata: {{name: p, version: 1.0.0, title: P, owner: o@example.com}}
spec:
  rules:
    - id: r
      title: R
      stages: [{stage}]
      severity: high
      enforcement: block
      check: {kind}
      with: {json.dumps(values)}
"""


def parameters(spec: CheckSpec, values: Mapping[str, Any]) -> CheckParams:
    """Validated parameters as the compiler hands them to a check; numbers are floats in `values`."""
    from govern.evidence.schema import evidence_schema

    made = compile_policies(
        {"p.yaml": policy_text(spec.kind, values).encode(), "sources.yaml": registry_text().encode()},
        stage=Stage.PRE_REGISTRATION,
        checks={spec.kind: spec},
        evidence_schema=evidence_schema(),
    )
    assert made.plan is not None, [str(item) for item in made.diagnostics]
    (rule,) = made.plan.rules
    return rule.params


def registry_text(*, empty: bool = False) -> str:
    """A registry that approves the one data root of `BundleBuilder`'s lineage."""
    source = f"""
  - id: core-loans
    exact: s3://core/loans/2026-03/
    pins: [{{sha256: {sha256(b"loans")}, as_of: 2026-03-31}}]
    roles: [train, evaluate]
    owner: lending-data@example.com
    events:
      - {{type: approved, by: dpo@example.com, effective: 2025-06-01, until: 2027-06-01, recorded: 2025-05-28}}
"""
    other = source.replace("core-loans", "other").replace("s3://core/loans/", "s3://core/other/")
    other = other.replace(sha256(b"loans"), sha256(b"other"))
    return f"""\
apiVersion: govern/v1
kind: SourceRegistry
metadata: {{name: sources, version: 1.0.0, owner: data-governance@example.com}}
sources:{other if empty else source}"""


def registries(*, empty: bool = False) -> dict[str, SourceRegistry]:
    """The compiled registry; `empty` gives one that approves something else only."""
    node = parse_yaml(registry_text(empty=empty).encode(), file="sources.yaml", strictness="policy")
    registry, faults = compile_registry(node, file="sources.yaml")
    assert registry is not None, [str(item) for item in faults]
    return {"sources": registry}


def snapshot(folder: Path, *records: Mapping[str, Any]) -> Snapshot:
    """A small advisory snapshot; by default with one record of an unrelated package."""
    unrelated = {
        "id": "PYSEC-2020-1",
        "modified": "2026-04-20T00:00:00Z",
        "published": "2020-01-01T00:00:00Z",
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": "unrelated"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
            }
        ],
    }
    raw = tuple((str(number), dict(item)) for number, item in enumerate((unrelated, *records)))
    given = AdvisoryInput(name="osv-pypi", records=raw, location="test", digest=sha256(b"test"), as_of=AS_OF)
    return load_snapshot(build_snapshot([given], folder / "advisories", as_of=AS_OF).path)


def statement(**changes: Any) -> SignedStatement:
    """A statement of the data protection officer about the sound bundle, as the gate would hand it to the checks."""
    made: dict[str, Any] = {
        "digest": sha256(b"statement"),
        "type": "dpia",
        "scope": "version",
        "by_digest": True,
        "role": "attester/dpo",
        "owner": "person:dora",
        "keyid": "SHA256:dora",
        "identities": frozenset({"person:dora", "SHA256:dora"}),
        "roles": frozenset({"attester/dpo"}),
        "issued_at": "2026-05-01T00:00:00Z",
        "valid_from": "2026-05-01T00:00:00Z",
        "expires": "2027-05-01T00:00:00Z",
        "covers": ("purpose",),
        "fields": {},
        "ruling": StatementRuling.SOUND,
    }
    return SignedStatement(**(made | changes))


def signed(*statements: SignedStatement) -> Signed:
    """What people have signed about the sound bundle; by default one statement."""
    return Signed(statements=statements or (statement(),))
