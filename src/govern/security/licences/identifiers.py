"""What a card or record writes where a licence belongs: SPDX, an id of a model hub, a title, a URL, or prose."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from govern.security.licences.expressions import Alternatives, alternatives_of, canonical_expression

__all__ = ["RESTRICTING", "Reading", "read_licence", "spdx_id"]

_UNVERSIONED = ("bsd", "cc", "gfdl", "gpl", "lgpl", "openrail", "openrail++")
"""Hub ids that name a family: which licence of it holds, they do not say."""
_HUB: Mapping[str, str] = {
    "odbl": "ODbL-1.0",
    "odc-by": "ODC-By-1.0",
    "pddl": "PDDL-1.0",
    "eupl": "EUPL-1.2",
    "apple-ascl": "AML",
    "lgpl-lr": "LGPLLR",
    "c-uda": "C-UDA-1.0",
    "bigscience-bloom-rail-1.0": "LicenseRef-BigScience-BLOOM-RAIL-1.0",
    "bigscience-openrail-m": "LicenseRef-BigScience-OpenRAIL-M",
    "bigcode-openrail-m": "LicenseRef-BigCode-OpenRAIL-M",
    "creativeml-openrail-m": "LicenseRef-CreativeML-OpenRAIL-M",
    "deepfloyd-if-license": "LicenseRef-DeepFloyd-IF",
    "fair-noncommercial-research-license": "LicenseRef-FAIR-Noncommercial-Research",
    "apple-amlr": "LicenseRef-Apple-AMLR",
    "intel-research": "LicenseRef-Intel-Research",
    "h-research": "LicenseRef-H-Research",
    "openmdw-1.0": "LicenseRef-OpenMDW-1.0",
    "grok2-community": "LicenseRef-Grok2-Community",
    "gemma": "LicenseRef-Gemma",
    "llama2": "LicenseRef-Llama-2",
    "llama3": "LicenseRef-Llama-3",
    "llama3.1": "LicenseRef-Llama-3.1",
    "llama3.2": "LicenseRef-Llama-3.2",
    "llama3.3": "LicenseRef-Llama-3.3",
    "llama4": "LicenseRef-Llama-4",
    **{name: f"LicenseRef-Hub-{name.replace('+', 'p')}" for name in _UNVERSIONED},
}
"""Ids of model hubs that are not SPDX. All other hub ids are SPDX identifiers in lower case."""
_TITLES: Mapping[str, str] = {
    "mit license": "MIT",
    "mit": "MIT",
    "expat license": "MIT",
    "isc license": "ISC",
    "apache license 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "apache software license 2.0": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "bsd 2 clause": "BSD-2-Clause",
    "bsd 3 clause": "BSD-3-Clause",
    "simplified bsd license": "BSD-2-Clause",
    "new bsd license": "BSD-3-Clause",
    "mozilla public license 2.0": "MPL-2.0",
    "mozilla public license version 2.0": "MPL-2.0",
    "gnu general public license v2.0": "GPL-2.0-only",
    "gnu general public license v3.0": "GPL-3.0-only",
    "gnu general public license version 2": "GPL-2.0-only",
    "gnu general public license version 3": "GPL-3.0-only",
    "gnu lesser general public license version 2.1": "LGPL-2.1-only",
    "gnu lesser general public license version 3": "LGPL-3.0-only",
    "gnu affero general public license version 3": "AGPL-3.0-only",
    "gnu affero general public license v3.0": "AGPL-3.0-only",
    "the unlicense": "Unlicense",
    "creative commons zero 1.0": "CC0-1.0",
    "cc0 1.0 universal": "CC0-1.0",
    "cc by 4.0": "CC-BY-4.0",
    "cc by sa 4.0": "CC-BY-SA-4.0",
    "cc by nc 4.0": "CC-BY-NC-4.0",
    "cc by nd 4.0": "CC-BY-ND-4.0",
    "cc by nc sa 4.0": "CC-BY-NC-SA-4.0",
    "cc by nc nd 4.0": "CC-BY-NC-ND-4.0",
    "creative commons attribution 4.0": "CC-BY-4.0",
    "creative commons attribution sharealike 4.0": "CC-BY-SA-4.0",
    "creative commons attribution noncommercial 4.0": "CC-BY-NC-4.0",
    "creative commons attribution noderivatives 4.0": "CC-BY-ND-4.0",
    "creative commons attribution noncommercial sharealike 4.0": "CC-BY-NC-SA-4.0",
    "creative commons attribution noncommercial noderivatives 4.0": "CC-BY-NC-ND-4.0",
}
_URLS = (
    (re.compile(r"https?://(?:www\.)?apache\.org/licenses/license-2\.0(?:\.txt|\.html)?"), "Apache-2.0"),
    (re.compile(r"https?://(?:www\.)?opensource\.org/licenses?/mit(?:-license)?(?:\.php|\.html)?"), "MIT"),
    (re.compile(r"https?://(?:www\.)?unlicense\.org"), "Unlicense"),
    (re.compile(r"https?://(?:www\.)?mozilla\.org/(?:[a-z-]+/)?mpl/2\.0"), "MPL-2.0"),
    (re.compile(r"https?://(?:www\.)?creativecommons\.org/publicdomain/zero/1\.0(?:/[\w.-]+)?"), "CC0-1.0"),
)
_SPDX_URL = re.compile(r"https?://(?:www\.)?spdx\.org/licenses/([\w.+-]{1,80}?)(?:\.html|\.json|\.txt)?")
_CC_URL = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/licenses/(by(?:-nc)?(?:-sa|-nd)?)/([0-9]\.[0-9])(?:/[\w.-]+)?"
)
_UNDECLARED = frozenset(["", "unknown", "null", "none", "~", "n/a", "unlicensed", "tbd", "noassertion"])
_NEGATED = frozenset(
    """not no except excluding without nor unlike formerly previously modified adapted like similar style custom variant
    derived based""".split()  # noqa: SIM905
)
"""Words by which a sentence says that it is not that licence, or not as it stands."""
RESTRICTING = re.compile(
    r"\b(?:commercial|noncommercial|commercially|commons clause|prohibit(?:s|ed)?|restrict(?:s|ed|ions?)?|"
    r"additional terms|not permitted|not allowed|only for|solely for|research (?:use|purposes?)|use only|"
    r"(?:internal|personal|educational|academic) use|must not|may not|shall not|"
    r"not be used|except that|written permission)\b"
)
"""Words, in lower case, that make a known licence another one when they stand beside it."""
_WORD = re.compile(r"[A-Za-z0-9][\w.+-]*", re.ASCII)
_PLAIN_IDS = frozenset(["MIT", "ISC", "Unlicense", "Zlib"])
"""Identifiers without a digit that are taken out of prose; others (`Fair`, `Intel`) are ordinary words."""
_LOWER_IDS = frozenset(name.casefold() for name in _PLAIN_IDS)
_FEW = 8
"""Up to so many words `mit` is the licence; in a sentence it may be German."""
_MOST_PROSE = 2000

State = Literal["named", "other", "undeclared", "unknown"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a declared licence came to."""

    state: State
    """`named`: one expression. `other`: the hub's word for a licence outside its list. `undeclared`: says nothing.
    `unknown`: says something that is no licence known here."""
    expression: str | None = None
    """Canonical SPDX expression, with `LicenseRef-` names for licences that SPDX has none for."""
    exact: bool = False
    """Whether the whole text is the licence; False for one that was found inside a sentence."""

    @property
    def alternatives(self) -> Alternatives:
        """The ways in which the expression may be met; empty when there is none."""
        return (alternatives_of(self.expression) if self.expression else None) or frozenset()

    @property
    def ids(self) -> frozenset[str]:
        """Every identifier in the expression."""
        return frozenset(name for one in self.alternatives for name in one)


def read_licence(text: str) -> Reading:
    """Read what stands where a licence belongs. Never guesses: several licences in one sentence are `unknown`."""
    text = unicodedata.normalize("NFKC", text).strip().strip("*_`\"'").strip()
    folded = text.casefold().rstrip(".")
    if folded in _UNDECLARED or _is_number(folded):
        return Reading("undeclared")
    if folded == "other":
        return Reading("other")
    named = spdx_id(text.rstrip(".")) or _of_url(folded.rstrip("/")) or _TITLES.get(_title(text))
    if named is not None:
        return Reading("named", named, exact=True) if alternatives_of(named) else Reading("unknown")
    if len(text) > _MOST_PROSE or "\x00" in text:
        return Reading("unknown")
    found = _in_prose(text)
    return Reading("named", found) if found is not None else Reading("unknown")


def spdx_id(text: str) -> str | None:
    """Give the canonical expression of an SPDX expression or of a hub's id; None for anything else."""
    return _HUB.get(text.casefold()) or canonical_expression(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _of_url(text: str) -> str | None:
    if not text.startswith(("http://", "https://")):
        return None
    if hit := _SPDX_URL.fullmatch(text):
        return canonical_expression(hit[1])
    if hit := _CC_URL.fullmatch(text):
        return canonical_expression(f"CC-{hit[1]}-{hit[2]}")
    return next((name for pattern, name in _URLS if pattern.fullmatch(text)), None)


def _title(text: str) -> str:
    """A title as the table has it: lower case, hyphens as blanks, `licence` as `license`, without `the`."""
    words = re.sub(r"[-_,()\"]+", " ", text.casefold().replace("licence", "license")).split()
    words = words[1:] if words[:1] == ["the"] and words != ["the", "unlicense"] else words
    made = " ".join(words)
    for ending in (" international public license", " international license", " international"):
        made = made.removesuffix(ending)
    return made if made in _TITLES else made.removesuffix(" license")


def _in_prose(text: str) -> str | None:
    """Give the one licence that a sentence names; None when it names none, several, or says that it is not that."""
    words = text.casefold().split()
    if any(word.strip(".,;:()") in _NEGATED or word.endswith("n't") for word in words):
        return None
    if RESTRICTING.search(" ".join(words)):
        return None  # a licence with a restriction beside it is not that licence
    short = len(words) <= _FEW
    if {"OR", "AND", "WITH"} & set(text.split()) or (short and {"or", "and", "with"} & set(words)):
        return None  # meant as an expression, and none
    found: set[str] = set()
    for token in _WORD.findall(text):
        word = token.rstrip(".-")
        if word in _PLAIN_IDS or (short and word.casefold() in _LOWER_IDS) or any(char.isdigit() for char in word):
            made = canonical_expression(word)
            if made is not None and made.casefold().startswith(word.casefold()):
                found.add(made)
    plain = f" {' '.join(re.sub(r'[^a-z0-9.+]+', ' ', text.casefold().replace('licence', 'license')).split())} "
    plain = plain.replace(". ", " ")
    for title in sorted(_TITLES, key=len, reverse=True):
        if len(title) > 3 and f" {title} " in plain:
            found.add(_TITLES[title])
            plain = plain.replace(f" {title} ", " | ")
    return found.pop() if len(found) == 1 else None
