"""What can go wrong on the way to a bundle, in the words of its user and without a secret of a URI."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from govern.diagnostics import Diagnostic, GovernError, InputError, UsageError

__all__ = ["fetching", "lacking", "not_a_uri", "shown_uri", "too_much", "unreachable"]

_SECRETS = re.compile(r"(?<=//)[^/@\s]*@|[?#][^\s'\"]*")
"""Passwords before the host, and queries: signed links carry their key there."""


def shown_uri(uri: str) -> str:
    """Give a URI without user, password, query and fragment, which may hold keys."""
    parts = urlsplit(uri)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "")) if parts.netloc else uri


def not_a_uri(uri: str, why: str, hint: str) -> UsageError:
    """Make the error U151."""
    return UsageError(Diagnostic("U151", f"{shown_uri(uri)}: {why}", hint=hint))


def lacking(extra: str, what: str) -> UsageError:
    """Make the error U150 for an extra of ours."""
    return UsageError(Diagnostic("U150", f"{what} is not installed", hint=f"pip install 'govern[{extra}]'"))


def unreachable(uri: str, why: str) -> InputError:
    """Make the error B131."""
    hint = "check the address, your rights and the network; or fetch it yourself and give the folder"
    why = why.encode("utf-8", "backslashreplace").decode()  # what no output could hold
    return InputError(Diagnostic("B131", f"{shown_uri(uri)} cannot be fetched: {why}", hint=hint))


def too_much(uri: str, why: str) -> InputError:
    """Make the error B132."""
    hint = "name the folder of one model; or fetch it yourself and give the folder"
    return InputError(Diagnostic("B132", f"{shown_uri(uri)}: {why}", hint=hint))


@contextmanager
def fetching(uri: str) -> Iterator[None]:
    """Turn whatever a client raises into B131: each has its own errors, and none may reach the user as a traceback."""
    try:
        yield
    except GovernError:
        raise
    except Exception as fault:
        text = _SECRETS.sub("", str(fault).strip().partition("\n")[0])[:300]
        raise unreachable(uri, f"{type(fault).__name__}: {text}" if text else type(fault).__name__) from fault
