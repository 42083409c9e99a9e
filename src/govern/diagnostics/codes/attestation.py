"""Diagnostic codes of the room `attestation`."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code
from govern.diagnostics.codes.signers import SIGNER_CODES

CODES: dict[str, Code] = {
    "A101": Code(
        slug="decision-not-allowed",
        title="A certificate was asked for a decision that is not allowed, or a refusal for one that is.",
        why="The verdict is the statement's type; tools that check only signature and type would believe it.",
        example="certificate_statement(...) with decision `denied`.",
        fix="Report it: the gate must never ask for this.",
    ),
    "A102": Code(
        slug="statement-unfit",
        title="A statement does not fit its closed schema.",
        why="It would be signed, logged for ever, and refused by every verifier.",
        example="A stage that does not exist, or a waived rule without its waiver's digest.",
        fix="Report it with the diagnostic's pointer.",
    ),
    "A103": Code(
        slug="certificate-outlives-its-grounds",
        title="A certificate would be valid longer than a waiver, approval or measurement it rests on, or not at all.",
        why="It would say allowed after the reason for it ended.",
        example="valid_for = 1y with a waiver that ends in a month.",
        fix="Report it: the gate must cut the validity to the earliest end.",
    ),
    "A104": Code(
        slug="key-unusable",
        title="A private key cannot be read, or is of another type than its use asks for.",
        why="Attestations are signed with ECDSA P-256, the log with Ed25519; other tools refuse anything else.",
        example="An RSA key, or an encrypted key without its password.",
        fix="Make one with `govern keys new`, or give the password.",
    ),
    "A105": Code(
        slug="another-ledger",
        title="The statement names another log than the one it would be appended to.",
        why="A verifier would look for the entry in a log that does not have it.",
        example="origin in govern.toml was changed after the ledger was made.",
        fix="Set the origin to the ledger's own name.",
    ),
    "A106": Code(
        slug="logged-under-another-key",
        title="The same statement is in the log already, signed with another key or unsoundly.",
        why="One statement has one entry; a second signature over it would have no proof.",
        example="A statement repeated byte for byte after the certifier's key was changed.",
        fix="Use the file that was issued first.",
    ),
    "A107": Code(
        slug="key-exists",
        title="A key file is there already.",
        why="Overwriting a private key destroys it.",
        example="govern keys new run twice.",
        fix="Name another file.",
    ),
    "A201": Code(
        slug="bundle-file-unsound",
        title="The file is not a sigstore bundle in its one canonical form.",
        why="A file that can be spelt in two ways can be read in two ways.",
        example="A certificate file that was pretty-printed.",
        fix="If only the spelling changed: jq -cS . FILE; otherwise take the file again from where it was issued.",
    ),
    "A203": Code(
        slug="envelope-unsound",
        title="The DSSE envelope has not exactly one signature over an in-toto payload in canonical base64.",
        why="With two signatures, or two spellings of one, tools disagree about what was signed.",
        example="An envelope to which a second signature was added.",
        fix="Take the file again from where it was issued; several people sign several attestations.",
    ),
    "A207": Code(
        slug="statement-unsound",
        title="A signed statement lacks a member, has one of the wrong form, or contradicts itself.",
        why="What cannot be read with certainty certifies nothing.",
        example="A certificate whose subject is another model than its predicate names.",
        fix="Ask whoever issued it; a sound gate does not sign such a statement.",
    ),
    "A209": Code(
        slug="log-entry-unsound",
        title="A log entry of the bundle is of another kind, or its index, time or hashes are malformed.",
        why="An entry that is not understood proves nothing.",
        example="An entry of the deprecated kind `dsse`.",
        fix="Issue the certificate again with a current version.",
    ),
    "A210": Code(
        slug="log-not-trusted",
        title="The log entry is of a log that the trust root does not list, or its head does not fit its proof.",
        why="Anybody can run a log; only the ones listed in the trust root count.",
        example="A certificate of a test gate held against the production trust root.",
        fix="Use the trust root of the gate that issued it.",
    ),
    "A301": Code(
        slug="trust-root-unsound",
        title="The trust root file is not in its one canonical form, or holds something this version does not know.",
        why="All trust begins here; a member that is ignored could be a restriction.",
        example="trust.json edited by hand.",
        fix="Take the file again from whoever maintains it, or update govern.",
    ),
    "A302": Code(
        slug="trust-key-unfit",
        title="A key is not an ECDSA P-256 key in DER, or is listed under an id that is not its fingerprint.",
        why="Under two ids one key would count as two people.",
        example="A keyid copied from another line.",
        fix="List the key under the fingerprint that `ssh-keygen -l` prints for it.",
    ),
    "A303": Code(
        slug="trust-role-conflict",
        title="A role is unknown, plays another role's part, or shares a key that must not be shared.",
        why="Whoever holds the root key could otherwise certify; whoever keeps the log could vouch for entries.",
        example="The root key listed as certifier.",
        fix="Give every role keys of its own and only its own types.",
    ),
    "A304": Code(
        slug="trust-threshold-unmet",
        title="Fewer people signed, or hold keys, than a threshold asks for.",
        why="Thresholds count people and keys: one person with two keys is one person.",
        example="Threshold 2 where both keys belong to alice.",
        fix="Collect the missing signatures with `govern trust sign`.",
    ),
    "A305": Code(
        slug="trust-signature-invalid",
        title="A signature on the trust root does not verify, or is of a key that nobody here knows.",
        why="Somebody changed the file, or it is not the one its maintainers signed.",
        example="One character of trust.json was changed.",
        fix="Take the file again; after a change of root keys, give the version before it as well.",
    ),
    "A306": Code(
        slug="trust-chain-broken",
        title="A version of the trust root does not follow the one before it.",
        why="Only the people of the old version can name those of the new one.",
        example="Version 4 given after version 2.",
        fix="Give every version in order.",
    ),
    **SIGNER_CODES,
}
