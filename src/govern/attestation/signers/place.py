"""Where a key is, as somebody wrote it: `scheme:rest`, or a path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from govern.diagnostics import Diagnostic, UsageError

__all__ = ["PASSWORD_VARIABLE", "KeyPlace", "split_key"]

PASSWORD_VARIABLE = "GOVERN_KEY_PASSWORD"  # noqa: S105 - the name of a variable
"""Opens every encrypted key; `GOVERN_KEY_PASSWORD_<NAME>`, NAME being the file's stem or the variable, opens one."""

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):(.*)", re.ASCII | re.DOTALL)


def split_key(text: str) -> tuple[str, str]:
    """Split `scheme:rest`. A text without a scheme is a path, the scheme `file`; one letter and a colon is none."""
    match = _SCHEME.fullmatch(text)
    return (match[1], match[2]) if match else ("file", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlace:
    """The place of a key. Never the key itself, nor a secret: it may be printed."""

    uri: str
    scheme: str
    rest: str
    """What follows the scheme and its colon."""
    environment: Mapping[str, str] = field(repr=False)
    """Variables that a family may look into; holds secrets."""

    @classmethod
    def parse(cls, text: str, environment: Mapping[str, str]) -> KeyPlace:
        """Read the place of a key.

        Raises UsageError (A406), without quoting it, for a text that holds a key instead of naming one.
        """
        if "PRIVATE KEY" in text or "\n" in text:
            message = "a key itself stands where its place should be named"
            raise UsageError(Diagnostic("A406", message, hint="put it into a variable and name that: env:NAME"))
        scheme, rest = split_key(text)
        return cls(uri=text, scheme=scheme, rest=rest, environment=environment)

    def need(self, variable: str) -> str:
        """Give a variable's value. Raises UsageError (A406) naming it when it is not set."""
        value = self.environment.get(variable)
        if not value:
            raise UsageError(Diagnostic("A406", f"the key {self.uri} needs the variable {variable}, which is not set"))
        return value

    def secret(self, variable: str, name: str) -> str | None:
        """Give a secret: `<variable>_<NAME>` for this key alone, else `<variable>` for all; None when neither is set.

        The name is put in capitals, anything but letters and digits becomes `_`.
        """
        own = f"{variable}_{re.sub('[^A-Z0-9]', '_', name.upper())}"
        return self.environment.get(own) or self.environment.get(variable) or None
