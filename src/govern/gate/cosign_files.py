"""Cosignatures across an air gap: requests and answers as files."""

from __future__ import annotations

import re

from govern.diagnostics import Diagnostic, InputError, IntegrityError, UsageError
from govern.gate.cosign import describe, witnessing_in
from govern.gate.ledgers import open_ledger
from govern.gate.workspace import Workspace
from govern.ledger.cosigning import cosignature
from govern.ledger.merkle import tree_root
from govern.ledger.note import open_checkpoint
from govern.ledger.note_lines import merge_notes
from govern.ledger.witness import add_checkpoint_request, read_request

__all__ = ["accept_answer", "write_request"]

_SIZE = re.compile(r"(0|[1-9][0-9]{0,15})\n?", re.ASCII)


def write_request(workspace: Workspace, name: str, *, old: int | None) -> bytes:
    """Write the request for a witness that is not on the network: the ledger's head, to be carried there as a file.

    Args:
        workspace: names ledger and trust root.
        name: the witness, as the trust root calls it.
        old: entries that the witness has seen, as its last answer said; by default what was collected from it tells.

    Raises UsageError (G252) for an unknown name, G213 when the log has fewer entries than `old`.
    """
    witnessing = witnessing_in(workspace)
    key = witnessing.policy.witnesses.get(name)
    if key is None:
        known = ", ".join(witnessing.policy.witnesses) or "none"
        raise UsageError(Diagnostic("G252", f"the trust root has no witness {name}; it has: {known}"))
    with open_ledger(workspace) as inner:
        notes = witnessing.notes(inner.key)
        if old is None:
            seen = [open_checkpoint(note, inner.key).size for note in notes.read() if key in notes.signers(note)]
            old = max(seen, default=0)
        head = witnessing.cosigning(inner, ask=False).head()
        return add_checkpoint_request(old, inner.consistency(old, head.size), head.note)


def accept_answer(workspace: Workspace, request: bytes, answer: bytes) -> tuple[str, int]:
    """Take in what a witness answered to a request file; give the text and the exit code, as `collect` does.

    Raises UsageError (G253) when the request is no such file, IntegrityError: G250 the answer holds no cosignature of
    the trust root's witnesses on it, G248 the request is not for a head of this log; InputError (G253) when the
    answer is that the witness has seen another number of entries.
    """
    witnessing = witnessing_in(workspace)
    try:
        asked = read_request(request)
        text = answer.decode()
    except ValueError as fault:
        raise UsageError(Diagnostic("G253", f"not a request file and its answer: {fault}")) from fault
    size = _SIZE.fullmatch(text)
    if size is not None:
        message = f"the witness has cosigned {size[1]} entries, and was asked as if it were {asked.old}"
        hint = f"make a new request: govern ledger cosign --request NAME --old {size[1]}"
        raise InputError(Diagnostic("G253", message, hint=hint))
    note = request.decode().partition("\n\n")[2]
    with open_ledger(workspace) as inner:
        head, here = open_checkpoint(note, inner.key), inner.head().size
        nodes = lambda level, index: inner.nodes(level, index, index + 1)[0]  # noqa: E731 - a reader, used once
        if head.size > here or tree_root(head.size, nodes) != head.root:
            message = f"the request is for {head.size} entries that are not the first of this log"
            raise IntegrityError(Diagnostic("G248", message))
        lines = [cosignature(text, note=note, key=key) for key in witnessing.policy.keys]
        found = "".join(line for line in lines if line is not None)
        if not found:
            message = "the answer holds no cosignature of a witness of the trust root on this request"
            raise IntegrityError(Diagnostic("G250", message, hint="is it the answer to this very request?"))
        merged = merge_notes(note, f"{asked.note.text}\n{found}", log=inner.key)
        witnessing.notes(inner.key).add(merged)
        kept = witnessing.cosigning(inner, ask=False)
        return describe(kept.head().note if head.size == here else merged, witnessing)
