"""Whether a pack is what somebody with a trusted key signed: before anything of it is run.

The index of a pack is not signed; the certificate is. So every member is held against the certificate, or against
what follows from it, and never against the index alone. Policies are the exception on purpose: they are compiled
again, and it is the plan that must come out equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from govern.attestation.dsse import read_envelope
from govern.attestation.kinds import CERTIFICATE, REFUSAL, VSA
from govern.attestation.notices import Revocation, StatusList
from govern.attestation.pack.claims import Named, payload_of, read_named, summary_inputs
from govern.attestation.pack.index import Role
from govern.attestation.pack.reading import Pack
from govern.attestation.pack.statements import looked_at, named_by_evaluation, named_by_record, read_statement
from govern.attestation.sigstore_bundle import read_container
from govern.attestation.trust.export import export_pems
from govern.attestation.trust.reading import load_trust
from govern.attestation.trust.root import TrustRoot
from govern.attestation.verification import Line, NamedFile, Request, Result, Status
from govern.attestation.verify import verify
from govern.canonical import canonical_bytes, parse_instant, sha256_hex
from govern.diagnostics import GovernError
from govern.inputs.json import parse_json

__all__ = ["Authentic", "TrustGiven", "authenticate", "statements_of", "trust_named"]

_FILES = {Role.CERTIFICATE: "certificate.sigstore.json", Role.REFUSAL: "refusal.sigstore.json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustGiven:
    """What the auditor holds to be the trust root, from elsewhere than the pack."""

    root: bytes | None = None
    """None takes the pack's own."""
    earlier: tuple[bytes, ...] = ()
    fingerprint: str | None = None

    @property
    def pinned(self) -> bool:
        """Whether trust begins outside the pack."""
        return self.root is not None or self.fingerprint is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentic:
    """What was looked at, and what the verdict names."""

    named: Named | None
    """None when the verdict cannot be read."""
    verification: Result | None
    lines: tuple[Line, ...]
    revoked: tuple[str, ...] = ()
    """What revocations and status lists in the pack say of it.

    A revoked verdict replays as well as any: whether it still counts is `govern verify`'s question.
    """

    @property
    def holds(self) -> bool:
        """Whether nothing was found that an honest pack could not have.

        That the records do not come to the decision is left to the replay itself, which says where.
        """
        return not any(
            line.status is Status.FAIL and (line.exit == 4 or (line.exit == 1 and line.step != "decision"))
            for line in self.lines
        )

    @property
    def undecided(self) -> tuple[Line, ...]:
        """What could not be decided about it. How old a status list was then is not asked."""
        return tuple(
            line for line in self.lines if line.status is Status.FAIL and line.exit == 3 and line.step != "revocation"
        )


def authenticate(pack: Pack, trust: TrustGiven) -> Authentic:
    """Verify the verdict in a pack and hold every member against it. Never raises for anything the pack holds."""
    data = pack.need(pack.kind)
    try:
        named = read_named(data, file=_FILES[pack.kind])
    except GovernError as fault:
        line = _fail("read", fault.diagnostics[0].message)
        return Authentic(named=None, verification=None, lines=(line,))
    request = _verdict_request(pack, named, trust)
    result = verify(request)
    lines = [*result.lines, *_summary(pack, named, request), *_members(pack, named)]
    return Authentic(named=named, verification=result, lines=tuple(lines), revoked=_revoked(pack, request))


def _verdict_request(pack: Pack, named: Named, trust: TrustGiven) -> Request:
    """The one place where what a pack holds is handed to the verifier.

    The question is whether it was right when it was issued, so what was said since is left out.
    """
    root, earlier = _trust(pack, trust)
    evaluation, decision = pack.need(Role.EVALUATION), pack.need(Role.DECISION)
    return Request(
        certificate=pack.need(pack.kind),
        trust=root,
        at=named.issued_at,
        certificate_name=_FILES[pack.kind],
        trust_name="trust/trust.json",
        kind=CERTIFICATE if pack.kind is Role.CERTIFICATE else REFUSAL,
        earlier_trust=earlier,
        pinned=trust.fingerprint,
        bundle=pack.manifest,
        manifest_file=pack.manifest.data,
        tlog_proof=pack.one(Role.PROOF),
        statements=looked_at(statements_of(pack), named, evaluation=evaluation, decision=decision),
        evaluation=evaluation,
        decision=decision,
    )


def statements_of(pack: Pack) -> tuple[NamedFile, ...]:
    """Give every signed statement of people and offices in a pack."""
    entries = (*pack.having(Role.STATEMENT), *pack.having(Role.STATUS))
    return tuple(NamedFile(entry.path, pack.data(entry.path)) for entry in entries)


def trust_named(pack: Pack, named: Named) -> TrustRoot | None:
    """Give the version of the trust root that the verdict names, None when the pack does not have it."""
    for entry in (*pack.having(Role.EARLIER_TRUST), *pack.having(Role.TRUST)):
        try:
            root = load_trust(pack.data(entry.path), file=entry.path)
        except GovernError:
            continue
        if root.digest == named.trust:
            return root
    return None


def _revoked(pack: Pack, request: Request) -> tuple[str, ...]:
    """Ask again as of the newest revocation or status list in the pack."""
    moments = [request.at]
    for found in map(read_statement, statements_of(pack)):
        body = None if found is None else found.claims.body
        if isinstance(body, StatusList):
            moments.append(parse_instant(body.time))
        elif isinstance(body, Revocation):
            moments.append(parse_instant(body.effective))
    if len(moments) == 1:
        return ()
    result = verify(replace(request, at=max(moments), statements=statements_of(pack)))
    failed = [line for line in result.lines if line.step == "revocation" and line.status is Status.FAIL]
    return tuple(line.text for line in failed if line.exit == 1)


def _trust(pack: Pack, trust: TrustGiven) -> tuple[bytes, tuple[bytes, ...]]:
    if trust.root is not None:
        return trust.root, trust.earlier
    entries = sorted(pack.having(Role.EARLIER_TRUST), key=lambda entry: _version(entry.path))
    return pack.need(Role.TRUST), tuple(pack.data(entry.path) for entry in entries)


def _version(path: str) -> int:
    return int(path.rpartition("/")[2].removesuffix(".json"))


def _summary(pack: Pack, named: Named, verdict: Request) -> Iterator[Line]:
    """The verification summary is signed as the certificate is, speaks of it, and is the same in both files."""
    data, plain = pack.one(Role.VSA), pack.one(Role.VSA_ENVELOPE)
    if data is None:
        if plain is not None:
            yield _fail("summary", "there is a summary as plain envelope, and none with the log's proof of it")
        return
    result = verify(replace(verdict, certificate=data, certificate_name="vsa.sigstore.json", kind=VSA, tlog_proof=None))
    failed = [line for line in result.lines if line.status is Status.FAIL and line.exit in (1, 4)]
    if failed:
        yield _fail("summary", f"the verification summary does not verify: {failed[0].step}: {failed[0].text}")
        return
    if named.payload not in summary_inputs(data, file="vsa.sigstore.json"):
        yield _fail("summary", "the verification summary speaks of another certificate")
        return
    if plain is not None and read_envelope(read_container(data, file="vsa.sigstore.json").envelope).data != plain:
        yield _fail("summary", "vsa.intoto.json is not the envelope of vsa.sigstore.json")
        return
    yield _ok("summary", "the verification summary verifies and speaks of this certificate")


def _members(pack: Pack, named: Named) -> Iterator[Line]:
    """Everything else that the certificate names, by its digest."""
    yield from _policies(pack, named)
    wanted = [
        ("records/evaluation.json", pack.need(Role.EVALUATION), named.evaluation),
        ("records/decision.json", pack.need(Role.DECISION), named.decision),
        ("policy/plan.json", pack.need(Role.PLAN), named.plan),
        ("engine/engine.json", pack.need(Role.ENGINE), sha256_hex(canonical_bytes(named.engine.document()))),
    ]
    lock = pack.one(Role.ENGINE_LOCK)
    if lock is not None:
        wanted.append(("engine/lock", lock, named.engine.lock or ""))
    before = []
    for path, data, digest in wanted:
        if sha256_hex(data) != digest:
            before.append(_fail("members", f"{path} is not what the certificate names", digest, sha256_hex(data)))
    before += [*_advisories(pack, named), *_statements(pack, named), *_keys(pack)]
    yield from before or [
        _ok("members", "records, plan, advisories and statements are those that the certificate names")
    ]


def _policies(pack: Pack, named: Named) -> Iterator[Line]:
    """Policies are named by their bytes; catalogues and registries count only as far as the plan repeats them."""
    for entry in pack.having(Role.POLICY):
        if entry.digest not in named.policies.values():
            text = f"{entry.path} is not named by its bytes: only what enters the plan is held"
            yield Line(step="members", status=Status.NOT_CHECKED, text=text)
    packs = {entry.path.split("/")[2] for entry in pack.having(Role.POLICY_PACK)}
    if packs:
        text = f"of the packs {', '.join(sorted(packs))} only what enters the plan is held"
        yield Line(step="members", status=Status.NOT_CHECKED, text=text)


def _advisories(pack: Pack, named: Named) -> Iterator[Line]:
    held = pack.having(Role.ADVISORY_INDEX)
    found = held[0].digest if held else None
    if found != named.advisories:
        what = "the advisory snapshot is not what the certificate names"
        yield _fail("members", what, named.advisories or "none", found or "none")
    for entry in pack.having(Role.ADVISORY_RECORDS):
        if entry.digest not in _record_digests(pack.need(Role.ADVISORY_INDEX)):
            yield _fail("members", f"{entry.path} is not what the advisory snapshot names")


def _record_digests(index: bytes) -> frozenset[object]:
    """Give the digests of the files that the index of a snapshot lists."""
    try:
        document = parse_json(index, file="snapshot.json", utf16=False)
    except GovernError:
        return frozenset()
    files = document.get("files") if isinstance(document, dict) else None
    listed = files if isinstance(files, list) else []
    return frozenset(item.get("sha256") for item in listed if isinstance(item, dict) and "sha256" in item)


def _statements(pack: Pack, named: Named) -> Iterator[Line]:
    held: set[str] = set()
    for entry in pack.having(Role.STATEMENT):
        try:
            held.add(sha256_hex(payload_of(pack.data(entry.path), file=entry.path)))
        except GovernError as fault:
            yield _fail("members", f"{entry.path}: {fault.diagnostics[0].message}")
    for digest in sorted({*named.statements, *named.releases, *_recorded(pack)}):
        if digest not in held:
            yield _fail("members", "a statement that the decision looked at is not in the pack", digest, "none")
    if trust_named(pack, named) is None:
        text = "the version of the trust root under which the gate decided is not in the pack"
        yield _fail("members", text, named.trust, "none")


def _recorded(pack: Pack) -> frozenset[str]:
    try:
        return named_by_record(pack.need(Role.DECISION)) | named_by_evaluation(pack.need(Role.EVALUATION))
    except GovernError:
        return frozenset()  # whoever reads its clock says what is wrong with it


def _keys(pack: Pack) -> Iterator[Line]:
    """The keys that are there for other tools are the trust root's, each under its own name."""
    held = {entry.path.rpartition("/")[2]: pack.data(entry.path) for entry in pack.having(Role.KEY)}
    try:
        known = export_pems(load_trust(pack.need(Role.TRUST), file="trust/trust.json"))
    except GovernError as fault:
        yield _fail("members", f"trust/trust.json: {fault.diagnostics[0].message}")
        return
    for name in sorted(held):
        if known.get(name) != held[name]:
            yield _fail("members", f"trust/keys/{name} is not the key of that name in trust/trust.json")


def _ok(step: str, text: str) -> Line:
    return Line(step=step, status=Status.OK, text=text)


def _fail(step: str, text: str, expected: str | None = None, found: str | None = None) -> Line:
    return Line(step=step, status=Status.FAIL, text=text, exit=4, expected=expected, found=found)
