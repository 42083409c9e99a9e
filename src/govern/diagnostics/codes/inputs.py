"""Diagnostic codes of the room `inputs`."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "I101": Code(
        slug="not-utf8",
        title="The bytes are not UTF-8 text.",
        why="Replacing or guessing bytes would judge another text than the one that was signed off.",
        example="A card saved as Latin-1, a policy saved as UTF-16, a NUL byte.",
        fix="Save the file as UTF-8. The message names the first bad byte by its offset from the start of the file.",
    ),
    "I102": Code(
        slug="too-large",
        title="The file, or one text in it, is larger than the cap for its kind.",
        why="Caps keep a hostile bundle from taking the memory of whoever judges it.",
        example="A model record of 30 MB.",
        fix="Split the file; only the operator can raise a cap.",
    ),
    "I103": Code(
        slug="yaml-syntax",
        title="The text is not YAML.",
        why="A file that cannot be read to its end is not evidence and not a policy.",
        example='An expression that starts with a quote, without quotes around the whole: `assert: "a" == b`.',
        fix="Correct the place named; put expressions in single quotes or in a `|` block.",
    ),
    "I104": Code(
        slug="duplicate-key",
        title="One mapping gives the same key twice.",
        why="Most readers silently take the last value, some the first: two people would see two documents.",
        example="`license: mit` in line 2 and `license: apache-2.0` in line 9.",
        fix="Keep one of the two places named.",
    ),
    "I105": Code(
        slug="anchor-or-alias",
        title="The YAML uses an anchor (`&name`) or an alias (`*name`).",
        why="A few hundred bytes of aliases grow into gigabytes once the document is written out.",
        example="`base: &b {x: 1}` and `other: *b`.",
        fix="Write the value out at each place.",
    ),
    "I106": Code(
        slug="merge-key",
        title="The YAML uses the merge key `<<`.",
        why="What a merged mapping holds depends on the reader, and YAML 1.2 has no such key.",
        example="`<<: *defaults`.",
        fix="Write the merged keys out.",
    ),
    "I107": Code(
        slug="explicit-tag",
        title="A value carries an explicit YAML tag.",
        why="Tags can ask a reader to build objects; here the field alone decides a value's type.",
        example='`n: !!int "1"`, or an expression that starts with `!`: `assert: !has(card.risk)`.',
        fix="Delete the tag; quote a text that starts with `!`.",
    ),
    "I108": Code(
        slug="directive",
        title="The YAML has a `%` directive.",
        why="A directive changes how everything after it is read.",
        example="`%YAML 1.1` in the first line.",
        fix="Delete the directive.",
    ),
    "I109": Code(
        slug="forbidden-character",
        title="The text holds a character that must not stand there.",
        why="Invisible, direction-changing and half characters let a reviewer see something else than the machine.",
        example="A right-to-left override in a threshold; U+2028, at which YAML breaks the line and editors do not.",
        fix="Delete the character named, or write it as an escape inside double quotes.",
    ),
    "I110": Code(
        slug="too-deep-or-many",
        title="The document is nested too deeply or has too many nodes.",
        why="Deep nesting crashes parsers; no document that govern reads needs it.",
        example="One hundred thousand opening brackets.",
        fix="Flatten or split the document.",
    ),
    "I111": Code(
        slug="document-count",
        title="The file holds more than one YAML document.",
        why="Readers differ in which document they take.",
        example="A second `---` between two mappings.",
        fix="Put each document into a file of its own.",
    ),
    "I112": Code(
        slug="ambiguous-scalar",
        title="Two YAML versions read this unquoted value differently.",
        why="`no` is false for one reader and text for the other; a policy must mean one thing.",
        example="`country: no`, `time: 1:30`, `mode: 010`, `limit: 1_000`.",
        fix="Quote it when text is meant; write true, false or plain decimal digits otherwise.",
    ),
    "I113": Code(
        slug="non-finite-number",
        title="A number is NaN, infinite, or too large or small to be compared.",
        why="NaN makes every comparison false, so a rule that fails on `value > limit` would let it through.",
        example='`{"accuracy": NaN}`, `{"f1": 1e999}`.',
        fix="Write the measured number; leave the key out when there is none, and the rule will say so.",
    ),
    "I114": Code(
        slug="empty-document",
        title="The file is empty or holds only comments.",
        why="Nothing there is not the same as nothing to object to.",
        example="A metrics.json of zero bytes.",
        fix="Write the document, or delete the file.",
    ),
    "I115": Code(
        slug="non-string-key",
        title="A mapping key is not text.",
        why="Readers turn such keys into different texts, or fail.",
        example="`? [a, b]`, or `1: x` in a policy.",
        fix="Use a text as the key; quote digits, true, false and null.",
    ),
    "I201": Code(
        slug="json-syntax",
        title="The text is not JSON.",
        why="A file that cannot be read to its end is not evidence.",
        example="A comment, a trailing comma, single quotes, a second value after the first.",
        fix="Correct the line and column named; any JSON validator shows the same place.",
    ),
    "I203": Code(
        slug="table-shape",
        title="The table does not have the shape of a table.",
        why="A reader that guesses puts values under other columns, and rates come out of them.",
        example="A column name given twice, a row with too few cells, semicolons between cells.",
        fix="Write one header line with names of their own, commas between cells, and full rows.",
    ),
}
