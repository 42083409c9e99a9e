"""Where a piece of evidence is: named by the model record, or under its usual name at the root of the bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.envelope import beside

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["Located", "locate"]


@dataclass(frozen=True, slots=True)
class Located:
    """A file that plays a role, and its envelope: the one that the record names, or the one beside the file."""

    path: str
    type: str | None
    envelope: str | None


def locate(bundle: Bundle, role: str, usual: Sequence[str]) -> Located | Diagnostic:
    """Find the evidence of a role; a Diagnostic says that it is not there (missing, not unreadable).

    The record's `spec.evidence.<role>` wins. Without it a root-level file of one of the usual names is taken.
    Raises InputError E121 when several could be meant.
    """
    item = bundle.record.spec.evidence.get(role)
    if item is not None:
        path = bundle.resolve(item.path)
        if path is None:
            return Diagnostic(
                code="E120",
                message=f"the record names {plain(item.path)} as {role}, and the bundle has no such file",
                span=bundle.record_span("spec", "evidence", role, "path"),
                hint="Add the file to the bundle or correct the path.",
            )
        envelope = beside(bundle, path)
        if item.envelope is not None:
            envelope = bundle.resolve(item.envelope)
            if envelope is None:
                return Diagnostic(
                    code="E120",
                    message=f"the record names the envelope {plain(item.envelope)}, and the bundle has no such file",
                    span=bundle.record_span("spec", "evidence", role, "envelope"),
                    hint="Add the envelope to the bundle or correct the path.",
                )
        return Located(path, item.type, envelope)
    found = bundle.find(*usual)
    if len(found) > 1:
        raise InputError(
            Diagnostic(
                code="E121",
                message=f"{', '.join(plain(path) for path in found)} could all be the {role}",
                span=Span(found[0]),
                hint=f"Name one in the record under spec.evidence.{role}.",
            )
        )
    if not found:
        return Diagnostic(
            code="E120",
            message=f"the bundle has no {role}: the record names none and there is no {' or '.join(usual)}",
            span=bundle.record_span("spec", "evidence"),
            hint=f"Add the file and name it in the record under spec.evidence.{role}.",
        )
    return Located(found[0], None, beside(bundle, found[0]))
