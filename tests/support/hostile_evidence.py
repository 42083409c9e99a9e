"""Results of other tools that pass, and ways to spoil them: whole files, single numbers, single names.

What passes before it is spoiled proves something when it does not pass afterwards. The tables are data: a test judges
each by the one kind that reads it. Files of other sorts are in `hostile_files`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from support.bundles import VALIDATION, BundleBuilder, validation
from support.drift_reports import DRIFT, drift_report
from support.tool_samples import sample_value

Steps = tuple[str | int, ...]

LOOSE: dict[str, Any] = {"same_data": False}
STEADY: dict[str, Any] = {"limit": 0.2, "min_p_value": 0.05}
REPORTED: dict[str, Any] = {**STEADY, "max_share": 0.4, "min_rows": 0}
"""The samples have one column of three that drifted, of 300 rows or of a number that they do not state."""


@dataclass(frozen=True)
class Base:
    """A file that passes one kind."""

    name: str
    kind: str
    params: Mapping[str, Any]
    path: str
    document: Any

    def only_shown(self, steps: Steps) -> bool:
        """Whether no verdict rests on the value at a way, so that it may hold anything."""
        judged = {"value"} if self.name == "evidently-0.7" else set()
        judged |= {"small_distribution"} if self.name == "evidently-0.4" else set()
        return bool((ONLY_SHOWN - judged).intersection(map(str, steps)))

    def put(self, builder: BundleBuilder, content: bytes) -> BundleBuilder:
        """The only evidence of its sort in an otherwise sound bundle."""
        for path in (VALIDATION, DRIFT):
            builder.remove(path)
        return builder.file(self.path, content)

    @property
    def content(self) -> bytes:
        return written(self.document)


def written(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode()


DEEPCHECKS = {
    "type": "SuiteResult",
    "name": "data integrity",
    "results": [
        {
            "type": "CheckResult",
            "check": {"name": "Feature Drift", "params": {}, "summary": ""},
            "header": "Feature Drift",
            "value": {"age": {"Drift score": 0.01, "Method": "Kolmogorov-Smirnov"}},
            "conditions_results": [
                {"Status": "PASS", "Condition": "drift score < 0.2", "More Info": "Passed for 1 column out of 1"}
            ],
            "display": None,
        }
    ],
}


def _earlier(path: str) -> Any:
    """A sample as if it were made before the clock of the tests."""
    return json.loads(json.dumps(sample_value(path)).replace("2026-11-", "2026-04-"))


def _kept(document: dict[str, Any]) -> dict[str, Any]:
    """A result of Great Expectations 0.18 without the items that failed."""
    kept = [item for item in document["results"] if item["success"]]
    counts = {"evaluated_expectations": len(kept), "successful_expectations": len(kept)}
    statistics = {**counts, "unsuccessful_expectations": 0, "success_percent": 100.0}
    return {**document, "success": True, "results": kept, "statistics": statistics}


def _base(name: str, document: Any) -> Base:
    drift = name.startswith("evidently")
    kind, params = ("drift.distribution", REPORTED) if drift else ("data.validation", LOOSE)
    params = STEADY if name == "evidently-0.4" else params
    return Base(name, kind, params, f"evidence/{name}.json", document)


@cache
def bases() -> tuple[Base, ...]:
    """One of every format that a reader is for."""
    return (
        _base("great-expectations-1", validation()),
        _base("great-expectations-0.18", _kept(_earlier("great_expectations/0.18/validation_result.json"))),
        _base("deepchecks", DEEPCHECKS),
        _base("giskard-scan", {"Robustness": {"major": [], "minor": []}, "Leakage": {"major": []}}),
        _base("giskard-suite", {"auc": {"result": "Passed", "metric_value": 0.93, "threshold": 0.8}}),
        _base("evidently-0.4", drift_report(timestamp="2026-04-02 08:00:00.163512")),
        _base("evidently-0.4-suite", _earlier("evidently/0.4-testsuite.json")),
        _base("evidently-0.7", _earlier("evidently/0.7-drift-with-tests.json")),
        _base("evidently-0.7-legacy", _earlier("evidently/0.7-legacy-report.json")),
    )


# --- whole files


def _twice(data: bytes) -> bytes:
    """The first key again, in front: readers disagree about which one counts."""
    value = json.loads(data)
    key = next(iter(value))
    return b"{" + json.dumps(key).encode() + b": null, " + data.lstrip()[1:]


SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "white space": lambda _: b" \n\t\n",
    "NUL bytes": lambda data: b"\0" * len(data),
    "null": lambda _: b"null",
    "true": lambda _: b"true",
    "a number": lambda _: b"1",
    "a text": lambda _: b'"SuiteResult great_expectations major metric_value drift_by_columns"',
    "an empty list": lambda _: b"[]",
    "an empty object": lambda _: b"{}",
    "within a list": lambda data: b"[" + data + b"]",
    "within an object": lambda data: b'{"result": ' + data + b"}",
    "a list of nulls": lambda _: b"[null, null]",
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "UTF-32": lambda data: data.decode().encode("utf-32"),
    "Latin-1": lambda data: data.replace(b'"', b'"\xe9', 1),
    "surrogates in bytes": lambda data: data.replace(b'"', b'"\xed\xa0\x80', 1),
    "a lone surrogate, escaped": lambda data: data.replace(b'"', b'"\\ud800', 1),
    "overlong bytes": lambda data: data.replace(b'"', b'"\xc0\xaf', 1),
    "a raw control character": lambda data: data.replace(b'"', b'"\x1b[31m', 1),
    "cut in half": lambda data: data[: len(data) // 2],
    "without the last bracket": lambda data: data.rstrip()[:-1],
    "twice": lambda data: data + b"\n" + data,
    "something behind": lambda data: data + b"\n::error::x",
    "a comment": lambda data: b"// checked\n" + data,
    "a trailing comma": lambda data: data.rstrip()[:-1] + b",}",
    "single quotes": lambda data: data.replace(b'"', b"'"),
    "a key twice": _twice,
    "100,000 brackets behind a key": lambda data: b'{"deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"," + data[1:],
    "100,000 objects open": lambda data: data.rstrip()[:-1] + b', "a": ' + b'{"a":' * 100_000,
    "a number of 5,000 digits": lambda data: b'{"n": ' + b"9" * 5000 + b"," + data.lstrip()[1:],
    "an exponent of 400 digits": lambda data: b'{"n": 1e' + b"9" * 400 + b"," + data.lstrip()[1:],
    "NaN beside it": lambda data: b'{"n": NaN,' + data.lstrip()[1:],
    "a pickle": lambda _: b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
    "YAML": lambda _: b"success: true\nresults: []\nmajor: []\n",
    "HTML": lambda data: b"<script>alert(1)</script>" + data,
}
"""None of what comes out passes the kind that the file passed before."""


# --- single values


def scalars(value: Any, steps: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Every leaf of a JSON value with the way to it."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from scalars(below, (*steps, key))
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from scalars(below, (*steps, number))
    else:
        yield steps, value


def one_of_each(value: Any, wanted: Callable[[Any], bool]) -> list[Steps]:
    """Ways to the leaves that are wanted, of each the first: items of a list are of one shape."""
    found: dict[Steps, Steps] = {}
    for steps, leaf in scalars(value):
        if wanted(leaf):
            found.setdefault(tuple("*" if isinstance(step, int) else step for step in steps), steps)
    return list(found.values())


def is_number(leaf: Any) -> bool:
    return isinstance(leaf, int | float) and not isinstance(leaf, bool)


def with_raw(document: Any, steps: Steps, raw: str) -> bytes:
    """The document with these characters in place of the value at a way."""
    changed = copy.deepcopy(document)
    put(changed, steps, "@@raw@@")
    return written(changed).replace(b'"@@raw@@"', raw.encode("utf-8", "surrogatepass"))


def put(document: Any, steps: Steps, value: Any) -> None:
    """Change a value in place."""
    for step in steps[:-1]:
        document = document[step]
    document[steps[-1]] = value


def keys(value: Any, steps: Steps = ()) -> Iterator[Steps]:
    """The way to every key, of each shape the first."""
    seen: set[Steps] = set()
    for way, _leaf in scalars(value, steps):
        for size in range(1, len(way) + 1):
            shape = tuple("*" if isinstance(step, int) else step for step in way[:size])
            if isinstance(way[size - 1], str) and shape not in seen:
                seen.add(shape)
                yield way[:size]


def renamed(document: Any, steps: Steps, name: str) -> Any:
    """The document with another key at a way."""
    changed = copy.deepcopy(document)
    parent = changed
    for step in steps[:-1]:
        parent = parent[step]
    held = {(name if key == steps[-1] else key): value for key, value in parent.items()}
    parent.clear()
    parent.update(held)
    return changed


NOT_FINITE = ("NaN", "Infinity", "-1e999", "9" * 5000, "01", ".5")
"""No number of JSON that anybody may rely on, wherever it stands in a file."""

WRONG = ("true", '"0.5"', "-1", "[]", "9007199254740993", "1e30")
"""A JSON value that no count, share or score of these files can be."""

ONLY_SHOWN = frozenset(
    {"min_value", "max_value", "observed_value", "value", "metric_value", "threshold", "drift_share", "lt"}
    | {"stattest_threshold", "success_tests", "small_distribution"}
)
"""What a tool was asked and saw, beside a verdict of its own that is judged, and the tool's own limits: shown to
people, compared with no limit of ours. `value` is Deepchecks'; of Evidently 0.7 it is the score, see `only_shown`."""

NAMES: dict[str, str] = {
    "terminal": "\x1b]0;owned\x07\x1b[2J\x9b31mred\r",
    "bidi": "\u202eksir\u2066\u200b\ufeff\u2028\u061c",
    "commands": "\n::error::no\n##[set-output name=x]y\n::stop-commands::z\n",
    "HTML": "</td><script>alert(1)</script><img src=x onerror=alert(2)>\"' onmouseover='alert(3)",
    "Markdown": "[a](javascript:alert(4)) ![b](http://x/y) | `c` \n# Title\n- [x] done <!-- ",
    "SARIF": '"}],"results":[{"level":"none"}],"suppressions":[{"kind":"external"}],"x":[{"y":"',
    "formula": '=HYPERLINK("http://x","y")\t@SUM(1+1)*cmd|\' /C calc\'!A0',
    "path": "../../../../etc/passwd",
    "Windows path": "C:\\..\\..\\Windows\\win.ini",
    "template": "{{ 90001*90001 }}{% raw %}${90001*90001}<%= 90001*90001 %>",
    "long": "A" * 1_000_000,
}
