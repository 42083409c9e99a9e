"""Everything that the author of a check kind imports, in one place; the rest of govern is private and may change.

A plug-in is a distribution with an entry point in the group `govern.checks`, whose name is the check kind and whose
object is a `Check`. docs/plugins.md leads through one; examples/plugin-check is that one, to be copied.

What it is made of:

* the kind itself: `Check`, `CheckSpec`, `CheckParams`, `parameter`, `EvidenceNeed`, `Stage`, `Code`;
* types of parameters, which type the text of a policy themselves: `Text`, `Number`, `Count`, `Flag`, `Duration`,
  `Names`; a choice is a `Literal`, a nested value a frozen pydantic model;
* what an evaluation is given: `CheckContext`, and readers that never trust a byte: `json_evidence`, `JsonEvidence`,
  `JsonValue`, `Terms`;
* what it gives: `CheckResult`, `Outcome`, `Finding`, `Location`, `EvidenceRef`, `Holds`, `facts` of the type `Json`,
  and helpers: `missing`, `finding_of`, `figure`, `decimal_text`;
* faults: `Diagnostic`, `InputError`, `Span`, and `plain` for text from a bundle that goes into a sentence.

Numbers are `Decimal`, `int` or `Fraction`, never float: what is on one side of a limit here is there everywhere.
"""

from __future__ import annotations

from govern.canonical import Json, decimal_text
from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.checks.json_evidence import JsonEvidence, json_evidence
from govern.checks.predictions import Terms, figure, finding_of, missing
from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.diagnostics.catalogue import Code
from govern.inputs.json import JsonValue
from govern.policy.interface import CheckParams, CheckSpec, EvidenceNeed, parameter
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location, Outcome, Stage
from govern.policy.types import Count, Duration, Flag, Names, Number, Text

__all__ = [
    "Check",
    "CheckContext",
    "CheckParams",
    "CheckResult",
    "CheckSpec",
    "Code",
    "Count",
    "Diagnostic",
    "Duration",
    "EvidenceNeed",
    "EvidenceRef",
    "Finding",
    "Flag",
    "Holds",
    "InputError",
    "Json",
    "JsonEvidence",
    "JsonValue",
    "Location",
    "Names",
    "Number",
    "Outcome",
    "Span",
    "Stage",
    "Terms",
    "Text",
    "decimal_text",
    "figure",
    "finding_of",
    "json_evidence",
    "missing",
    "parameter",
    "plain",
]
