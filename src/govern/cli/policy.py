"""`govern policy`: compile, schema, and a table of the commands with a module of their own."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.lazy import LazyGroup
from govern.cli.options import clock_of, param_option, params_of, stage_option, workspace_of, workspace_option
from govern.cli.streams import out

_COMMANDS: dict[str, tuple[str, str]] = {
    "lint": ("govern.cli.policy_lint:lint", "Find the faults of policies, with places and fixes."),
    "diff": ("govern.cli.policy_diff:diff", "Say what changed between two versions of policies, and what it loosens."),
    "lock": ("govern.cli.policy_lock:lock", "Pin the packs that policies import, by version and digest."),
    "test": ("govern.cli.policy_test:test", "Run the tests of policies, with coverage and mutants."),
    "release": ("govern.cli.policy_release:release", "Sign what the bytes of policies and their plans are."),
}
"""Subcommands with a module of their own: name -> (module:attribute, line of help)."""


@click.group(
    cls=LazyGroup,
    table=_COMMANDS,
    epilog="\b\nExamples:\n  govern policy lint policies\n  govern policy diff old new\n"
    "  govern policy compile policies -s pre-registration --digest",
)
def policy() -> None:
    """Policies: find their faults, compare versions, compile them into a plan, print the schema for editors."""


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
    epilog="\b\nExamples:\n  govern policy schema > policy.schema.json\n  govern policy schema --no-plugins\n"
    "  govern policy schema --tests"
)
@click.option("--plugins/--no-plugins", default=True, help="Check kinds of installed plug-ins too.")
@click.option("--tests", is_flag=True, help="The schema of policy tests instead.")
def schema(plugins: bool, tests: bool) -> Answer:
    """Print the JSON Schema of policy documents, for editors (`# yaml-language-server: $schema=`).

    Exit codes: 0 printed, 2 a plug-in is installed that cannot be used.
    """
    import json

    if tests:
        from govern.policy.testing.schema import policy_test_schema

        made = policy_test_schema()
    else:
        from govern.checks.registry import builtin_specs
        from govern.gate.kinds import every_kind
        from govern.policy.schema import policy_schema

        made = policy_schema(every_kind() if plugins else builtin_specs())
    out(json.dumps(made, indent=2, sort_keys=True, ensure_ascii=False))
    return Answer(0)
