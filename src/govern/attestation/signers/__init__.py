"""Signing keys by URI: a file, an environment variable, a token, a cloud service.

`registry` finds the family of a URI's scheme; each family has a module here. Nothing heavy is imported before a key
of that family is really loaded. Verification never comes through this package.
"""

from govern.attestation.signers.interface import SignerFamily
from govern.attestation.signers.place import KeyPlace
from govern.attestation.signers.registry import builtin_families, load_attestation_signer, load_note_signer

__all__ = ["KeyPlace", "SignerFamily", "builtin_families", "load_attestation_signer", "load_note_signer"]
