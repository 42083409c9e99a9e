"""Compile one expression: text rules, the engine's own faults with places, static checks, probes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from unicodedata import is_normalized

from govern.canonical import Json
from govern.diagnostics import Diagnostic, Severity
from govern.policy.cel.analysis import Analysis, Fault, analyse, is_boolean
from govern.policy.cel.ast import Ast, Call, Const, Logic, ast_digest, document, walk
from govern.policy.cel.bind import Bound
from govern.policy.cel.evaluation import Expression
from govern.policy.cel.faults import engine_faults
from govern.policy.cel.job import Job
from govern.policy.cel.lexer import conjuncts, depth, respell, tokens
from govern.policy.cel.places import chain_before, start_of
from govern.policy.cel.probes import Part, probe
from govern.policy.cel.wire import UnsupportedConstructError
from govern.policy.cel.work import too_much_work
from govern.policy.expressions import (
    TRUE,
    Activation,
    Engine,
    EngineError,
    EngineUnavailableError,
    Failed,
    RawExpression,
    engine_for,
)

__all__ = ["Job", "compile_expression"]

_MAX_LENGTH = 4096
_MAX_NESTING = 24
_MAX_OPTIONAL_MAPS = 8
_PLACEHOLDER = re.compile(r"\$\{\s*([^}]*)\}")


def compile_expression(job: Job) -> tuple[Expression | None, tuple[Diagnostic, ...]]:
    """Compile an expression, with every fault found. The expression is None when one of them is an error."""
    faults = list(_text_faults(job))
    if faults:
        return None, tuple(faults)
    schema = job.around.schema
    try:
        engine = engine_for(tuple(sorted(schema.roots)))
    except EngineUnavailableError as fault:
        hint = "Use a built-in check kind, or a platform that cel-expr-python has a wheel for."
        return None, (Diagnostic("P515", f"there is no expression engine here: {fault}", job.span, hint),)
    try:
        raw = engine.compile(job.source)
    except EngineError as fault:
        return None, engine_faults(job, fault, _MAX_NESTING)
    except UnsupportedConstructError as fault:
        at = None if fault.offset is None else chain_before(job.source, fault.offset)
        return None, (Diagnostic("P514", str(fault), job.at(at)),)
    found = analyse(raw.ast.root, schema, condition=job.around.condition)
    faults = [_placed(job, raw.ast, item) for item in found.faults]
    faults += _literal_faults(job, engine, raw.ast)
    parts = _parts(job, engine, raw)
    faults += _shape_faults(job, raw, parts)
    if not any(fault.severity is Severity.ERROR for fault in faults):
        faults += _probe_faults(job, engine, parts)
    if any(fault.severity is Severity.ERROR for fault in faults):
        return None, tuple(faults)
    return _expression(job, raw, found, parts), tuple(faults)


def _expression(job: Job, raw: RawExpression, found: Analysis, parts: list[Part]) -> Expression:
    text = respell(job.source)  # whoever makes a plan of it holds its tree against this one
    named = {str(path[1]) for path in found.reads if path[0] == "params" and len(path) > 1}
    whole = any(path == ("params",) for path in found.reads)
    return Expression(
        source=job.source,
        text=text,
        ast=document(raw.ast.root),
        digest=ast_digest(raw.ast.root),
        reads=found.reads,
        required=found.required,
        parts=tuple(part.raw.source for part in parts),
        params={name: value for name, value in job.around.params.items() if whole or name in named},
    )


# --- before the engine


def _text_faults(job: Job) -> Iterator[Diagnostic]:
    source = job.source
    for match in _PLACEHOLDER.finditer(source):
        hint = f"In an expression write {match[1].strip() or 'params.<name>'} without `${{ }}`."
        yield Diagnostic("P405", "a placeholder inside an expression", job.at(match.start()), hint)
        return
    if len(source) > _MAX_LENGTH:
        message = f"{len(source):,} characters; at most {_MAX_LENGTH:,}"
        yield Diagnostic("P506", message, job.span, "Split it into several rules.")
        return
    deepest, at = depth(source)
    if deepest > _MAX_NESTING:
        message = f"brackets nested {deepest} deep; at most {_MAX_NESTING}"
        yield Diagnostic("P507", message, job.at(at), "Split it into several rules.")
        return
    # The engine writes what stands before each of them twice: a chain of twenty made a million nodes and took 2.7 GB.
    maps = [token for token in tokens(source) if token.text in ("optMap", "optFlatMap")]
    if len(maps) > _MAX_OPTIONAL_MAPS:
        message = f"optMap {len(maps)} times; at most {_MAX_OPTIONAL_MAPS}"
        yield Diagnostic("P507", message, job.at(maps[_MAX_OPTIONAL_MAPS].start), "Split it into several rules.")


# --- static checks


def _placed(job: Job, ast: Ast, fault: Fault) -> Diagnostic:
    span = job.at(start_of(fault.node, ast.positions, job.source))
    return Diagnostic(fault.code, fault.message, span, fault.hint, fault.severity)


def _literal_faults(job: Job, engine: Engine, ast: Ast) -> Iterator[Diagnostic]:
    for node in walk(ast.root):
        if isinstance(node, Const) and node.kind == "string" and not is_normalized("NFC", str(node.value)):
            hint = "Type the text again in composed form (NFC): evidence is compared in that form."
            yield Diagnostic(
                "P501",
                "a text literal is not in composed form",
                job.at(start_of(node, ast.positions, job.source)),
                hint,
            )
        if isinstance(node, Call) and node.function == "matches" and node.args:
            pattern = node.args[-1]
            if isinstance(pattern, Const) and pattern.kind == "string":
                problem = _bad_pattern(engine, str(pattern.value))
                if problem is not None:
                    yield Diagnostic(
                        "P513", problem, job.at(start_of(pattern, ast.positions, job.source)), "RE2 syntax is meant."
                    )


def _bad_pattern(engine: Engine, pattern: str) -> str | None:
    quoted = "".join(f"\\U{ord(char):08x}" for char in pattern)
    found = engine.compile(f'"".matches("{quoted}")').value(Activation(engine, {}))
    return found.text.removeprefix("INVALID_ARGUMENT: ") if isinstance(found, Failed) else None


def _parts(job: Job, engine: Engine, raw: RawExpression) -> list[Part]:
    """The top-level conjuncts. The trees of the parts must be the parts of the tree, else the whole is one part."""
    pieces = [(0, raw)]
    bounds = conjuncts(raw.source)
    if len(bounds) > 1:
        try:
            cut = [(start, engine.compile(raw.source[start:end])) for start, end in bounds]
        except EngineError:
            cut = []
        if [item for _start, piece in cut for item in _and_parts(piece)] == _and_parts(raw):
            pieces = cut
    analyse_part = partial(analyse, schema=job.around.schema, condition=job.around.condition)
    return [Part(start, piece, analyse_part(piece.ast.root)) for start, piece in pieces]


def _and_parts(raw: RawExpression) -> list[Json]:
    root = raw.ast.root
    return (
        [document(item) for item in root.parts]
        if isinstance(root, Logic) and root.operator == "and"
        else [document(root)]
    )


def _shape_faults(job: Job, raw: RawExpression, parts: list[Part]) -> Iterator[Diagnostic]:
    if raw.result not in ("BOOL", "DYN"):
        yield Diagnostic("P505", f"gives {raw.result.lower()} instead of true or false", job.span)
        return
    for part in parts:
        if not is_boolean(part.raw.ast.root, job.around.schema):
            hint = "Compare the value, e.g. `>= 0.8` or `== true`."
            yield Diagnostic("P505", f"'{part.raw.source}' is a value, not true or false", job.at(part.start), hint)


# --- probes


def _probe_faults(job: Job, engine: Engine, parts: list[Part]) -> Iterator[Diagnostic]:
    severity = Severity.ERROR if job.blocking else Severity.WARNING
    failed: set[int] = set()
    for part, fault in probe(engine, parts, job.around):
        failed.add(part.start)
        message = f"'{part.raw.source}' {fault.message}"
        yield Diagnostic(fault.code, message, job.at(part.start), fault.hint, severity)
    for part in parts:
        if not part.found.reads and part.start not in failed:
            yield from _constant(job, engine, part, severity)


def _constant(job: Job, engine: Engine, part: Part, severity: Severity) -> Iterator[Diagnostic]:
    over = too_much_work(Bound(job.around.schema, {}), part.raw.ast.root)
    always = over is None and part.raw.evaluate(Activation(engine, {})) == TRUE
    if job.around.condition and not always:
        message = f"'{part.raw.source}' reads nothing and never holds: the rule would never apply"
        yield Diagnostic("P512", message, job.at(part.start), severity=severity)
        return
    message = f"'{part.raw.source}' reads nothing and is always {'true' if always else 'false'}"
    yield Diagnostic("P516", message, job.at(part.start), severity=Severity.WARNING)
