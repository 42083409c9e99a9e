"""Which outputs were asked for, and writing them so that a reader never sees half a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from govern.diagnostics import Diagnostic, UsageError
from govern.records import record

__all__ = ["Output", "parse_outputs", "write_atomic", "write_outputs", "writing"]


@record
class Output:
    """One asked output; `path` None means stdout."""

    format: str
    path: Path | None


def parse_outputs(specs: Sequence[str], *, formats: Sequence[str], bundle: Path | None) -> tuple[Output, ...]:
    """Read `FORMAT[=PATH]` options. `text` goes to stdout unless another format is sent there.

    Raises:
        UsageError: U107, all faults at once, before any check has run.
    """
    faults: list[Diagnostic] = []
    outputs: list[Output] = []
    for spec in specs:
        name, _sign, target = spec.partition("=")
        if name not in formats:
            faults.append(_fault(f"unknown output format '{name}'", f"formats: {', '.join(formats)}"))
            continue
        path = None if target in ("", "-") else Path(target)
        if path is not None and bundle is not None and _inside(path, bundle):
            faults.append(_fault(f"the output {path} lies inside the bundle", "write it beside the bundle"))
        outputs.append(Output(name, path))
    on_stdout = [item.format for item in outputs if item.path is None]
    if len(on_stdout) > 1:
        faults.append(_fault(f"two outputs on stdout: {', '.join(on_stdout)}", "send all but one to a file"))
    paths = [item.path.absolute() for item in outputs if item.path is not None]
    if len(set(paths)) < len(paths):
        faults.append(_fault("two outputs go to one file", "give each its own path"))
    if faults:
        raise UsageError(faults)
    if not on_stdout:
        outputs.insert(0, Output("text", None))
    return tuple(outputs)


def _fault(message: str, hint: str) -> Diagnostic:
    return Diagnostic(code="U107", message=message, hint=hint)


def _inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def write_atomic(path: Path, data: bytes) -> None:
    """Write to a temporary name beside the target, flush to disk, rename. Raises OSError."""
    import tempfile

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say that a place which the caller named cannot be written. Raises UsageError U108 in place of OSError."""
    try:
        yield
    except OSError as fault:
        message = f"cannot write {path}: {fault.strerror or fault}"
        raise UsageError(Diagnostic(code="U108", message=message)) from fault


def write_outputs(
    outputs: Sequence[Output], renderers: Mapping[str, Callable[[], str | bytes]], to_stdout: Callable[[str], None]
) -> tuple[Diagnostic, ...]:
    """Write every asked output; one that fails does not keep the others from being written.

    Returns the diagnostics (U108) of those that could not be written.
    """
    faults: list[Diagnostic] = []
    for output in outputs:
        rendered = renderers[output.format]()
        if output.path is None:
            to_stdout(rendered if isinstance(rendered, str) else rendered.decode("utf-8"))
            continue
        try:
            _deliver(output.path, rendered.encode("utf-8") if isinstance(rendered, str) else rendered)
        except OSError as fault:
            message = f"cannot write {output.path}: {fault.strerror or fault}"
            faults.append(Diagnostic(code="U108", message=message))
    return tuple(faults)


def _deliver(path: Path, data: bytes) -> None:
    """Write a file so that no reader sees half of it; a device or a pipe (/dev/null, >(tool)) is written to, not
    replaced by a file. Raises OSError.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_bytes(data)
    else:
        write_atomic(path, data)
