"""Keys in cloud services: their real client libraries, or real types of them, against stand-ins that really sign.

What never ran against the real services is said in docs/signers.md.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, ResourceNotFoundError
from azure.keyvault.keys import KeyVaultKey
from azure.keyvault.keys.crypto import SignatureAlgorithm, SignResult
from google.api_core.exceptions import NotFound, PermissionDenied
from google.cloud import kms

from govern.attestation.keys import PublicKey, Signer
from govern.attestation.signers import load_attestation_signer
from govern.diagnostics import GovernError
from support.key_services import AwsKms, EcKey
from support.loopback import json_service

MESSAGE = b"a statement"
GCP_KEY = "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/3"


def refused(uri: str) -> tuple[str, int, str]:
    with pytest.raises(GovernError) as caught:
        load_attestation_signer(uri, environment={})
    return caught.value.diagnostics[0].code, caught.value.exit_code, str(caught.value)


def sound(made: Signer, key: EcKey) -> None:
    """The signer has the service's key, signs with it, and sent nothing but the digest."""
    assert made.public == PublicKey.parse(key.der)
    assert made.public.verifies(made.sign(MESSAGE), MESSAGE)
    assert key.asked[-1] == hashlib.sha256(MESSAGE).digest()


# -- Amazon: boto3 itself, pointed at a stand-in that speaks the protocol ---------------------------------------------


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsKms]:
    service = AwsKms(EcKey())
    with json_service(service, media_type="application/x-amz-json-1.1") as address:
        for name, value in {
            "AWS_ENDPOINT_URL_KMS": address,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/nosuch",
            "AWS_SHARED_CREDENTIALS_FILE": "/nosuch",
        }.items():
            monkeypatch.setenv(name, value)
        yield service


def test_aws_signs_a_digest(aws: AwsKms) -> None:
    sound(load_attestation_signer("awskms:alias/govern", environment={}), aws.key)


def test_aws_by_arn(aws: AwsKms) -> None:
    aws.name = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd"
    sound(load_attestation_signer(f"awskms:{aws.name}", environment={}), aws.key)


def test_aws_that_hashes_twice_is_refused_before_anything_is_signed_for_real(aws: AwsKms) -> None:
    aws.key.twice = True
    code, exit_code, text = refused("awskms:alias/govern")
    assert (code, exit_code) == ("A405", 4)
    assert "twice" in text
    assert len(aws.key.asked) == 1


def test_aws_other_keys_and_faults(aws: AwsKms, monkeypatch: pytest.MonkeyPatch) -> None:
    code, exit_code, text = refused("awskms:alias/other")
    assert (code, exit_code) == ("A403", 3)
    assert "NotFoundException" in text
    assert refused("awskms:")[:2] == ("A406", 2)
    aws.key.curve, aws.algorithms = "P-384", ("ECDSA_SHA_384",)
    assert refused("awskms:alias/govern")[:2] == ("A404", 2)
    aws.algorithms = ("ECDSA_SHA_256",)  # a service that contradicts itself
    assert refused("awskms:alias/govern")[:2] == ("A404", 2)
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9/")
    assert refused("awskms:alias/govern")[:2] == ("A403", 3)
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert refused("awskms:alias/govern")[:2] == ("A403", 3)


# -- Google: the client's messages, without its channel ---------------------------------------------------------------


class GcpClient:
    """`KeyManagementServiceClient`, as far as a public key and a signature go."""

    key = EcKey()
    algorithm = kms.CryptoKeyVersion.CryptoKeyVersionAlgorithm.EC_SIGN_P256_SHA256
    fault: Exception | None = None

    def get_public_key(self, request: Any) -> kms.PublicKey:
        asked = kms.GetPublicKeyRequest(request)
        if self.fault is not None:
            raise self.fault
        if asked.name != GCP_KEY:
            raise NotFound(f"CryptoKeyVersion {asked.name} not found.")
        data = kms.ChecksummedData(data=self.key.pem.encode())
        return kms.PublicKey(name=asked.name, algorithm=self.algorithm, public_key=data)

    def asymmetric_sign(self, request: Any) -> kms.AsymmetricSignResponse:
        asked = kms.AsymmetricSignRequest(request)
        if asked.name != GCP_KEY or not asked.digest.sha256 or asked.data:
            raise NotFound("not a SHA-256 digest for this key")
        return kms.AsymmetricSignResponse(name=asked.name, signature=self.key.sign_digest(asked.digest.sha256))


@pytest.fixture
def gcp(monkeypatch: pytest.MonkeyPatch) -> type[GcpClient]:
    class Client(GcpClient):
        key = EcKey()

    monkeypatch.setattr(kms, "KeyManagementServiceClient", Client)
    return Client


def test_gcp_signs_a_digest(gcp: type[GcpClient]) -> None:
    sound(load_attestation_signer(f"gcpkms:{GCP_KEY}", environment={}), gcp.key)


def test_gcp_that_hashes_twice_is_refused(gcp: type[GcpClient]) -> None:
    gcp.key.twice = True
    assert refused(f"gcpkms:{GCP_KEY}")[:2] == ("A405", 4)


def test_gcp_other_keys_and_faults(gcp: type[GcpClient]) -> None:
    assert refused(f"gcpkms:{GCP_KEY}0")[:2] == ("A403", 3)
    assert refused("gcpkms:projects/p")[:2] == ("A406", 2)
    algorithms = kms.CryptoKeyVersion.CryptoKeyVersionAlgorithm
    for algorithm in (algorithms.EC_SIGN_P384_SHA384, algorithms.EC_SIGN_SECP256K1_SHA256):
        gcp.algorithm = algorithm
        assert refused(f"gcpkms:{GCP_KEY}")[:2] == ("A404", 2)
    gcp.fault = PermissionDenied("no")
    assert refused(f"gcpkms:{GCP_KEY}")[:2] == ("A403", 3)


# -- Microsoft: the clients' types, without their pipeline ------------------------------------------------------------

AZURE = "azurekms://v.vault.azure.net/keys/govern"
VERSIONS = {"aaaa": EcKey(scalar=91), "bbbb": EcKey(scalar=92)}


class AzureVault:
    """Key Vault with two versions of one key, the second one newer."""

    def __init__(self) -> None:
        self.keys = {name: EcKey(scalar=key.scalar) for name, key in VERSIONS.items()}
        self.kty = "EC"
        self.fault: Exception | None = None

    def key_client(self, vault_url: str, credential: object) -> AzureVault:
        assert vault_url == "https://v.vault.azure.net/"
        return self

    def get_key(self, name: str, version: str | None = None) -> KeyVaultKey:
        if self.fault is not None:
            raise self.fault
        version = version or "bbbb"
        if name != "govern" or version not in self.keys:
            raise ResourceNotFoundError(f"A key with (name/id) {name}/{version} was not found in this key vault.")
        key = self.keys[version]
        numbers = key.private.public_key().public_numbers()
        size = 32 if key.curve == "P-256" else 48
        jwk = {"kty": self.kty, "crv": key.curve, "x": numbers.x.to_bytes(size), "y": numbers.y.to_bytes(size)}
        if self.kty != "EC":
            jwk = {"kty": self.kty, "n": b"1", "e": b"3"}
        return KeyVaultKey(f"https://v.vault.azure.net/keys/{name}/{version}", jwk=jwk)

    def crypto_client(self, key_id: str, credential: object) -> AzureCrypto:
        return AzureCrypto(key_id, self.keys[key_id.rpartition("/")[2]])


class AzureCrypto:
    def __init__(self, key_id: str, key: EcKey) -> None:
        self.key_id, self.key = key_id, key

    def sign(self, algorithm: SignatureAlgorithm, digest: bytes) -> SignResult:
        assert algorithm == SignatureAlgorithm.es256
        return SignResult(key_id=self.key_id, algorithm=algorithm, signature=self.key.sign_digest_raw(digest))


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> AzureVault:
    vault = AzureVault()
    monkeypatch.setattr("azure.keyvault.keys.KeyClient", vault.key_client)
    monkeypatch.setattr("azure.identity.DefaultAzureCredential", object)
    monkeypatch.setattr("securesystemslib.signer._azure_signer.DefaultAzureCredential", object)
    monkeypatch.setattr("securesystemslib.signer._azure_signer.CryptographyClient", vault.crypto_client)
    return vault


@pytest.mark.parametrize(("uri", "version"), [(AZURE, "bbbb"), (f"{AZURE}/bbbb", "bbbb"), (f"{AZURE}/aaaa", "aaaa")])
def test_azure_signs_with_the_version_that_is_named(azure: AzureVault, uri: str, version: str) -> None:
    """An older version stays usable after the vault rotated the key."""
    sound(load_attestation_signer(uri, environment={}), azure.keys[version])


def test_azure_that_hashes_twice_is_refused(azure: AzureVault) -> None:
    azure.keys["bbbb"].twice = True
    assert refused(AZURE)[:2] == ("A405", 4)


def test_azure_other_keys_and_faults(azure: AzureVault) -> None:
    assert refused(f"{AZURE}/cccc")[:2] == ("A403", 3)
    assert refused("azurekms://v.vault.azure.net/secrets/x")[:2] == ("A406", 2)
    assert refused("azurekms:govern")[:2] == ("A406", 2)
    azure.keys["bbbb"].curve = "P-384"
    assert refused(AZURE)[:2] == ("A404", 2)
    azure.kty = "RSA"
    assert refused(AZURE)[:2] == ("A404", 2)
    azure.fault = ClientAuthenticationError("DefaultAzureCredential failed\nto retrieve a token\nfrom eight places")
    code, exit_code, text = refused(AZURE)
    assert (code, exit_code) == ("A403", 3)
    assert "eight places" not in text


# -- without the extras ---------------------------------------------------------------------------------------------

_WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {hidden!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
from govern.attestation.signers import load_attestation_signer, load_note_signer
from govern.diagnostics import UsageError
environment = {{"PYKCS11LIB": "x", "GOVERN_HSM_PIN": "1", "VAULT_ADDR": "http://127.0.0.1:9", "VAULT_TOKEN": "t"}}
for load in (load_attestation_signer, lambda uri, environment: load_note_signer(uri, origin="l.example", environment=environment)):
    try:
        load({uri!r}, environment=environment)
    except UsageError as fault:
        print(fault.diagnostics[0].code, fault.diagnostics[0].message)
"""


@pytest.mark.parametrize(
    ("uri", "extra", "hidden", "logs"),
    [
        ("hsm:2", "hsm", ["pkcs11"], True),
        ("hsm:2", "hsm", ["pkcs11", "securesystemslib"], True),
        ("awskms:alias/x", "aws", ["boto3", "botocore"], False),
        ("awskms:alias/x", "aws", ["securesystemslib"], False),
        (f"gcpkms:{GCP_KEY}", "gcp", ["google"], False),
        (AZURE, "azure", ["azure"], False),
        ("hv:gate", "vault", ["hvac"], True),
    ],
)
def test_a_missing_extra_is_named(uri: str, extra: str, hidden: list[str], logs: bool) -> None:
    text = _WITHOUT.format(hidden=hidden, uri=uri)
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == f"A402 the key {uri} needs the extra govern[{extra}]"
    assert second.startswith("A402" if logs else "A404")
