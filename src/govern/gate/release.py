"""`govern policy release`: a signed statement of a policy's bytes and of the plans it compiles to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from govern.attestation.kinds import POLICY_RELEASE
from govern.attestation.notices import PolicyRelease
from govern.canonical import instant_text
from govern.diagnostics import Diagnostic, UsageError
from govern.gate.desk import Delivered, Desk
from govern.gate.policies import load_policies
from govern.policy.outcomes import Stage
from govern.policy.plan import Plan

__all__ = ["release"]


def release(paths: Sequence[Path], desk: Desk, *, previous: str | None = None) -> tuple[Delivered, ...]:
    """Sign one release for each policy in the files named, with its plan at every stage for which it has rules.

    A policy is released with the source registries and catalogues of the same files. Raises PolicyError when they do
    not compile, UsageError A503, A509 for files without a policy.
    """
    desk.role(POLICY_RELEASE)
    plans = {stage: load_policies(paths, stage=stage).plan for stage in Stage}
    policies = {item.name: item for plan in plans.values() for item in plan.policies}
    if not policies:
        raise UsageError(Diagnostic("A509", "there is no policy in the files named"))
    if previous is not None and len(policies) > 1:
        raise UsageError(Diagnostic("A509", "--previous is for one policy", hint="release them one by one"))
    made = []
    for name in sorted(policies):
        policy = policies[name]
        body = PolicyRelease(
            name=name,
            version=policy.version,
            source=policy.digest.removeprefix("sha256:"),
            plans=tuple((stage.value, plan.digest) for stage, plan in plans.items() if _has_rules(plan, name)),
            legal_status=policy.legal_status,
            released_at=instant_text(desk.signature.at),
            previous=previous,
        )
        if not body.plans:
            raise UsageError(Diagnostic("A509", f"the policy {name} has no rules"))
        made.append(desk.deliver(body.statement(nonce=desk.nonce()), name=f"{name}-{policy.version}"))
    return tuple(made)


def _has_rules(plan: Plan, name: str) -> bool:
    return any(rule.policy == name for rule in plan.rules)
