"""Diagnostic codes of what the kinds `attestation.*` find."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "C140": Code(
        slug="no-statement",
        title="Too few people have signed the statement that the policy asks for.",
        why="What only people can say, somebody in the right office has to say, and sign.",
        example="attestation.present asks for a dpia by attester/dpo, and nobody has signed one.",
        fix="Ask for it: govern attest --type TYPE --bundle DIR --key KEY, and add it to the folder of statements.",
    ),
    "C141": Code(
        slug="statement-not-sound",
        title="A statement does not hold: its signature, its entry in the log, or the role of its signer.",
        why="Anybody can write a file; only a signature that the trust root knows makes it somebody's word.",
        example="A dpia signed with a key that the trust root does not give the role attester/dpo.",
        fix="See what is wrong: govern verify FILE --kind attestation. Then ask for another.",
    ),
    "C142": Code(
        slug="statement-revoked",
        title="A statement is revoked.",
        why="Whoever signed it, or the office of revocations, has taken it back.",
        example="A dpia that was revoked when the purpose of the model changed.",
        fix="Ask for a new statement.",
    ),
    "C143": Code(
        slug="statement-not-begun",
        title="A statement has not begun to hold.",
        why="It says from when on it holds, and that lies after the moment of the decision.",
        example="valid from 2027-01-01, and the decision is made in 2026.",
        fix="Wait for the day, or ask for one that holds now.",
    ),
    "C144": Code(
        slug="statement-other-role",
        title="A statement is signed in another role than the policy asks for.",
        why="The policy says which office answers for it.",
        example="roles: [attester/dpo], and the statement is signed as attester/ciso.",
        fix="Ask the office that the policy names.",
    ),
    "C145": Code(
        slug="statement-too-wide",
        title="A statement is less specific about this bundle than the policy asks for.",
        why="What is said once for all models does not show that somebody has looked at this one.",
        example="scope: version, and the statement is about all versions of the model.",
        fix="Ask for one about this version: govern attest --bundle DIR.",
    ),
    "C146": Code(
        slug="statement-says-less",
        title="A statement does not cover an item, or a field of it says something else than the policy asks for.",
        why="The policy lists what must be stated; a statement of the right type may leave it out, or deny it.",
        example="fields: {conclusion: approved}, and the statement says conclusion: rejected.",
        fix="Ask for a statement that covers it, or mend what the statement finds wrong.",
    ),
    "C147": Code(
        slug="statement-too-old",
        title="A statement was signed before the model was trained, or last changed.",
        why="It is about another model than the one that is here.",
        example="newer_than: training, and the statement was signed a day before the training run ended.",
        fix="Ask for a new statement about the model as it is.",
    ),
    "C148": Code(
        slug="statement-signer-barred",
        title="A statement is signed by somebody whom the policy excludes.",
        why="Whoever made a model, or owns it, does not vouch for it.",
        example="not_signed_by: [developer], and the signer is among spec.developers.",
        fix="Ask somebody else in the same office.",
    ),
    "C149": Code(
        slug="statement-grounds-unknown",
        title="The bundle does not say what statements have to be held against.",
        why="Without the day of the change, or the names of the developers, nobody can say that a statement is new, or "
        "that its signer is somebody else.",
        example="not_signed_by: [developer], and the model record has no developers.",
        fix="Add the fact that the finding names to govern.yaml or lineage.yaml.",
    ),
}
