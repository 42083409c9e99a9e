"""`govern evidence`: bind what tools have written to the model and the data it speaks of."""

from __future__ import annotations

import os
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import at_option, clock_of, workspace_of, workspace_option
from govern.cli.streams import out, warn


@click.group(
    epilog="\b\nExample:\n"
    "  govern evidence add credit/gx.json --bundle credit --type gx --tool gx=1.2 --by ci:build-118"
)
def evidence() -> None:
    """Evidence that other tools have written."""


@evidence.command(
    epilog="\b\nExamples:\n"
    "  govern evidence add credit/gx.json --bundle credit --type great-expectations \\\n"
    "      --tool great_expectations=1.24.1 --data train=data/train.csv --role train --by ci:build-118\n"
    "  govern evidence add credit/gx.json --bundle credit --type gx --tool gx=1 --by ci --sign --key producer.pem"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--bundle", required=True, type=click.Path(path_type=Path), help="The bundle that FILE lies in.")
@click.option("--type", "type_", required=True, help="Format of FILE, e.g. great-expectations.")
@click.option("--tool", required=True, metavar="NAME=VERSION", help="What wrote FILE.")
@click.option(
    "--data", multiple=True, metavar="NAME=PATH", help="Data it speaks of: a file of the bundle, a path, or sha256:..."
)
@click.option(
    "--role",
    "--data-role",
    "roles",
    multiple=True,
    type=click.Choice(("train", "evaluate", "reference")),
    help="Use of the data: one for all, or one for each --data in the same order. Default: evaluate.",
)
@click.option("--by", "produced_by", required=True, help="Who ran it, e.g. ci:build-118.")
@click.option("--produced-at", metavar="INSTANT", help="When it ran. Default: now.")
@click.option("--data-only", is_flag=True, help="It speaks of data, not of this model.")
@click.option("--repo", help="Repository of the code that ran, with --commit.")
@click.option("--commit", help="Its commit.")
@click.option("--plan", metavar="SHA256", help="Digest of the plan whose limits were fixed before the run.")
@click.option("--sign", is_flag=True, help="Sign the envelope too, as role producer.")
@click.option("--key", help="Your key, with --sign.")
@click.option("--no-log", is_flag=True, help="Sign only; the log's keeper adds it: govern ledger add.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File or folder for the signed statement.")
@at_option
@workspace_option
def add(
    file: Path,
    bundle: Path,
    type_: str,
    tool: str,
    data: tuple[str, ...],
    roles: tuple[str, ...],
    produced_by: str,
    produced_at: str | None,
    data_only: bool,
    repo: str | None,
    commit: str | None,
    plan: str | None,
    sign: bool,
    key: str | None,
    no_log: bool,
    output: Path | None,
    at: str | None,
    directory: Path | None,
) -> Answer:
    """Write FILE.evidence.json, which says which model and data FILE speaks of. Add it before the bundle is judged.

    It changes the digest of the bundle and not that of the model. The gate finds it beside FILE.

    Exit codes: 0 written, 2 nothing was written and the message says why, 4 the log that it was to be signed into is
    not sound.
    """
    from govern.canonical import instant_text
    from govern.gate.desk import Signature, desk_of
    from govern.gate.evidence import DataUse, EvidenceRequest, add_evidence, known_types

    name, equals, version = tool.partition("=")
    pairs = [item.partition("=") for item in data]
    if not equals or any(not found for _, found, _ in pairs):
        raise click.UsageError("--tool and --data are written NAME=VALUE")
    if (repo is None) != (commit is None):
        raise click.UsageError("--repo and --commit go together")
    if sign and key is None:
        raise click.UsageError("--sign needs --key")
    moment = clock_of(at)
    request = EvidenceRequest(
        file=file,
        bundle=bundle,
        type=type_,
        tool=name,
        tool_version=version,
        produced_at=instant_text(moment if produced_at is None else clock_of(produced_at)),
        produced_by=produced_by,
        data=[
            DataUse(name=label, where=where, role=role)
            for (label, _, where), role in zip(pairs, _roles(roles, len(pairs)), strict=True)
        ],
        about_model=not data_only,
        repo=repo,
        commit=commit,
        plan=plan,
        known_types=known_types(),
    )
    desk = None
    if key is not None and sign:
        signature = Signature(key=key, at=moment, log=not no_log, output=output)
        desk = desk_of(workspace_of(directory), signature, entropy=os.urandom, environment=os.environ, notify=warn)
    out("\n".join(add_evidence(request, desk)))
    return Answer(0)


def _roles(given: tuple[str, ...], count: int) -> tuple[str, ...]:
    """Give the use of each data set: as it was said for each, or one that was said for all."""
    if len(given) > 1 and len(given) != count:
        raise click.UsageError("give --role once, or once for each --data")
    return given if len(given) == count else (given or ("evaluate",)) * count
