"""Plain YAML scalars by the thousand, near the edges between the types, and what ours are by the core schema."""

from __future__ import annotations

import random
import re
from decimal import Decimal

from govern.inputs.nodes import MapNode, ScalarNode
from govern.inputs.yaml import parse_yaml
from govern.inputs.yaml_rules import core_type

Resolved = tuple[str, object]
"""Type and value; a float as Python has it, everything else exact."""

_WORDS = (
    *(
        "null",
        "Null",
        "NULL",
        "~",
        "nULL",
        "true",
        "True",
        "TRUE",
        "tRUE",
        "false",
        "False",
        "FALSE",
        "yes",
        "No",
        "on",
    ),
    *("OFF", "y", "n", ".inf", "-.Inf", "+.INF", ".nan", ".NaN", ".NAN", ".nAn", "inf", "nan", "NaN", "Infinity", "="),
    *("2026-01-02", "2026-1-2", "2026-01-02T03:04:05Z", "2026-01-02 03:04:05", "1:30", "190:20:30", "20:30:15.5", "<<"),
    *("0o17", "0O17", "-0o17", "+0o7", "0o8", "0x1F", "0XFF", "-0x1", "0xg", "0b101", "0b2", "010", "-010", "1_000"),
    *(
        "1e3",
        "1E5",
        "12e03",
        "-2E+05",
        "1e",
        "e1",
        "1e+",
        "1.e1",
        ".5",
        "5.",
        ".",
        "+.",
        "-.5e-3",
        "1.2.3",
        "+",
        "-1-",
        "?x",
        ":x",
    ),
    *("0.80", "1.10", "00", "+0", "-0", "0.0", "1e400", "-1e400", "1e-400", "9" * 30, "0." + "1" * 30, "0x" + "f" * 20),
)
_PIECES = (
    "0",
    "1",
    "7",
    "8",
    "9",
    "00",
    "12",
    "_",
    ".",
    "-",
    "+",
    "e",
    "E",
    "x",
    "o",
    "b",
    "a",
    "F",
    "f",
    ":",
    "n",
    "t",
)


def generated(count: int, seed: int) -> list[str]:
    """That many different scalars, the same for one seed on every machine."""
    chance = random.Random(seed)
    made = dict.fromkeys(_WORDS)
    while len(made) < count:
        text = _grown(chance)
        if _plain(text):
            made[text] = None
    return list(made)


def _grown(chance: random.Random) -> str:
    match chance.randrange(4):
        case 0:
            return "".join(chance.choices(_PIECES, k=chance.randint(1, 7)))
        case 1:
            sign, whole = chance.choice(["", "-", "+"]), str(chance.randrange(10 ** chance.randint(1, 12)))
            part = chance.choice(["", ".", f".{chance.randrange(10**6)}"])
            power = chance.choice(["", "", f"e{chance.randint(-30, 30)}", f"E+{chance.randint(0, 30):02d}"])
            return sign + whole + part + power
        case 2:
            word = chance.choice(_WORDS)
            at = chance.randrange(len(word) + 1)
            return (
                word[:at] + chance.choice([*_PIECES, word[at : at + 1].swapcase()]) + word[at + chance.randrange(2) :]
            )
        case _:
            base = chance.choice(["0x", "0o", "0b", "0", ""])
            return (
                chance.choice(["", "-", "+"])
                + base
                + "".join(chance.choices("01234567089abcdefABCDEF_", k=chance.randint(1, 8)))
            )


def _plain(text: str) -> bool:
    """Whether a text can stand as a plain scalar behind `a: ` (YAML 1.2.2, section 7.3.3)."""
    return bool(re.match(r"[^-?:\s]|[-?:]\S", text)) and not re.search(r":(\s|$)|\s$", text)


def ours(text: str) -> Resolved | None:
    """What our reader and the core schema make of it; None when it is no single plain scalar."""
    tree = parse_yaml(f"a: {text}\n".encode(), file="scalar.yaml", strictness="evidence")
    node = tree.get("a") if isinstance(tree, MapNode) else None
    if not isinstance(node, ScalarNode) or not node.plain:
        return None
    kind = core_type(node.text)
    match kind:
        case "null":
            return kind, None
        case "bool":
            return kind, node.text.lower() == "true"
        case "int":
            return kind, int(node.text, {"0x": 16, "0o": 8}.get(node.text[:2], 10))
        case "float":
            return kind, _float(node.text)
        case _:
            return kind, node.text


def _float(text: str) -> float:
    lowered = text.lower()
    if lowered.endswith((".inf", ".nan")):
        return float(lowered.replace(".", ""))
    return float(Decimal(text))
