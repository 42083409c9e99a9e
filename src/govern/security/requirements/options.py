"""Options of a requirements file: their names, spellings and which of them change where packages come from."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

__all__ = ["Option", "OptionError", "split_options"]

_WITH_VALUE = {
    "-i": "--index-url",
    "--index-url": "--index-url",
    "--pypi-url": "--index-url",
    "--extra-index-url": "--extra-index-url",
    "-c": "--constraint",
    "--constraint": "--constraint",
    "-r": "--requirement",
    "--requirement": "--requirement",
    "-e": "--editable",
    "--editable": "--editable",
    "-f": "--find-links",
    "--find-links": "--find-links",
    "--no-binary": "--no-binary",
    "--only-binary": "--only-binary",
    "--trusted-host": "--trusted-host",
    "--use-feature": "--use-feature",
    "--all-releases": "--all-releases",
    "--only-final": "--only-final",
    "--uploaded-prior-to": "--uploaded-prior-to",
    "--hash": "--hash",
    "-C": "--config-settings",
    "--config-setting": "--config-settings",
    "--config-settings": "--config-settings",
    "--global-option": "--global-option",
    "--install-option": "--install-option",
}
_FLAGS = {name: name for name in ("--no-index", "--pre", "--prefer-binary", "--require-hashes")}

HARMLESS = frozenset(
    {
        "--no-index",
        "--only-binary",
        "--only-final",
        "--prefer-binary",
        "--require-hashes",
        "--uploaded-prior-to",
        "--use-feature",
    }
)
"""Options that neither add a place packages come from nor let more versions or build code in."""


class OptionError(ValueError):
    """An option pip would not understand."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option in its long spelling."""

    name: str
    value: str | None


def split_options(text: str) -> tuple[str, tuple[Option, ...]]:
    """Split a logical line into the requirement and the options behind it.

    Abbreviated long options are completed when only one option fits, as pip's parser does. Raises OptionError.
    """
    words = text.split()
    start = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
    requirement = " ".join(words[:start])
    if start == len(words):
        return text, ()
    tail = text if start == 0 else text[_offset_of(text, words, start) :]
    try:
        tokens = shlex.split(tail)
    except ValueError as fault:
        raise OptionError(f"unbalanced quotes ({fault})") from fault
    return requirement, tuple(_options(tokens))


def _offset_of(text: str, words: list[str], index: int) -> int:
    position = 0
    for word in words[:index]:
        position = text.index(word, position) + len(word)
    return text.index(words[index], position)


def _options(tokens: list[str]) -> list[Option]:
    made: list[Option] = []
    queue = iter(tokens)
    for token in queue:
        name, value = _named(token)
        if name in _FLAGS:
            if value is not None:
                raise OptionError(f"{name} takes no value")
            made.append(Option(name, None))
            continue
        if value is None:
            value = next(queue, None)
        if value is None:
            raise OptionError(f"{name} needs a value")
        made.append(Option(name, value))
    return made


def _named(token: str) -> tuple[str, str | None]:
    if token.startswith("--"):
        spelled, separator, value = token.partition("=")
        known = {**_WITH_VALUE, **_FLAGS}
        if spelled not in known:
            fitting = {known[name] for name in known if name.startswith(spelled) and len(spelled) > 2}
            if len(fitting) != 1:
                raise OptionError(f"unknown option {spelled[:40]!r}")
            return fitting.pop(), value if separator else None
        return known[spelled], value if separator else None
    if token.startswith("-") and token[:2] in _WITH_VALUE:
        return _WITH_VALUE[token[:2]], token[2:] or None
    raise OptionError(f"unexpected {token[:40]!r}")
