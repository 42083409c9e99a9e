"""Expressions and evidence made to hang, to grow, to crash or to slip through, and a program that tries them all.

`python -m support.hostile_expressions` limits its own memory and processor time, tries one case after the other, and
writes one line of JSON for each as soon as it ends, so that a hang or a crash names its case. It imports nothing
before the limits stand that could need more than they allow.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

MOST_MEMORY = 1_500_000_000
MOST_SECONDS = 240
"""Of processor time for all of them together; they need a few."""


@dataclass(frozen=True)
class Case:
    name: str
    source: str
    evidence: dict[str, Any] = field(default_factory=dict)


def nested(opening: str, closing: str, count: int, inner: str = "1") -> str:
    return opening * count + inner + closing * count


def brackets() -> Iterator[Case]:
    for count in (25, 40, 700):
        yield Case(f"{count} round brackets", f"o == {nested('(', ')', count)}")
        yield Case(f"{count} lists", f"o == {nested('[', ']', count)}")
        yield Case(f"{count} mappings", f"o == {nested('{1: ', '}', count)}")
        yield Case(f"{count} calls", f"o == {nested('size(', ')', count)}")
        yield Case(f"{count} choices in brackets", f"o == {nested('(true ? ', ' : 2)', count)}")
        yield Case(f"{count} negations in brackets", nested("!(", ")", count, "o == 1"))
    yield Case("24 lists", f"o == {nested('[', ']', 24)}", {"o": 1})
    yield Case("2,000 opening brackets", "(" * 2_000)
    yield Case("2,000 closing brackets", ")" * 2_000)
    yield Case("brackets that do not match", "([{" * 600 + ")]}" * 600)
    yield Case("folds in folds", nested("o.all(a, o.exists(b, ", "))", 12, "a == b"), {"o": [1] * 20})
    yield Case("fields of fields", "o" + ".a" * 1_900 + " == 1", {"o": {"a": 1}})
    yield Case("indexes of indexes", "o" + "[0]" * 1_200 + " == 1", {"o": [[1]]})
    yield Case("calls on calls", "o" + ".size()" * 500 + " == 1", {"o": [1]})


def chains() -> Iterator[Case]:
    yield Case("a long &&", " && ".join(["o.a == 1"] * 340), {"o": {"a": 2}})
    yield Case("a long ||", " || ".join(["o.a == 1"] * 340), {"o": {"a": 2}})
    yield Case("a long +", " + ".join(["o.a"] * 500) + " == 1", {"o": {"a": 1}})
    yield Case("a long + in a list", "o.a in [" + "+".join(["1"] * 1_900) + "]", {"o": {"a": 1}})
    yield Case("many !", "!" * 4_001 + "o.a", {"o": {"a": True}})
    yield Case("many -", "o.a > " + "-" * 4_000 + "1", {"o": {"a": -5}})
    yield Case("a long choice", "".join(f"o.a == {i} ? true : " for i in range(150)) + "false", {"o": {"a": -1}})
    yield Case("a long comparison", "o.a" + " == o.a" * 500, {"o": {"a": 1}})
    yield Case("4,097 characters", "o.a == 1 " + " " * 4_088)
    yield Case("a million characters", "o.a == 1 || " * 90_000 + "o.a == 2")
    yield Case("a million brackets", "(" * 1_000_000)
    yield Case("100 times ||, each with a fold", " || ".join(["o.all(x, x == 1)"] * 100), {"o": [2]})


def literals() -> Iterator[Case]:
    yield Case("a number of 4,000 digits", f"o.a > {'9' * 4_000}", {"o": {"a": 1}})
    yield Case("a number beyond 2^63", "o.a == 9223372036854775808", {"o": {"a": 2**53}})
    yield Case("the smallest number, negated", "o.a == --9223372036854775808", {"o": {"a": 1}})
    yield Case("hexadecimal beyond 2^64", f"o.a == 0x{'f' * 3_000}u", {"o": {"a": 1}})
    yield Case("an exponent of a million", "o.a < 1e1000000", {"o": {"a": 1}})
    yield Case("infinity by overflow", "o.a > 1e400", {"o": {"a": Decimal("1e300")}})
    yield Case("a list of 1,300 numbers", "o.a in [" + "1, " * 1_300 + "1]", {"o": {"a": 2}})
    yield Case("a mapping of 600 keys", "o.a in {" + ", ".join(f"{i}:1" for i in range(500)) + "}", {"o": {"a": -1}})
    yield Case("a mapping with the same key twice", "{o.a: 1, o.a: 2} == {}", {"o": {"a": "k"}})
    yield Case("a text that is not closed", 'o.a == "' + "x" * 4_000)
    yield Case(
        "escapes of all kinds", r"""o.a == '\x41\101\u0041\U00000041\a\b\f\n\r\t\v\\\'\"\`\?'""", {"o": {"a": "A"}}
    )
    yield Case("an escape that is none", r"o.a == '\q'", {"o": {"a": "q"}})
    yield Case("an escape of a surrogate", r"o.a == '\ud800'", {"o": {"a": "x"}})
    yield Case("an escape beyond Unicode", r"o.a == '\U00110000'", {"o": {"a": "x"}})
    yield Case("bytes of all kinds", r"bytes(o.a) == b'\xff\000\377'", {"o": {"a": "x"}})
    yield Case("three quotes", "o.a == '''" + "'" * 1_000, {"o": {"a": ""}})


def characters() -> Iterator[Case]:
    yield Case("a lone surrogate in a text", "o.a == '\ud800'", {"o": {"a": "x"}})
    yield Case("a lone surrogate outside", "o.a \udfff 1", {"o": {"a": "x"}})
    yield Case("a lone surrogate in evidence", "o.a == 'x'", {"o": {"a": "\ud800"}})
    yield Case("a lone surrogate as a key of evidence", "o.a == 'x'", {"o": {"\ud800": 1, "a": "y"}})
    yield Case("NUL in a text", "o.a == 'x\0y'", {"o": {"a": "x"}})
    yield Case("NUL outside", "o.a == 1 \0 || true", {"o": {"a": 2}})
    yield Case("NUL in evidence", "o.a == 'x'", {"o": {"a": "x\0y"}})
    yield Case("NUL in a list of evidence", "'x' in o.a", {"o": {"a": ["x\0y"]}})
    yield Case("NUL in a key of evidence", "o.a == 1", {"o": {"a": 2, "a\0b": 1}})
    yield Case("NUL in a key that is gone through", "o.exists(k, k == 'a')", {"o": {"a\0b": 1}})
    yield Case(
        "a key in two forms", "o.caf\u00e9 == 1 || o['caf\u00e9'] == 1", {"o": {"caf\u00e9": 2, "cafe\u0301": 1}}
    )
    yield Case("a quoted key in two forms", "o['caf\u00e9'] == 1", {"o": {"caf\u00e9": 2, "cafe\u0301": 1}})
    yield Case("right to left", "o.a == 'x\u202e' || 'y' == o.a", {"o": {"a": "z"}})
    yield Case("zero width", "o.\u200ba == 1", {"o": {"a": 1}})
    yield Case("a letter that looks like another", "m\u0435trics.auc > 0.1", {"metrics": {"auc": 1}})
    yield Case("full width", "o.a \uff1d\uff1d 1", {"o": {"a": 1}})
    yield Case("line separators", "o.a == 2 //\u2028 || true\u2029", {"o": {"a": 1}})
    yield Case("a carriage return ends no comment", "o.a == 2 // \r || true", {"o": {"a": 1}})
    yield Case("combining marks", "o.a == '" + "e" + "\u0301" * 3_000 + "'", {"o": {"a": "e"}})
    yield Case("nothing", "")
    yield Case("only blanks", " \n\t ")
    yield Case("only a comment", "// o.a == 1")


def growth() -> Iterator[Case]:
    doubled = "o.a"
    for _step in range(8):
        doubled = f"({doubled} + {doubled})"
    yield Case("a text that doubles", f"size({doubled}) < 0", {"o": {"a": "x" * 100_000}})
    yield Case("a list that doubles", f"size({doubled}) < 0", {"o": {"a": [0] * 10_000}})
    yield Case("map that doubles", "[o.a]" + ".map(a, a + a)" * 24 + " == []", {"o": {"a": "x" * 1_000}})
    yield Case("map of map", nested("[1, 2].map(x, ", ")", 20, "x") + " == o", {"o": 1})
    yield Case("filter of filter", "o" + ".filter(x, x != 1)" * 9 + " == [2]", {"o": [1] * 9_000})
    yield Case("text of text", nested("string(", ")", 20, "o.a") + " == 'x'", {"o": {"a": "y" * 1_000_000}})
    yield Case("join", "o.join(o.join(',')) == ''", {"o": ["x" * 10_000] * 100})
    yield Case("replace", "o.a.replace('', 'xx').replace('', 'xx') == ''", {"o": {"a": "x" * 10_000}})
    yield Case("format", "'%0999999999d'.format([1]) == ''", {"o": 1})
    yield Case("optMap of optMap", "o.?a" + ".optMap(x, x + x)" * 20 + ".orValue('') == ''", {"o": {"a": "x" * 1_000}})
    text = "x" * 3_500
    yield Case("optMap of a literal", f"optional.of('{text}')" + ".optMap(x, x + x)" * 20 + ".orValue('') == ''")
    yield Case(
        "optMap of a literal in a default",
        f"o.?a.optMap(x, '{text}')" + ".optMap(x, x + x)" * 20 + ".orValue('') == ''",
        {"o": {"a": 1}},
    )
    yield Case("8 times optMap", "o.?a" + ".optMap(x, x + x)" * 8 + ".orValue('') == ''", {"o": {"a": "x" * 100_000}})
    yield Case(
        "8 times optMap of a literal", f"optional.of('{text}')" + ".optMap(x, x + x + x)" * 8 + ".orValue('') == ''"
    )
    yield Case("optMap of lists", "o.?a" + ".optMap(x, [x, x])" * 20 + ".orValue([]) == [1]", {"o": {"a": [1]}})
    yield Case(
        "lists of lists",
        "[o.a + o.a].exists(x, [x + x + x].exists(y, [y + y + y].exists(z, size(z + z + z) == 1)))",
        {"o": {"a": [1] * 90_000}},
    )
    yield Case("bind", "cel.bind(x, o.a + o.a, cel.bind(y, x + x, y + y)) == ''", {"o": {"a": "x"}})
    message = "google.protobuf.ListValue{values: [google.protobuf.Value{}]}"
    yield Case("messages", f"{message} == o", {"o": []})


def iterations() -> Iterator[Case]:
    big = {"o": {"a": [1] * 9_000, "b": [1] * 9_000}}
    yield Case("a fold over 9,000", "o.a.exists(x, x == 2)", big)
    yield Case("a fold over a million", "o.a.exists(x, x == 2)", {"o": {"a": [1] * 1_000_000}})
    yield Case("a fold in a fold over 9,000", "o.a.exists(x, o.b.exists(y, x + y == 3))", big)
    yield Case("8 folds in one another", nested("o.a.exists(x, ", ")", 8, "x == 2"), big)
    yield Case("8 folds in a row", " || ".join(["o.a.exists(x, x == 2)"] * 8), big)
    yield Case("8 folds over what is computed", "(o.a + o.b)" + ".filter(x, x != 2)" * 8 + " == []", big)
    deep = "[1,2,3,4,5,6,7,8,9,10]"
    yield Case("8 folds over what is written", nested(f"{deep}.exists(x, ", ")", 8, "o.a == 2"), {"o": {"a": 1}})
    rows = {"o": {"a": [{"b": [1] * 100} for _row in range(100)]}}
    yield Case("100 lists of 100", "o.a.exists(r, r.b.exists(c, c == 2))", rows)
    yield Case(
        "lists that hold a million in all",
        "o.a.exists(r, r.b.exists(c, c == 2))",
        {"o": {"a": [{"b": [1] * 1000}] * 1000}},
    )
    yield Case("in over a big list in a fold", "o.a.exists(x, x + 1 in o.b)", big)
    yield Case("evidence 64 deep", "o.a == 1", {"o": {"a": deep_list(64)}})
    grown = "o.a + o.a + o.a + o.a"
    yield Case("lists joined in a fold", f"o.a.exists(x, x in ({grown}) && x == 2)", big)
    yield Case("lists joined and indexed in a fold", f"o.a.exists(x, ({grown} + [x])[9000] == 2)", big)
    yield Case("lists written in a fold", "o.a.exists(x, [[x, x, x], [o.a, o.b]] == o.b)", big)
    yield Case(
        "texts joined in a fold", "o.a.exists(x, size(o.t + o.t) == 1)", {"o": {"a": [1] * 9_000, "t": "x" * 60_000}}
    )
    yield Case("a filter over 9,000 that keeps all", "size(o.a.filter(x, x == 1)) == 1", big)
    yield Case(
        "a filter in a fold", "o.a.exists(x, size(o.b.filter(y, y == x)) == 2)", {"o": {"a": [1] * 90, "b": [1] * 90}}
    )
    yield Case("a filter over what a default gives", "size(o.?c.orValue(o.a + o.b).filter(x, x == 1)) == 1", big)
    yield Case("members of what a default gives", "o.?c.orValue([o.a]).exists(x, size(x.filter(y, y == 1)) == 2)", big)
    yield Case("big lists compared in a fold", "o.a.exists(x, o.a == o.b && x == 2)", big)


def deep_list(depth: int) -> Any:
    made: Any = []
    for _level in range(depth):
        made = [made]
    return made


def patterns() -> Iterator[Case]:
    long = {"o": {"a": "a" * 50_000 + "!", "p": "^(a+)+$"}}
    yield Case("a pattern made to backtrack", "o.a.matches('^(a+)+$')", long)
    yield Case("another one", "o.a.matches('^(a|aa)+$')", long)
    yield Case("a pattern from evidence", "o.a.matches(o.p)", long)
    yield Case("a pattern that is computed", "o.a.matches('^(' + o.p + ')+$')", long)
    yield Case("a pattern with a back-reference", r"o.a.matches(r'(a)\1')", long)
    yield Case("a pattern with a look-ahead", "o.a.matches('(?=a)')", long)
    yield Case("a pattern that repeats a thousand times", "o.a.matches('((a{1000}){1000}){1000}')", long)
    yield Case(
        "a pattern of evidence that repeats",
        "o.a.matches(o.p)",
        {"o": {"a": "b" * 1_000, "p": "((a{0,100}){0,100}){0,100}x"}},
    )
    yield Case("a pattern of 4,000 characters", "o.a.matches('^" + "(a?)" * 950 + "$')", {"o": {"a": "!"}})
    yield Case(
        "a pattern in a fold", "o.b.exists(x, x.matches(o.p))", {"o": {"b": ["a" * 5_000 + "!"] * 500, "p": "^(a*)*$"}}
    )
    yield Case(
        "a pattern compiled 9,000 times",
        "o.b.exists(x, x.matches('" + "(a?){30}" * 20 + "x'))",
        {"o": {"b": ["z"] * 9_000}},
    )
    yield Case(
        "a computed pattern in a fold",
        "o.b.exists(x, x.matches(o.p + '$'))",
        {"o": {"b": ["z"] * 9_000, "p": "(a?){30}" * 20}},
    )
    yield Case("a broken pattern of evidence", "o.a.matches(o.p)", {"o": {"a": "x", "p": "("}})


def times() -> Iterator[Case]:
    for text in (
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
        "10000-01-01T00:00:00Z",
        "2016-12-31T23:59:60Z",
        "2026-02-30T00:00:00Z",
    ):
        yield Case(
            f"the time {text}",
            f"timestamp('{text}') + duration(o.a) < timestamp(o.b)",
            {"o": {"a": "1s", "b": "0001-01-01T00:00:00Z"}},
        )
    yield Case("a duration of 10,000 years", "duration(o.a) < duration('1s')", {"o": {"a": "315576000001s"}})
    yield Case("a duration that is none", "duration(o.a) < duration('1s')", {"o": {"a": "1e9s"}})
    yield Case(
        "time zones from evidence",
        "timestamp('2026-01-01T00:00:00Z').getHours(o.z) == 99",
        {"o": {"z": "../../../etc/passwd"}},
    )
    yield Case(
        "a time of evidence at the edge", "timestamp(o.b).getFullYear() == 0", {"o": {"b": "9999-12-31T23:59:59Z"}}
    )
    yield Case("an integer as a time", "timestamp(o.a) < timestamp(o.a)", {"o": {"a": 2**53}})


def arithmetic() -> Iterator[Case]:
    zero = {"o": {"a": 0, "b": 2**53, "n": Decimal("NaN"), "s": "x", "l": [1], "m": {"a": 1}, "t": True}}
    for name, source in {
        "division by zero": "1 / o.a == 1",
        "remainder by zero": "1 % o.a == 1",
        "0.0/0.0": "double(o.a) / double(o.a) > 0.0",
        "0.0/0.0 is not equal": "double(o.a) / double(o.a) != 1.0",
        "overflow by *": "o.b * o.b * o.b * o.b > 0",
        "overflow by unary minus": "-(-9223372036854775807 - 1) + o.b > 0",
        "unsigned below zero": "uint(o.a - 1) > 0u",
        "the integer of a huge double": "int(double(o.b) * 1e300) > 0",
        "the integer of NaN": "int(o.n) == 0",
        "NaN from a text": "double('NaN') != double(o.a)",
        "a text plus a number": "o.s + o.b == 'x'",
        "a list as a number": "o.l > 0",
        "a mapping as a text": "o.m.startsWith('x')",
        "a truth value as a number": "o.t < 2",
        "a number as a condition": "o.b ? true : true",
        "a text as a truth value": "o.s || o.s",
        "an index beyond the end": "o.l[9007199254740991] == 1",
        "an index below zero": "o.l[-1] == 1",
        "a key of another type": "o.m[o.l] == 1",
        "a number as an index of a mapping": "o.m[1.5] == 1",
        "has of what has no fields": "has(o.s.x.y) && o.b == 0",
        "a fold over a number": "o.b.exists(x, x == 1)",
        "in a text": "'x' in o.s",
        "types against values": "type(o.s) == o.s",
        "a value of none": "optional.none().value() == o.s",
        "a look-up in none": "optional.none()[?o.s].orValue(o.s) == ''",
        "null against everything": "null == o.s || null == o.l || null == o.missing",
        "dyn": "dyn(dyn(dyn(o.s))) > dyn(1)",
        "an unknown function": "o.s.__class__.__mro__ == 1",
        "a call of a field": "o.__import__('os').system('true') == 0",
        "an accumulator by name": "o.l.all(x, @result)",
        "an engine name": "@not_strictly_false(o.s)",
        "a reserved word": "o.s == package || o.s == namespace",
        "shadowing a root": "o.l.exists(o, o == 2 && o.a == 1)",
        "shadowing a function": "o.l.exists(size, size(size) == 1)",
        "math of nothing": "math.greatest([]) > 0 || o.b == 0",
        "math of texts": "math.greatest(o.s, o.b) > 0",
        "a shift by much": "math.bitShiftLeft(1, o.b) > 9223372036854775807",
    }.items():  # fmt: skip
        yield Case(name, source, zero)


def cases() -> list[Case]:
    families = (brackets, chains, literals, characters, growth, iterations, patterns, times, arithmetic)
    return [case for family in families for case in family()]


def ends_as(case: Case) -> dict[str, Any]:
    """Compile a case, with every advice lifted that an author can lift, and judge it: without evidence, and with."""
    from govern.diagnostics import Span
    from govern.policy.advice.rules import _expression_advice
    from govern.policy.cel.bind import Bound
    from govern.policy.cel.evaluation import evaluate
    from govern.policy.expressions import Failed
    from support.compiling import FILE, expression, open_schema

    lifted = ("o", "o.a", "o.b", "o.l", "o.m", "o.a[].b", "dependencies")
    made, found = expression(case.source, may_be_absent=lifted, may_be_empty=lifted)
    codes = [item.code for item in found]
    if made is None:
        lines = case.source.count("\n") + 1
        placed = all(item.span.file == FILE and 1 <= (item.span.line or 0) <= lines for item in found)
        return {
            "end": "diagnostic",
            "codes": codes,
            "placed": placed,
            "text": "\n".join(str(item) for item in found)[:500],
        }
    list(_expression_advice(made, None, open_schema(), Span(FILE, 1, 1)))
    ends = []
    for evidence in ({}, case.evidence):
        result = evaluate(made, Bound(open_schema(), {**evidence, "stage": "pre-registration"}))
        verdict = result.verdict
        ends.append(f"{verdict.kind}: {verdict.text}"[:300] if isinstance(verdict, Failed) else str(verdict))
    return {"end": "outcome", "codes": codes, "without": ends[0], "with": ends[1]}


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    for case in cases():
        try:
            ended = ends_as(case)
        except Exception as fault:  # told to the test, which refuses it
            ended = {"end": "exception", "text": f"{type(fault).__name__}: {fault}"[:500]}
        sys.stdout.write(json.dumps({"name": case.name, **ended}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
