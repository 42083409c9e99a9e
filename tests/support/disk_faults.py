"""Disk calls that fail: each call of an action once, in turn."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

CALLS: tuple[tuple[object, str], ...] = ((os, "open"), (os, "fsync"), (Path, "replace"), (Path, "mkdir"))
"""What writes durably is made of."""


@contextmanager
def failing_at(number: int) -> Iterator[list[str]]:
    """Let the call with this number, counted from 0, fail with EIO; gives the calls that were made."""
    made: list[str] = []

    def failing(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            made.append(name)
            if len(made) == number + 1:
                raise OSError(errno.EIO, "Input/output error")
            return real(*arguments, **options)

        return call

    patches = [mock.patch.object(place, name, failing(name, getattr(place, name))) for place, name in CALLS]
    for patch in patches:
        patch.start()
    try:
        yield made
    finally:
        for patch in patches:
            patch.stop()
