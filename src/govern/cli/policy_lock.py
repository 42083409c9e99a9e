"""`govern policy lock`: pin packs."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import at_option, clock_of, workspace_of, workspace_option
from govern.cli.streams import out
from govern.diagnostics import Diagnostic, UsageError, plain


@click.command(
    epilog="\b\nExamples:\n  govern policy lock\n  govern policy lock --update baseline\n"
    "  govern policy lock --source org=file:packs/org-2.0.0.zip"
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--update", multiple=True, metavar="NAME", help="Pin this pack anew although it changed; '*' for all.")
@click.option(
    "--source", "sources", multiple=True, metavar="NAME=SOURCE", help="Where a pack is: builtin:, path: or file:."
)
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 when the lock would change.")
@at_option
@workspace_option
def lock(
    paths: tuple[Path, ...],
    update: tuple[str, ...],
    sources: tuple[str, ...],
    only_check: bool,
    at: str | None,
    directory: Path | None,
) -> Answer:
    """Find every pack that the policies (PATHS, or the workspace's) import, and pin it in govern.lock.

    A pack that is pinned stays as it is: one that changed is an error until --update names it. Packs are looked for in
    the workspace's `packs` folders and among those that come with govern. Nothing is fetched.

    Exit codes: 0 pinned, 1 --check and something would change, 2 errors.
    """
    from govern.gate.packs.lock import LockRequest, make_lock
    from govern.gate.packs.signed import known_releases
    from govern.ledger.durable import write_durably

    workspace = workspace_of(directory)
    made = make_lock(
        LockRequest(
            policies=paths or workspace.paths("policies"),
            lock=workspace.lock,
            folders=workspace.paths("packs") or (workspace.root / "packs",),
            sources=dict(_source(text) for text in sources),
            update=update,
            releases=known_releases(workspace, at=clock_of(at)),
        )
    )
    for line in made.changes:
        out(plain(line))
    if not made.changes:
        out(f"{plain(str(workspace.lock))} is up to date: {len(made.lock.packs)} packs")
    elif only_check:
        return Answer(1)
    else:
        _write(write_durably, workspace.lock, made.data)
    return Answer(0)


def _write(write: object, path: Path, data: bytes) -> None:
    assert callable(write)
    try:
        write(path, data)
    except OSError as fault:
        message = f"cannot write {path}: {fault.strerror or fault}"
        raise UsageError(Diagnostic("U103", message)) from fault


def _source(text: str) -> tuple[str, str]:
    name, equals, source = text.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"expected NAME=SOURCE, found '{text}'", param_hint="--source")
    return name, source
