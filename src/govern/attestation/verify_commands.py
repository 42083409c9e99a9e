"""What an auditor types who does not trust govern: commands of other tools, with the real file names filled in."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from govern.attestation.verification import Result
from govern.ledger.leaf import PAYLOAD_TYPE
from govern.records import record

if TYPE_CHECKING:
    from govern.attestation.stamps.tokens import TimeStamp
    from govern.ledger.note import NoteKey

__all__ = ["FileNames", "auditor_commands", "not_covered"]

_ED25519_HEADER = r"\060\052\060\005\006\003\053\145\160\003\041\000"
"""The DER bytes before a raw Ed25519 key, as printf escapes."""

_PROOF = ".verificationMaterial.tlogEntries[0].inclusionProof"


@record(kw_only=True)
class FileNames:
    """Paths as the reader would type them."""

    certificate: str
    trust: str
    manifest: str | None = None
    bundle: str | None = None


def auditor_commands(result: Result, names: FileNames) -> list[str]:
    """Give bash lines that succeed exactly when signatures, digests, proof and tokens hold; `cmp` is silent then.

    They serve every kind of statement. They are to be run in an empty folder with absolute paths, or where the paths
    hold; the files they leave behind (payload, sig, pae, cert.pub, ...) may be thrown away. The trust root's own
    signatures are taken as given.
    """
    signatory, origin = result.signatory, result.log_origin
    assert signatory is not None
    assert origin is not None
    certificate, trust = shlex.quote(names.certificate), shlex.quote(names.trust)
    lines = [
        "# the signer's key and the log's key, as the trust root has them",
        f"jq -r '.envelopes[0].payload' {trust} | base64 -d > trust.payload",
        (
            f"jq -r {shlex.quote(f'.predicate.keys[{json.dumps(signatory.keyid)}].spki')} trust.payload | base64 -d"
            " | openssl pkey -pubin -inform DER -out cert.pub"
        ),
        _note_key("logs", origin, "log.pub"),
        *_signature_commands(certificate, signatory.keyid),
        *_checkpoint_commands(certificate, origin),
        *_entry_commands(certificate),
    ]
    for number, key in enumerate(result.cosigners):
        lines += _cosignature_commands(number, key)
    for number, stamp in enumerate(result.stamps):
        lines += _token_commands(number, stamp, certificate)
    return lines + _bundle_commands(names)


def _note_key(listed: str, name: str, file: str) -> str:
    """Write the Ed25519 key of a log or witness as PEM."""
    chosen = shlex.quote(f".predicate.{listed}[].vkey|select(startswith({json.dumps(f'{name}+', ensure_ascii=False)}))")
    return (
        f"{{ printf '{_ED25519_HEADER}'; jq -r {chosen} trust.payload | cut -d+ -f3- | base64 -d | tail -c +2; }}"
        f" | openssl pkey -pubin -inform DER -out {file}"
    )


def _signature_commands(certificate: str, keyid: str) -> list[str]:
    return [
        "# the signature over the statement",
        f"jq -r .dsseEnvelope.payload {certificate} | base64 -d > payload",
        f"jq -r '.dsseEnvelope.signatures[0].sig' {certificate} | base64 -d > sig",
        f"T={PAYLOAD_TYPE}; {{ printf 'DSSEv1 %d %s %d ' ${{#T}} $T $(stat -c %s payload); cat payload; }} > pae",
        "openssl dgst -sha256 -verify cert.pub -signature sig pae",
        "# the key's two names: fingerprint and hint",
        (f"ssh-keygen -i -m PKCS8 -f cert.pub > cert.ssh && ssh-keygen -lf cert.ssh | grep -F {shlex.quote(keyid)}"),
        (
            "cmp <(openssl pkey -pubin -in cert.pub -outform DER | openssl dgst -sha256 -binary | base64)"
            f" <(jq -r .verificationMaterial.publicKey.hint {certificate})"
        ),
    ]


def _checkpoint_commands(certificate: str, origin: str) -> list[str]:
    return [
        "# the log's signed head",
        f"jq -rj '{_PROOF}.checkpoint.envelope' {certificate} > note; head -3 note > text",
        f"grep {shlex.quote(f'^— {origin} ')} note | cut -d' ' -f3 | base64 -d | tail -c +5 > nsig",
        "openssl pkeyutl -verify -rawin -pubin -inkey log.pub -in text -sigfile nsig",
        f"cmp <(sed -n 3p text) <(jq -r {_PROOF}.rootHash {certificate})",
        f"cmp <(sed -n 2p text) <(jq -r {_PROOF}.treeSize {certificate})",
    ]


def _entry_commands(certificate: str) -> list[str]:
    """The commands on the log entry and on the way from its hash to the root (RFC 9162, section 2.1.3.2)."""
    spec = ".spec.hashedRekordV002"
    return [
        "# the log entry speaks of this statement, signature and key; its leaf hash is the last line",
        f"jq -r '.verificationMaterial.tlogEntries[0].canonicalizedBody' {certificate} | base64 -d > leaf",
        f"cmp <(jq -r {spec}.data.digest leaf) <(openssl dgst -sha256 -binary pae | base64)",
        f"cmp <(jq -r {spec}.signature.content leaf) <(base64 -w0 sig; echo)",
        (
            f"cmp <(jq -r {spec}.signature.verifier.publicKey.rawBytes leaf)"
            " <(openssl pkey -pubin -in cert.pub -outform DER | base64 -w0; echo)"
        ),
        "{ printf '\\0'; cat leaf; } | sha256sum",
        "# the proof leads from that hash to the root",
        "node() { printf \"$(sed 's/../\\\\x&/g' <<< 01$1$2)\" | sha256sum | cut -d' ' -f1; }",
        "r=$({ printf '\\0'; cat leaf; } | sha256sum | cut -d' ' -f1)",
        f"i=$(jq -r {_PROOF}.logIndex {certificate}); s=$(( $(jq -r {_PROOF}.treeSize {certificate}) - 1 ))",
        f"for p in $(jq -r '{_PROOF}.hashes[]' {certificate}); do",
        "  p=$(base64 -d <<< $p | od -An -v -tx1 | tr -d ' \\n')",
        "  if (( i % 2 || i == s )); then",
        "    r=$(node $p $r); while (( i % 2 == 0 && i )); do i=$((i / 2)) s=$((s / 2)); done",
        "  else r=$(node $r $p); fi; i=$((i / 2)) s=$((s / 2))",
        "done",
        f"cmp <(jq -r {_PROOF}.rootHash {certificate} | base64 -d | od -An -v -tx1 | tr -d ' \\n'; echo) <(echo $r)",
        "[ $s -eq 0 ]",
    ]


def _cosignature_commands(number: int, key: NoteKey) -> list[str]:
    """The commands on one witness's line: key id, time (8 bytes) and signature over time and checkpoint."""
    line, message = f"cosignature-{number}", f"cosigned-{number}"
    return [
        f"# the witness {key.name} saw that head, at the time printed",
        _note_key("witnesses", key.name, f"witness-{number}.pub"),
        f"grep -F {shlex.quote(f'— {key.name} ')} note | cut -d' ' -f3 | base64 -d > {line}",
        f"S=$((16#$(tail -c +5 {line} | head -c 8 | od -An -v -tx1 | tr -d ' \\n'))); date -u -d @$S +%FT%TZ",
        f"{{ printf 'cosignature/v1\\ntime %d\\n' $S; cat text; }} > {message}; tail -c 64 {line} > {line}.sig",
        f"openssl pkeyutl -verify -rawin -pubin -inkey witness-{number}.pub -in {message} -sigfile {line}.sig",
    ]


def _bundle_commands(names: FileNames) -> list[str]:
    if names.manifest is None:
        return []
    manifest = shlex.quote(names.manifest)
    lines = [
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
        "roles and stages",
        "validity dates and revoked keys",
        "the least versions of policies",
        "waivers, approvals and other statements beside it",
        "revocation",
    )
    return always if names.manifest is not None and names.bundle is not None else (*always, "the bundle's files")
