"""Steps on what the statement says: bundle, expectations, validity."""

from __future__ import annotations

from govern.attestation.verification import Line
from govern.attestation.verify_steps.state import State, fail, ok, present, unchecked
from govern.canonical import instant_text, sha256_hex
from govern.diagnostics import InputError

__all__ = ["bundle", "expected", "validity"]


def bundle(state: State) -> list[Line]:
    """The folder is the one that was judged, to the last file."""
    request, claims = state.request, present(state.claims)
    if request.bundle_refused:
        first = request.bundle_refused[0]
        return [fail("bundle", 3, f"the folder cannot be opened: {first.message}", help=first.hint)]
    if claims.bundle_digest is None:
        return [unchecked("bundle", "it speaks of no single bundle")]
    if request.bundle is None:
        return [_manifest_alone(state)]
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


def _manifest_alone(state: State) -> Line:
    """Without the folder, the manifest file can still be held against the statement."""
    manifest, claims = state.request.manifest_file, present(state.claims)
    if manifest is None:
        return unchecked("bundle", "no folder was given", help="give it: --bundle DIR")
    found = sha256_hex(manifest)
    if found != claims.bundle_digest:
        text = "the manifest file is not the one that was signed"
        return fail("bundle", 4, text, expected=claims.bundle_digest, found=found)
    text = "the manifest file is the one that was signed; no folder was given to hold against it"
    return unchecked("bundle", text, help="give it: --bundle DIR")


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
        about = claims.subject_name if claims.uri is None else f"{claims.subject_name}, {claims.uri}"
        return [unchecked("expected", f"nothing was asked; it is about {about}", help=hint)]
    return lines or [ok("expected", ", ".join(said))]


def validity(state: State) -> list[Line]:
    """The moment asked for lies within the statement's time: issued <= at < end."""
    claims, at = present(state.claims), state.request.at
    until = "" if claims.ends is None else f" until {instant_text(claims.ends)}"
    span = f"from {instant_text(claims.begins)}{until}"
    if at < claims.begins or (claims.ends is not None and at >= claims.ends):
        return [fail("validity", 1, "not valid at the moment asked for", expected=span, found=instant_text(at))]
    return [ok("validity", f"{span}; asked for {instant_text(at)}")]
