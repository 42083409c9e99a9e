"""A time-stamping authority of one's own (RFC 3161), with fixed keys.

    tsa = LocalTsa(tmp_path / "tsa")
    tsa.certs                        # DER, signing certificate first: for `tsas[].certs` of a trust root
    tsa.reply(request)               # bytes -> bytes, answered by `openssl ts -reply` with the machine's clock
    tsa.stamper()                    # the same as a `Stamper`: signature bytes -> TimeStampResp
    tsa.stamper(at=moment)           # tokens that tell another time, put together here with the same key
    tsa.reply_at(request, at=moment)
    with tsa.served() as url: ...    # the same over HTTP on the loopback

`openssl ts` knows no time but the clock's, so tokens of another time are built with asn1crypto; a test has
`openssl ts -verify` accept both. Keys come from fixed scalars and certificates are signed deterministically, so that
with a fixed time the same message gives the same token, byte for byte.
"""

from __future__ import annotations

import hashlib
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from govern.attestation.signing import Stamper

POLICY = "1.2.3.4.1"
TYPE_QUERY, TYPE_REPLY = "application/timestamp-query", "application/timestamp-reply"

_CONFIG = f"""
[tsa]
default_tsa = here
[here]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = {POLICY}
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class LocalTsa:
    """A root, a signing certificate under it, and three ways to a token."""

    def __init__(
        self,
        folder: Path,
        *,
        name: str = "tsa.example",
        scalar: int = 1001,
        not_before: datetime = datetime(2025, 1, 1, tzinfo=UTC),
        not_after: datetime = datetime(2045, 1, 1, tzinfo=UTC),
        usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING,
        critical: bool = True,
        rsa: bool = False,
        forged: int = 0,
    ) -> None:
        """Make keys and certificates.

        Args:
            folder: holds keys, certificates and the configuration of `openssl ts`.
            name: common name of the signing certificate; the root's has " root" after it.
            scalar: the root's private key and serial number; the signing key's are one higher.
            not_before, not_after: window of the signing certificate.
            usage, critical: its extended key usage.
            rsa: gives the signing key as a random RSA key; only `reply` and `stamper()` sign with it.
            forged: added to the private keys alone: names and serial numbers stay as they are.
        """
        self.folder, self.name = folder, name
        folder.mkdir(parents=True, exist_ok=True)
        root_key = ec.derive_private_key(scalar + forged, ec.SECP256R1())
        self.key: ec.EllipticCurvePrivateKey | RSAPrivateKey = (
            generate_private_key(public_exponent=65537, key_size=2048)
            if rsa
            else ec.derive_private_key(scalar + forged + 1, ec.SECP256R1())
        )
        root_name = _name(f"{name} root")
        root = (
            _builder(root_name, root_name, root_key.public_key(), scalar)
            .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(2050, 1, 1, tzinfo=UTC))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(root_key, hashes.SHA256(), ecdsa_deterministic=True)
        )
        leaf = (
            _builder(_name(name), root_name, self.key.public_key(), scalar + 1)
            .not_valid_before(not_before)
            .not_valid_after(not_after)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=critical)
            .sign(root_key, hashes.SHA256(), ecdsa_deterministic=True)
        )
        self.certs = (leaf.public_bytes(Encoding.DER), root.public_bytes(Encoding.DER))
        self.leaf_pem, self.root_pem = leaf.public_bytes(Encoding.PEM), root.public_bytes(Encoding.PEM)
        (folder / "tsa.pem").write_bytes(self.leaf_pem)
        (folder / "root.pem").write_bytes(self.root_pem)
        (folder / "chain.pem").write_bytes(self.leaf_pem + self.root_pem)
        (folder / "tsa.key").write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        (folder / "tsa.cnf").write_text(_CONFIG, encoding="utf-8")
        (folder / "serial").write_text("01\n", encoding="utf-8")

    def reply(self, request: bytes, *, chain: bool = False) -> bytes:
        """Answer a TimeStampReq as `openssl ts` does; with `chain` the root is embedded as well."""
        (self.folder / "q.tsq").write_bytes(request)
        command = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "q.tsq", "-out", "r.tsr"]
        subprocess.run(
            [*command, *(("-chain", "chain.pem") if chain else ())], cwd=self.folder, check=True, capture_output=True
        )
        return (self.folder / "r.tsr").read_bytes()

    def reply_at(self, request: bytes, *, at: datetime) -> bytes:
        """Answer a TimeStampReq with a token that tells another time than the clock's."""
        asked = tsp.TimeStampReq.load(request)
        return self.token(b"", at=at, nonce=asked["nonce"].native, imprint=asked["message_imprint"])

    def query(self, message: bytes) -> bytes:
        """Ask as `openssl ts -query` does, without a nonce, for the signing certificate to be embedded."""
        done = subprocess.run(
            [
                "openssl",
                "ts",
                "-query",
                "-digest",
                hashlib.sha256(message).hexdigest(),
                "-sha256",
                "-no_nonce",
                "-cert",
            ],
            check=True,
            capture_output=True,
        )
        return done.stdout

    def stamper(self, *, at: datetime | None = None) -> Stamper:
        """Give what the issuing functions take as `stamp`. With a time, no program is run."""
        if at is not None:
            return lambda message: self.token(message, at=at)
        return lambda message: self.reply(self.query(message))

    def token(
        self,
        message: bytes,
        *,
        at: datetime,
        nonce: int | None = None,
        serial: int = 1,
        digest: str = "sha256",
        certificate: bytes | None = None,
        imprint: tsp.MessageImprint | None = None,
        edit: Callable[[cms.SignedData], None] | None = None,
    ) -> bytes:
        """Put a TimeStampResp together that tells a time.

        Args:
            message: what is stamped.
            at: the time that it tells.
            nonce, serial, digest: members of the token.
            certificate: named and embedded in the place of the authority's own.
            imprint: stands in the place of the message's.
            edit: changes the finished SignedData.
        """
        assert isinstance(self.key, ec.EllipticCurvePrivateKey), "tokens of another time are signed with ECDSA"
        signer = certificate or self.certs[0]
        info = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": imprint
            or {
                "hash_algorithm": {"algorithm": digest},
                "hashed_message": hashlib.new(digest, message).digest(),
            },
            "serial_number": serial,
            "gen_time": at,
            "accuracy": {"seconds": 1},
        }
        if nonce is not None:
            info["nonce"] = nonce
        content = tsp.TSTInfo(info).dump()
        leaf = asn1_x509.Certificate.load(signer)
        attributes = cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
                {
                    "type": "signing_certificate_v2",
                    "values": [{"certs": [{"cert_hash": hashlib.sha256(signer).digest()}]}],
                },
            ]
        )
        sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [sha256],
                "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(content)},
                "certificates": [leaf],
                "signer_infos": [
                    {
                        "version": "v1",
                        "sid": {
                            "issuer_and_serial_number": {"issuer": leaf.issuer, "serial_number": leaf.serial_number}
                        },
                        "digest_algorithm": sha256,
                        "signed_attrs": attributes,
                        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
                        "signature": self.key.sign(
                            attributes.dump(), ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
                        ),
                    }
                ],
            }
        )
        if edit is not None:
            edit(signed)
        token = cms.ContentInfo({"content_type": "signed_data", "content": signed})
        response: bytes = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()
        return response

    def accepts(self, response: bytes, message: bytes) -> bool:
        """What `openssl ts -verify` says to a response, judged at its certificates' time."""
        (self.folder / "v.tsr").write_bytes(response)
        (self.folder / "v.data").write_bytes(message)
        command = [
            "openssl",
            "ts",
            "-verify",
            "-data",
            "v.data",
            "-in",
            "v.tsr",
            "-CAfile",
            "root.pem",
            "-untrusted",
            "tsa.pem",
        ]
        return subprocess.run(command, cwd=self.folder, check=False, capture_output=True).returncode == 0

    @contextmanager
    def served(
        self,
        answer: Callable[[bytes], bytes] | None = None,
        *,
        status: int = 200,
        kind: str = TYPE_REPLY,
        location: str | None = None,
    ) -> Iterator[str]:
        """Serve on the loopback and give the URL. Needs the loopback; binds no other address."""
        reply = answer or self.reply

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = self.rfile.read(int(self.headers["Content-Length"]))
                asked = self.headers["Content-Type"] == TYPE_QUERY
                body = reply(request) if asked else b""
                self.send_response(status if asked else 415)
                self.send_header("Content-Type", kind)
                if location is not None:
                    self.send_header("Location", location)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing on stderr."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey | RSAPublicKey, serial: int
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key).serial_number(serial)
