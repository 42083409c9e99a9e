"""`govern evidence add`: bind a tool's output to the model and the data it speaks of, and sign that when asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from govern.attestation.kinds import EVIDENCE
from govern.attestation.notices import evidence_statement
from govern.bundle import Bundle, open_bundle
from govern.canonical import Json, canonical_bytes, sha256_hex
from govern.diagnostics import Diagnostic, UsageError, plain
from govern.gate.desk import Desk, payload_of
from govern.gate.files import read_file
from govern.gate.outputs import write_atomic, writing
from govern.policy.evidence_schema import suggest

__all__ = ["DataUse", "EvidenceRequest", "add_evidence", "known_types", "make_envelope"]


_OWN_TYPES = (
    *("arrow", "card", "csv", "fairness-alternatives", "fairness-counts", "fairness-rows", "metrics"),
    *("parquet", "predictions"),
)
"""Types of our own evidence, beside those that the readers of other tools' files have."""


def known_types() -> frozenset[str]:
    """Give the types of evidence that a reader knows."""
    from govern.evidence.tools.registry import type_names

    return frozenset((*_OWN_TYPES, *type_names()))


@dataclass(frozen=True, slots=True, kw_only=True)
class DataUse:
    """A data set that the evidence speaks of: a file, whose digest is taken, or a digest."""

    name: str
    where: str
    """Path inside the bundle or outside, or `sha256:<hex>`."""
    role: str = "evaluate"
    rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRequest:
    """What a tool made, with what, when and of what."""

    file: Path
    """The tool's output, inside the bundle."""
    bundle: Path
    type: str
    tool: str
    tool_version: str
    produced_at: str
    produced_by: str
    data: Sequence[DataUse]
    about_model: bool = True
    """Whether it speaks of this model; evidence about data alone does not."""
    command: tuple[str, ...] = ()
    repo: str | None = None
    commit: str | None = None
    plan: str | None = None
    """Digest of the plan whose limits were fixed before the tool ran."""
    known_types: frozenset[str] | None = None
    """Types of evidence that a reader knows; None does not ask."""


def add_evidence(request: EvidenceRequest, desk: Desk | None = None) -> tuple[str, ...]:
    """Write the envelope beside the evidence, and sign it as role `producer` at a desk. Gives what was made, in words.

    Raises UsageError as `make_envelope` does, A503 for a key that may not sign it: nothing is written then.
    """
    envelope = make_envelope(request)
    if desk is not None:
        desk.role(EVIDENCE)
    lines = [str(_write(envelope, request))]
    if desk is not None:
        signed = desk.deliver(evidence_statement(envelope, nonce=desk.nonce()), name=request.type)
        lines.append(signed.text)
    return tuple(lines)


def make_envelope(request: EvidenceRequest) -> dict[str, Json]:
    """Build the envelope.

    Raises UsageError: A510 for a file outside the bundle, U103 for a data set that is not there, A506 for an envelope
    that says nothing (no tool, no producer, a digest that is none), E151 for a bundle without model files to speak of,
    E152 for a type that no reader knows.
    """
    _refuse_type(request)
    bundle = open_bundle(request.bundle)
    if request.about_model and not bundle.artefacts:
        message = f"{request.bundle} has no model files that evidence could be bound to"
        raise UsageError(Diagnostic("E151", message, hint="bind it to data alone: --data-only"))
    path = _inside(request.file, request.bundle, bundle)
    envelope: dict[str, Json] = {
        "apiVersion": "govern/v1",
        "kind": "EvidenceEnvelope",
        "type": request.type,
        "file": {"path": path, "sha256": bundle.files[path].sha256},
        "data": [_data(item, bundle) for item in request.data],
        "tool": {"name": request.tool, "version": request.tool_version},
        "produced_at": request.produced_at,
        "produced_by": request.produced_by,
    }
    if request.about_model:
        digest = {"sha256": bundle.model_digest}
        envelope["model"] = {"name": bundle.name, "version": bundle.version, "digest": digest}
    if request.command:
        envelope["command"] = list(request.command)
    if request.repo is not None and request.commit is not None:
        envelope["code"] = {"repo": request.repo, "commit": request.commit}
    if request.plan is not None:
        envelope["plan"] = {"sha256": request.plan.removeprefix("sha256:")}
    payload_of(evidence_statement(envelope, nonce=bytes(16)))
    return envelope


def _refuse_type(request: EvidenceRequest) -> None:
    """Refuse a slip of a known type. Any other may stand: a plug-in's check reads evidence of its own type."""
    if request.known_types is None or request.type in request.known_types:
        return
    near = suggest(request.type, request.known_types)
    if near is not None:
        message = f"no reader knows evidence of the type '{plain(request.type)}'"
        raise UsageError(Diagnostic("E152", message, hint=f"did you mean '{near}'?"))


def _inside(file: Path, folder: Path, bundle: Bundle) -> str:
    try:
        path = file.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        path = file.as_posix()
    if path not in bundle.files:
        message = f"{file} is not a file of the bundle {folder}"
        raise UsageError(Diagnostic("A510", message, hint="copy it into the bundle first"))
    return path


def _data(item: DataUse, bundle: Bundle) -> dict[str, Json]:
    if item.where.startswith("sha256:"):
        digest = item.where.removeprefix("sha256:")
    elif item.where in bundle.files:
        digest = bundle.files[item.where].sha256
    else:
        digest = sha256_hex(read_file(Path(item.where), limit=1 << 32))
    made: dict[str, Json] = {"name": item.name, "role": item.role, "digest": {"sha256": digest}}
    if item.rows is not None:
        made["rows"] = item.rows
    return made


def _write(envelope: dict[str, Json], request: EvidenceRequest) -> Path:
    """Write `FILE.evidence.json` beside the evidence, in the bundle: it is part of what will be judged."""
    path = request.file.with_name(f"{request.file.name}.evidence.json")
    with writing(path):
        write_atomic(path, json.dumps(json.loads(canonical_bytes(envelope)), indent=1).encode() + b"\n")
    return path
