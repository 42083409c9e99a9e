"""P5: expressions in `applies_when`, `when` and `assert`."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "P501": Code(
        slug="expression-syntax",
        title="The expression cannot be read.",
        why="An expression that nobody can read judges nothing.",
        example="assert: metrics.auc > 0.8 and metrics.f1 > 0.7",
        fix="Correct it at the place named; operators are && || ! == != < <= > >= in.",
    ),
    "P502": Code(
        slug="expression-type",
        title="The expression compares or combines values whose types do not fit.",
        why="It could never be true, or would give an error on every bundle.",
        example='assert: metrics.auc >= "0.8"',
        fix="Compare values of one type.",
    ),
    "P503": Code(
        slug="unknown-root",
        title="The expression reads from a root that does not exist.",
        why="What is not there cannot be judged.",
        example="assert: metrcs.auc >= 0.8",
        fix="Use model, bundle, card, metrics, lineage, dependencies, artefacts, params or stage.",
    ),
    "P504": Code(
        slug="unknown-path",
        title="No evidence has this path, or in an open mapping the name is unusual.",
        why="A misspelt path would be missing evidence on every bundle.",
        example="assert: size(card.ownrs) > 0",
        fix="Correct the path; list metric names of your own under spec.names.metrics.",
    ),
    "P505": Code(
        slug="not-boolean",
        title="The expression, or a part between `&&`, is a value and not true or false.",
        why="0.74 is neither true nor false.",
        example="assert: metrics.auc",
        fix="Compare the value.",
    ),
    "P506": Code(
        slug="expression-too-long",
        title="The expression has more than 4,096 characters.",
        why="Nobody can review it.",
        example="A list of thousands of names in one expression.",
        fix="Split it into several rules.",
    ),
    "P507": Code(
        slug="expression-too-complex",
        title="The expression is nested more than 24 deep, or has more than 8 folds or 8 uses of optMap.",
        why="The engine stops on such expressions at run time, on the bundle of somebody else.",
        example="((((((((((((((((((((((((( metrics.auc > 0.8 )))))))))))))))))))))))))",
        fix="Split it into several rules, or use a built-in check kind.",
    ),
    "P508": Code(
        slug="passes-without-evidence",
        title="The assertion would be true with the evidence absent.",
        why="Leaving the evidence out would then be the easiest way to pass.",
        example='assert: "!has(metrics.auc) || metrics.auc >= 0.8"',
        fix="Drop the `has` or the default; if absence is really fine, list the path under may_be_absent.",
    ),
    "P509": Code(
        slug="passes-when-empty",
        title="The assertion would be true of an empty list or mapping.",
        why="`all` is true of nothing.",
        example="assert: dependencies.all(d, d.pinned)",
        fix="Ask for a member too, e.g. size(dependencies) > 0; if emptiness is fine, list it under may_be_empty.",
    ),
    "P510": Code(
        slug="scalar-style",
        title="The expression is written as a folded block or over several lines.",
        why="Faults inside it could not be shown at their place.",
        example="assert: >\n  metrics.auc\n  >= 0.8",
        fix="Write it on one line, or as a literal block with `|`.",
    ),
    "P511": Code(
        slug="nan-unsafe",
        title="A value that is not a number would turn the outcome round.",
        why="Every comparison with 0/0 is false, so its negation is true.",
        example='assert: "!(metrics.a / metrics.b < 0.8)"',
        fix="Turn the comparison round instead of negating it, or use a built-in check kind.",
    ),
    "P512": Code(
        slug="condition-switches-itself-off",
        title="A condition would be false when the fact it asks for is absent.",
        why="Whoever leaves the fact out would be exempt from the rule.",
        example='when: has(model.risk_tier) && model.risk_tier == "high"',
        fix="Leave out the `has` or the default: where the fact is absent the rule then applies.",
    ),
    "P513": Code(
        slug="bad-regex",
        title="The pattern of `matches` is not a regular expression.",
        why="It would give an error on every bundle.",
        example='assert: model.name.matches("(")',
        fix="Correct the pattern (RE2 syntax).",
    ),
    "P514": Code(
        slug="unsupported-construct",
        title="The expression uses something that the policy language does not have.",
        why="Functions outside a closed list could grow without bound or mean something else tomorrow.",
        example="assert: card.owners.map(o, o) == []",
        fix="Use operators, has, all, exists, exists_one, filter, size, in, type, conversions, and text and math "
        "functions.",
    ),
    "P515": Code(
        slug="engine-unavailable",
        title="There is no expression engine for this platform.",
        why="An expression that cannot be evaluated must not be skipped.",
        example="A policy with an expression on a platform without a wheel of cel-expr-python.",
        fix="Use a built-in check kind, or another platform.",
    ),
    "P516": Code(
        slug="constant-expression",
        title="A part of the expression reads nothing and is always the same.",
        why="It is left over, or a path was forgotten.",
        example="assert: true && metrics.auc >= 0.8",
        fix="Remove the part, or make it read evidence.",
    ),
    "P517": Code(
        slug="engine-disagrees",
        title="The expression engine here reads an expression differently from the one that compiled the plan.",
        why="The same text would then mean two things.",
        example="A worker with another version of cel-expr-python.",
        fix="Install the exact version that govern pins.",
    ),
}
