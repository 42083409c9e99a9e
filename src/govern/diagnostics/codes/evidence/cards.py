"""Diagnostic codes of reading model cards and judging their sections."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "E201": Code(
        slug="no-model-card",
        title="The bundle has no model card.",
        why="Without one nobody who did not build the model can say what it is for and where it fails.",
        example="A folder written by a tracking tool: weights, environment and signature, and no prose.",
        fix="Add MODEL_CARD.md, or name the file under spec.cards of govern.yaml.",
    ),
    "E202": Code(
        slug="card-shape-unknown",
        title="A card was found, and none of its fields is one that govern knows, or its format is not accepted.",
        why="A card whose fields cannot be told apart can neither pass nor fail: nothing in it was judged.",
        example='model_card.json with {"uso_pretendido": "..."}.',
        fix="Map the fields in the policy (mapping: {intended_use: /uso_pretendido}), or write Markdown.",
    ),
    "E203": Code(
        slug="readme-is-no-card",
        title="A README was looked at and is not a model card.",
        why="A project page with a heading or two would otherwise count as documentation of the model.",
        example="A README with the headings Installation and Usage; front matter with `sdk:` of a hosted application.",
        fix="Write MODEL_CARD.md beside it, or name another file under spec.cards.",
    ),
    "E204": Code(
        slug="front-matter-broken",
        title="The card's front matter has no end or is not a mapping.",
        why="What it declares (licence, data sets, results) is then unknown, not absent.",
        example="A first line `---`, keys, and no second line `---`.",
        fix="Close the front matter with a line of three dashes; write `key: value` lines in it.",
    ),
    "E205": Code(
        slug="card-language-unknown",
        title="No heading of the card was recognised, and its language is not one whose headings govern knows.",
        why="Sections that cannot be recognised are not absent; calling them so would be a false accusation.",
        example="A card in Dutch.",
        fix="Add the headings to the policy, e.g. aliases: {limitations: [Beperkingen]}.",
    ),
    "E206": Code(
        slug="listed-card-absent",
        title="The model record names a card that the bundle does not hold.",
        why="What was reviewed may have been that card.",
        example="spec.cards: [docs/card.md] without the file.",
        fix="Add the file, or correct spec.cards.",
    ),
    "E207": Code(
        slug="card-spelling",
        title="The card's file name is spelt in an unusual way.",
        why="It is read all the same, but tools on case-sensitive file systems do not find it.",
        example="readme.MD.",
        fix="Rename it to README.md or MODEL_CARD.md.",
    ),
    "E208": Code(
        slug="cards-disagree",
        title="Two cards of the bundle, or two places of one card, declare different things.",
        why="Whoever reads only one of them is misled; no card wins silently.",
        example="README.md says apache-2.0, MODEL_CARD.md says cc-by-nc-4.0.",
        fix="Make the cards agree, or keep one.",
    ),
    "E210": Code(
        slug="section-absent",
        title="Nothing in the card claims a required section.",
        why="Silence about limitations or training data is the commonest fault of model cards.",
        example="No heading, label or field for `limitations`; a heading inside a code block does not count.",
        fix="Write the section under the heading that the finding names.",
    ),
    "E211": Code(
        slug="section-stub",
        title="A section is claimed, and nothing is written in it.",
        why="A heading is not a section.",
        example="A heading followed by an HTML comment of the template; `**License:**` without a value.",
        fix="Write the section. Comments, template sentences, code, images and raw HTML do not count.",
    ),
    "E212": Code(
        slug="section-placeholder",
        title="A section holds placeholder text.",
        why="Template text that was never replaced says that nobody answered the question.",
        example="[More Information Needed]; TODO; N/A without a reason where the policy accepts none.",
        fix="Replace the placeholder by text.",
    ),
    "E213": Code(
        slug="section-too-short",
        title="A section, or the card, has fewer words than the policy asks for.",
        why="One word under a heading fills a form and informs nobody.",
        example="Intended use: Scoring.",
        fix="Write at least the number of words asked. Numbers, URLs and headings do not count.",
    ),
    "E214": Code(
        slug="section-missing-facts",
        title="A section has words enough and lacks the fact it exists for.",
        why="An evaluation without a number, or a contact without an address, cannot be used.",
        example="Evaluation: The model works very well on all the data we have tried so far.",
        fix="Add what the finding names: a metric with its data set, an address, an SPDX identifier, a row a group.",
    ),
    "E215": Code(
        slug="card-grade-too-low",
        title="The policy asks for evidence of a higher grade than a model card has.",
        why="A card is declared by the party that gains by it: grade E0.",
        example="min_grade: E1 on a model_card rule.",
        fix="Ask for the grade on the rule that reads the record of a tool or builder.",
    ),
    "E216": Code(
        slug="owner-is-an-account",
        title="The owner that the card names looks like an account name.",
        why="An account answers for nothing; a person or a team does.",
        example="Developed by: acme-bot-42.",
        fix="Name a person or a team.",
    ),
    "E217": Code(
        slug="placeholder-left",
        title="A placeholder of a template is left in the card.",
        why="It marks a question that nobody answered.",
        example="{{ model_description }}; [Insert data set]; YYYY-MM-DD.",
        fix="Write the text, or take the heading out.",
    ),
}
