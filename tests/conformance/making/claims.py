"""Vectors about what is claimed and asked: bundle, expectations, policies, validity, revocation (steps 14-16, 19, 20)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from conformance.making.case import HEAD, INDEX, Case, Content, Link, Making, bad, put
from govern.attestation.notices import Revoked
from support.attestations import FILES, OTHER, manifest
from support.kind_statements import HEIDI, RELEASE, WAIVED
from support.kinds import nonce

DIFFERS = (4, "bundle")


def _folder(files: Mapping[str, Content]) -> dict[str, Content]:
    return {f"bundle/{name}": data for name, data in files.items()}


def of_the_bundle(make: Making) -> Iterator[Case]:
    """Step 14: the folder is the one that was judged, to the last byte and file."""
    changed = {**FILES, "model.safetensors": b"W" * 999 + b"w"}
    missing = {name: data for name, data in FILES.items() if name != "README.md"}
    swapped = {**FILES, "README.md": FILES["predictions.csv"], "predictions.csv": FILES["README.md"]}
    renamed = {("lineage.json" if name == "data/lineage.json" else name): data for name, data in FILES.items()}
    for name, title, files in (
        ("bundle-with-a-changed-byte", "One byte of the model is another.", changed),
        ("bundle-with-a-missing-file", "A file is missing.", missing),
        ("bundle-with-an-extra-file", "An empty file was added.", {**FILES, "z/added.txt": b""}),
        ("bundle-with-swapped-files", "Two files changed places.", swapped),
        ("bundle-with-a-moved-file", "A file was moved to another folder.", renamed),
    ):
        yield bad(name, title, DIFFERS, files=_folder(files), bundle="bundle")
    linked: dict[str, Content] = {**FILES, "README.md": Link("predictions.csv")}
    title = "A file is a symbolic link, so the folder has no digest."
    yield bad("bundle-with-a-link", title, (3, "bundle"), files=_folder(linked), bundle="bundle")
    other = manifest({**FILES, "z/added.txt": b""}).data
    yield bad(
        "manifest-of-another-bundle",
        "There is no folder, and the manifest file is another bundle's.",
        DIFFERS,
        files={"other.MANIFEST.sha256": other},
        bundle=None,
        manifest="other.MANIFEST.sha256",
    )
    counted = make.restated(put("predicate/model/manifest/files", 5))
    yield bad(
        "certificate-that-counts-other-files", "It counts five files.", (4, ["bundle", "decision"]), certificate=counted
    )


def of_what_is_expected(make: Making) -> Iterator[Case]:
    """Step 15: replays: a sound certificate is held for another model, version, place, stage or policy."""
    for name, title, change in (
        ("asked-for-another-model", "The auditor holds another model.", {"expect_model": "fraud"}),
        ("asked-for-another-version", "The auditor holds version 3.2.1.", {"expect_version": "3.2.1"}),
        ("asked-for-another-uri", "The deployer fetches another place.", {"expect_uri": "models:/credit-risk/3.2.0/"}),
        ("asked-for-another-stage", "It is shown at deployment.", {"expect_stage": "pre-deployment"}),
        ("asked-for-another-policy", "A policy was not applied.", {"expect_policy": ["credit-risk", "fair-lending"]}),
    ):
        yield bad(name, title, (1, "expected"), **change)


def of_the_policies(make: Making) -> Iterator[Case]:
    """Step 16: no policy is older than allowed, and its text is the one that was released."""
    world, refused = make.world, (1, "policy")
    certificate, trust = make.reissued(lambda made: made.update(minPolicy={"credit-risk": "2.2.0"}))
    title = "The trust root asks for 2.2.0, the certificate is by 2.1.0."
    yield bad("policy-below-the-minimum", title, refused, certificate=certificate, trust=trust)
    yield bad(
        "policy-before-its-release",
        "A release candidate is older than its release.",
        refused,
        certificate=make.restated(put("predicate/policies/0/version", "2.1.0-rc.1")),
    )
    edited = make.restated(put("predicate/policies/0/source/digest/sha256", "02" * 32))
    title = "The policy's text is not the one that was released under this version."
    yield bad("policy-edited-under-its-version", title, refused, certificate=edited)

    def released(file: Any) -> dict[str, Content]:
        return {"release.sigstore.json": file.data}

    again = world.resigned("policy-release", _release(source="02" * 32))
    yield bad(
        "policy-released-twice",
        "Another text was released under the same version.",
        refused,
        files=released(again),
        statements=["../../shared/statements", "release.sigstore.json"],
    )
    elsewhere = world.resigned("policy-release", _release(name="fair-lending"))
    yield bad(
        "release-of-another-policy",
        "The release that the certificate names is another policy's.",
        refused,
        certificate=make.resting_on("policy-release", elsewhere),
        files=released(elsewhere),
        statements=_without("policy-release", "release.sigstore.json"),
    )
    by_other = world.resigned("policy-release", world["policy-release"].payload, by=HEIDI)
    yield bad(
        "release-by-another-role",
        "The release is signed by a key of another role.",
        refused,
        files=released(by_other),
        statements=_without("policy-release", "release.sigstore.json"),
    )


def _release(**changes: Any) -> dict[str, Any]:
    return replace(RELEASE, **changes).statement(nonce=nonce(51))


STATEMENTS = ("waiver", "approval", "second-approval", "attestation", "policy-release")


def _without(name: str, *more: str) -> list[str]:
    """The shared statements but one, and others."""
    return [f"../../shared/statements/{item}.sigstore.json" for item in STATEMENTS if item != name] + list(more)


def of_the_validity(make: Making) -> Iterator[Case]:
    """Step 19: half-open, from the second of issuing to the second before its end."""
    refused = (1, "validity")
    asked = {"status": None, "statements": _without("")}
    certificate, trust = make.reissued(lambda made: made["require"].update(statusMaxAge=None))
    for name, title, at in (
        ("asked-before-its-issue", "It is asked about the second before it was issued.", "2026-01-02T03:04:04Z"),
        ("asked-at-its-end", "It is asked about the very second of its end.", WAIVED.expires),
    ):
        yield bad(name, title, refused, certificate=certificate, trust=trust, at=at, **asked)


def of_the_revocation(make: Making) -> Iterator[Case]:
    """Step 20: what a status list revokes does not count, and an old list or none decides nothing."""
    world = make.world
    own, name = world["certificate"].digest, "status-list.sigstore.json"

    def listed(*digests: str, **changes: Any) -> dict[str, Any]:
        lines = tuple(Revoked(item, "2026-02-01T00:00:00Z") for item in digests)
        made = world.status(size=HEAD, time="2026-02-02T00:00:00Z", revoked=lines, **changes)
        at = str(changes.get("time", "2026-02-02T00:00:00Z"))
        file = world.resigned("newest status list", made.statement(nonce=nonce(52)), at=at)
        return {"files": {name: file.data}, "status": [name]}

    gone, unknown = (1, "revocation"), (3, "revocation")
    yield bad("revoked", "The status list revokes it.", gone, **listed(own))
    yield bad("waiver-revoked-later", "The list revokes its waiver.", gone, **listed(world["waiver"].digest))
    yield bad("approval-revoked-later", "The list revokes a vote.", gone, **listed(world["approval"].digest))
    yield bad(
        "release-revoked", "The list revokes the policy's release.", gone, **listed(world["policy-release"].digest)
    )
    withdrawn = world.withdrawal(target_id="00000000-0000-4000-8000-000000000001", target_digest=own)
    file = world.resigned("revocation", withdrawn.statement(nonce=nonce(53)))
    yield bad(
        "revoked-by-a-statement",
        "A signed revocation is at hand that no list names yet.",
        gone,
        files={"revocation.sigstore.json": file.data},
        statements=["../../shared/statements", "revocation.sigstore.json"],
    )
    yield bad("no-status-list", "The trust root asks for a status list, there is none.", (3, ()), status=None)
    yield bad("status-list-too-old", "The list is older than seven days.", unknown, at="2026-02-09T00:00:01Z")
    yield bad("status-list-from-the-future", "The list is of a later day.", unknown, at="2026-02-01T12:00:00Z")
    yield bad(
        "status-list-older-than-the-entry",
        f"The list speaks of {INDEX} entries, so not of entry {INDEX}.",
        unknown,
        **_list(make, size=INDEX),
    )
    yield bad(
        "status-list-of-another-log",
        "The list speaks of another log.",
        unknown,
        **_list(make, origin="other.example"),
    )
    yield bad(
        "status-list-by-nobody",
        "The list is signed by a key of nobody, so it is as good as none.",
        (3, ()),
        files={name: world.resigned("newest status list", world["newest status list"].payload, by=OTHER).data},
        status=[name],
    )


def _list(make: Making, **changes: Any) -> dict[str, Any]:
    made = make.world.status(time="2026-02-02T00:00:00Z", **changes)
    file = make.world.resigned("newest status list", made.statement(nonce=nonce(54)))
    return {"files": {"status-list.sigstore.json": file.data}, "status": ["status-list.sigstore.json"]}
