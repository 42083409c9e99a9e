"""Keys in the services of Amazon, Google and Microsoft, through securesystemslib's signers.

Their client libraries find credentials on their own: in the process's environment, in files of the home directory, or
from the machine that they run on. That is the one thing here which is not handed in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from govern.attestation.signers.interface import SignerFamily, extra_missing, unfit, unreachable
from govern.attestation.signers.place import KeyPlace
from govern.attestation.signers.sslib import SslibSigner
from govern.diagnostics import Diagnostic, UsageError

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

__all__ = ["families"]

_P256 = "ecdsa-sha2-nistp256"
_GCP_NAME = re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+/cryptoKeyVersions/[0-9]+")
_AZURE_NAME = re.compile(r"//([a-zA-Z0-9.-]+)/keys/([0-9a-zA-Z-]+)(?:/([0-9a-fA-F]+))?")


def families() -> dict[str, SignerFamily]:
    """Give the families `awskms`, `gcpkms` and `azurekms`. None of their signers of securesystemslib has Ed25519."""
    return {
        "awskms": SignerFamily(attestation=_aws),
        "gcpkms": SignerFamily(attestation=_gcp),
        "azurekms": SignerFamily(attestation=_azure),
    }


def _aws(place: KeyPlace) -> SslibSigner:
    """`awskms:<key id, ARN, alias/NAME or alias ARN>`; needs kms:GetPublicKey and kms:Sign."""
    try:
        from botocore.exceptions import BotoCoreError, ClientError
        from securesystemslib.exceptions import UnsupportedAlgorithmError
        from securesystemslib.signer import AWSSigner
    except ImportError as fault:
        raise extra_missing(place, "aws", fault) from fault
    if not place.rest:
        raise _incomplete(place, "awskms:alias/NAME")
    faults = (BotoCoreError, ClientError)
    try:
        _uri, key = AWSSigner.import_(place.rest, _P256)
        signer = AWSSigner(place.rest, key)
    except UnsupportedAlgorithmError as fault:
        raise unfit(place, "not one for ECDSA_SHA_256", _P256) from fault
    except faults as fault:
        raise unreachable(place, fault) from fault
    return SslibSigner(place, signer, faults=faults)


def _gcp(place: KeyPlace) -> SslibSigner:
    """`gcpkms:projects/../cryptoKeyVersions/N`; needs roles/cloudkms.publicKeyViewer and roles/cloudkms.signer."""
    try:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError
        from securesystemslib.exceptions import UnsupportedAlgorithmError
        from securesystemslib.signer import GCPSigner
    except ImportError as fault:
        raise extra_missing(place, "gcp", fault) from fault
    if not _GCP_NAME.fullmatch(place.rest):
        raise _incomplete(place, "gcpkms:projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/1")
    faults = (GoogleAPIError, GoogleAuthError)
    try:
        _uri, key = GCPSigner.import_(place.rest)
        signer = GCPSigner(place.rest, key)
    except UnsupportedAlgorithmError as fault:
        raise unfit(place, "not one for EC_SIGN_P256_SHA256", _P256) from fault
    except faults as fault:
        raise unreachable(place, fault) from fault
    return SslibSigner(place, signer, faults=faults)


def _azure(place: KeyPlace) -> SslibSigner:
    """`azurekms://<vault host>/keys/<name>[/<version>]`; needs the role Key Vault Crypto User.

    securesystemslib looks up the public half of the newest version only, so it is looked up here: a version that is
    named stays usable when the vault has rotated the key.
    """
    try:
        from azure.core.exceptions import AzureError
        from securesystemslib.signer import AzureSigner
    except ImportError as fault:
        raise extra_missing(place, "azure", fault) from fault
    match = _AZURE_NAME.fullmatch(place.rest)
    if match is None:
        raise _incomplete(place, "azurekms://VAULT.vault.azure.net/keys/NAME/VERSION")
    faults = (AzureError, ValueError)
    try:
        kid, key = _azure_key(place, match[1], match[2], match[3])
        signer = AzureSigner(kid, key)
    except faults as fault:
        raise unreachable(place, fault) from fault
    return SslibSigner(place, signer, faults=faults)


def _azure_key(place: KeyPlace, host: str, name: str, version: str | None) -> tuple[str, SSlibKey]:
    """Give the full identifier of a key's version and its public half."""
    from azure.identity import DefaultAzureCredential
    from azure.keyvault.keys import KeyClient
    from cryptography.hazmat.primitives.asymmetric import ec
    from securesystemslib.signer import SSlibKey

    found = KeyClient(vault_url=f"https://{host}/", credential=DefaultAzureCredential()).get_key(name, version)
    curve, x, y = (getattr(found.key, name, None) for name in ("crv", "x", "y"))  # members by type of key
    if curve != "P-256" or not isinstance(x, bytes) or not isinstance(y, bytes):
        raise unfit(place, f"of the type {found.key_type}, curve {curve}", _P256)
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1())
    return found.id, SSlibKey.from_crypto(numbers.public_key(), scheme=_P256)


def _incomplete(place: KeyPlace, example: str) -> UsageError:
    return UsageError(Diagnostic("A406", f"{place.uri} does not name a key in full", hint=f"for example {example}"))
