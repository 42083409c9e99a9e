"""A JSON file of the bundle as evidence: found, read strictly, with its digest and what its envelope says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from govern.checks.binding import lineage_digests
from govern.checks.context import CheckContext
from govern.checks.predictions import Terms, terms_of
from govern.diagnostics import Diagnostic
from govern.evidence.envelope import read_envelope
from govern.evidence.located import locate
from govern.inputs.json import JsonValue, parse_json, pointer_span
from govern.inputs.limits import JSON_BYTES
from govern.policy.interface import CheckParams
from govern.policy.outcomes import EvidenceRef, Location

__all__ = ["JsonEvidence", "json_evidence"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonEvidence:
    """A JSON document of the bundle and how far it can be relied on."""

    role: str
    """Its name under `spec.evidence` of the model record."""
    file: str
    """Path inside the bundle."""
    digest: str
    """sha256 of the bytes that were read, hex."""
    document: JsonValue
    """JSON types; numbers are int or Decimal, never float, and always finite."""
    bound: bool
    """Whether its envelope names this very model and data."""
    produced_at: str | None
    """Instant at which it was made, from the envelope."""
    tool: str | None
    """Name and version of the tool that made it, from the envelope."""
    _data: bytes = field(repr=False)

    @property
    def ref(self) -> EvidenceRef:
        """The reference by which a result names this evidence."""
        return EvidenceRef(name=self.role, file=self.file, digest=self.digest, bound=self.bound)

    def terms(self, params: CheckParams, *, name: str) -> Terms:
        """Hold the evidence against `bound`, `min_grade` and `max_age`; `name` is what it is called, in the plural.

        A result of evidence that does not meet them is `missing_evidence` with the findings in `unmet`; every other
        result carries the `holds`.
        """
        return terms_of(
            params,
            name=name,
            file=self.file,
            bound=self.bound,
            produced_at=self.produced_at,
            tool=self.tool,
            how_to_bind=f"Add an evidence envelope: govern evidence add {self.file} --bundle DIR.",
        )

    def at(self, pointer: str) -> Location:
        """Give the place of the value at a JSON pointer (RFC 6901), with line and column where there is one."""
        span = pointer_span(self._data, file=self.file, pointer=pointer)
        if span is None:
            return Location(self.file, pointer=pointer)
        return Location(self.file, span.line, span.column, pointer)


def json_evidence(context: CheckContext, role: str, usual: Sequence[str]) -> JsonEvidence | Diagnostic:
    """Find and read the JSON evidence of a role, once a run.

    The model record's `spec.evidence.<role>` wins; without it a file of one of the usual names at the root of the
    bundle is taken. Its envelope is the one that the record names, or the one beside it. A Diagnostic says that there
    is none (E120), or that its envelope names another model (E107) or other data (E150): hand it on as
    `missing_evidence`.

    Raises InputError for a file that cannot be read as strict JSON (I101 to I201) or when several files could be meant
    (E121): let it pass, and the rule's outcome is `error`.
    """
    return context.once(("json-evidence", role, tuple(usual)), lambda: _read(context, role, usual))


def _read(context: CheckContext, role: str, usual: Sequence[str]) -> JsonEvidence | Diagnostic:
    bundle = context.bundle
    located = locate(bundle, role, usual)
    if isinstance(located, Diagnostic):
        return located
    envelope = None
    if located.envelope is not None:
        lineage = lineage_digests(context)
        envelope = read_envelope(bundle, located.envelope, about=located.path, lineage=lineage)
        refusal = envelope.refusal(f"the figures of {role}")
        if refusal is not None:
            return refusal
    data = bundle.read(located.path, limit=JSON_BYTES)
    return JsonEvidence(
        role=role,
        file=located.path,
        digest=bundle.files[located.path].sha256,
        document=parse_json(data, file=located.path),
        bound=envelope.bound if envelope else False,
        produced_at=envelope.produced_at if envelope else None,
        tool=envelope.tool if envelope else None,
        _data=data,
    )
