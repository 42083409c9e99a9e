"""Write src/govern/security/licences/data/fingerprints.json: fingerprints of whole licence texts, and titles.

    python scripts/licence_fingerprints.py DIR

DIR holds one text a licence, named by its SPDX identifier without `-only`, e.g. `GPL-3.0.txt`; the license-list-data
of SPDX and the common licences of Debian have them. Only fingerprints are stored, never text.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from govern.security.licences.texts import fingerprint, words_of

OUT = Path(__file__).parents[1] / "src/govern/security/licences/data/fingerprints.json"

TEXTS = [
    # (file, identifier, first words, last words, whether advice on applying it follows)
    ("GPL-2.0", "GPL-2.0-only", "preamble the licenses for most software", "end of terms and conditions", True),
    ("GPL-3.0", "GPL-3.0-only", "preamble the gnu general public license", "end of terms and conditions", True),
    ("LGPL-2.1", "LGPL-2.1-only", "preamble the licenses for most software", "end of terms and conditions", True),
    ("LGPL-3.0", "LGPL-3.0-only", "this version of the gnu lesser general", "that version for the library", False),
    ("Apache-2.0", "Apache-2.0", "terms and conditions for use reproduction", "end of terms and conditions", True),
    ("MPL-2.0", "MPL-2.0", "mozilla public license version", "defined by the mozilla public license", False),
    ("CC0-1.0", "CC0-1.0", "creative commons corporation is not law firm", "this cc0 or use of the work", False),
    ("CC0-1.0", "CC0-1.0", "statement of purpose the laws of most", "this cc0 or use of the work", False),
    ("MIT", "MIT", "permission is hereby granted free of charge", "or other dealings in the software", False),
    ("ISC", "ISC", "permission to use copy modify and or", "use or performance of this software", False),
    ("BSD-3-Clause", "BSD-3-Clause", "redistribution and use in source", "possibility of such damage", False),
    ("BSD-2-Clause", "BSD-2-Clause", "redistribution and use in source", "possibility of such damage", False),
    ("Unlicense", "Unlicense", "this is free and unencumbered software", "other dealings in the software", False),
    ("0BSD", "0BSD", "permission to use copy modify and or", "use or performance of this software", False),
]
TITLES = [
    # (words within the first sixty, identifier, least and most words of the whole text); longer titles first
    ("attribution noncommercial noderivatives international", "CC-BY-NC-ND-4.0", 1800, 3600),
    ("attribution noncommercial sharealike international", "CC-BY-NC-SA-4.0", 1800, 3800),
    ("attribution noncommercial international", "CC-BY-NC-4.0", 1800, 3600),
    ("attribution noderivatives international", "CC-BY-ND-4.0", 1800, 3600),
    ("attribution sharealike international", "CC-BY-SA-4.0", 1800, 3600),
    ("attribution international", "CC-BY-4.0", 1800, 3600),
    ("gnu affero general public license", "AGPL-3.0-only", 4800, 6200),
    ("bigscience openrail license", "LicenseRef-BigScience-OpenRAIL-M", 800, 4000),
    ("bigscience rail license", "LicenseRef-BigScience-BLOOM-RAIL-1.0", 800, 4000),
    ("bigcode openrail license", "LicenseRef-BigCode-OpenRAIL-M", 800, 4000),
    ("creativeml openrail license", "LicenseRef-CreativeML-OpenRAIL-M", 800, 4000),
    ("creativeml open rail license", "LicenseRef-CreativeML-OpenRAIL-M", 800, 4000),
    ("llama community license", "LicenseRef-Llama", 500, 4000),
    ("gemma terms of use", "LicenseRef-Gemma", 500, 4000),
]


def main(folder: Path) -> None:
    """Read every text of the folder and write the table."""
    texts = []
    for name, identifier, starts, ends, tail in TEXTS:
        held = " ".join(words_of((folder / f"{name}.txt").read_text("utf-8")))
        begin = held.index(starts)
        body = held[begin : held.index(ends, begin) + len(ends)]
        digest = fingerprint(body.split())
        texts.append({"id": identifier, "starts": starts, "ends": ends, "tail": tail, "sha256": digest})
    titles = [{"title": title, "id": name, "least": least, "most": most} for title, name, least, most in TITLES]
    about = "Fingerprints of normalised licence texts and titles; made by scripts/licence_fingerprints.py."
    document = {"about": about, "texts": texts, "titles": titles}
    OUT.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
