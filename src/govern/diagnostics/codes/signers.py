"""Diagnostic codes of signing keys and time-stamps: A401 to A439 of the room `attestation`."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

__all__ = ["SIGNER_CODES"]

SIGNER_CODES: dict[str, Code] = {
    "A401": Code(
        slug="signer-unknown",
        title="The place of a signing key is written in a way that no signer knows.",
        why="A key that is looked for in the wrong place would not be found, or another one would.",
        example="certifier = 'awskmz:alias/govern'",
        fix="Use a file, env:, hsm:, awskms:, gcpkms:, azurekms: or hv:; put ./ before a file name with a colon.",
    ),
    "A402": Code(
        slug="signer-extra-missing",
        title="The package that speaks to this kind of signer is not installed.",
        why="Clients of devices and clouds are extras, because few installations need them.",
        example="certifier = 'awskms:alias/govern' where only govern itself is installed.",
        fix="Install the extra that the message names, for example govern[aws].",
    ),
    "A403": Code(
        slug="signer-unreachable",
        title="A device or service that holds a signing key could not be reached, or refused.",
        why="Without its answer nothing can be signed; nothing has been logged.",
        example="A wrong PIN, an expired token of a cloud account, or no network.",
        fix="See what the device or service says, mend that, and run the command again.",
    ),
    "A404": Code(
        slug="signer-key-unfit",
        title="The key in a device or service is of another type than its use asks for.",
        why="Attestations are signed with ECDSA P-256, the log with Ed25519; other tools refuse anything else.",
        example="hsm:2 names a P-384 key.",
        fix="Make a key of the right type there, and name it.",
    ),
    "A405": Code(
        slug="signer-signature-unsound",
        title="What a device or service gave back is not a signature of what it was asked to sign.",
        why="It would be logged for ever and refused by every verifier.",
        example="A service that hashes the digest that it was sent once more.",
        fix="Use another signer; if the key was rotated in the service, name the version that the trust root lists.",
    ),
    "A406": Code(
        slug="signer-setting-missing",
        title="Something that a signer needs is not set, or its URI is incomplete.",
        why="Guessing a PIN, a library or an address would sign with the wrong key or lock the device.",
        example="hsm:2 without PYKCS11LIB.",
        fix="Set what the message names; docs/signers.md lists every variable.",
    ),
    "A410": Code(
        slug="time-stamp-unsound",
        title="A time-stamp token does not hold: its form, its signature, or what it covers.",
        why="A token of other bytes, or one that could be changed unnoticed, says nothing about this signature.",
        example="The token of another certificate copied into this one.",
        fix="Take the file again from where it was issued, or stamp it again.",
    ),
    "A411": Code(
        slug="time-stamp-authority-untrusted",
        title="A time-stamp token is of an authority that the trust root does not list, or not for that time.",
        why="Anybody can run an authority that tells any time.",
        example="A token of a public authority held against a trust root without `tsas`.",
        fix="List the authority's certificates in the trust root, or use one that is listed.",
    ),
    "A412": Code(
        slug="time-stamp-refused",
        title="The answer of a time-stamping authority does not answer the question.",
        why="An answer to another question, or one made earlier, would not cover this signature.",
        example="A response with another nonce.",
        fix="Ask again; when it stays so, use another authority. Nothing has been logged.",
    ),
    "A413": Code(
        slug="time-stamp-unreachable",
        title="The time-stamping authority could not be reached.",
        why="A certificate that should carry a token is not issued without one; nothing has been logged.",
        example="[signing] tsa = 'https://tsa.example/' while that host is down.",
        fix="Run the command again later, or unset tsa and add the token afterwards: govern stamp FILE.",
    ),
    "A414": Code(
        slug="time-stamp-late",
        title="A token tells a time that does not fit the time which the statement claims.",
        why="Verification would refuse the file: a claimed time that is far from the token's was made up.",
        example="A certificate of last week stamped today, or a machine whose clock is an hour ahead.",
        fix="Set the machine's clock; stamp within 24 hours of issuing.",
    ),
    "A415": Code(
        slug="time-stamp-repeated",
        title="The file has a token of that authority already.",
        why="Authorities are counted, not tokens: a second one of the same proves nothing more.",
        example="govern stamp run twice on one certificate.",
        fix="Nothing to do; for a second witness of the time ask another authority.",
    ),
    "A416": Code(
        slug="time-stamps-lacking",
        title="What was signed has fewer time-stamps than the trust root asks for.",
        why="It is signed and logged, yet `govern verify` does not accept it (exit code 1) until the tokens are there.",
        example="`require.timestamps` is 1 in the trust root and [signing] tsa is not set.",
        fix="Set [signing] tsa, or add the tokens within 24 hours: govern stamp FILE.",
    ),
}
