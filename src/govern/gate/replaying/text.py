"""A replay for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from govern.attestation.verification import Line, Status
from govern.canonical import Json
from govern.diagnostics import plain
from govern.gate.replaying.compare import Comparison, Difference
from govern.gate.replaying.replay import Replayed

__all__ = ["render_replay", "replay_document", "verdict_of"]

REPLAY_SCHEMA = "urn:govern:replay:v1"
_LISTED = 20


def verdict_of(made: Replayed) -> str:
    """Give the last line: what a replay came to."""
    named, code = made.authentic.named, made.exit_code
    if named is None or code == 4:
        failed = dict.fromkeys(line.step for line in made.authentic.lines if line.status is Status.FAIL)
        return f"DAMAGED: {', '.join(failed)}; nothing was run"
    about = f"{named.model} {named.version} at {named.stage}"
    trust = "; REVOKED since, by a statement in the pack" if made.authentic.revoked else ""
    trust += "" if made.pinned else "; TRUST ROOT NOT PINNED"
    if code == 0:
        kept = f"; {len(made.withheld)} files withheld, none needed" if made.withheld else ""
        return f"IDENTICAL: {about}, plan, records and signed statement byte for byte{kept}{trust}"
    if code == 1:
        first = _first(made)
        where = f": {first}" if first else f": {made.stopped[0]}" if made.stopped else ""
        return f"DIFFERS: {about}{where}{trust}"
    why = []
    if made.another_engine:
        why.append(f"another engine, which comes to {'the same' if made.identical else 'something else'}")
    if made.wanted:
        why.append(f"{len(made.wanted)} withheld files were needed")
    why += [f"{line.step}: {line.text}" for line in made.authentic.undecided]
    return f"COULD NOT DECIDE: {about}: {'; '.join(why)}{trust}"


def _first(made: Replayed) -> str | None:
    differing = next((item for item in made.comparisons if not item.same), None)
    if differing is None or not differing.differences:
        return None
    first = differing.differences[0]
    rule = f" ({first.about})" if first.about else ""
    return f"{differing.name} {first.pointer or '(whole)'}{rule}"


def render_replay(made: Replayed) -> str:
    """Write a replay as plain text, hostile names made harmless."""
    lines = [*_trust(made), ""]
    lines += [text for line in made.authentic.lines for text in _line(line)]
    lines += [_row("REVOKED", "status", text) for text in made.authentic.revoked]
    lines += _engine(made)
    for path in made.withheld[:_LISTED]:
        lines.append(_row("withheld", "evidence", path + (": needed" if path in made.wanted else "")))
    if len(made.withheld) > _LISTED:
        lines.append(_row("withheld", "evidence", f"and {len(made.withheld) - _LISTED} more"))
    if made.comparisons or made.stopped:
        lines += ["", "Decided again from policies and evidence:"]
    for item in made.comparisons:
        lines += _comparison(item)
    lines += [_row("FAIL", "run", text) for text in made.stopped]
    lines += ["", plain(verdict_of(made), limit=2000)]
    return "\n".join(lines) + "\n"


def _trust(made: Replayed) -> Iterator[str]:
    if made.pinned:
        yield "TRUST ROOT PINNED: trust begins with what you gave, not with the pack."
        return
    yield "TRUST ROOT NOT PINNED: it came with the pack, and whoever made the pack may have made it too."
    yield "Compare its fingerprint with one from elsewhere, or give --fingerprint or --trust."


def _row(state: str, step: str, text: str) -> str:
    return f"{state:<12} {step:<11} {plain(text, limit=600)}"


def _line(line: Line) -> Iterator[str]:
    yield _row(line.status.value, line.step, line.text)
    for label, text in (("expected", line.expected), ("found", line.found), ("help", line.help)):
        if text is not None:
            yield f"{'':<24} {label}: {plain(text, limit=600)}"


def _engine(made: Replayed) -> Iterator[str]:
    named, here = made.authentic.named, made.engine_here
    if named is None:
        return
    if not made.another_engine:
        yield _row("ok", "engine", f"govern {here.version}, sha256:{here.digest}, the one that decided")
        return
    yield _row("OTHER", "engine", "the certificate was made by another build; what follows is what this one comes to")
    yield f"{'':<24} expected: govern {plain(named.engine.version)}, sha256:{named.engine.digest}"
    yield f"{'':<24} found: govern {here.version}, sha256:{here.digest}"


def _comparison(item: Comparison) -> Iterator[str]:
    if item.same:
        yield _row("ok", item.name, "the same, byte for byte")
        return
    yield _row("DIFFERS", item.name, f"in {item.total} places")
    for difference in item.differences:
        yield from _difference(difference)
    if item.total > len(item.differences):
        yield f"{'':<24} and {item.total - len(item.differences)} more"


def _difference(item: Difference) -> Iterator[str]:
    rule = f"   ({item.about})" if item.about else ""
    yield f"{'':<24} {plain(item.pointer or '(the whole record)', limit=400)}{plain(rule)}"
    yield f"{'':<24}   - {item.recorded if item.recorded is not None else '(absent)'}"
    yield f"{'':<24}   + {item.found if item.found is not None else '(absent)'}"


def replay_document(made: Replayed) -> dict[str, Json]:
    """Give a replay as JSON."""
    named = made.authentic.named
    return {
        "schema": REPLAY_SCHEMA,
        "verdict": verdict_of(made),
        "exit_code": made.exit_code,
        "trustPinned": made.pinned,
        "subject": None
        if named is None
        else {
            "model": named.model,
            "version": named.version,
            "stage": named.stage,
            "bundle": {"digest": {"sha256": named.bundle}},
        },
        "engine": {
            "certificate": None if named is None else named.engine.document(),
            "here": made.engine_here.document(),
        },
        "checks": [line.document() for line in made.authentic.lines],
        "comparisons": [item.document() for item in made.comparisons],
        "stopped": list(made.stopped),
        "revoked": list(made.authentic.revoked),
        "withheld": list(made.withheld),
        "wanted": list(made.wanted),
    }
