"""Write src/govern/evidence/cards/data/boilerplate.json: fingerprints of the sentences that card templates contain.

    python scripts/card_boilerplate.py --hub DIR --skops DIR

DIR is the installed package folder of huggingface_hub and of skops. Only fingerprints are stored, never text.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
from collections.abc import Iterator
from importlib.metadata import PathDistribution
from pathlib import Path

from govern.evidence.cards.blocks import clean_inline
from govern.evidence.cards.boilerplate import fingerprint
from govern.evidence.cards.hidden import without_hidden
from govern.evidence.cards.placeholders import cut_placeholders
from govern.evidence.cards.words import count_words, sentences

OUT = Path(__file__).parents[1] / "src/govern/evidence/cards/data/boilerplate.json"
DEFAULTED = re.compile(r"\{\{[^{}|]*\|\s*default\(\s*\"([^\"]*)\"[^{}]*\}\}")
LABEL = re.compile(r"\s*[-*+]?\s*\*\*[^*]+\*\*\s*")


def template_sentences(text: str) -> Iterator[str]:
    """Sentences of a template that say something once its variables are filled with their defaults."""
    for line in without_hidden(DEFAULTED.sub(r"\1", text)).splitlines():
        if line.startswith(("#", "---")) or "{{" in line or "{%" in line:
            continue
        for sentence in sentences(clean_inline(LABEL.sub("", line))):
            if count_words(cut_placeholders(sentence)) >= 3:
                yield sentence


def hub(folder: Path) -> Iterator[str]:
    """The model-card template of huggingface_hub."""
    yield from template_sentences((folder / "templates/modelcard_template.md").read_text("utf-8"))


def skops(folder: Path) -> Iterator[str]:
    """Every text constant of the templates of skops; the module is read, not imported."""
    for source in ("card/_templates.py", "card/_model_card.py"):
        tree = ast.parse((folder / source).read_text("utf-8"))
        tables = [node for node in ast.walk(tree) if isinstance(node, ast.Dict)] if "templates" in source else []
        for table in tables:
            for value in table.values:
                parts = [part.value for part in ast.walk(value) if isinstance(part, ast.Constant)]
                yield from template_sentences("\n".join(str(part) for part in parts))


def version(folder: Path) -> str:
    """Version of the distribution a package folder belongs to."""
    name = folder.name
    found = sorted(folder.parent.glob(f"{name}-*.dist-info"))
    return PathDistribution(found[-1]).version if found else "unknown"


def main() -> None:
    """Write the data file, sorted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hub", type=Path, required=True)
    parser.add_argument("--skops", type=Path, required=True)
    asked = parser.parse_args()
    rows: dict[str, dict[str, str]] = {}
    for origin, folder, read in (("huggingface_hub", asked.hub, hub), ("skops", asked.skops, skops)):
        for sentence in read(folder):
            key = fingerprint(sentence)
            # skops carries a copy of the hub's template: the first origin is the true one.
            rows.setdefault(key, {"sha256": key, "origin": origin, "version": version(folder)})
    document = {
        "about": "sha256 of template sentences, in the form of govern.evidence.cards.boilerplate.fingerprint. "
        "Written by scripts/card_boilerplate.py; never edited by hand, never text.",
        "sentences": [rows[key] for key in sorted(rows)],
    }
    OUT.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
