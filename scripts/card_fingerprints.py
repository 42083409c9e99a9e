"""Write src/govern/evidence/cards/data/boilerplate.json: fingerprints of the sentences that card templates contain.

    python scripts/card_fingerprints.py

The templates are read from the installed packages huggingface_hub and skops (groups oracle and example) and from our
own. Only fingerprints are stored, never text. A test compares the file with what the installed versions give.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from govern.evidence.cards.aliases import section_ids
from govern.evidence.cards.blocks import clean_inline
from govern.evidence.cards.boilerplate import fingerprint
from govern.evidence.cards.hidden import without_hidden
from govern.evidence.cards.placeholders import cut_placeholders
from govern.evidence.cards.template import hint_of
from govern.evidence.cards.words import count_words, sentences

OUT = Path(__file__).parents[1] / "src/govern/evidence/cards/data/boilerplate.json"
DEFAULTED = re.compile(r"\{\{[^{}|]*\|\s*default\(\s*\"([^\"]*)\"[^{}]*\}\}")
LABEL = re.compile(r"\s*[-*+]?\s*\*\*[^*]+\*\*\s*")

TRAINERS = (
    ("transformers", "77f4ef67aca147a464dfefb65ff8d02e8229edeecb780efb2be877f409c8d84d"),
    ("transformers", "fed9320ef54262226ca12910d3eb9f3a1555c58da98ef068d607644c1d80f7b1"),
    ("trl", "05de3877d3f58ffdee709295c3307c54a2dc02d4a22cb20b72e969562dca2215"),
    ("trl", "9ae5f2a72722363d8ed60c6839ec336acdae302657334afc4b97febe4459b182"),
    ("trl", "6adbf76426c535ef08626f36524227b3d1b9d4174af99fd06eb33ce42d48a221"),
)
"""What fine-tuning scripts write above results and settings, and of a base model that nobody named. These packages are
too large to install for five sentences; those with a name in them cannot be told by a fingerprint."""


def template_sentences(text: str) -> Iterator[str]:
    """Sentences of a template that say something once its variables are filled with their defaults."""
    for line in without_hidden(DEFAULTED.sub(r"\1", text)).splitlines():
        if line.startswith(("#", "---")) or "{{" in line or "{%" in line:
            continue
        for sentence in sentences(clean_inline(LABEL.sub("", line))):
            if count_words(cut_placeholders(sentence)) >= 3:
                yield sentence


def package(name: str) -> Path:
    """The folder of an installed package, which is read and not imported."""
    found = find_spec(name)
    assert found is not None, f"{name} is not installed"
    assert found.origin is not None
    return Path(found.origin).parent


def hub() -> Iterator[str]:
    """The model-card template of huggingface_hub."""
    yield from template_sentences((package("huggingface_hub") / "templates/modelcard_template.md").read_text("utf-8"))


def skops() -> Iterator[str]:
    """Every text constant of the templates of skops; the module is read, not imported."""
    tree = ast.parse((package("skops") / "card/_templates.py").read_text("utf-8"))
    for table in (node for node in ast.walk(tree) if isinstance(node, ast.Dict)):
        for value in table.values:
            parts = [part.value for part in ast.walk(value) if isinstance(part, ast.Constant)]
            yield from template_sentences("\n".join(str(part) for part in parts))


def own() -> Iterator[str]:
    """Hints of our own template: one that was taken out of its comment is still nobody's sentence."""
    for name in section_ids():
        yield from template_sentences(hint_of(name))


def document() -> dict[str, object]:
    """Give the data file, sorted. skops carries a copy of the hub's template: the first origin is the true one."""
    rows: dict[str, dict[str, str]] = {}
    origins = (
        ("govern", "its own", own()),
        ("huggingface_hub", version("huggingface_hub"), hub()),
        ("skops", version("skops"), skops()),
    )
    for origin, release, found in origins:
        for sentence in found:
            key = fingerprint(sentence)
            rows.setdefault(key, {"sha256": key, "origin": origin, "version": release})
    for origin, key in TRAINERS:
        rows.setdefault(key, {"sha256": key, "origin": origin, "version": "of 2026"})
    return {
        "about": "sha256 of template sentences, in the form of govern.evidence.cards.boilerplate.fingerprint. "
        "Written by scripts/card_fingerprints.py; never edited by hand, never text.",
        "sentences": [rows[key] for key in sorted(rows)],
    }


def rendered() -> str:
    """Give the file's text."""
    return json.dumps(document(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    OUT.write_text(rendered(), "utf-8")
