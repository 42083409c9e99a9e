"""What the engine says against an expression, as diagnostics in our words, at our places."""

from __future__ import annotations

import re

from govern.diagnostics import Diagnostic, Edit, Span
from govern.policy.cel.job import Job
from govern.policy.cel.lexer import tokens
from govern.policy.cel.pieces import FOLDS
from govern.policy.cel.places import name_before, where_too_deep
from govern.policy.evidence_schema import suggest
from govern.policy.expressions import EngineError, EngineFault

__all__ = ["engine_faults"]

_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'")
_FAMILY = re.compile(r"(\w+)\s*\.\s*$")
_WORD_OPERATORS = {"and": "&&", "or": "||", "not": "!", "is": "=="}


def engine_faults(job: Job, fault: EngineError, most_nesting: int) -> tuple[Diagnostic, ...]:
    """Give the diagnostics of what the engine refused; `most_nesting` is how deep an expression may be."""
    syntax = [item for item in fault.faults if item.message.startswith("Syntax error")]
    if syntax:
        return (_engine_fault(job, syntax[0], frozenset(), most_nesting),)  # the others follow from the first
    names = frozenset(match[1] for item in fault.faults if (match := _UNDECLARED.match(item.message)))
    found = tuple(_engine_fault(job, item, names, most_nesting) for item in fault.faults)
    # The variable of a macro that does not exist is undeclared too: only the macro is the fault.
    macros = tuple(item for item in found if item.code == "P514")
    return macros or found


def _engine_fault(job: Job, fault: EngineFault, undeclared: frozenset[str], most_nesting: int) -> Diagnostic:
    """Make a diagnostic of a fault; `undeclared` are the names that the engine does not know, in all its faults."""
    message = fault.message
    at = None if fault.offset is None else name_before(job.source, fault.offset)
    if "recursion" in message:
        where = job.at(where_too_deep(job.source, most_nesting))
        return Diagnostic("P507", "nested too deeply for the expression engine", where, "Split it into rules.")
    unknown = _UNDECLARED.match(message)
    if unknown:
        return _undeclared(job, unknown[1], at, undeclared)
    if "overload" in message:
        return Diagnostic("P502", message.replace("found no matching overload for", "no operation"), job.at(at))
    message = message.removeprefix("Syntax error: ")
    return Diagnostic("P501", message, job.at(at), _syntax_hint(job), fix=_operators_written_out(job))


_SURE = {"and": "&&", "or": "||", "=": "=="}


def _operators_written_out(job: Job) -> tuple[Edit, ...]:
    """Write `and`, `or` and `=` as the operators they stand for; nothing where one of them has no exact place."""
    edits: list[Edit] = []
    items = tokens(job.source)
    for before, token in zip((None, *items), items, strict=False):
        if token.text not in _SURE or token.kind not in ("word", "other") or (before and before.text == "."):
            continue
        start, end = job.place(token.start), job.place(token.end)
        if start is None or end is None or start.line != end.line:
            return ()
        edits.append(Edit(Span(start.file, start.line, start.column, end.line, end.column), _SURE[token.text]))
    return tuple(edits)


def _undeclared(job: Job, name: str, at: int | None, undeclared: frozenset[str]) -> Diagnostic:
    span = job.at(at)
    following = job.source[at:].removeprefix(name).lstrip() if at is not None else ""
    if following.startswith("("):
        if name in FOLDS:
            message = f"'{name}' takes one variable and one question"
            return Diagnostic("P514", message, span, f"Write `list.{name}(x, ..)`.")
        hint = "Use all, exists or filter." if name == "map" else None
        family = _FAMILY.search(job.source[:at])
        called = f"{family[1]}.{name}" if family and family[1] in undeclared else name
        return Diagnostic("P514", f"the function '{called}' is not part of the policy language", span, hint)
    if name in _WORD_OPERATORS:
        hint = f"Write `{_WORD_OPERATORS[name]}`."
        return Diagnostic("P501", f"'{name}' is not an operator", span, hint, fix=_operators_written_out(job))
    schema = job.around.schema
    root = name.split(".", 1)[0]
    # The engine points at the last dot of an undeclared path.
    before = [token for token in tokens(job.source) if token.text == root and (at is None or token.start <= at)]
    if before:
        span = job.at(before[-1].start)
    if root in schema.reserved:
        return Diagnostic("P503", f"the root '{root}' is not supported by this version", span)
    near = suggest(root, schema.roots)
    hint = f"Did you mean '{near}'?" if near else f"Roots are {', '.join(sorted(schema.roots))}."
    return Diagnostic("P503", f"nothing is called '{root}'", span, hint)


def _syntax_hint(job: Job) -> str | None:
    if job.cut_by_comment:
        return "YAML takes ` #` as the start of a comment: quote the expression, or use a `|` block."
    items = tokens(job.source)
    for token in items:
        if token.kind == "word" and token.text in _WORD_OPERATORS:
            return f"Write `{_WORD_OPERATORS[token.text]}` instead of `{token.text}`."
        if token.kind == "other" and token.text == "=":
            return "Write `==` to compare."
        if token.kind == "other" and token.text in "\"'":
            return "A text is not closed."
        if token.kind == "other" and token.text in "&|":
            return "Write `&&` or `||`."
    return None
