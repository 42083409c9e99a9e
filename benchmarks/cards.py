"""Print what reading model cards costs: the figures that README.md beside this file explains.

Ours is the whole pipeline: bytes to text, front matter, blocks, sections, numbers, placeholders, merge and the state of
every section. The peer is one rendering of the same text by the parser that both use. Hostile cards at the caps are
read in processes of their own; one that takes a second or 200 MB misses its aim and is said.
"""

from __future__ import annotations

import hashlib
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from measuring import heading, paired, show, spent

from govern.diagnostics import InputError
from govern.evidence.cards import Card, card_of_bytes
from govern.evidence.cards.aliases import section_ids
from govern.evidence.cards.overview import Asked, overview
from govern.evidence.cards.read import Cards
from govern.evidence.cards.template import template_card
from govern.inputs.limits import CARD_BYTES, CARD_LINES

CARDS = 20
ASKED = Asked(required=section_ids(), min_words={"default": 8, "owner": 1, "contact": 1, "licence": 1})
SENTENCES = (
    "The extract of loans from the northern branches was closed in March and holds one row an application.",
    "An underwriter reads every case below the line, and may overrule the score with a reason that is kept.",
    "For the self-employed the income is an average of two years, so that recent changes do not show at once.",
    "It was measured once on the held-out quarter, with an AUC of 0.81 and an accuracy of 84 %.",
)
TABLE = "| group | n | auc |\n|---|---|---|\n" + "".join(f"| group {n} | {n}00 | 0.7{n} |\n" for n in range(6))
MORE = "".join(
    f"- **Point {n}:** a remark on [the report](https://bank.example.org/{n}) of *spring*.\n" for n in range(4)
)
HOSTILE: dict[str, Callable[[int], str]] = {
    "[": lambda size: "[" * size,
    "*a **a ": lambda size: "*a **a " * (size // 7),
    "- a": lambda size: "- a\n" * min(size // 4, CARD_LINES - 2),
    "# a": lambda size: "# a\n" * min(size // 4, CARD_LINES - 2),
    "|a": lambda size: "|a" * (size // 2),
    "|a, with a rule": lambda size: "|a" * (size // 4) + "\n" + "|-" * (size // 4),
    "| a | b | rows": lambda size: "| a | b |\n|---|---|\n" + "| a | b |\n" * min(size // 10 - 3, CARD_LINES - 4),
    "## Uses, a word": lambda size: "## Uses\n\na\n\n" * min(size // 12, CARD_LINES // 4 - 1),
    "<!-- -->": lambda size: "<!-- -->" * (size // 8),
    "<!--": lambda size: "a <!--" * (size // 6),
    "<div id=sk-container-id": lambda size: "<div id=sk-container-id>" * (size // 24),
    "> nested": lambda size: ">" * size,
    "indented lists": lambda size: "\n".join(" " * (n % 60) + "- a" for n in range(size // 34)),
    "combining marks": lambda size: "## Limitations\n\na" + "\u0301\u0316" * (size // 4 - 20),
    "auc 0.8": lambda size: "auc 0.8 " * (size // 8),
    "**a:** b": lambda size: "**a:** b\n" * min(size // 9, CARD_LINES - 2),
    "1.": lambda size: "# " + "1." * (size // 2 - 2),
    "front matter": lambda size: (
        "---\n" + "".join(f"k{n}: [a, b]\n" for n in range(min(size // 14, CARD_LINES - 4))) + "---\n"
    ),
}


def card(number: int) -> str:
    """Fill our template: twenty-odd sections with prose, a table and a list each."""
    text = (
        template_card()
        .replace("license:\n", "license: apache-2.0\n")
        .replace("datasets: []", f"datasets: [acme/loans-{number}]")
    )
    parts = text.split("\n## ")
    filled = [parts[0]]
    for index, part in enumerate(parts[1:]):
        prose = "\n\n".join(SENTENCES[(index + number + shift) % len(SENTENCES)] for shift in range(2))
        filled.append(f"{part}\n{prose}\n\n{TABLE if (index + number) % 4 == 0 else MORE}")
    return "\n## ".join(filled)


def whole(data: bytes) -> Card:
    """Read a card and judge every section of it."""
    read = card_of_bytes(data, file="MODEL_CARD.md", digest=hashlib.sha256(data).hexdigest())
    seen = overview(Cards(read), ASKED)
    assert seen.verdicts
    return read


def ordinary() -> None:
    """Twenty cards made from the template against one rendering of the same text."""
    from markdown_it import MarkdownIt

    texts = [card(number) for number in range(CARDS)]
    data = [text.encode() for text in texts]
    for item in data:
        states = {verdict.section: verdict.state.value for verdict in overview(Cards(whole(item)), ASKED).verdicts}
        assert {name for name, state in states.items() if state == "complete"} >= {"intended_use", "limitations"}, (
            states
        )
    parser = MarkdownIt("commonmark").enable("table")
    heading(f"{CARDS} cards of {sum(map(len, data)) // CARDS // 1000} kB, one process")
    row = paired(
        "the whole pipeline, 20 cards, against MarkdownIt().render of the same text",
        lambda: spent(lambda: [whole(item) for item in data]),
        lambda: spent(lambda: [parser.render(text) for text in texts]),
        aim=1.5,
    )
    show(row)
    each = (row.unit or 0) / CARDS * 1000
    print(f"a card: {each:.1f} ms (aim: under 10)")


def hostile() -> None:
    """Each hostile card in a process of its own: refused or read, in time and memory."""
    print(f"\n{'hostile card at the caps':40} {'kB':>6} {'came to':>12} {'seconds':>9} {'MB':>6}   aim: 1 s, 200 MB")
    for name in HOSTILE:
        done = subprocess.run([sys.executable, __file__, name], capture_output=True, text=True, check=True)
        size, answer, seconds, memory = done.stdout.split()
        missed = " missed" if float(seconds) >= 1 or float(memory) >= 200 else ""
        print(f"{name:40} {size:>6} {answer:>12} {seconds:>9} {memory:>6}{missed}", flush=True)


def one(name: str) -> None:
    """Read one hostile card and say what it took. Prints size, answer, processor seconds and the most memory used."""
    data = (
        f"# M\n\n{HOSTILE[name](CARD_BYTES - 64)}".encode()[:CARD_BYTES]
        if name != "front matter"
        else HOSTILE[name](CARD_BYTES - 64).encode()
    )
    whole(b"# M\n\n## Uses\n\nA first card, so that what is loaded once is not counted.\n")
    start = time.process_time()
    try:
        whole(data)
        answer = "read"
    except InputError as fault:
        answer = f"refused:{fault.diagnostics[0].code}"
    seconds = time.process_time() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(len(data) // 1000, answer, f"{seconds:.2f}", f"{memory:.0f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        one(sys.argv[1])
    else:
        sys.path.insert(0, str(Path(__file__).parent))
        ordinary()
        hostile()
