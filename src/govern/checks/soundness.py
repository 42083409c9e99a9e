"""What no result of a check may be, whoever wrote the check: the runner turns such a result into `error`.

Types are asked for again because a plug-in may break its promises at run time, whatever its annotations say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from govern.canonical import canonical_bytes, parse_instant
from govern.checks.context import CheckContext
from govern.diagnostics.catalogue import lookup
from govern.policy.interface import CheckSpec
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location, Outcome

__all__ = ["rests_on_nothing", "unsound"]

_LETS_THROUGH = (Outcome.PASS, Outcome.NOT_APPLICABLE)
_AFTERWARDS = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.MISSING_EVIDENCE, Outcome.ERROR)
_MAYBE_TEXT = (str, type(None))
_MAYBE_COUNT = (int, type(None))


def rests_on_nothing(result: CheckResult) -> bool:
    """Say whether a result would let a model through without naming any evidence: the first law forbids it."""
    return result.outcome in _LETS_THROUGH and not result.evidence


def unsound(result: CheckResult, spec: CheckSpec, context: CheckContext) -> str | None:
    """Say what is wrong with a result, or None for a sound one.

    A plug-in's is looked at to the last member, for later rooms trust what they are handed; of a built-in kind's, which
    the tests look at, only what could let a model through, and whether a record can hold it.
    """
    outcome: object = result.outcome
    if not isinstance(outcome, Outcome):
        return f"its outcome is {outcome!r}, not an Outcome"
    if outcome is Outcome.WAIVED:
        return "only a signed waiver waives"
    if spec.plugin is None:
        return _unwritable(result)
    return next(_plugin_faults(result, spec, context), None)


def _unwritable(result: CheckResult) -> str | None:
    """Say that a record cannot hold a result: a count beyond 2**53 or half a character that came out of a file."""
    texts = [(item.detail, item.observed, item.required, item.remediation) for item in result.findings]
    try:
        canonical_bytes([result.summary, result.observed, result.required, *map(list, texts), result.facts])
    except (TypeError, ValueError) as fault:
        return f"no record can hold it ({fault})"
    return None


def _plugin_faults(result: CheckResult, spec: CheckSpec, context: CheckContext) -> Iterator[str]:
    yield from _texts("the result", result, {"summary": (str,), "observed": _MAYBE_TEXT, "required": _MAYBE_TEXT})
    for name, kind in (("findings", Finding), ("evidence", EvidenceRef), ("holds", Holds)):
        held: object = getattr(result, name)
        if not isinstance(held, tuple) or not all(isinstance(item, kind) for item in held):
            yield f"its {name} are not a tuple of {kind.__name__}"
            return
    for finding in result.findings:
        yield from _finding(finding, spec)
    for ref in result.evidence:
        yield from _evidence(ref, context)
    for hold in result.holds:
        yield from _hold(hold)
    yield from _fields(result.fields)
    yield from _facts(result.facts, spec)


def _texts(subject: str, item: object, wanted: Mapping[str, tuple[type, ...]]) -> Iterator[str]:
    for name, types in wanted.items():
        value = getattr(item, name)
        if not isinstance(value, types) or isinstance(value, bool):
            yield f"`{name}` of {subject} is a {type(value).__name__}"
        elif value == "" and name in ("summary", "detail", "file"):
            yield f"`{name}` of {subject} is empty"
        elif isinstance(value, str) and not value.isascii() and not _encodes(value):
            yield f"`{name}` of {subject} holds half of a surrogate pair"


def _encodes(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _finding(finding: Any, spec: CheckSpec) -> Iterator[str]:
    yield from _texts(
        "a finding",
        finding,
        {"code": (str,), "detail": (str,), "discriminator": (str,)}
        | dict.fromkeys(("observed", "required", "remediation"), _MAYBE_TEXT),
    )
    if isinstance(finding.code, str) and finding.code not in spec.codes and not _in_catalogue(finding.code):
        yield f"a finding has the code {finding.code!r}, which neither the kind nor the catalogue has"
    place = finding.location
    if place is None:
        return
    if not isinstance(place, Location):
        yield "the location of a finding is no Location"
        return
    yield from _texts(
        "a location",
        place,
        {"file": (str,), "line": _MAYBE_COUNT, "column": _MAYBE_COUNT, "pointer": _MAYBE_TEXT},
    )


def _in_catalogue(code: str) -> bool:
    try:
        lookup(code)
    except KeyError:
        return False
    return True


def _evidence(ref: Any, context: CheckContext) -> Iterator[str]:
    """Hold an item of evidence against the run: a digest that is not there was not read."""
    yield from _texts("an item of evidence", ref, {"name": (str,), "file": (str,), "digest": (str,)})
    if not isinstance(ref.bound, bool):
        yield "`bound` of an item of evidence is neither true nor false"
    held: dict[str, str] = {"MANIFEST.sha256": context.bundle.digest}
    if context.advisories is not None:
        held[f"sha256:{context.advisories.digest}"] = context.advisories.digest
    held |= {item.file: item.digest for item in context.signed.statements}
    entry = context.bundle.files.get(ref.file) if isinstance(ref.file, str) else None
    digest = held.get(str(ref.file)) if entry is None else entry.sha256
    if digest is None:
        yield f"it names the evidence {ref.file!r}, which is neither in the bundle nor on the policy side"
    elif ref.digest != digest:
        yield f"it names a digest of {ref.file!r} that is not the file's"


def _hold(hold: Any) -> Iterator[str]:
    if not isinstance(hold.otherwise, Outcome) or hold.otherwise not in _AFTERWARDS:
        yield f"what holds no longer would come to {hold.otherwise!r}; time can only make an outcome worse"
    yield from _texts("a Holds", hold, {"reason": (str,), "start": _MAYBE_TEXT, "until": _MAYBE_TEXT})
    for text in (hold.start, hold.until):
        try:
            if isinstance(text, str):
                parse_instant(text)
        except ValueError:
            yield f"{text!r} of a Holds is no instant"


def _fields(fields: Any) -> Iterator[str]:
    if not isinstance(fields, Mapping):
        yield "its fields are no mapping"
    elif not all(isinstance(item, str) and _encodes(item) for pair in fields.items() for item in pair):
        yield "its fields are not all texts"


def _facts(facts: Any, spec: CheckSpec) -> Iterator[str]:
    """A report draws facts by their `kind`; a plug-in's are its own, so that none is taken for one of ours."""
    if facts is None:
        return
    if not isinstance(facts, dict) or facts.get("kind") != spec.kind:
        yield f"its facts are not an object with `kind: {spec.kind}`"
        return
    try:
        canonical_bytes(facts)
    except Exception as fault:  # floats, cycles, whatever it holds
        yield f"its facts are not canonical JSON ({type(fault).__name__})"
