"""What every subexpression of a conjunct came to: the explanation of a verdict.

Each piece of the text is evaluated by the engine on the same evidence. Of a fold the member that decided is looked
for, and what the fold asks of it is told with the member in place of the variable (`dependencies[3].pinned`), so
that every text shown can be read, and evaluated, on its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from govern.policy.cel.lexer import respell, tokens
from govern.policy.cel.pieces import Piece, pieces_of
from govern.policy.expressions import TRUE, Activation, EngineError, Failed, RawExpression, Verdict, engine_for, shown
from govern.records import record

__all__ = ["Told", "tell"]

_MOST_VALUES = 32
_MOST_MEMBERS = 3
_LONGEST_TEXT = 200


@record
class Told:
    """What the pieces of a conjunct came to."""

    own: str
    """What the whole came to; of a fold, with the member that decided."""
    values: tuple[tuple[str, str], ...]
    """(subexpression, value as text), operands before what is made of them; at most 32."""
    errors: tuple[str, ...]
    """Pieces that came to an error although all their own pieces have values."""


def tell(source: str, roots: tuple[str, ...], activation: Activation) -> Told:
    """Evaluate every piece of a compiled conjunct; `roots` are those of the engine that compiled it, sorted."""
    piece = pieces_of(source)
    scope = _Scope(source, roots, activation)
    teller = _Teller()
    if piece is None:
        return Told(teller.value(source, scope), (), ())
    own = teller.tell(piece, scope, whole=True)
    values = tuple((_short(name), value) for name, value in list(teller.values.items())[:_MOST_VALUES])
    return Told(own or teller.value(scope.text(piece), scope), values, tuple(teller.errors))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 3] + "..."


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where a piece stands: its source, and the members that the variables of folds around it are."""

    source: str
    roots: tuple[str, ...]
    activation: Activation
    members: Mapping[str, str] = field(default_factory=dict)
    """Variable to the text of the member that it stands for."""
    found: dict[str, Any] = field(default_factory=dict)
    """Values already asked for: a list is needed to show it and to go through it."""

    def knows(self, name: str) -> bool:
        return name in self.roots

    def text(self, piece: Piece) -> str:
        return self.source[piece.start : piece.end]

    def label(self, piece: Piece) -> str:
        """The piece as it is shown: one line, members in place of variables."""
        text = self.text(piece)
        if self.members:
            text = _put_in(text, {name: held for name, held in self.members.items() if name not in _bound_in(piece)})
        return respell(text) if "\n" in text or "//" in text else text

    def compile(self, text: str) -> RawExpression:
        return engine_for(self.roots).compile(text)

    def inside(self, variable: str, member: str, value: Any) -> _Scope:
        """The scope of a fold's question, with its variable bound to one member."""
        roots = self.roots if variable in self.roots else tuple(sorted((*self.roots, variable)))
        activation = self.activation.knowing(engine_for(roots), {variable: value})
        return _Scope(self.source, roots, activation, {**self.members, variable: member})


def _bound_in(piece: Piece) -> frozenset[str]:
    """The variables that folds inside a piece bind again."""
    inner = frozenset().union(*(_bound_in(part) for part in piece.parts))
    return inner | {piece.variable} if piece.variable else inner


def _put_in(text: str, members: Mapping[str, str]) -> str:
    out, end, before = "", 0, ""
    for token in tokens(text):
        if token.kind == "word" and token.text in members and before not in (".", "?"):
            out += text[end : token.start] + members[token.text]
            end = token.end
        before = token.text if token.text != "?" or before == "." else ""
    return out + text[end:]


@dataclass(slots=True)
class _Teller:
    """Collects the values of pieces, in the order in which the engine needs them."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, None] = field(default_factory=dict)

    def tell(self, piece: Piece, scope: _Scope, *, whole: bool = False) -> str:
        """Tell a piece after its own pieces; gives its value, or nothing where that would say nothing."""
        before = len(self.errors)
        match piece.kind:
            case "literal" if not whole:
                return ""
            case "choice":
                self.chosen(piece, scope)
            case "fold":
                return self.fold(piece, scope, whole=whole)
            case _:
                for part in piece.parts:
                    self.tell(part, scope)
        if not whole and (piece.kind in ("made", "not") or not _reads(piece, scope)):
            return ""
        return self.note(piece, scope, whole=whole, faultless=len(self.errors) == before)

    def chosen(self, piece: Piece, scope: _Scope) -> None:
        condition, then, otherwise = piece.parts
        self.tell(condition, scope)
        verdict = _verdict(scope, condition)
        if not isinstance(verdict, Failed):
            self.tell(then if verdict == TRUE else otherwise, scope)

    def note(self, piece: Piece, scope: _Scope, *, whole: bool, faultless: bool, more: str = "") -> str:
        label = scope.label(piece)
        value = self.value(scope.text(piece), scope, label if faultless else None) + more
        if not whole and label != value and len(self.values) < _MOST_VALUES:
            self.values.setdefault(label, value)
        return value

    def value(self, text: str, scope: _Scope, label: str | None = None) -> str:
        """The value of a text, as words. A fault is remembered under `label`, when one is given."""
        found = _value(scope, text)
        if isinstance(found, Failed) and found.kind == "opaque":
            if _value(scope, f"({text}).hasValue()") is False:
                return "absent"
            found = _value(scope, f"({text}).value()")
        if isinstance(found, Failed):
            if label is not None:
                self.errors[f"{_short(label)}: {found.text}"] = None
            return f"no value ({found.text})"
        return shown(found)

    # --- folds

    def fold(self, piece: Piece, scope: _Scope, *, whole: bool) -> str:
        before = len(self.errors)
        ranged, question = piece.parts
        self.tell(ranged, scope)
        members = _members(ranged, scope)
        outcome = _value(scope, scope.text(piece))
        deciding, words = self.deciding(piece, members, scope, outcome)
        value = self.note(piece, scope, whole=whole, faultless=len(self.errors) == before, more=words)
        for member, held in deciding:
            self.tell(question, scope.inside(piece.variable, member, held))
        return value

    def deciding(
        self, piece: Piece, members: Sequence[tuple[str, Any]], scope: _Scope, outcome: Any
    ) -> tuple[Sequence[tuple[str, Any]], str]:
        """The members that made a fold what it is, and the words for it."""
        count = len(members)
        if piece.name == "filter":
            return (), f" (kept {len(outcome)} of {count})" if isinstance(outcome, list) else ""
        if not isinstance(outcome, bool) or not count:
            return self.failing(piece, members, scope) if isinstance(outcome, Failed) else (), ""
        if piece.name in ("all", "exists"):
            if outcome is (piece.name == "all"):
                return ((), f" (all {count})") if outcome else (members[:_MOST_MEMBERS], f" (none of {count})")
            found = self.first(piece, members, scope, wanted=outcome)
            return found, f" ({found[0][0]} decides)" if found else ""
        holding = [item for item in members if _asked(piece, item, scope) == TRUE]
        names = ", ".join(name for name, _value in holding[:_MOST_MEMBERS])
        words = f" ({len(holding)} of {count}: {names})" if holding else f" (none of {count})"
        return (holding or members)[:_MOST_MEMBERS], words

    def first(
        self, piece: Piece, members: Sequence[tuple[str, Any]], scope: _Scope, *, wanted: bool
    ) -> Sequence[tuple[str, Any]]:
        """The first member that comes to `wanted`; errors before it were swallowed by the fold."""
        for item in members:
            verdict = _asked(piece, item, scope)
            if isinstance(verdict, Failed):
                self.errors.setdefault(f"{_short(item[0])}: {verdict.text}")
            elif (verdict == TRUE) is wanted:
                return (item,)
        return ()

    def failing(self, piece: Piece, members: Sequence[tuple[str, Any]], scope: _Scope) -> Sequence[tuple[str, Any]]:
        """The first member that has no answer."""
        return next(((item,) for item in members if isinstance(_asked(piece, item, scope), Failed)), ())


def _reads(piece: Piece, scope: _Scope) -> bool:
    """Whether a piece reads evidence: what it writes out itself needs no telling."""
    known = piece.kind == "has" or (piece.kind == "path" and scope.knows(piece.name))
    return known or any(_reads(part, scope) for part in piece.parts)


def _value(scope: _Scope, text: str) -> Any:
    if text not in scope.found:
        try:
            scope.found[text] = scope.compile(text).value(scope.activation)
        except EngineError as fault:
            scope.found[text] = Failed("engine", str(fault))
    return scope.found[text]


def _verdict(scope: _Scope, piece: Piece) -> Verdict:
    try:
        return scope.compile(scope.text(piece)).evaluate(scope.activation)
    except EngineError as fault:
        return Failed("engine", str(fault))


def _asked(piece: Piece, member: tuple[str, Any], scope: _Scope) -> Verdict:
    return _verdict(scope.inside(piece.variable, *member), piece.parts[1])


def _members(ranged: Piece, scope: _Scope) -> Sequence[tuple[str, Any]]:
    """The members that a fold goes through, each with its text: `tags[0]`, or the key of a mapping."""
    found = _value(scope, scope.text(ranged))
    if isinstance(found, Mapping):  # in an order of our own: the engine's changes from run to run
        return sorted(((shown(key), key) for key in found), key=itemgetter(0))
    if not isinstance(found, list):
        return ()
    name = scope.label(ranged)
    if ranged.kind in ("operator", "choice"):
        name = f"({name})"
    return [(f"{name}[{index}]", item) for index, item in enumerate(found)]
