"""One typo anywhere in three hundred rules is shown with its file, line and column, and with what was meant."""

from __future__ import annotations

import random
import re
import zlib
from dataclasses import dataclass

import pytest

from govern.diagnostics import Severity
from govern.evidence.schema import evidence_schema
from govern.policy.advice.lint import lint
from support.compiling import specs
from support.many_rules import FILES, RULES, many_rules

PLACES = 2
"""Random places that are tried of each kind of typo."""


@dataclass(frozen=True)
class Slip:
    """One kind of typo: where the word stands, and what is said of it."""

    what: str
    pattern: str
    """The word is its group `w`."""
    code: str
    severity: Severity = Severity.ERROR
    meant: str = "{w}"
    """What the fix names."""
    starts: str = "w"
    """The group at which the fault is shown."""


SLIPS = (
    Slip("key of a rule", r"^      (?P<w>severity|stages|enforcement|controls|remediation|title):", "P201"),
    Slip("key of a document", r"^(?P<w>metadata|spec):", "P201"),
    Slip("key of the metadata", r"^  (?P<w>owner|legal_status|title):", "P201"),
    Slip("key of a spec", r"^  (?P<w>applies_when):", "P201"),
    Slip("check kind", r"check: (?P<w>[a-z_.]+)", "P209"),
    Slip("name of a parameter", r"^        (?P<w>decide|small_groups|recompute|max_severity|min_words|attributes):", "P201"),
    Slip("value of a parameter", r": (?P<w>selection_rate|evidence_of_harm|inconclusive|balanced_accuracy|preferred)$", "P204"),
    Slip("id of a section", r"(?P<w>intended_use|limitations|training_data)[,\]:]", "P204"),
    Slip("metric in an expression", r"(?P<s>metrics\.(?P<w>accuracy))", "P504", Severity.WARNING, "metrics.{w}", "s"),
    Slip("path in an expression", r"(?P<s>card\.(?P<w>owners)\)) ", "P504", Severity.ERROR, "card.{w}", "s"),
    Slip("root of an expression", r"assert: (?P<w>metrics)\.", "P503"),
    Slip("clause of a catalogue", r"(?P<s>lending-standard/(?P<w>clause)-\d+)", "P211", Severity.ERROR, "lending-standard/{w}", "s"),
    Slip("control catalogue", r"(?P<w>lending-standard)/", "P211"),
    Slip("stage", r"[\[ ](?P<w>pre-registration|pre-deployment)[,\]]", "P212"),
    Slip("placeholder of a message", r"(?P<s>\{(?P<w>worst\.group|worst\.reference)\})", "P213", starts="s"),
    Slip("placeholder of a parameter", r"(?P<s>\$\{params\.(?P<w>min_ratio|max_snapshot_age)\})", "P401", Severity.ERROR, "params.{w}", "s"),
    Slip("enforcement", r"enforcement: (?P<w>block|record)", "P204"),
    Slip("severity", r"severity: (?P<w>medium)", "P204"),
    Slip("legal status", r"legal_status: (?P<w>in_force)", "P204"),
    Slip("type of a parameter", r"type: (?P<w>number|duration)", "P204"),
    Slip("direction of a parameter", r"tighten: (?P<w>down)", "P204"),
    Slip("kind of a document", r"^kind: (?P<w>Policy|ControlCatalog)", "P102"),
)  # fmt: skip


def misspelt(word: str, chance: random.Random) -> str:
    """The word with two neighbouring letters swapped, one left out or one doubled."""
    inner = [
        at
        for at in range(1, len(word) - 1)
        if word[at].isalpha() and word[at + 1].isalpha() and word[at] != word[at + 1]
    ]
    at = chance.choice(inner)
    ways = (
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
    )
    return chance.choice(ways)


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.what)
def test_a_typo_is_shown_at_its_place_with_what_was_meant(slip: Slip) -> None:
    files = many_rules()
    chance = random.Random(zlib.crc32(slip.what.encode()))
    places = [
        (name, match)
        for name, data in files.items()
        for match in re.finditer(slip.pattern, data.decode(), re.MULTILINE)
    ]
    for name, match in chance.sample(places, PLACES):
        text = files[name].decode()
        wrong = misspelt(match["w"], chance)
        broken = text[: match.start("w")] + wrong + text[match.end("w") :]
        found = lint({**files, name: broken.encode()}, checks=specs(), evidence_schema=evidence_schema())
        line = text.count("\n", 0, match.start()) + 1 + match.group().startswith("\n")
        column = match.start(slip.starts) - text.rfind("\n", 0, match.start(slip.starts))
        shown = [
            item
            for item in found
            if item.span
            and (item.code, item.span.file, item.span.line, item.span.column) == (slip.code, name, line, column)
        ]
        assert len(shown) == 1, (wrong, line, column, [str(item) for item in found if item.code != "P801"])
        assert shown[0].severity is slip.severity
        assert shown[0].hint is not None, str(shown[0])
        assert slip.meant.format(w=match["w"]) in shown[0].hint, str(shown[0])
        assert {item.span.file for item in found if item.span and item.code != "P801"} <= {
            name,
            *_dependent(slip, files),
        }


def _dependent(slip: Slip, files: dict[str, bytes]) -> list[str]:
    """Where a catalogue cannot be read, the rules that name it have a fault each."""
    return list(files) if slip.code in ("P102", "P201") else []


def test_the_set_is_sound() -> None:
    found = lint(many_rules(), checks=specs(), evidence_schema=evidence_schema())
    assert [str(item) for item in found if item.code != "P801"] == []
    assert len(many_rules()) == FILES + 1
    assert sum(data.count(b"\n    - id: ") for data in many_rules().values()) == FILES * RULES == 300
