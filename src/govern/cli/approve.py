"""`govern approve`: a vote of the review board."""

from __future__ import annotations

import os
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import at_option, clock_of, workspace_of, workspace_option
from govern.cli.streams import out, warn


@click.command(
    epilog="\b\nExamples:\n"
    '  govern approve EVALUATION.json --key carol.pem --role approver/model-risk --statement "Read it all"\n'
    '  govern approve EVALUATION.json --key carol.pem --reject --statement "Not on this data"\n'
    "  govern approve EVALUATION.json --status"
)
@click.argument("evaluation", type=click.Path(path_type=Path))
@click.option("--reject", is_flag=True, help="Vote against it: one rejection stops the model.")
@click.option("--abstain", is_flag=True, help="Say that you looked and do not vote.")
@click.option("--status", is_flag=True, help="Sign nothing; show who voted and what is missing.")
@click.option("--statement", "text", default="", help="Your reasons, in a sentence.")
@click.option("--for", "until", metavar="WHEN", default="1y", show_default=True, help="How long the vote holds.")
@click.option("--key", help="Your key: a PEM file, env:NAME, hsm:..., or a KMS address.")
@click.option("--role", help="Role to vote in, when your key plays several, e.g. approver/model-risk.")
@click.option("--no-log", is_flag=True, help="Sign only; the log's keeper adds it: govern ledger add.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File or folder to write.")
@at_option
@workspace_option
def approve(
    evaluation: Path,
    reject: bool,
    abstain: bool,
    status: bool,
    text: str,
    until: str,
    key: str | None,
    role: str | None,
    no_log: bool,
    output: Path | None,
    at: str | None,
    directory: Path | None,
) -> Answer:
    """Sign a vote on EVALUATION (the .evaluation.json beside a certificate or refusal) and on the waivers in force.

    A vote is about that record and no other: when anything changes, the board votes again. Then run the check again.

    Exit codes: 0 signed; with --status 0 every rule about people is met, 1 somebody rejected it or stands on two sides
    that are kept apart, 3 votes or names are missing.
    """
    from govern.gate.approve import VoteRequest, votes_so_far
    from govern.gate.approve import approve as sign
    from govern.gate.desk import Signature, desk_of

    if status:
        said, code = votes_so_far(workspace_of(directory), evaluation, at=clock_of(at))
        out(said)
        return Answer(code)
    if reject and abstain:
        raise click.UsageError("--reject or --abstain, not both")
    if key is None or not text:
        raise click.UsageError("a vote needs --key and --statement")
    vote = "reject" if reject else "abstain" if abstain else "approve"
    signature = Signature(key=key, at=clock_of(at), log=not no_log, output=output, role=role)
    desk = desk_of(workspace_of(directory), signature, entropy=os.urandom, environment=os.environ, notify=warn)
    out(sign(VoteRequest(evaluation=evaluation, vote=vote, text=text, until=until), desk).text)
    return Answer(0)
