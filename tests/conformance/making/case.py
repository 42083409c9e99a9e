"""What a vector is, and the words in which vectors about certificates are made."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from govern.attestation.trust.signing import sign_trust
from govern.canonical import base64_bytes, digest_of
from support.attestations import ROOT_A, ROOT_B, Edit, edited
from support.kinds import File, Kinds

STEM = "credit-risk-3.2.0.pre-registration"
NAMES: Mapping[str, str] = {
    "certificate": f"{STEM}.certificate.sigstore.json",
    "refusal": f"{STEM}.refusal.sigstore.json",
    "vsa": f"{STEM}.vsa.sigstore.json",
}
"""Names of the gate's files. Of other files the name says the kind."""

SHARED = "../../shared"
EVERYTHING: Mapping[str, Any] = {
    "certificate": f"{SHARED}/{NAMES['certificate']}",
    "kind": "certificate",
    "trust": f"{SHARED}/trust.json",
    "at": "2026-02-03T00:00:00Z",
    "bundle": f"{SHARED}/bundle",
    "manifest": f"{SHARED}/credit-risk-3.2.0.MANIFEST.sha256",
    "statements": [f"{SHARED}/statements"],
    "status": [f"{SHARED}/status-list.sigstore.json"],
    "records": f"{SHARED}/records",
    "expect-model": "credit-risk",
    "expect-version": "3.2.0",
    "expect-uri": "models:/credit-risk/3.2.0",
    "expect-stage": "pre-registration",
    "expect-policy": ["credit-risk"],
}
"""What an auditor with everything at hand asks about the certificate. A vector changes one thing."""

INDEX, SIZE, HEAD = 27, 29, 32
"""Index of the certificate, size of the log under which it was proven, size of which the status list speaks."""

BARE: Mapping[str, Any] = {"certificate": None, "kind": "certificate", "trust": f"{SHARED}/trust.json"}


@dataclass(frozen=True)
class Link:
    """A symbolic link in a vector's folder."""

    target: str


Content = bytes | Link


@dataclass(frozen=True, kw_only=True)
class Case:
    """One question to a verifier and the answer that it must give."""

    name: str
    title: str
    """What was changed, or what is sound, in one sentence."""
    exit: int
    failed: tuple[str, ...]
    """Ids of the steps that fail, in order, each once."""
    args: Mapping[str, Any]
    """Named arguments; paths are relative to the vector's folder."""
    files: Mapping[str, Content] = field(default_factory=dict)

    @property
    def document(self) -> bytes:
        """The bytes of `expect.json`."""
        said = {"title": self.title, "args": dict(self.args), "exit": self.exit, "failed": list(self.failed)}
        return (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()


def asked(base: Mapping[str, Any] = EVERYTHING, /, **changes: Any) -> dict[str, Any]:
    """Arguments with changes; None takes one away, `_` in a name stands for `-`."""
    made = {**base, **{key.replace("_", "-"): value for key, value in changes.items()}}
    return {key: value for key, value in made.items() if value is not None}


def bad(
    name: str,
    title: str,
    answer: tuple[int, Sequence[str] | str],
    *,
    certificate: File | bytes | None = None,
    files: Mapping[str, Content] | None = None,
    trust: bytes | None = None,
    base: Mapping[str, Any] = EVERYTHING,
    **changes: Any,
) -> Case:
    """A vector that a verifier must refuse; a certificate or trust root of its own lies in its folder."""
    code, failed = answer
    made: dict[str, Content] = dict(files or {})
    if certificate is not None:
        changes.setdefault("certificate", NAMES["certificate"])
        made[changes["certificate"]] = certificate if isinstance(certificate, bytes) else certificate.data
    if trust is not None:
        changes.setdefault("trust", "trust.json")
        made["trust.json"] = trust
    steps = (failed,) if isinstance(failed, str) else tuple(failed)
    return Case(name=name, title=title, exit=code, failed=steps, args=asked(base, **changes), files=made)


# -- changes --------------------------------------------------------------------------------------------------------


def material(value: Any) -> Any:
    return value["verificationMaterial"]


def entry(value: Any) -> Any:
    return value["verificationMaterial"]["tlogEntries"][0]


def proof(value: Any) -> Any:
    return entry(value)["inclusionProof"]


def signature(value: Any) -> Any:
    return value["dsseEnvelope"]["signatures"][0]


def change_note(old: str, new: str) -> Edit:
    """Change the text of the checkpoint that a file carries."""

    def edit(value: Any) -> None:
        note = proof(value)["checkpoint"]
        assert old in note["envelope"]
        note["envelope"] = note["envelope"].replace(old, new, 1)

    return edit


def put(path: str, new: Any) -> Edit:
    """Set a member of a statement by its path."""

    def edit(statement: Any) -> None:
        *parents, last = [int(step) if step.isdigit() else step for step in path.split("/")]
        where = statement
        for step in parents:
            where = where[step]
        where[last] = new

    return edit


def drop(path: str) -> Edit:
    """Take a member of a statement away by its path."""

    def edit(statement: Any) -> None:
        *parents, last = path.split("/")
        where = statement
        for step in parents:
            where = where[step]
        del where[last]

    return edit


class Making:
    """A world, and shorthands for what vectors do to its certificate."""

    def __init__(self, world: Kinds) -> None:
        self.world = world
        self.data = world["certificate"].data
        assert (world["certificate"].index, proof(json.loads(self.data))["treeSize"]) == (INDEX, str(SIZE))

    def edited(self, edit: Edit) -> bytes:
        """The certificate's file, changed by somebody without a key, in canonical form again."""
        made = edited(self.data, edit)
        assert made != self.data
        return made

    def respelled(self, old: bytes, new: bytes) -> bytes:
        """The certificate's file with bytes replaced once."""
        assert old in self.data
        return self.data.replace(old, new, 1)

    def repayloaded(self, change: Callable[[bytes], bytes]) -> bytes:
        """The file with another payload under the old signature."""

        def edit(value: Any) -> None:
            payload = base64_bytes(value["dsseEnvelope"]["payload"])
            value["dsseEnvelope"]["payload"] = base64.b64encode(change(payload)).decode()

        return self.edited(edit)

    def resigned(self, change: Callable[[bytes], bytes]) -> File:
        """Another spelling of the payload, signed by the certifier itself."""
        made = change(self.world["certificate"].payload)
        assert made != self.world["certificate"].payload
        return self.world.resigned("certificate", made)

    def restated(self, edit: Edit, **given: Any) -> File:
        """Another statement, signed by the certifier itself: what only a broken or bought gate would sign."""
        return self.world.edited("certificate", edit, **given)

    def resting_on(self, name: str, file: File) -> File:
        """The certificate with the digest of one statement replaced by that of another."""
        old, new = self.world[name].digest.encode(), file.digest.encode()
        return self.resigned(lambda payload: payload.replace(old, new))

    def reissued(self, edit_trust: Edit) -> tuple[File, bytes]:
        """The certificate issued under another trust root, and that trust root."""
        predicate = json.loads(json.dumps(self.world.predicate))
        edit_trust(predicate)
        old, new = self.world.root.digest.encode(), digest_of(predicate).encode()
        renamed = self.world["certificate"].payload.replace(old, new)
        return self.world.resigned("certificate", renamed), sign_trust(predicate, [ROOT_A, ROOT_B])
