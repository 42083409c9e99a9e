"""Steps on the log: entry, checkpoint, inclusion, witnesses."""

from __future__ import annotations

from govern.attestation.sigstore_bundle import LogEntry, read_log_entry
from govern.attestation.verification import Line, Request
from govern.attestation.verify_steps.state import State, Witnessed, fail, from_error, ok, present, unchecked
from govern.canonical import base64_text
from govern.diagnostics import Diagnostic, GovernError, IntegrityError
from govern.ledger.leaf import leaf_body
from govern.ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from govern.ledger.note import Checkpoint, check_note, open_checkpoint, parse_note
from govern.ledger.proof import parse_proof

__all__ = ["checkpoint", "inclusion", "log_entry", "witness"]


def log_entry(state: State) -> list[Line]:
    """Each log entry is the one that this statement and signature make, and there are enough of them."""
    signed, key = present(state.envelope), present(state.key)
    body = leaf_body(signed.payload, signed.signature, key.public.spki)
    try:
        entries = tuple(read_log_entry(item) for item in present(state.container).entries)
    except IntegrityError as fault:
        return [from_error("log-entry", 4, fault)]
    if any(item.body != body for item in entries):
        return [fail("log-entry", 4, "a log entry is not that of this statement, signature and key")]
    if len({(item.log_id, item.index) for item in entries}) != len(entries):
        return [fail("log-entry", 4, "a log entry is listed twice")]
    state.entries = entries
    needed = present(state.trust).log_entries
    if len(entries) < needed:
        return [
            fail(
                "log-entry",
                1,
                f"the statement has {len(entries)} log entries, the trust root asks for {needed}",
                help="a signed statement that was not logged may have been kept from view; ask for a logged one",
            )
        ]
    where = ", ".join(f"index {item.index}" for item in entries) or "none, and none is asked for"
    return [ok("log-entry", f"leaf rebuilt from the statement: {where}")]


def checkpoint(state: State) -> list[Line]:
    """Each entry's checkpoint is signed by a log of the trust root and is the head that its proof leads to."""
    lines: list[Line] = []
    witnessed: list[Witnessed] = []
    for entry in state.entries:
        try:
            found = _checkpoint(state, entry)
        except IntegrityError as fault:
            lines.append(from_error("checkpoint", 4, fault))
            continue
        witnessed.append(found)
        size = found.checkpoint.size
        lines.append(ok("checkpoint", f"{found.checkpoint.origin}, {size} entries, signed {found.log.key.vkey}"))
    state.witnessed = tuple(witnessed)
    return lines or [unchecked("checkpoint", "there is no log entry")]


def _checkpoint(state: State, entry: LogEntry) -> Witnessed:
    root, claims = present(state.trust), state.claims
    log = root.log(entry.log_id)
    if log is None:
        known = ", ".join(item.key.name for item in root.logs) or "none"
        raise IntegrityError(
            Diagnostic("A210", f"the log {base64_text(entry.log_id)} is not in the trust root, which has {known}")
        )
    note = parse_note(entry.checkpoint)
    head = open_checkpoint(entry.checkpoint, log.key)
    if (head.size, head.root) != (entry.size, entry.root):
        raise IntegrityError(Diagnostic("A210", f"the checkpoint is for {head.size} entries with another root or size"))
    verdict = None if claims is None else claims.verdict
    if verdict is not None and verdict.origin != head.origin:
        raise IntegrityError(
            Diagnostic("A210", f"the statement names the log {verdict.origin}, its entry is in {head.origin}")
        )
    return Witnessed(entry=entry, log=log, checkpoint=head, cosigners=check_note(note, root.witnesses.keys))


def inclusion(state: State) -> list[Line]:
    """Each entry is in the tree of its proof; given another checkpoint or proof file, that one agrees."""
    lines: list[Line] = []
    for entry in state.entries:
        if verify_inclusion(entry.index, entry.size, leaf_hash(entry.body), entry.hashes, entry.root):
            state.included.append(entry)
            lines.append(ok("inclusion", f"entry {entry.index} of {entry.size}, by {len(entry.hashes)} hashes"))
        else:
            lines.append(fail("inclusion", 4, f"the proof does not lead from entry {entry.index} to the signed root"))
    request = state.request
    if request.tlog_proof is not None:
        lines.append(_proof_file(state, request.tlog_proof))
    if request.checkpoint is not None:
        lines.extend(_other_checkpoint(state, request, request.checkpoint))
    return lines or [unchecked("inclusion", "there is no log entry")]


def _proof_file(state: State, data: bytes) -> Line:
    logs = [item.log.key for item in state.witnessed]
    try:
        proof = parse_proof(data)
        if not logs:
            return unchecked("inclusion", "the proof file has no verified entry to be compared with")
        head = open_checkpoint(proof.checkpoint, logs[0])
        cosigners = check_note(parse_note(proof.checkpoint), present(state.trust).witnesses.keys)
    except GovernError as fault:
        return from_error("inclusion", 4, fault)
    entry = state.witnessed[0].entry
    holds = verify_inclusion(proof.index, head.size, leaf_hash(entry.body), proof.hashes, head.root)
    if proof.index != entry.index or not holds:
        return fail("inclusion", 4, "the proof file does not prove this entry")
    state.renewed = cosigners
    return ok("inclusion", f"the proof file proves entry {proof.index} of {head.size}")


def _other_checkpoint(state: State, request: Request, data: bytes) -> list[Line]:
    if not state.witnessed:
        return [unchecked("inclusion", "there is no verified entry to compare the given checkpoint with")]
    lines = []
    for item in state.witnessed:
        try:
            other = open_checkpoint(data.decode(), item.log.key)
        except (GovernError, UnicodeDecodeError) as fault:
            text = fault.diagnostics[0].message if isinstance(fault, GovernError) else "it is not UTF-8"
            lines.append(fail("inclusion", 4, f"the given checkpoint: {text}"))
            continue
        lines.append(_same_log(item.checkpoint, other, request.consistency))
    return lines


def _same_log(ours: Checkpoint, other: Checkpoint, proof: tuple[bytes, ...] | None) -> Line:
    old, new = sorted((ours, other), key=lambda item: item.size)
    if proof is None and old.size not in (0, new.size):
        text = f"whether the given checkpoint ({other.size} entries) and this one ({ours.size}) are of one log"
        command = f"govern ledger prove --consistency {old.size} {new.size}"
        return unchecked("inclusion", text, help=f"ask the log's operator: {command}")
    if verify_consistency(old.size, new.size, old.root, new.root, proof or ()):
        return ok("inclusion", f"consistent with the given checkpoint of {other.size} entries")
    return fail("inclusion", 4, "the given checkpoint and this one are not heads of one log: it was forked")


def witness(state: State) -> list[Line]:
    """Enough witnesses cosigned a checkpoint."""
    policy = present(state.trust).witnesses
    if policy.quorum == "none":
        return [ok("witness", "none required")]
    if not state.witnessed:
        return [fail("witness", 1, f"the quorum {policy.quorum} is not met", found="no log entry")]
    lines = []
    for item in state.witnessed:
        # A proof file may have been renewed since: the log grows, and witnesses that were away come back.
        better = policy.met(state.renewed) and not policy.met(item.cosigners)
        signed = state.renewed if better else item.cosigners
        names = ", ".join(key.name for key in signed) or "nobody"
        if policy.met(signed):
            where = ", on the checkpoint of the proof file" if better else ""
            lines.append(ok("witness", f"quorum {policy.quorum} met by {names}{where}"))
        else:
            text = f"the quorum {policy.quorum} is not met"
            renew = "get a newer proof: govern ledger prove, then --tlog-proof FILE"
            lines.append(fail("witness", 1, text, found=f"cosigned by {names}", help=renew))
    return lines
