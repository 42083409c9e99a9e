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
}
