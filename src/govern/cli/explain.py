"""`govern explain`: what something means, from the plan and the catalogues; offline."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from govern.cli.answer import Answer
from govern.cli.options import STAGES, at_option, clock_of, param_option, params_of, workspace_of, workspace_option
from govern.cli.streams import out
from govern.diagnostics import Diagnostic, UsageError

if TYPE_CHECKING:
    from govern.diagnostics.catalogue import Code
    from govern.gate.workspace import Workspace

_CODE = re.compile(r"[A-Z][0-9]{3}")


@click.command(
    epilog="\b\nExamples:\n  govern explain I104\n  govern explain fairness.disparity\n"
    "  govern explain lending/parity -p policies --origin\n"
    "  govern explain lending/parity bundle -p policies -s pre-registration"
)
@click.argument("name")
@click.argument("bundle", required=False, type=click.Path(path_type=Path))
@click.option(
    "-p", "--policy", "policies", multiple=True, type=click.Path(path_type=Path), help="Policy file or folder."
)
@click.option("--origin", is_flag=True, help="Of a rule: file, line and column that each value comes from.")
@click.option("-s", "--stage", type=click.Choice(STAGES), help="Gate to judge BUNDLE at. Default: the rule's first.")
@click.option("--advisories", type=click.Path(path_type=Path), help="Advisory snapshot for BUNDLE.")
@param_option
@at_option
@workspace_option
def explain(
    name: str,
    bundle: Path | None,
    policies: tuple[Path, ...],
    origin: bool,
    stage: str | None,
    advisories: Path | None,
    params: tuple[str, ...],
    at: str | None,
    directory: Path | None,
) -> Answer:
    """Explain NAME: a diagnostic code, a check kind, a rule (`policy/rule`) or a control (`catalogue/clause`).

    Check kinds and codes of installed plug-ins are explained too. Rules and controls are looked up in the policies
    given with -p or named by the workspace. With BUNDLE the rule is run on it: every comparison with its values, the
    evidence, and the smallest change that passes.

    Exit codes: 0 explained, 2 usage or policy error, 3 evidence that the rule reads is missing or unreadable.
    """
    if bundle is None and not origin and (text := _without_policies(name)) is not None:
        out(text)  # whatever the workspace is like
        return Answer(0)
    workspace = workspace_of(directory, policies=policies, advisories=advisories)
    if bundle is not None:
        return _on_bundle(name, bundle, workspace, stage, at, params_of(params))
    from govern.gate.explain import explain_name, explain_origins_of
    from govern.gate.kinds import known_kinds
    from govern.gate.packs.signed import pack_places

    paths = workspace.paths("policies")
    known = known_kinds()
    if paths:
        places = pack_places(workspace, at=clock_of(at))
        tell = explain_origins_of if origin else explain_name
        text, names = tell(name, paths, places=places, params=params_of(params))
        if text is not None:
            out(text)
            return Answer(0)
        known = sorted({*known, *names})
    raise UsageError(_unknown(name, known, looked=bool(paths)))


def _on_bundle(
    name: str, bundle: Path, workspace: Workspace, stage: str | None, at: str | None, params: Mapping[str, str]
) -> Answer:
    from govern.cli.places import local_folder
    from govern.gate.explain_bundle import explain_on_bundle
    from govern.gate.packs.signed import pack_places
    from govern.policy.outcomes import Stage
    from govern.report.explanation import explanation_text

    clock = clock_of(at)
    with local_folder(bundle) as folder:
        made = explain_on_bundle(
            name,
            folder,
            policies=workspace.paths("policies"),
            stage=None if stage is None else Stage(stage),
            clock=clock,
            advisories=workspace.path("advisories"),
            places=pack_places(workspace, at=clock),
            params=params,
        )
    out(explanation_text(made.settled, made.change, model=made.model, stage=made.stage.value))
    return Answer(made.exit_code)


def _without_policies(name: str) -> str | None:
    """Explain a code or a check kind, built in or of a plug-in: they are the same whatever policies there are."""
    if _CODE.fullmatch(name):
        return _code(name)
    from govern.gate.kinds import explained_kind, plugin_code

    kind = None if "/" in name else explained_kind(name)
    if kind is not None:
        return kind
    code = plugin_code(name)
    return None if code is None else _entry(name, code)


def _code(name: str) -> str:
    from govern.diagnostics.catalogue import all_codes, lookup

    try:
        return _entry(name, lookup(name))
    except KeyError as fault:
        raise UsageError(_unknown(name, list(all_codes()), looked=True)) from fault


def _entry(name: str, entry: Code) -> str:
    example = "\n".join(f"    {line}" for line in entry.example.splitlines())
    return f"{name} {entry.slug}\n\n{entry.title}\n\nWhy: {entry.why}\n\nExample:\n{example}\n\nFix: {entry.fix}"


def _unknown(name: str, known: list[str], *, looked: bool) -> Diagnostic:
    near = difflib.get_close_matches(name, known, n=3)
    hint = f"did you mean {', '.join(near)}?" if near else "see docs/reference"
    if not looked:
        hint += "; rules and controls need policies: pass -p"
    return Diagnostic(code="U109", message=f"nothing is called '{name}'", hint=hint)
