"""The same cases under the same names in every worker, and the same examples in every CI run."""

from __future__ import annotations

import os

from hypothesis import settings

# No test times: a slow machine is no failure. In CI the examples are derived from the test itself, so that a run says
# something about the change and not about its luck; on a laptop they are new each time, and look for more.
settings.register_profile("laptop", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "laptop")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: archives hold the time they were made, keys are random."""
    if isinstance(val, bytes) and (len(val) > 24 or not val.isascii() or not val.decode("ascii").isprintable()):
        return argname
    return None
