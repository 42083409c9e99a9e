"""Diagnostic codes of evidence envelopes and what they bind."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "E111": Code(
        slug="future-dated",
        title="The evidence says that it was made after the moment of the decision.",
        why="A time that lies ahead is a wrong clock or an invented date; either way its age cannot be judged.",
        example="produced_at: 2027-01-01T00:00:00Z in an envelope, and the clock of the gate says 2026.",
        fix="Correct the clock of the machine that makes evidence; five minutes of difference are taken.",
    ),
    "E112": Code(
        slug="record-contradicted",
        title="The model record leaves out a fact that the bundle or a source registry shows.",
        why="Declared facts are the word of the party that gains by them: what is observed counts as well, and the "
        "rules for it apply.",
        example="jurisdictions: [us], and inventory.location: eu-central-1, which lies in Germany.",
        fix="Declare what was observed, or correct what shows it.",
    ),
    "E150": Code(
        slug="data-mismatch",
        title="The evidence speaks of data that is neither in the bundle nor in its lineage.",
        why="Figures that were measured on other data say nothing of how this model does on its own.",
        example="An envelope names a sha256 of data that no file of the bundle and no data set of lineage.yaml has.",
        fix="Measure again on the data that the lineage names, or record that data in the lineage.",
    ),
    "E151": Code(
        slug="no-model-to-bind",
        title="The bundle has no model files that evidence could be bound to.",
        why="The digest of no files is the same for every bundle without any: it would bind evidence to all of them.",
        example="govern evidence add gx.json --bundle data-only, before the model was trained.",
        fix="Bind it to its data alone with --data-only, or declare the model's files under spec.artefacts.",
    ),
    "E152": Code(
        slug="unknown-evidence-type",
        title="The type of evidence is a slip of one that a reader knows.",
        why="An envelope of a type that nobody reads would look like evidence and count for nothing.",
        example="govern evidence add report.json --type great-expectation.",
        fix="Write the type as the message has it. A type that is like none stands: a plug-in may read it.",
    ),
}
