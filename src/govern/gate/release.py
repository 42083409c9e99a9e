"""`govern policy release`: a signed statement of a policy's bytes and of the plans it compiles to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from govern.attestation.kinds import POLICY_RELEASE
from govern.attestation.notices import PolicyRelease
from govern.canonical import instant_text, sha256_hex
from govern.diagnostics import Diagnostic, UsageError
from govern.gate.desk import Delivered, Desk
from govern.gate.packs.places import PackPlaces, builtin_packs, read_pack_folder
from govern.gate.packs.signed import pack_release_name
from govern.gate.policies import Loaded, load_policies
from govern.policy.outcomes import Stage
from govern.policy.packs.bringing import PACK_FILE
from govern.policy.packs.lockfile import pack_digest

__all__ = ["release"]


def release(
    paths: Sequence[Path], desk: Desk, *, previous: str | None = None, places: PackPlaces | None = None
) -> tuple[Delivered, ...]:
    """Sign one release for each policy in the files named, with its plan at every stage for which it has rules.

    A policy is released with the source registries and catalogues of the same files; a folder that holds `pack.yaml` is
    released as a pack, by the digest of the whole folder. Raises PolicyError when they do not compile, UsageError A503,
    A509 for files without a policy, P302 and P311 for a pack that cannot be read.
    """
    desk.role(POLICY_RELEASE)
    paths = [_shipped(path) for path in paths]
    packs = [path for path in paths if (path / PACK_FILE).is_file()]
    if packs and (len(paths) > 1):
        raise UsageError(Diagnostic("A509", "a pack is released by itself", hint="release packs one by one"))
    made = [_pack(packs[0], desk, previous, places)] if packs else _policies(paths, desk, previous, places)
    return tuple(desk.deliver(body.statement(nonce=desk.nonce()), name=name) for name, body in made)


def _shipped(path: Path) -> Path:
    """Give the folder of `builtin:<name>`, a pack that comes with govern. Raises UsageError P302."""
    kind, colon, name = str(path).partition(":")
    if kind != "builtin" or not colon:
        return path
    found = builtin_packs().get(name)
    if found is None:
        hint = f"Packs that come with govern: {', '.join(sorted(builtin_packs()))}."
        raise UsageError(Diagnostic("P302", f"govern ships no pack '{name}'", hint=hint))
    return found


def _policies(
    paths: Sequence[Path], desk: Desk, previous: str | None, places: PackPlaces | None
) -> list[tuple[str, PolicyRelease]]:
    plans = {stage: load_policies(paths, stage=stage, places=places) for stage in Stage}
    own = {
        item.draft.metadata.name
        for loaded in plans.values()
        for item in loaded.compiled.policies
        if item.draft.document.pack is None
    }
    policies = {item.name: item for loaded in plans.values() for item in loaded.plan.policies if item.name in own}
    if not policies:
        raise UsageError(Diagnostic("A509", "there is no policy in the files named"))
    if previous is not None and len(policies) > 1:
        raise UsageError(Diagnostic("A509", "--previous is for one policy", hint="release them one by one"))
    locks = [loaded.lock for loaded in plans.values() if loaded.lock is not None]
    made = []
    for name in sorted(policies):
        policy = policies[name]
        body = PolicyRelease(
            name=name,
            version=policy.version,
            source=policy.digest.removeprefix("sha256:"),
            plans=tuple((stage.value, item.plan.digest) for stage, item in plans.items() if _has_part(item, name)),
            legal_status=policy.legal_status,
            released_at=instant_text(desk.signature.at),
            lock=sha256_hex(locks[0]) if locks else None,
            previous=previous,
        )
        if not body.plans:
            raise UsageError(Diagnostic("A509", f"the policy {name} has no rules"))
        made.append((f"{name}-{policy.version}", body))
    return made


def _pack(folder: Path, desk: Desk, previous: str | None, places: PackPlaces | None) -> tuple[str, PolicyRelease]:
    plans = {stage: load_policies([folder], stage=stage, places=places) for stage in Stage}
    metadata = next(iter(next(iter(plans.values())).compiled.packs.values())).metadata
    locks = [loaded.lock for loaded in plans.values() if loaded.lock is not None]
    body = PolicyRelease(
        name=pack_release_name(metadata.name),
        version=metadata.version,
        source=pack_digest(read_pack_folder(folder)),
        plans=tuple((stage.value, loaded.plan.digest) for stage, loaded in plans.items() if loaded.plan.rules),
        legal_status=metadata.legal_status or "in_force",
        released_at=instant_text(desk.signature.at),
        lock=sha256_hex(locks[0]) if locks else None,
        previous=previous,
    )
    return f"pack-{metadata.name}-{metadata.version}", body


def _has_part(loaded: Loaded, name: str) -> bool:
    """Whether a policy has a part in a plan: rules of its own, or packs that it brings and tightens."""
    if any(rule.policy == name for rule in loaded.plan.rules):
        return True
    drafts = [item.draft for item in loaded.compiled.policies if item.draft.metadata.name == name]
    return bool(loaded.plan.rules) and any(draft.spec.imports for draft in drafts)
