"""What an auditor types who does not trust govern: commands of other tools, with the real file names filled in."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from govern.attestation.verification import Result
from govern.ledger.leaf import PAYLOAD_TYPE

if TYPE_CHECKING:
    from govern.attestation.timestamps import TimeStamp

__all__ = ["FileNames", "auditor_commands", "not_covered"]

_ED25519_HEADER = r"\060\052\060\005\006\003\053\145\160\003\041\000"
"""The DER bytes before a raw Ed25519 key, as printf escapes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNames:
    """Paths as the reader would type them."""

    certificate: str
    trust: str
    manifest: str | None = None
    bundle: str | None = None


def auditor_commands(result: Result, names: FileNames) -> list[str]:
    """Give bash lines that succeed exactly when the signatures, digests and the log entry hold; `cmp` is silent then.

    They are to be run in an empty folder with absolute paths, or where the paths hold; the files they leave behind
    (payload, sig, pae, cert.pub, ...) may be thrown away. The trust root's own signatures are taken as given.
    """
    signatory, origin = result.signatory, result.log_origin
    assert signatory is not None
    assert origin is not None
    certificate, trust = shlex.quote(names.certificate), shlex.quote(names.trust)
    keyid = shlex.quote(f'.predicate.keys["{signatory.keyid}"].spki')
    vkey = shlex.quote(f'.predicate.logs[].vkey|select(startswith("{origin}+"))')
    proof = ".verificationMaterial.tlogEntries[0].inclusionProof"
    lines = [
        "# the signer's key and the log's key, as the trust root has them",
        f"jq -r '.envelopes[0].payload' {trust} | base64 -d > trust.payload",
        f"jq -r {keyid} trust.payload | base64 -d | openssl pkey -pubin -inform DER -out cert.pub",
        (
            f"{{ printf '{_ED25519_HEADER}'; jq -r {vkey} trust.payload | cut -d+ -f3- | base64 -d | tail -c +2; }}"
            " | openssl pkey -pubin -inform DER -out log.pub"
        ),
        "# the signature over the statement",
        f"jq -r .dsseEnvelope.payload {certificate} | base64 -d > payload",
        f"jq -r '.dsseEnvelope.signatures[0].sig' {certificate} | base64 -d > sig",
        f"T={PAYLOAD_TYPE}; {{ printf 'DSSEv1 %d %s %d ' ${{#T}} $T $(stat -c %s payload); cat payload; }} > pae",
        "openssl dgst -sha256 -verify cert.pub -signature sig pae",
        "# the key's two names: fingerprint and hint",
        (
            "ssh-keygen -i -m PKCS8 -f cert.pub > cert.ssh && ssh-keygen -lf cert.ssh"
            f" | grep -F {shlex.quote(signatory.keyid)}"
        ),
        (
            "cmp <(openssl pkey -pubin -in cert.pub -outform DER | openssl dgst -sha256 -binary | base64)"
            f" <(jq -r .verificationMaterial.publicKey.hint {certificate})"
        ),
        "# the log's signed head",
        f"jq -rj '{proof}.checkpoint.envelope' {certificate} > note; head -3 note > text",
        f"grep {shlex.quote(f'^— {origin} ')} note | cut -d' ' -f3 | base64 -d | tail -c +5 > nsig",
        "openssl pkeyutl -verify -rawin -pubin -inkey log.pub -in text -sigfile nsig",
        f"cmp <(sed -n 3p text) <(jq -r {proof}.rootHash {certificate})",
        "# the log entry speaks of this statement; its leaf hash is the last line",
        f"jq -r '.verificationMaterial.tlogEntries[0].canonicalizedBody' {certificate} | base64 -d > leaf",
        "cmp <(jq -r .spec.hashedRekordV002.data.digest leaf) <(openssl dgst -sha256 -binary pae | base64)",
        "{ printf '\\0'; cat leaf; } | sha256sum",
    ]
    for number, stamp in enumerate(result.stamps):
        lines += _token_commands(number, stamp, certificate)
    if names.manifest is not None:
        manifest = shlex.quote(names.manifest)
        lines += [
            "# the bundle",
            f"cmp <(jq -r '.subject[0].digest.sha256' payload) <(sha256sum < {manifest} | cut -d' ' -f1)",
        ]
        if names.bundle is not None:
            folder = shlex.quote(names.bundle)
            lines.append(
                f"( cd {folder} && find . -type f | cut -c3- | LC_ALL=C sort | tr '\\n' '\\0' | xargs -0 -r sha256sum )"
                f" | cmp - {manifest}"
            )
    return lines


def _token_commands(number: int, stamp: TimeStamp, certificate: str) -> list[str]:
    """The commands on one token. The authority's certificates are judged at the time that the token tells."""
    tokens = ".verificationMaterial.timestampVerificationData.rfc3161Timestamps"
    seconds = int(stamp.time.timestamp())
    return [
        "# the time-stamp over the signature, with the authority's certificates as the trust root has them",
        f"jq -r '{tokens}[{number}].signedTimestamp' {certificate} | base64 -d > token-{number}.tsr",
        (
            f"for c in $(jq -r '.predicate.tsas[{stamp.listed}].certs[]' trust.payload); do"
            f" base64 -d <<< $c | openssl x509 -inform DER; done > tsa-{number}.pem"
        ),
        (
            f"openssl ts -verify -data sig -in token-{number}.tsr -CAfile tsa-{number}.pem -untrusted tsa-{number}.pem"
            f" -attime {seconds}"
        ),
        f"openssl ts -reply -in token-{number}.tsr -text | grep '^Time stamp: '",
    ]


def not_covered(names: FileNames) -> tuple[str, ...]:
    """Give what the commands leave open and `govern verify` checks."""
    always = (
        "the signatures on the trust root",
        "that the leaf hash leads to the signed root",
        "roles and stages",
        "validity dates and revoked keys",
        "the least versions of policies",
        "waivers and approvals",
        "revocation",
    )
    return always if names.manifest is not None and names.bundle is not None else (*always, "the bundle's files")
