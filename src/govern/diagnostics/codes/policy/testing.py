"""P7: policy tests, `*.test.yaml`."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "P701": Code(
        slug="test-failed",
        title="A case of a policy test came to something else than it expects.",
        why="The policy does not do what its author believes, or the test says what nobody means.",
        example="expect: {outcomes: {auc-floor: fail}}, where the rule passes.",
        fix="Correct the policy or the expectation; the message says what was found and why.",
    ),
    "P702": Code(
        slug="outcome-uncovered",
        title="No case shows a rule to come to an outcome that it can come to.",
        why="A rule that was never seen to fail may be one that cannot fail.",
        example="A blocking rule with cases for pass and fail, and none without its evidence.",
        fix="Add a case that expects the outcome, or give a reason under `excused:` of a test file.",
    ),
    "P703": Code(
        slug="mutant-survived",
        title="A policy or a bundle was broken on purpose, and nothing noticed.",
        why="The same change made by mistake or on purpose would go unnoticed as well.",
        example="at_least: 0.8 changed to 0.7, and every case still comes to what it expects.",
        fix="Add a case at the limit, or name the mutant under `accepted:` of a test file with a reason.",
    ),
    "P704": Code(
        slug="no-clock",
        title="A case of a policy test has no clock.",
        why="What depends on the day would pass today and fail next year.",
        example="A PolicyTest without `clock:`.",
        fix="Add `clock: 2026-03-01T00:00:00Z` to the file, or to each case.",
    ),
    "P705": Code(
        slug="unknown-name-in-test",
        title="A policy test names a rule, a member of the evidence or a mutant that is not there.",
        why="An expectation about nothing is never broken.",
        example="expect: {outcomes: {auc-flor: pass}}",
        fix="Correct the name; the message gives the nearest one.",
    ),
    "P706": Code(
        slug="patch-does-not-apply",
        title="A patch of a case cannot be applied to its evidence.",
        why="The case would test other evidence than its author means.",
        example="patch: [{op: replace, path: /metrics/acu, value: 0.8}]",
        fix="Correct the pointer, or use `add` for what is not there yet.",
    ),
    "P707": Code(
        slug="evidence-cannot-be-made",
        title="What a policy test names cannot be read, or its evidence cannot be made.",
        why="Nothing would be tested.",
        example="bundle: ../exmaples/credit",
        fix="Correct the path; it is relative to the test file, and files of a bundle stay inside it.",
    ),
}
