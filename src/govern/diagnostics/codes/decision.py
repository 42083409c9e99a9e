"""Diagnostic codes of the room `decision`."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "D101": Code(
        slug="check-crashed",
        title="A check failed with an exception that it did not foresee.",
        why="A crash measured nothing. The rule's outcome is `error`, so a blocking rule keeps the model undecided.",
        example="A plug-in check that divides by zero.",
        fix="Report it with the bundle's layout; run again with GOVERN_DEBUG=1 to see the traceback.",
    ),
    "D102": Code(
        slug="nothing-decided",
        title="No rule of the plan applies to this bundle at this stage.",
        why="A model that no rule looked at was not allowed by anybody; silence is not consent.",
        example="`govern check bundle -s post-deployment` with policies that only have rules for pre-registration.",
        fix="Name a policy that has rules for the stage, or declare the facts that its applies_when asks for.",
    ),
    "D103": Code(
        slug="pass-without-evidence",
        title="A check would let the model through without naming any evidence.",
        why="Unknown is never pass: what nothing was read for has not been shown. The outcome is `error`.",
        example="A plug-in check that returns CheckResult(outcome=Outcome.PASS, summary='fine').",
        fix="Let the check name every file it read in `evidence`.",
    ),
    "D104": Code(
        slug="no-evaluation-record",
        title="A file is not the canonical record of an evaluation.",
        why="Votes and waivers speak of that record by digest; another spelling of it would be another record.",
        example="`govern approve result.json`: the result for readers, not the record for signatures.",
        fix="Use the .evaluation.json that was written beside the certificate or refusal.",
    ),
    "D121": Code(
        slug="unsound-result",
        title="A check gave a result that no check may give.",
        why="A result that cannot be what it says, such as `waived` or evidence with another digest, decides nothing.",
        example="A plug-in check that returns Outcome.WAIVED, or names a digest that is not the file's.",
        fix="Correct the check; the finding says what is wrong. docs/plugins.md has the rules.",
    ),
    "D201": Code(
        slug="waiver-bad-signature",
        title="A waiver's signature, or its proof of the log, does not hold.",
        why="An exception that anybody could have written is nobody's.",
        example="A waiver file in which one letter of the reason was changed after it was signed.",
        fix="See what is wrong with `govern verify FILE --kind waiver`; have the waiver signed again.",
    ),
    "D202": Code(
        slug="waiver-revoked",
        title="A waiver was revoked before the decision.",
        why="Whoever may waive may also take it back; from that moment on it covers nothing.",
        example="`govern revoke parity.waiver.sigstore.json --reason evidence_wrong ..`, then the check again.",
        fix="Mend what the rule found, or have another exception judged and signed.",
    ),
    "D203": Code(
        slug="waiver-wrong-subject",
        title="A waiver is for another model, version or bundle.",
        why="An exception was judged for one model; it says nothing about the next.",
        example="A waiver for the versions 3.1.0 and 3.2.0 of a model, and a bundle of version 3.3.0.",
        fix="Have a waiver signed for this bundle, or for named versions with `govern waive --versions`.",
    ),
    "D204": Code(
        slug="waiver-wrong-stage",
        title="A waiver does not hold for this stage.",
        why="What is tolerable in a registry need not be tolerable in front of people.",
        example="`govern waive --stages pre-registration ..`, then `govern check BUNDLE -s pre-deployment`.",
        fix="Have one signed for the stage with `govern waive --stages`.",
    ),
    "D205": Code(
        slug="waiver-wrong-rule",
        title="A waiver for this model names a rule that is not asked here.",
        why="A waiver with a misspelt or removed rule covers nothing, and looks as if it did.",
        example="A waiver of `lending/partiy` beside a policy whose rule is `lending/parity`.",
        fix="Name the rule as `<policy>/<rule>`, or take the waiver out of the statements folder.",
    ),
    "D206": Code(
        slug="waiver-rule-changed",
        title="The rule has changed since the waiver was signed.",
        why="Whoever signed agreed to an exception from the old rule; nobody has agreed to one from the new.",
        example="A waiver of a rule with `at_least: 0.8`, after the policy was changed to `at_least: 0.85`.",
        fix="Have the exception judged anew: `govern waive` with the new evaluation.",
    ),
    "D207": Code(
        slug="waiver-rule-not-waivable",
        title="The policy says that the rule may not be waived.",
        why="Some requirements have no exception; the policy, not the approver, says which.",
        example="A waiver of a rule with `waivable: false`.",
        fix="Mend what the rule found.",
    ),
    "D208": Code(
        slug="waiver-outcome-not-coverable",
        title="A waiver does not cover what the rule came to.",
        why="A waiver covers failures, and doubts or missing evidence only where it names them. An error, evidence of "
        "another model, and a vote against can be waived by nobody.",
        example="A waiver that covers `fail`, of a rule whose evidence is missing.",
        fix="Supply the evidence; or have the outcome covered by name with `govern waive --covers`.",
    ),
    "D209": Code(
        slug="waiver-not-yet-valid",
        title="A waiver had not begun at the moment of the decision.",
        why="The compensating control that it names may not be in place before.",
        example="A waiver with `notBefore` 2026-04-01T00:00:00Z, and a check on 31 March.",
        fix="Wait until it begins, or have one signed that begins now.",
    ),
    "D210": Code(
        slug="waiver-expired",
        title="A waiver had ended at the moment of the decision.",
        why="An exception without an end is a rule that nobody has; at the very second of its end it is over.",
        example="A waiver with `expires` 2026-03-01T00:00:00Z, and a check at that second.",
        fix="Mend what the rule found, or have the exception judged and signed anew.",
    ),
    "D211": Code(
        slug="waiver-too-long",
        title="A waiver lasts longer than the rule allows.",
        why="The policy sets how long an exception may stand before somebody has to look again.",
        example="A waiver for one year, of a rule with the default `max_waiver_days: 90`.",
        fix="Have one signed within the rule's max_waiver_days.",
    ),
    "D212": Code(
        slug="waiver-approver-not-allowed",
        title="A waiver was signed by somebody who may not sign it.",
        why="Who may waive stands in the trust root, and nowhere else.",
        example="A waiver signed with the key of a board member who holds no role of the base `waiver`.",
        fix="Have it signed by a holder of the role; see `govern trust show`.",
    ),
    "D213": Code(
        slug="waiver-approver-is-owner",
        title="A waiver was approved by the owner, a developer or the submitter of the model.",
        why="Nobody excepts themselves from a rule, under any of their names or keys.",
        example="A waiver by person:dan, whom the model record names among `developers`.",
        fix="Somebody else must sign it.",
    ),
    "D214": Code(
        slug="waiver-worse-than-waived",
        title="What the rule found is worse than what the waiver covers.",
        why="An exception for a ratio of 0.76 is none for 0.6; one for three advisories is none for the fourth.",
        example="A waiver with `limit` 0.76, and an observed ratio of 0.74.",
        fix="Have the exception judged anew, on what is found now.",
    ),
    "D215": Code(
        slug="waiver-unused",
        title="A waiver is for a rule that passed or does not apply.",
        why="It hides nothing today, and might tomorrow: an exception that nobody needs should not lie about.",
        example="A waiver of a rule that failed on the last version and passes on this one.",
        fix="Take it out of the statements folder, or revoke it.",
    ),
}
