"""`govern policy`: lint, compile, schema."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.lazy import LazyGroup
from govern.cli.options import clock_of, param_option, params_of, stage_option, workspace_of, workspace_option
from govern.cli.streams import err, out

_COMMANDS: dict[str, tuple[str, str]] = {
    "lock": ("govern.cli.policy_lock:lock", "Pin the packs that policies import, by version and digest."),
    "test": ("govern.cli.policy_test:test", "Run the tests of policies."),
    "release": ("govern.cli.policy_release:release", "Sign what the bytes of policies and their plans are."),
}
"""Subcommands with a module of their own: name -> (module:attribute, line of help)."""


@click.group(
    cls=LazyGroup,
    table=_COMMANDS,
    epilog="\b\nExamples:\n  govern policy lint policies\n"
    "  govern policy compile policies -s pre-registration --digest",
)
def policy() -> None:
    """Policies: find their faults, compile them into a plan, print the schema for editors."""


@policy.command(epilog="\b\nExamples:\n  govern policy lint policies\n  govern policy lint policies/credit.yaml")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@workspace_option
def lint(paths: tuple[Path, ...], directory: Path | None) -> Answer:
    """Compile every rule of every stage of PATHS and print all faults with file, line, column and a suggestion.

    Exit codes: 0 no error (warnings may be printed), 2 errors.
    """
    from govern.diagnostics import Severity
    from govern.gate.packs.signed import pack_places
    from govern.gate.policies import lint_paths
    from govern.policy.render import render

    workspace = workspace_of(directory)
    places = pack_places(workspace, at=clock_of(None))
    diagnostics, files = lint_paths(paths or workspace.paths("policies"), places=places)
    for item in diagnostics:
        err(render(item, files))
    errors = sum(item.severity is Severity.ERROR for item in diagnostics)
    out(f"{len(files)} files, {errors} errors, {len(diagnostics) - errors} warnings and notes")
    return Answer(2 if errors else 0)


@policy.command(
    "compile",
    epilog="\b\nExamples:\n  govern policy compile policies -s pre-registration\n"
    "  govern policy compile policies -s pre-registration --digest\n"
    "  govern policy compile policies -s pre-registration --param credit-risk/min_ratio=0.85",
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@stage_option
@param_option
@click.option("--digest", is_flag=True, help="Only the plan's digest.")
@click.option("--map", "source_map", is_flag=True, help="The source map: where each part of the plan was written.")
@workspace_option
def compile_(
    paths: tuple[Path, ...],
    stage: str,
    params: tuple[str, ...],
    digest: bool,
    source_map: bool,
    directory: Path | None,
) -> Answer:
    """Print the plan of a stage as canonical JSON.

    Exit codes: 0 compiled, 2 errors.
    """
    from govern.canonical import canonical_bytes
    from govern.gate.packs.signed import pack_places
    from govern.gate.policies import load_policies
    from govern.policy.outcomes import Stage
    from govern.policy.source_map import source_map_document

    workspace = workspace_of(directory)
    named, places = paths or workspace.paths("policies"), pack_places(workspace, at=clock_of(None))
    loaded = load_policies(named, stage=Stage(stage), places=places, params=params_of(params))
    if digest:
        out(f"sha256:{loaded.plan.digest}")
    elif source_map:
        out(canonical_bytes(source_map_document(loaded.compiled.source_map)).decode())
    else:
        out(loaded.plan.data().decode())
    return Answer(0)


@policy.command(
    epilog="\b\nExamples:\n  govern policy schema > policy.schema.json\n  govern policy schema --no-plugins"
)
@click.option("--plugins/--no-plugins", default=True, help="Check kinds of installed plug-ins too.")
def schema(plugins: bool) -> Answer:
    """Print the JSON Schema of policy documents, for editors (`# yaml-language-server: $schema=`).

    Exit codes: 0 printed, 2 a plug-in is installed that cannot be used.
    """
    import json

    from govern.checks.registry import builtin_specs
    from govern.gate.kinds import every_kind
    from govern.policy.schema import policy_schema

    specs = every_kind() if plugins else builtin_specs()
    out(json.dumps(policy_schema(specs), indent=2, sort_keys=True, ensure_ascii=False))
    return Answer(0)
