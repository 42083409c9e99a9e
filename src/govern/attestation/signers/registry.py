"""Which family a key's URI belongs to. Filled by a function; entry points are looked up for unknown schemes only."""

from __future__ import annotations

from collections.abc import Mapping

from govern.attestation.keys import Signer
from govern.attestation.signers.interface import SignerFamily
from govern.attestation.signers.place import KeyPlace
from govern.diagnostics import Diagnostic, UsageError
from govern.ledger.note import NOTE_KEY, NoteSigner

__all__ = ["ENTRY_POINTS", "builtin_families", "load_attestation_signer", "load_note_signer"]

ENTRY_POINTS = "govern.signers"
"""Entry-point group: the name is the scheme, the object a `SignerFamily`."""


def builtin_families() -> Mapping[str, SignerFamily]:
    """Give the families that come with govern, by scheme."""
    from govern.attestation.signers import hsm, kms, local, vault

    return {**local.families(), **hsm.families(), **kms.families(), **vault.families()}


def load_attestation_signer(uri: str, *, environment: Mapping[str, str]) -> Signer:
    """Load an ECDSA P-256 key for attestations.

    Args:
        uri: a path, `file:PATH`, `env:NAME`, `hsm:...`, `awskms:...`, `gcpkms:...`, `azurekms:...`, `hv:...`, or a
            scheme that an installed package adds.
        environment: where passwords, PINs and addresses are looked up.

    Raises:
        UsageError: A401 for an unknown scheme, A402 for a missing extra, A104, A404 and A406 for what does not fit.
        InputError: A403 when a device or service does not answer.
        IntegrityError: A405 when what it signs does not verify.
    """
    place = KeyPlace.parse(uri, environment)
    return _family(place).attestation(place)


def load_note_signer(uri: str, *, origin: str, environment: Mapping[str, str], kind: int = NOTE_KEY) -> NoteSigner:
    """Load the Ed25519 key of a log, or of a witness (`kind` COSIGNATURE; `origin` is its name then).

    Raises as `load_attestation_signer`, and A404 for a family without such keys.
    """
    place = KeyPlace.parse(uri, environment)
    load = _family(place).log
    if load is None:
        message = f"{place.uri}: keys of the scheme {place.scheme} cannot hold the log's key, which is Ed25519"
        raise UsageError(Diagnostic("A404", message, hint="use a file, env:, hsm: or hv:"))
    return NoteSigner(origin, load(place), kind=kind)


def _family(place: KeyPlace) -> SignerFamily:
    known = builtin_families()
    found = known.get(place.scheme) or _added(place)
    if found is None:
        message = f"{place.uri}: no signer of the scheme {place.scheme}"
        hint = f"known: {', '.join(f'{name}:' for name in known)}; a file's name with a colon needs ./ before it"
        raise UsageError(Diagnostic("A401", message, hint=hint))
    return found


def _added(place: KeyPlace) -> SignerFamily | None:
    from importlib.metadata import entry_points

    for entry in entry_points(group=ENTRY_POINTS, name=place.scheme):
        try:
            family: object = entry.load()
        except (ImportError, AttributeError) as fault:
            message = f"the signer {entry.value} of the scheme {place.scheme} cannot be loaded"
            raise UsageError(Diagnostic("A402", message, hint=str(fault))) from fault
        if isinstance(family, SignerFamily):
            return family
    return None
