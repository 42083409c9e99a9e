"""Steps on what the statement says: bundle, expectations, policies, people, validity, revocation."""

from __future__ import annotations

import re

from govern.attestation.reading_verdict import PolicyClaim
from govern.attestation.verification import Line
from govern.attestation.verify_steps.state import State, fail, ok, present, unchecked
from govern.canonical import instant_text
from govern.diagnostics import InputError

__all__ = ["approvals", "attested", "bundle", "expected", "policy", "revocation", "validity", "waivers"]

_VERSION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9}){0,3})(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?", re.ASCII)


def bundle(state: State) -> list[Line]:
    """The folder is the one that was judged, to the last file."""
    request, claims = state.request, present(state.claims)
    if request.bundle_refused:
        first = request.bundle_refused[0]
        return [fail("bundle", 3, f"the folder cannot be opened: {first.message}", help=first.hint)]
    if request.bundle is None:
        return [unchecked("bundle", "no folder was given", help="give it: --bundle DIR")]
    if request.bundle.digest != claims.bundle_digest:
        return [
            fail(
                "bundle",
                4,
                f"the folder is not what was judged: {_difference(state)}",
                expected=claims.bundle_digest,
                found=request.bundle.digest,
            )
        ]
    files = len(request.bundle.entries)
    if claims.verdict is not None and claims.verdict.files != files:
        return [fail("bundle", 4, f"the statement counts {claims.verdict.files} files, its manifest has {files}")]
    return [ok("bundle", f"{files} files, digest {claims.bundle_digest}")]


def _difference(state: State) -> str:
    from govern.bundle.manifest import compare, parse_manifest

    request, claims = state.request, present(state.claims)
    assert request.bundle is not None
    if request.manifest_file is None:
        return "give the manifest file that was written beside it to see which file differs"
    try:
        judged = parse_manifest(request.manifest_file)
    except InputError as fault:
        return f"which file differs cannot be said, for the manifest file is damaged ({fault.diagnostics[0].message})"
    if judged.digest != claims.bundle_digest:
        return "which file differs cannot be said, for the manifest file given is not this statement's"
    differences = compare(judged, request.bundle)
    first = differences[0]
    more = f", and {len(differences) - 1} more" if len(differences) > 1 else ""
    return f"{first.path} is {first.kind}{more}"


def expected(state: State) -> list[Line]:
    """It is about what the asker has in hand."""
    asked, claims = state.request.expected, present(state.claims)
    verdict = claims.verdict
    model = version = stage = None
    if verdict is not None:
        model, version, stage = verdict.model, verdict.version, verdict.stage
    pairs = (
        ("model", asked.model, model),
        ("version", asked.version, version),
        ("uri", asked.uri, claims.uri),
        ("stage", asked.stage, stage),
    )
    lines = [
        fail("expected", 1, f"the {name} is not the one asked for", expected=wanted, found=found or "not stated")
        for name, wanted, found in pairs
        if wanted is not None and wanted != found
    ]
    names = {item.name for item in verdict.policies} if verdict is not None else set()
    lines += [
        fail("expected", 1, f"the policy {name} was not applied", found=", ".join(sorted(names)) or "not stated")
        for name in asked.policies
        if name not in names
    ]
    said = [f"{name} {wanted}" for name, wanted, _ in pairs if wanted is not None]
    said += [f"policy {name}" for name in asked.policies]
    if not said:
        hint = "say what it should be about: --expect-model, --expect-stage"
        return [unchecked("expected", f"nothing was asked; it is about {claims.subject_name}, {claims.uri}", help=hint)]
    return lines or [ok("expected", ", ".join(said))]


def policy(state: State) -> list[Line]:
    """No policy is older than the trust root allows; whether its text was released is looked up in its release."""
    root, verdict = present(state.trust), present(state.claims).verdict
    if verdict is None:
        return [unchecked("policy", "a verification summary names the plan only", help="verify the certificate")]
    lines: list[Line] = []
    for item in verdict.policies:
        least = root.min_policy.get(item.name)
        if least is not None:
            lines.append(_minimum(item, least))
        named = "no release" if item.release is None else f"the release {item.release}, which was not supplied"
        lines.append(unchecked("policy", f"{item.name} {item.version} names {named}"))
    return lines


def _minimum(item: PolicyClaim, least: str) -> Line:
    found, wanted = _ordered(item.version), _ordered(least)
    if found is None or wanted is None or found < wanted:
        return fail("policy", 1, f"policy {item.name} is too old", expected=f"{least} or later", found=item.version)
    return ok("policy", f"{item.name} {item.version}, at least {least}")


def _ordered(version: str) -> tuple[tuple[int, ...], bool] | None:
    """Give a key by which versions sort, a pre-release before its release; None for one that has no order."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return None
    numbers = [int(part) for part in match[1].split(".")]
    return tuple(numbers + [0] * (4 - len(numbers))), match[2] is None


def waivers(state: State) -> list[Line]:
    """Each waiver that a rule rests on."""
    verdict = present(state.claims).verdict
    if verdict is None or not verdict.waivers:
        return [ok("waivers", "none referenced")]
    return [
        unchecked("waivers", f"the waiver {item.digest} of {item.rule} was not supplied") for item in verdict.waivers
    ]


def attested(state: State) -> list[Line]:
    """Each human attestation that a rule rests on."""
    verdict = present(state.claims).verdict
    if verdict is None or not verdict.attested:
        return [ok("attested", "none referenced")]
    return [
        unchecked("attested", f"the attestation {item.digest} for {item.rule} was not supplied")
        for item in verdict.attested
    ]


def approvals(state: State) -> list[Line]:
    """Each vote that the decision counted."""
    verdict = present(state.claims).verdict
    if verdict is None or not verdict.approvals:
        return [ok("approvals", "none referenced")]
    return [unchecked("approvals", f"the approval {digest} was not supplied") for digest in verdict.approvals]


def validity(state: State) -> list[Line]:
    """The moment asked for lies within the statement's time: issued <= at < end."""
    claims, at = present(state.claims), state.request.at
    end = None if claims.verdict is None else claims.verdict.valid_until
    until = "" if end is None else f" until {instant_text(end)}"
    span = f"from {instant_text(claims.issued_at)}{until}"
    if at < claims.issued_at or (end is not None and at >= end):
        return [fail("validity", 1, "not valid at the moment asked for", expected=span, found=instant_text(at))]
    return [ok("validity", f"{span}; asked for {instant_text(at)}")]


def revocation(state: State) -> list[Line]:
    """It was not revoked. Only a signed status list can say so."""
    needed = present(state.trust).status_max_age
    text = "no status list was given, so a later revocation would not be seen"
    if needed is not None:
        return [unchecked("revocation", f"{text}; the trust root asks for one not older than {needed}", code=3)]
    return [unchecked("revocation", text)]
