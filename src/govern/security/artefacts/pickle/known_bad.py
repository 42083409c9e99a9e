"""Names known to run code or reach outside. Words only: a name that is missing here is refused all the same."""

from __future__ import annotations

__all__ = ["why_dangerous"]

_COMMANDS = "it runs commands"
_CODE = "it runs code"
_ATTRIBUTES = "it reaches any attribute or calls what it is given"
_FILES = "it opens or changes files"
_NETWORK = "it opens connections"
_LOADS = "it loads further objects or libraries"

_MODULES = {
    **dict.fromkeys(("os", "posix", "nt", "subprocess", "commands", "pty", "popen2", "_posixsubprocess"), _COMMANDS),
    **dict.fromkeys(("sys", "runpy", "code", "codeop", "pdb", "bdb", "timeit", "cProfile", "profile", "trace"), _CODE),
    **dict.fromkeys(("asyncio", "multiprocessing", "threading", "_thread", "signal", "sched"), _CODE),
    **dict.fromkeys(("types", "cloudpickle", "dill", "_pyrepl", "idlelib", "lib2to3", "doctest", "pydoc"), _CODE),
    **dict.fromkeys(("operator", "_operator", "functools", "_functools", "itertools", "inspect"), _ATTRIBUTES),
    **dict.fromkeys(("shutil", "tempfile", "io", "_io", "pathlib", "fileinput", "linecache", "zipfile"), _FILES),
    **dict.fromkeys(
        ("socket", "_socket", "ssl", "http", "urllib", "urllib2", "ftplib", "smtplib", "requests"), _NETWORK
    ),
    **dict.fromkeys(("httplib", "aiohttp", "httpx", "webbrowser", "xmlrpc", "telnetlib", "poplib"), _NETWORK),
    **dict.fromkeys(("ctypes", "_ctypes", "importlib", "imp", "pkgutil", "zipimport", "pip", "ensurepip"), _LOADS),
    **dict.fromkeys(("pickle", "_pickle", "marshal", "shelve", "distutils", "setuptools", "site"), _LOADS),
}
_NAMES = {
    **{("builtins", name): _CODE for name in ("eval", "exec", "execfile", "compile", "breakpoint", "help")},
    **{("builtins", name): _ATTRIBUTES for name in ("getattr", "setattr", "delattr", "map", "filter", "apply")},
    **{("builtins", name): _ATTRIBUTES for name in ("globals", "locals", "vars", "type", "super")},
    **{("builtins", name): _LOADS for name in ("__import__", "reload")},
    **{("builtins", name): _FILES for name in ("open", "file", "input")},
    ("torch", "load"): _LOADS,
    ("torch.serialization", "load"): _LOADS,
    ("torch.hub", "load"): _LOADS,
    ("torch._tensor", "_rebuild_from_type_v2"): _ATTRIBUTES,
    ("joblib", "load"): _LOADS,
    ("joblib.numpy_pickle", "load"): _LOADS,
    ("numpy", "load"): _LOADS,
    ("numpy.testing._private.utils", "runstring"): _CODE,
    ("pandas", "read_pickle"): _LOADS,
    ("pandas.io.pickle", "read_pickle"): _LOADS,
}


def why_dangerous(module: str, name: str) -> str | None:
    """Say why a global is known to be dangerous, or None when it is merely unknown."""
    if name.startswith("__") and name.endswith("__") and name not in ("__main__",) and (module, name) not in _NAMES:
        return _ATTRIBUTES
    return _NAMES.get((module, name)) or _MODULES.get(module.partition(".")[0])
