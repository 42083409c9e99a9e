"""Names of parametrised cases must be the same in every worker, whatever second they were collected in."""

from __future__ import annotations


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: archives hold the time they were made, keys are random."""
    if isinstance(val, bytes) and (len(val) > 24 or not val.isascii() or not val.decode("ascii").isprintable()):
        return argname
    return None
