"""Licences: identifiers, SPDX expressions, what a licence text is, and what a licence restricts.

Names, titles and fingerprints are kept, never licence texts. Nothing here is legal advice: the tables say which terms
differ, people say what follows.
"""

from __future__ import annotations

from govern.security.licences.expressions import MOST_ALTERNATIVES, alternatives_of, comparable
from govern.security.licences.identifiers import Reading, read_licence, spdx_id
from govern.security.licences.restrictions import Meets, meets
from govern.security.licences.texts import Certainty, TextMatch, is_licence_file, match_text

__all__ = [
    "MOST_ALTERNATIVES",
    "Certainty",
    "Meets",
    "Reading",
    "TextMatch",
    "alternatives_of",
    "comparable",
    "is_licence_file",
    "match_text",
    "meets",
    "read_licence",
    "spdx_id",
]
