"""Whose signature stands under the envelope of each piece of evidence that a result rests on."""

from __future__ import annotations

from dataclasses import replace

from govern.checks.binding import envelope_of
from govern.checks.context import CheckContext
from govern.diagnostics import InputError
from govern.policy.outcomes import CheckResult, EvidenceRef, SignedBy

__all__ = ["with_signatures"]


def with_signatures(result: CheckResult, context: CheckContext) -> CheckResult:
    """Name the producer who signed the envelope of each item of evidence, where one did.

    One place for all kinds, so that none can forget it, and none can claim a signature by itself.
    """
    if not context.signed.envelopes and not any(item.signed_by for item in result.evidence):
        return result
    return replace(result, evidence=tuple(replace(item, signed_by=_signer(item, context)) for item in result.evidence))


def _signer(item: EvidenceRef, context: CheckContext) -> SignedBy | None:
    """The statement must be about these bytes, and say what the envelope in the bundle says, to the last member."""
    about = [signed for signed in context.signed.envelopes if signed.file == item.digest]
    if not about or item.file not in context.bundle.files:
        return None
    try:
        envelope = envelope_of(context, item.file)
    except InputError:
        return None  # said by the rule that reads it
    if envelope is None:
        return None
    for signed in about:
        if envelope.content == signed.content:
            return SignedBy(owner=signed.owner, keyid=signed.keyid, digest=signed.digest)
    return None
