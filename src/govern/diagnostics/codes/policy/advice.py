"""P8: advice to the authors of policies, and edits that were not made."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "P801": Code(
        slug="float-threshold-in-cel",
        title="An expression compares with a decimal fraction.",
        why="Expressions know binary fractions only, where 0.1 + 0.2 is not 0.3; built-in kinds compare exactly.",
        example="assert: metrics.auc >= 0.8",
        fix="Use performance.threshold or fairness.disparity for limits on figures.",
    ),
    "P802": Code(
        slug="unanchored-regex",
        title="A pattern matches anywhere in the text.",
        why='`matches("prod")` is true of "not-prod-yet" too.',
        example='assert: model.name.matches("credit")',
        fix="Put ^ before and $ behind the pattern.",
    ),
    "P803": Code(
        slug="block-without-remediation",
        title="A rule can stop a model and does not say what to do about it.",
        why="Whoever is stopped should not have to ask around.",
        example="A rule with `enforcement: block` and no `remediation`.",
        fix="Add `remediation:`.",
    ),
    "P804": Code(
        slug="rule-without-control",
        title="A rule speaks to no clause of a control catalogue.",
        why="An auditor cannot see which requirement it serves.",
        example="A rule without `controls`.",
        fix="Add `controls:`, or leave it when the rule is the organisation's own.",
    ),
    "P805": Code(
        slug="legal-source-stale",
        title="Nobody has compared a policy or catalogue with its source for more than 180 days.",
        why="Laws change; a gate that enforces last year's text gives this year's models a wrong answer.",
        example="source_checked_on: 2024-01-31",
        fix="Read the source again, correct what has changed, and write the day into source_checked_on.",
    ),
    "P806": Code(
        slug="superseded-pack",
        title="A policy or pack whose law or standard no longer holds is loaded.",
        why="Its rules may only advise, and a reader of the report could take them for what is asked today.",
        example="legal_status: superseded\nsuperseded_by: SR 26-2",
        fix="Load what replaced it.",
    ),
    "P807": Code(
        slug="unreachable-or-shadowed",
        title="A rule asks what another rule asks, or a condition says nothing or can never hold.",
        why="A rule that looks as if it asked something, and does not, hides that nothing asks it.",
        example="two rules with one check, the same parameters and the same conditions",
        fix="Remove the rule or the condition, or correct what was meant to differ.",
    ),
    "P808": Code(
        slug="evidence-not-required-bound",
        title="Blocking rules of high severity accept figures that do not say which model and data they speak of.",
        why="A good figure of another model, or of other data, would count for this one.",
        example="severity: high\ncheck: performance.threshold\nwith: {metric: auc, at_least: 0.8}",
        fix="Add `bound: true` under `with:`, and let the tool that measures write an evidence envelope.",
    ),
    "P809": Code(
        slug="version-bump-too-small",
        title="A policy changed by more than its new version says.",
        why="Whoever imports a range of versions would get a rule that newly denies, without having asked for it.",
        example="A blocking rule was added, and the version went from 1.4.0 to 1.4.1.",
        fix="Raise the major version for what can newly deny, the minor one for advice and loosening, else the patch.",
    ),
    "P810": Code(
        slug="fix-changes-meaning",
        title="The edits of --fix would change what a valid policy means.",
        why="A tool that tidies up must not move a threshold; a plan with another digest is another policy.",
        example="govern policy lint --fix on a file whose plan would get another digest",
        fix="Mend the file by hand, and compare the two versions with govern policy diff.",
    ),
}
