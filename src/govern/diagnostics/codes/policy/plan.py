"""P6: the plan as a whole."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "P601": Code(
        slug="no-rule-for-stage",
        title="No rule is asked at this stage.",
        why="Nothing was judged, so the decision will be undecided, never allowed.",
        example="govern check BUNDLE -s post-deployment, with rules for pre-registration only.",
        fix="Name another stage, or add a rule for this one.",
    ),
    "P602": Code(
        slug="check-version-unavailable",
        title="A plan from elsewhere asks for a check kind that this engine does not have in that version.",
        why="Another version of a check may come to another outcome; to approximate it would be to decide otherwise.",
        example="govern replay of a pack whose plan requires carbon.budget of govern-carbon==0.1.0.",
        fix="Use the version of govern, or install the version of the plug-in, that the message names.",
    ),
    "P603": Code(
        slug="evidence-unlikely-at-stage",
        title="A rule asks at a stage for evidence that cannot be there yet.",
        why="It would stay undecided for every model, and a rule that always says so is soon ignored.",
        example="check: performance.threshold\nstages: [pre-training]",
        fix="Ask the rule at a later stage.",
    ),
    "P604": Code(
        slug="conflicting-rules",
        title="Two limits that no evidence can meet together.",
        why="Every model would be denied, whatever it is, and the reason would be in the policies.",
        example="assert: metrics.auc >= 0.9\nand in another rule\nassert: metrics.auc < 0.8",
        fix="Correct one of the two limits, or let conditions keep the rules apart.",
    ),
}
