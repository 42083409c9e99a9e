"""`govern init`: a workspace that passes its own lint and check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import govern
from govern import __version__
from govern.attestation.signers import load_attestation_signer, load_note_signer
from govern.attestation.signers.place import split_key
from govern.canonical import instant_text
from govern.diagnostics import Diagnostic, UsageError
from govern.gate.keys.making import new_key
from govern.gate.ledgers import create_ledger
from govern.gate.outputs import write_atomic, writing
from govern.gate.trust.root import first_trust_root
from govern.gate.workspace import find_workspace

__all__ = ["InitRequest", "make_workspace"]

TEMPLATE = Path(govern.__file__).parent / "gate" / "template"

SETTINGS = """\
# Settings of the gate. Each value is also an environment variable (GOVERN_LEDGER, GOVERN_ORIGIN, ...), and most are
# flags; flag beats variable beats this file. Paths are relative to this file.

[workspace]
policies = ["policies"]
advisories = ".govern/advisories"
trust = "trust.json"
statements = ["statements"]
ledger = ".govern/ledger.db"
published_checkpoint = "published-checkpoint"
output = "certificates"

[signing]
# A PEM file, env:NAME, or a key in a device or service (docs/signers.md).
# The root key is needed only to sign a new trust root: keep it off this machine.
certifier = "{certifier}"
log = "{log}"
origin = "{origin}"
verifier_id = "{verifier_id}"
submitter = "{submitter}"

[certificate]
valid_for = "1y"
"""

IGNORE = """\
# Keys never belong into version control. The ledger does not either; published-checkpoint does: it is what notices
# a ledger that was cut or rewritten.
.govern/
"""

STATEMENTS = """\
# Signed statements

What people and offices have signed: waivers, approvals, attestations, policy releases, revocations, status lists. The
gate reads every `*.sigstore.json` here and believes none that the trust root does not cover. Commit them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class InitRequest:
    """What a new workspace is called and when it begins."""

    folder: Path
    origin: str
    owner: str
    at: datetime
    example: bool
    keys: Mapping[str, str] = field(default_factory=dict)
    """Keys that exist, by what they are for (`certifier`, `log`, `root`): URIs. The others are made."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Where passwords, PINs and addresses of those keys are looked up."""

    def key(self, kind: str) -> str:
        """Give the place of a key, relative to the workspace when it is made there."""
        return self.keys.get(kind, f".govern/keys/{kind}.pem")


def make_workspace(request: InitRequest, *, entropy: Callable[[int], bytes]) -> tuple[str, ...]:
    """Write settings, policies, keys, a signed trust root, an empty ledger, a CI job and an example bundle.

    Gives the paths made, relative to the folder. Raises UsageError U110 when there is a workspace already; a folder
    with other files in it is fine, and none of them is overwritten. Raises what `load_attestation_signer` does for keys
    that exist, and U102 for the path of one that is not absolute: govern.toml would take it for its own.
    """
    folder = request.folder
    if (folder / "govern.toml").exists() or (folder / ".govern").exists():
        message = f"there is a workspace in {folder} already"
        raise UsageError(Diagnostic(code="U110", message=message, hint="name another folder"))
    for uri in request.keys.values():
        scheme, place = split_key(uri)
        if scheme == "file" and not Path(place).is_absolute():
            raise UsageError(Diagnostic(code="U102", message=f"give the key {place} as an absolute path"))
        if '"' in uri or "\\" in uri:
            raise UsageError(Diagnostic(code="U102", message="the place of a key has no quotes and no backslashes"))
    verifier_id = f"https://{request.origin}/govern"
    files = _files(request, verifier_id)
    there = sorted(name for name in files if (folder / name).exists())
    if there:
        message = f"{', '.join(there)} would be overwritten"
        raise UsageError(Diagnostic(code="U110", message=message, hint="name another folder"))
    made = (*sorted(files), ".govern/keys/", ".govern/ledger.db", "published-checkpoint", "trust.json")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    # Made aside and moved in at the end: a failure half-way leaves no half a workspace.
    with writing(folder), TemporaryDirectory(dir=folder, prefix=".govern-init-") as aside:
        staged = Path(aside)
        for name, data in files.items():
            write_atomic(staged / name, data)
        _keys_and_ledger(staged, request, verifier_id, entropy)
        for path in sorted(staged.iterdir()):
            _move(path, folder / path.name)
    return made


def _move(source: Path, target: Path) -> None:
    """Move a file, or what is in a folder; nothing that is there is replaced (that was checked before)."""
    if source.is_dir() and target.is_dir():
        for inner in sorted(source.iterdir()):
            _move(inner, target / inner.name)
    else:
        source.rename(target)


def _files(request: InitRequest, verifier_id: str) -> dict[str, bytes]:
    settings = SETTINGS.format(
        origin=request.origin,
        verifier_id=verifier_id,
        submitter=request.owner,
        certifier=request.key("certifier"),
        log=request.key("log"),
    )
    made = {"govern.toml": settings.encode(), ".gitignore": IGNORE.encode()}
    made["statements/README.md"] = STATEMENTS.encode()
    parts = ["policies", "example"] if request.example else ["policies"]
    for part in parts:
        for path in sorted((TEMPLATE / part).rglob("*")):
            if path.is_file():
                made[path.relative_to(TEMPLATE).as_posix()] = path.read_bytes()
    job = (TEMPLATE / "ci" / "govern.yml").read_text(encoding="utf-8").replace("@VERSION@", __version__)
    if request.example:
        made[".github/workflows/govern.yml"] = job.encode()
    return made


def _keys_and_ledger(folder: Path, request: InitRequest, verifier_id: str, entropy: Callable[[int], bytes]) -> None:
    keys = folder / ".govern" / "keys"
    places = {}
    for kind in ("root", "certifier", "log"):
        if kind not in request.keys:
            new_key(keys, kind, kind=kind, origin=request.origin if kind == "log" else None)
        places[kind] = request.keys.get(kind, str((keys / f"{kind}.pem").absolute()))
    log = load_note_signer(places["log"], origin=request.origin, environment=request.environment)
    trust = first_trust_root(
        root=load_attestation_signer(places["root"], environment=request.environment),
        root_owner=request.owner,
        certifier=load_attestation_signer(places["certifier"], environment=request.environment).public,
        certifier_owner=f"gate:{request.origin}",
        log=log.key,
        verifier_id=verifier_id,
        issued_at=request.at,
        valid_for="1y",
        entropy=entropy,
    )
    write_atomic(folder / "trust.json", trust)
    workspace = find_workspace(start=folder, environment={}, directory=folder)
    create_ledger(workspace, log, instant_text(request.at)).close()
