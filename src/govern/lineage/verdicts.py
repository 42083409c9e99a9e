"""What a lineage question can come to: three values, with the reason, the place and the witness."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from govern.lineage.graph import Assertion, NodeKey

__all__ = ["Remark", "Verdict", "worst"]


class Verdict(StrEnum):
    """`undetermined` is neither pass nor fail: the records cannot tell."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    UNDETERMINED = "undetermined"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One reason. A remark with verdict `pass` is a note that changes nothing."""

    code: str
    verdict: Verdict
    text: str
    by: Assertion | None = None
    """The statement it rests on."""
    about: str = ""
    """Names the thing, for fingerprints: a node's key or a path."""
    observed: str | None = None
    required: str | None = None
    remedy: str | None = None
    said_by: str = ""
    """Which records say the hops of the witness."""
    path: tuple[NodeKey, ...] = ()
    """The witness, from a root down to the model."""


def worst(remarks: Iterable[Remark]) -> Verdict:
    """One certain violation is `fail`, whatever else is unknown."""
    found = {remark.verdict for remark in remarks}
    if Verdict.FAIL in found:
        return Verdict.FAIL
    return Verdict.UNDETERMINED if Verdict.UNDETERMINED in found else Verdict.PASS
