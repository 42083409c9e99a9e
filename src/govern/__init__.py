"""govern: policy-as-code compliance for machine-learning models.

The names below are the public Python API; each is loaded when it is first used, so that importing the package
costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from govern.bundle import open_bundle
    from govern.gate.check import CheckRequest, check
    from govern.gate.compiling import compile_policies
    from govern.gate.issue import issue
    from govern.gate.packing.pack import PackRequest, pack
    from govern.gate.replaying.replay import ReplayRequest, replay
    from govern.gate.verify import verify

__version__ = "0.1.0"

_WHERE = {
    "CheckRequest": ("govern.gate.check", "CheckRequest"),
    "PackRequest": ("govern.gate.packing.pack", "PackRequest"),
    "ReplayRequest": ("govern.gate.replaying.replay", "ReplayRequest"),
    "check": ("govern.gate.check", "check"),
    "compile_policies": ("govern.gate.compiling", "compile_policies"),
    "issue": ("govern.gate.issue", "issue"),
    "open_bundle": ("govern.bundle", "open_bundle"),
    "pack": ("govern.gate.packing.pack", "pack"),
    "replay": ("govern.gate.replaying.replay", "replay"),
    "verify": ("govern.gate.verify", "verify"),
}

__all__ = [
    "CheckRequest",
    "PackRequest",
    "ReplayRequest",
    "__version__",
    "check",
    "compile_policies",
    "issue",
    "open_bundle",
    "pack",
    "replay",
    "verify",
]


def __getattr__(name: str) -> object:
    """Load a public name from where it lives (PEP 562)."""
    if name not in _WHERE:
        raise AttributeError(f"module 'govern' has no attribute '{name}'")
    module, attribute = _WHERE[name]
    return getattr(import_module(module), attribute)
