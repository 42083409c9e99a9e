"""Changing the trust root: the next version as a draft, which the root's owners sign one after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from govern.attestation.trust.draft import next_version, sign_draft
from govern.attestation.trust.edit_keys import Edit
from govern.attestation.trust.reading import load_trust
from govern.diagnostics import Diagnostic, UsageError
from govern.gate.files import read_file
from govern.gate.trust.flags import edits_of
from govern.gate.trust.show import changed_lines
from govern.gate.trust.sign import draft_path, root_signer, settle
from govern.policy.durations import add

__all__ = ["EditRequest", "draft_next", "edit_trust"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRequest:
    """What a new version is to say, and who signs it at once."""

    file: Path
    """The version in force."""
    asked: Mapping[str, Sequence[str]]
    """Values of the options in `flags.FLAGS`, by name."""
    at: datetime
    renew: str | None = None
    """Duration from `at` for which the new version is in force; None keeps the old version's end."""
    keys: tuple[str, ...] = ()
    """Root keys to sign with."""
    draft: Path | None = None
    replace: bool = False


def edit_trust(request: EditRequest, *, environment: Mapping[str, str], entropy: Callable[[int], bytes]) -> str:
    """Write the draft of the next version, or put it in force when the keys given are enough; say what changed.

    Raises UsageError: what is wrong with the options, A310-A312, A315; IntegrityError when the old version is unsound.
    """
    edits = edits_of(request.asked, at=request.at)
    return draft_next(request, edits, environment=environment, entropy=entropy)


def draft_next(
    request: EditRequest,
    edits: Sequence[Edit],
    *,
    environment: Mapping[str, str],
    entropy: Callable[[int], bytes],
) -> str:
    """Apply edits as `edit_trust` does."""
    old = load_trust(read_file(request.file), file=str(request.file))
    path = request.draft or draft_path(request.file)
    if path.exists() and not request.replace:
        message = f"{path} is there already"
        hint = "sign it, delete it, or write over it with --replace"
        raise UsageError(Diagnostic("A312", message, hint=hint))
    signers = [root_signer(key, environment) for key in request.keys]
    draft = next_version(
        old,
        edits,
        issued_at=request.at,
        expires=old.expires if request.renew is None else _after(request.at, request.renew),
        nonce=entropy(16),
    )
    for signer in signers:
        draft = sign_draft(draft, signer, old=old)
    changes = changed_lines(old, draft.root)
    return "\n".join((*changes, settle(draft, old=old, target=request.file, path=path)))


def _after(at: datetime, duration: str) -> datetime:
    try:
        return add(at, duration)
    except ValueError as fault:
        raise UsageError(Diagnostic("U102", f"--renew: {fault}")) from fault
