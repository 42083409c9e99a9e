"""`govern check`: the gate."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from govern.cli.answer import Answer
from govern.cli.options import (
    at_option,
    clock_of,
    existing_folder,
    param_option,
    params_of,
    stage_option,
    workspace_of,
    workspace_option,
)
from govern.cli.rendering import FORMATS, rendering_options, write_result
from govern.cli.streams import err, warn

if TYPE_CHECKING:
    from govern.canonical import Json
    from govern.gate.check import Checked, Refused
    from govern.gate.signing import Signing
    from govern.gate.workspace import Workspace


@click.command(
    epilog="\b\nExamples:\n"
    "  govern check bundle -s pre-registration -p policies --no-issue\n"
    "  govern check bundle -s pre-deployment -o html=report.html -o json=result.json\n"
    "  govern check bundle -s pre-deployment -p policies --param min_ratio=0.85 --no-issue\n"
    "  govern check bundle.tar.gz -s pre-registration -p policies --no-issue\n"
    "  govern check models:/credit-risk@champion -s pre-deployment --keep-bundle judged"
)
@click.argument("bundle")
@stage_option
@click.option(
    "-p", "--policy", "policies", multiple=True, type=click.Path(path_type=Path), help="Policy file or folder."
)
@param_option
@rendering_options
@click.option("--no-issue", is_flag=True, help="Decide only: sign nothing, log nothing (pull requests, laptops).")
@at_option
@click.option("--advisories", type=click.Path(path_type=Path), help="Advisory snapshot to match dependencies with.")
@click.option(
    "--statements",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Signed waivers and approvals: files, or folders of *.sigstore.json.",
)
@click.option("--model", metavar="FOLDER", help="The folder below BUNDLE to judge, when it holds several models.")
@click.option("--name", help="Model name, when the bundle has no model record.")
@click.option("--model-version", help="Model version, when the bundle has no model record.")
@click.option(
    "--keep-bundle",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Keep what an archive or an address held in DIR, which must be absent or empty.",
)
@click.option("--supersedes", metavar="DIGEST", help="sha256 of the certificate payload that this one replaces.")
@click.option(
    "--fail-on", type=click.Choice(("fail", "warn", "never")), default="fail", help="When exit code 1 is used."
)
@click.option("--timings/--no-timings", default=True, help="Timings in the JSON output.")
@workspace_option
def check(
    bundle: str,
    stage: str,
    policies: tuple[Path, ...],
    params: tuple[str, ...],
    outputs: tuple[str, ...],
    no_issue: bool,
    at: str | None,
    advisories: Path | None,
    statements: tuple[Path, ...],
    model: str | None,
    name: str | None,
    model_version: str | None,
    keep_bundle: Path | None,
    supersedes: str | None,
    fail_on: str,
    color: str,
    timings: bool,
    quiet: bool,
    verbose: bool,
    directory: Path | None,
) -> Answer:
    """Decide whether BUNDLE may pass the gate of a stage; sign and log the decision; write the outputs.

    BUNDLE is a folder, a zip or tar of one, or an address: s3://, gs://, az://, https:// of an archive,
    models:/NAME/VERSION, models:/NAME@ALIAS, runs:/RUN/PATH, hf://ORGANISATION/NAME@REVISION.

    Exit codes: 0 allowed, 1 denied, 2 usage or policy error, 3 could not decide, 4 integrity failure.
    """
    from govern.bundle.opening import model_folder
    from govern.cli.places import bundle_places
    from govern.gate.check import CheckRequest
    from govern.gate.check import check as run_check
    from govern.gate.outputs import parse_outputs
    from govern.gate.packs.signed import pack_places
    from govern.gate.policies import load_policies
    from govern.gate.sources.opening import identity, local_path, opened_source
    from govern.gate.statements import workspace_statements, workspace_trust
    from govern.policy.outcomes import Stage

    started = time.monotonic()
    here = keep_bundle or local_path(bundle)
    asked = parse_outputs(outputs, formats=FORMATS, bundle=here)
    replaced = None if supersedes is None else _digest(supersedes)
    if advisories is not None:
        existing_folder(advisories)  # a misspelt path must not read as "no snapshot"
    workspace = workspace_of(directory, policies=policies, advisories=advisories, statements=statements)
    if verbose:
        _settings(workspace)
    said = workspace_statements(workspace)
    clock = clock_of(at)
    signing = None
    if not no_issue:
        from govern.gate.signing import signing_of

        signing = signing_of(workspace)  # a missing key must be said before minutes of fetching and checking
        signing.check(clock=clock, stage=stage)
        if here is not None:
            signing.stays_outside(here)
    paths, places, values = workspace.paths("policies"), pack_places(workspace, at=clock), params_of(params)
    if local_path(bundle) is None:
        load_policies(paths, stage=Stage(stage), places=places, params=values)  # the same for policies with faults
    with opened_source(bundle, bundle_places(keep_bundle)) as source:
        named, versioned = identity(source, name, model_version)
        request = CheckRequest(
            bundle=source.folder if model is None else model_folder(source.folder, model),
            stage=Stage(stage),
            policies=paths,
            places=places,
            clock=clock,
            advisories=workspace.path("advisories"),
            name=named,
            version=versioned,
            statements=said,
            trust=workspace_trust(workspace) if said else None,
            submitter=workspace.text("submitter"),
            params=values,
            source=source,
        )
        made = run_check(request)
        for note in (*source.notes, *made.notes):
            err(str(note))
        document, code = _conclude(made, fail_on, signing, replaced)
    if timings:
        document["timings"] = {"total_ms": round((time.monotonic() - started) * 1000)}
    written = write_result(asked, document, color=color, quiet=quiet, verbose=verbose)
    return Answer(code if written or code else 2)


def _digest(text: str) -> str:
    """Give the 64 hex digits of a digest on the command line."""
    digest = text.removeprefix("sha256:")
    if re.fullmatch(r"[0-9a-f]{64}", digest) is None:
        raise click.BadParameter(f"{text} is no sha256 digest: expected 64 lower-case hex digits")
    return digest


def _settings(workspace: Workspace) -> None:
    for key, origin in sorted(workspace.origins.items()):
        err(f"setting {key} = {' '.join(workspace.values[key])} ({origin})")


def _conclude(
    made: Checked | Refused, fail_on: str, signing: Signing | None, supersedes: str | None
) -> tuple[dict[str, Json], int]:
    """Compute the exit code, sign what can be signed, and build the result document."""
    from govern.decision.exit_codes import FailOn, exit_code
    from govern.gate.check import Refused
    from govern.gate.result import refused_document, result_document

    if isinstance(made, Refused):
        return refused_document(made, exit_code=3), 3
    code = exit_code(made.decision, FailOn(fail_on))
    certificate = None
    if signing is not None:
        from govern.gate.issue import issue

        certificate = issue(made, signing=signing, supersedes=supersedes, entropy=os.urandom, notify=warn)
    return result_document(made, exit_code=code, certificate=certificate), code
