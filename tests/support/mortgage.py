"""The mortgage example as tests call it: its policies, and the lock that pins the pack they build on."""

from __future__ import annotations

from support.process import ROOT

EXAMPLE = ROOT / "examples" / "mortgage"
LOCK = EXAMPLE / "govern.lock"
LOCKED = {"GOVERN_LOCK": str(LOCK)}
"""Environment in which the example's policies compile from any directory."""
