"""What a check says: outcomes, findings, and the evidence they rest on.

These types lie in `policy` because the compiler, the checks above it and the decision all speak them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from govern.canonical import Json
from govern.policy.decisions import Decision, Enforcement, Outcome, Stage
from govern.records import record

__all__ = [
    "CheckResult",
    "Decision",
    "Enforcement",
    "EvidenceRef",
    "Finding",
    "Holds",
    "Location",
    "Outcome",
    "SignedBy",
    "Stage",
]


@record
class Location:
    """Where a finding rests: a bundle-relative file with line and column, or a JSON pointer into it."""

    file: str
    line: int | None = None
    column: int | None = None
    pointer: str | None = None


@record(kw_only=True)
class Finding:
    """One concrete thing an outcome rests on."""

    code: str
    """Code of the diagnostics catalogue, e.g. `F201`."""
    detail: str
    """What was found, in a sentence. Never holds a row-level value or a secret."""
    observed: str | None = None
    """The measured value as text: a decimal string, or words such as `undefined (no positives)`."""
    required: str | None = None
    """What the rule asks for, e.g. `>= 0.8`."""
    location: Location | None = None
    remediation: str | None = None
    """What to change, and where."""
    discriminator: str = ""
    """Names the thing (group, package, section, node key); with the code it makes the fingerprint. Never a value."""


@record(kw_only=True)
class SignedBy:
    """Whose verified signature stands under an evidence envelope."""

    owner: str
    """As the trust root names people."""
    keyid: str
    digest: str
    """sha256 of the signed payload, hex."""

    def document(self) -> dict[str, Json]:
        """The signature as JSON."""
        return {"owner": self.owner, "keyid": self.keyid, "digest": {"sha256": self.digest}}


@record(kw_only=True)
class EvidenceRef:
    """An item of evidence that an outcome read."""

    name: str
    """Its role, e.g. `predictions`, `model_card`, `lineage`, `requirements`, `advisories`."""
    file: str
    """Bundle-relative path, or a name for policy-side inputs such as an advisory snapshot."""
    digest: str
    """sha256 in hex of the bytes that were parsed."""
    bound: bool = False
    """Whether it names the model and the data it speaks of, and both match."""
    signed_by: SignedBy | None = None
    """Who signed its envelope as producer; without that a bound envelope is still the submitter's own word."""

    def document(self) -> dict[str, Json]:
        """The item as JSON. A signature is left out where there is none."""
        made: dict[str, Json] = {"name": self.name, "file": self.file, "digest": self.digest, "bound": self.bound}
        if self.signed_by is not None:
            made["signed_by"] = self.signed_by.document()
        return made


@record(kw_only=True)
class Holds:
    """Until when an outcome is true. Checks have no clock; only `decide` compares, half-open: from <= now < until."""

    otherwise: Outcome
    """The outcome outside the interval."""
    reason: str
    """Why it ends, e.g. `advisory snapshot older than 30d`."""
    start: str | None = None
    """Instant (RFC 3339, Z) or None for always."""
    until: str | None = None


@record(kw_only=True)
class CheckResult:
    """What one evaluation of one check kind came to."""

    outcome: Outcome
    summary: str
    """One sentence for the report: what was measured and how it compares."""
    findings: tuple[Finding, ...] = ()
    evidence: tuple[EvidenceRef, ...] = ()
    observed: str | None = None
    """Headline value as text, when there is one."""
    required: str | None = None
    fields: Mapping[str, str] = MappingProxyType({})
    """Values of the kind's `message_fields`, e.g. `{"worst.group": "sex=F"}`."""
    holds: tuple[Holds, ...] = ()
    facts: Json = None
    """Canonical JSON with a `kind` member for figures and tables of the report; no floats, no row-level values."""
