"""The parts of a pack other than the bundle itself, each held against the digest that the certificate names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from govern.attestation.kinds import CERTIFICATE
from govern.attestation.pack.claims import Named
from govern.attestation.pack.index import Role
from govern.attestation.pack.statements import named_by_evaluation, named_by_record, relevant
from govern.attestation.pack.writing import Part, part, policy_path
from govern.attestation.trust.export import export_pems
from govern.attestation.trust.reading import load_trust
from govern.attestation.verification import NamedFile, Request, Status
from govern.attestation.verify import verify
from govern.bundle.manifest import Manifest
from govern.canonical import canonical_bytes, sha256_hex
from govern.diagnostics import Diagnostic, IntegrityError, UsageError
from govern.gate.files import read_file
from govern.gate.packing.sources import RECORD_BYTES, Beside, find_earlier, find_snapshot, relative_names
from govern.gate.packs.places import PackPlaces
from govern.gate.parameters import ParameterArgument
from govern.policy.outcomes import Stage

__all__ = [
    "PackRequest",
    "advisory_parts",
    "differs",
    "engine_parts",
    "policy_parts",
    "record_parts",
    "statement_parts",
    "trust_parts",
    "verdict_parts",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRequest:
    """What is to be packed, and where its parts are."""

    certificate: Path
    output: Path
    policies: Sequence[Path]
    trust: Path
    bundle: Path | None = None
    """Default: a folder beside the certificate or in `bundle_places` that has the files of the manifest."""
    bundle_places: tuple[Path, ...] = ()
    evaluation: Path | None = None
    """Default: beside the certificate; so is `decision`."""
    decision: Path | None = None
    advisories: Path | None = None
    """A store or a snapshot; looked at only when the certificate names one."""
    params: Mapping[str, ParameterArgument] = field(default_factory=dict)
    """The values that were given for parameters of the policies when it was decided."""
    earlier_trust: tuple[Path, ...] = ()
    """Default: the versions that lie beside the trust root as `trust.<n>.json`."""
    statements: tuple[NamedFile, ...] = ()
    """Signed statements; those that have nothing to do with this verdict are left out."""
    status: Path | None = None
    """A signed status list."""
    lock: Path | None = None
    """The lock file of the engine's dependencies."""
    places: PackPlaces | None = None
    """Where `govern.lock` and the packs that the policies import are."""
    withhold: tuple[str, ...] = ()
    """Files or folders of the bundle whose bytes are kept back, as the manifest writes them."""


def differs(code: str, what: str, named: str, found: str, hint: str) -> IntegrityError:
    """Make the refusal of a part that is not the one the certificate names."""
    message = f"the certificate names the {what} sha256:{named}, this is sha256:{found}"
    return IntegrityError(Diagnostic(code, message, hint=hint))


# --- policies, records, advisories


def policy_parts(request: PackRequest, named: Named) -> list[Part]:
    """Give policies, packs and their plan, once they have compiled to the plan that was named. Raises A610."""
    from govern.gate.policies import load_policies

    loaded = load_policies(request.policies, stage=Stage(named.stage), places=request.places, params=request.params)
    hint = "name policies and parameters as they were when the certificate was issued: -p, --param"
    if loaded.plan.digest != named.plan:
        raise differs("A610", "plan", named.plan, loaded.plan.digest, hint)
    for policy in loaded.plan.policies:
        if policy.digest != named.policies.get(policy.name):
            what = f"source of the policy {policy.name}"
            raise differs("A610", what, named.policies.get(policy.name, "(none)"), policy.digest, hint)
    sources = relative_names(loaded.files)
    made = [part(policy_path(name, data), Role.POLICY, data) for name, data in sources.items()]
    if loaded.lock is not None:
        made.append(part("policy/govern.lock", Role.POLICY_LOCK, loaded.lock))
    for pack, files in sorted(loaded.packs.items()):
        made += [part(f"policy/packs/{pack}/{path}", Role.POLICY_PACK, data) for path, data in files.items()]
    return [*made, part("policy/plan.json", Role.PLAN, loaded.plan.data())]


def record_parts(request: PackRequest, named: Named, beside: Beside) -> tuple[tuple[bytes, bytes], list[Part]]:
    """Give the bytes of evaluation and decision record, and both as parts. Raises A612."""
    made: list[Part] = []
    read: list[bytes] = []
    for role, given, digest in (
        (Role.EVALUATION, request.evaluation, named.evaluation),
        (Role.DECISION, request.decision, named.decision),
    ):
        data = read_file(given or beside.path(f".{role}.json"), limit=RECORD_BYTES)
        found = sha256_hex(data)
        if found != digest:
            hint = f"name the record that was written with it: --{role}"
            raise differs("A612", f"{role} record", digest, found, hint)
        made.append(part(f"records/{role}.json", role, data))
        read.append(data)
    evaluation, decision = read
    return (evaluation, decision), made


def advisory_parts(request: PackRequest, named: Named) -> list[Part]:
    """Give the advisory snapshot that was used, when one was. Raises A613."""
    if named.advisories is None:
        return []
    found = find_snapshot(request.advisories, named.advisories)
    return [
        part(f"advisories/{sha256_hex(found.index)}", Role.ADVISORY_INDEX, found.index),
        part(f"advisories/{sha256_hex(found.records)}", Role.ADVISORY_RECORDS, found.records),
    ]


# --- signatures, trust, statements, engine


def verdict_parts(data: bytes, named: Named, beside: Beside) -> list[Part]:
    """Give certificate or refusal, its proof and, beside a certificate, the verification summary in both forms."""
    role = Role.CERTIFICATE if named.kind == CERTIFICATE else Role.REFUSAL
    made = [part(f"{role}.sigstore.json", role, data)]
    for ending, path, other in (
        (".tlog-proof", "log.tlog-proof", Role.PROOF),
        (".vsa.sigstore.json", "vsa.sigstore.json", Role.VSA),
        (".vsa.intoto.json", "vsa.intoto.json", Role.VSA_ENVELOPE),
    ):
        found = beside.optional(ending)
        if found is not None and (role is Role.CERTIFICATE or other is Role.PROOF):
            made.append(part(path, other, found))
    return made


def trust_parts(
    request: PackRequest, named: Named, data: bytes, manifest: Manifest, beside: Beside
) -> tuple[list[Part], tuple[str, ...]]:
    """Give the trust root, once the certificate has been verified with it, and what is not as it should be.

    Raises IntegrityError A619 when it does not verify, UsageError A622 without the version that the gate used.
    """
    trust = read_file(request.trust)
    paths = request.earlier_trust or find_earlier(request.trust)
    earlier = tuple(read_file(path) for path in paths)
    result = verify(
        Request(
            certificate=data,
            trust=trust,
            at=named.issued_at,
            certificate_name=str(request.certificate),
            trust_name=str(request.trust),
            kind=named.kind,
            earlier_trust=earlier,
            bundle=manifest,
            tlog_proof=beside.optional(".tlog-proof"),
        )
    )
    failed = [line for line in result.lines if line.status is Status.FAIL]
    if result.exit_code == 4:
        first = next(line for line in failed if line.exit == 4)
        message = f"{request.certificate} does not verify with {request.trust}: {first.step}: {first.text}"
        raise IntegrityError(Diagnostic("A619", message, hint=first.help))
    root = load_trust(trust, file=str(request.trust))
    versions = [load_trust(item, file=str(path)) for path, item in zip(paths, earlier, strict=True)]
    if named.trust not in {item.digest for item in (*versions, root)}:
        message = f"the gate decided under the trust root sha256:{named.trust}, which is none of those given"
        raise UsageError(Diagnostic("A622", message, hint="give the earlier versions: --earlier-trust"))
    made = [part("trust/trust.json", Role.TRUST, trust)]
    for version, item in zip(versions, earlier, strict=True):
        made.append(part(f"trust/earlier/{version.version}.json", Role.EARLIER_TRUST, item))
    made += [part(f"trust/keys/{name}", Role.KEY, pem) for name, pem in export_pems(root).items()]
    return made, tuple(f"{line.step}: {line.text}" for line in failed)


def statement_parts(
    request: PackRequest, named: Named, records: tuple[bytes, bytes], evidence: frozenset[str]
) -> list[Part]:
    """Give the signed statements of people that the verdict looked at, and the status list.

    Raises UsageError A614 when one that it looked at was not supplied.
    """
    kept = relevant(request.statements, named, records, evidence)
    evaluation, decision = records
    held = {item.digest for item in kept}
    asked = {*named.statements, *named.releases, *named_by_record(decision), *named_by_evaluation(evaluation)}
    for digest in sorted(asked):
        if digest not in held:
            hint = "name the folder of the signed statements: --statements DIR"
            message = f"the decision looked at the statement sha256:{digest}, which was not supplied"
            raise UsageError(Diagnostic("A614", message, hint=hint))
    files = {sha256_hex(item.file.data): item.file.data for item in kept}
    made = [part(f"attestations/{digest}.sigstore.json", Role.STATEMENT, data) for digest, data in files.items()]
    if request.status is not None:
        made.append(part("status/status-list.sigstore.json", Role.STATUS, read_file(request.status)))
    return made


def engine_parts(request: PackRequest, named: Named) -> list[Part]:
    """Give what the certificate says of the engine and, when named, the lock file of its dependencies."""
    made = [part("engine/engine.json", Role.ENGINE, canonical_bytes(named.engine.document()))]
    if request.lock is not None:
        data = read_file(request.lock, limit=RECORD_BYTES)
        found = sha256_hex(data)
        if found != named.engine.lock:
            wanted = named.engine.lock or "(none)"
            raise differs("A612", "lock file", wanted, found, "leave --lock out, or name the file of that time")
        made.append(part("engine/lock", Role.ENGINE_LOCK, data))
    return made
