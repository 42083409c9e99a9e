"""Diagnostic codes of the evidence pack and its replay: A601 to A629 of the room `attestation`."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

__all__ = ["PACK_CODES"]

_AGAIN = "Fetch the pack again from where it was written; if it is the same, ask whoever wrote it."

PACK_CODES: dict[str, Code] = {
    "A601": Code(
        slug="pack-archive-unsound",
        title="The file is not a tar archive in the one spelling that a pack has.",
        why="A link, a second spelling of a name or bytes between members can mean one thing here and another there.",
        example="A pack that was compressed, cut off, or unpacked and packed again with other options.",
        fix=_AGAIN,
    ),
    "A602": Code(
        slug="pack-path-unsound",
        title="A member of a pack has a name that it may not have.",
        why="A name that leaves the folder overwrites files of whoever unpacks it.",
        example="A member called `../../.ssh/authorized_keys`.",
        fix=_AGAIN,
    ),
    "A603": Code(
        slug="pack-too-large",
        title="A pack has more members than one may have, or a member or the bundle made from it would be too large.",
        why="A small file that fills the disk of whoever looks at it is an attack.",
        example="One member of 4 GiB that the manifest names ten thousand times.",
        fix=_AGAIN,
    ),
    "A604": Code(
        slug="pack-index-unsound",
        title="The index `pack.json` is not an index in canonical form.",
        why="What is listed twice, or in two ways, can be read in two ways.",
        example="An index that was pretty-printed, or has a member of its own invention.",
        fix=_AGAIN,
    ),
    "A605": Code(
        slug="pack-member-differs",
        title="A member's bytes are not those of its digest in the index, or of its own name.",
        why="Something was changed after the pack was written.",
        example="One byte of a prediction file flipped.",
        fix=_AGAIN,
    ),
    "A606": Code(
        slug="pack-member-unlisted",
        title="A member is not in the index, or the index names one that is not there.",
        why="Something was added or taken away after the pack was written.",
        example="A second certificate put into the archive.",
        fix=_AGAIN,
    ),
    "A607": Code(
        slug="pack-incomplete",
        title="A pack lacks something that every pack has, or has two where there can be one.",
        why="Without policies, records or trust root nothing can be decided again; with two of one, what is meant?",
        example="A pack with a certificate and a refusal.",
        fix=_AGAIN,
    ),
    "A608": Code(
        slug="pack-evidence-unmatched",
        title="The manifest of the bundle and the evidence in the pack do not name the same files.",
        why="The bundle could not be rebuilt, or would hold what nobody judged.",
        example="A manifest with a line for which there is no evidence.",
        fix=_AGAIN,
    ),
    "A609": Code(
        slug="pack-not-what-was-signed",
        title="A member is not the one that the certificate names or that follows from it.",
        why="The index is not signed, the certificate is: what differs from it was exchanged, index and all.",
        example="An evaluation record that was edited, and its digest in the index with it.",
        fix=_AGAIN,
    ),
    "A610": Code(
        slug="pack-plan-differs",
        title="The policies do not compile to the plan that the certificate names, or are not its sources.",
        why="A replay would judge by other rules.",
        example="Packing with the policies of today a certificate of last year.",
        fix="Name the policies as they were: -p, from a checkout of that time.",
    ),
    "A611": Code(
        slug="pack-bundle-differs",
        title="The folder is not the bundle that the certificate speaks of.",
        why="The evidence would be another model's, or a later state of it.",
        example="--bundle names version 2, the certificate is of version 1.",
        fix="Name the folder that was judged, unchanged: --bundle.",
    ),
    "A612": Code(
        slug="pack-record-differs",
        title="The evaluation or decision record is not the one that the certificate names.",
        why="A replay would be compared with a record that nobody signed.",
        example="The files beside the certificate were overwritten by a later run.",
        fix="Name the records that were written with it: --evaluation, --decision.",
    ),
    "A613": Code(
        slug="pack-advisories-differ",
        title="There is no advisory snapshot with the digest that the certificate names.",
        why="Matched against other advisories, dependencies can come to another outcome.",
        example="The store was pruned after an update.",
        fix="Name the store or the snapshot that was used: --advisories.",
    ),
    "A614": Code(
        slug="pack-statement-missing",
        title="A signed statement that the decision rests on was not supplied.",
        why="A waived rule without its waiver replays as a failed one.",
        example="A certificate with a waiver, packed without --statements.",
        fix="Name the folder of the signed statements: --statements.",
    ),
    "A615": Code(
        slug="pack-no-verdict",
        title="The file named is no certificate and no refusal.",
        why="Only those name everything that a pack holds.",
        example="govern pack X.vsa.sigstore.json",
        fix="Name the certificate or refusal beside it.",
    ),
    "A616": Code(
        slug="pack-cannot-hold",
        title="Something is too large, or too many, for a pack.",
        why="A ustar header counts to 8 GiB, and readers have caps.",
        example="Weights of 30 GiB.",
        fix="Keep the bytes back and hand them over otherwise: --withhold PATH.",
    ),
    "A617": Code(
        slug="pack-source-changed",
        title="A file changed while it was being packed.",
        why="The pack would hold what nobody judged; nothing was written.",
        example="A training run that still writes into the bundle.",
        fix="Pack a copy that nothing writes to.",
    ),
    "A618": Code(
        slug="pack-withhold-unfit",
        title="What is to be withheld is not in the bundle, or its bytes are in the pack all the same.",
        why="A misspelt path would give away what was to be kept back.",
        example="--withhold model.bin where another file of the bundle has the same bytes.",
        fix="Name every path that has these bytes, as the manifest writes them.",
    ),
    "A619": Code(
        slug="pack-certificate-unsound",
        title="The certificate does not verify with the trust root that was named.",
        why="Every replay would end with an integrity failure.",
        example="The trust root of another gate.",
        fix="See what is wrong: govern verify.",
    ),
    "A620": Code(
        slug="evidence-withheld",
        title="A rule asked for a file whose bytes are withheld from the pack.",
        why="Without the bytes the rule cannot be judged again; that is not a pass.",
        example="Weights kept back with --withhold, and a rule that scans them.",
        fix="Ask whoever made the pack for the file, and pack again with it.",
    ),
    "A621": Code(
        slug="replay-no-room",
        title="The bundle cannot be rebuilt in the folder for it.",
        why="Nothing can be decided again without it; nothing is said about the pack.",
        example="A full disk.",
        fix="Make room, or name another folder: TMPDIR.",
    ),
    "A622": Code(
        slug="pack-trust-missing",
        title="The version of the trust root under which the gate decided was not given.",
        why="Who may waive and vote is read there; under another version the same words can come to something else.",
        example="Packing after the trust root was renewed, with its newest version alone.",
        fix="Give the versions in between too: --earlier-trust, oldest first.",
    ),
}
