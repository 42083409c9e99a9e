"""`govern explain`: what something means, from the plan and the catalogues; offline."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from govern.cli.answer import Answer
from govern.cli.options import clock_of, workspace_of, workspace_option
from govern.cli.streams import out
from govern.diagnostics import Diagnostic, UsageError

if TYPE_CHECKING:
    from govern.diagnostics.catalogue import Code

_CODE = re.compile(r"[A-Z][0-9]{3}")


@click.command(epilog="\b\nExamples:\n  govern explain I104\n  govern explain fairness.disparity")
@click.argument("name")
@click.option(
    "-p", "--policy", "policies", multiple=True, type=click.Path(path_type=Path), help="Policy file or folder."
)
@workspace_option
def explain(name: str, policies: tuple[Path, ...], directory: Path | None) -> Answer:
    """Explain NAME: a diagnostic code, a check kind, a rule (`policy/rule`) or a control (`catalogue/clause`).

    Check kinds and codes of installed plug-ins are explained too. Rules and controls are looked up in the policies
    given with -p or named by the workspace.
    """
    if _CODE.fullmatch(name):
        out(_code(name))
        return Answer(0)
    from govern.gate.kinds import explained_kind, known_kinds, plugin_code

    kind = None if "/" in name else explained_kind(name)
    if kind is not None:
        out(kind)
        return Answer(0)
    code = plugin_code(name)
    if code is not None:
        out(_entry(name, code))
        return Answer(0)
    workspace = workspace_of(directory, policies=policies)
    from govern.gate.explain import explain_name
    from govern.gate.packs.signed import pack_places

    paths = workspace.paths("policies")
    known = known_kinds()
    if paths:
        text, names = explain_name(name, paths, places=pack_places(workspace, at=clock_of(None)))
        if text is not None:
            out(text)
            return Answer(0)
        known = sorted({*known, *names})
    raise UsageError(_unknown(name, known, looked=bool(paths)))


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
