"""The root command. Knows the commands by name and loads only the one that is called."""

from __future__ import annotations

import click

from govern.cli.lazy import LazyGroup

__all__ = ["root"]

_COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("govern.cli.init:init", "Make a workspace: policies, keys, trust root, ledger, CI job."),
    "check": ("govern.cli.check:check", "The gate: decide, sign, log, report."),
    "verify": ("govern.cli.verify:verify", "The auditor: verify a certificate offline, one line a check."),
    "pack": ("govern.cli.pack:pack", "Everything a certificate rests on, in one archive."),
    "replay": ("govern.cli.replay:replay", "Decide again from a pack, byte for byte."),
    "stamp": ("govern.cli.stamp:stamp", "Add a time-stamp to a file that was issued without one."),
    "waive": ("govern.cli.waive:waive", "Sign a scoped, expiring exception to one rule."),
    "approve": ("govern.cli.approve:approve", "Vote on an evaluation as a member of the review board."),
    "attest": ("govern.cli.attest:attest", "Sign what only a person can state about a model."),
    "revoke": ("govern.cli.revoke:revoke", "Say that a signed statement no longer counts; list what does not."),
    "evidence": ("govern.cli.evidence:evidence", "Bind a tool's output to the model and data it speaks of."),
    "card": ("govern.cli.card:card", "A model card as the gate sees it, and what would complete it."),
    "report": ("govern.cli.report:report", "Render a stored result again; no check is re-run."),
    "explain": ("govern.cli.explain:explain", "What a rule, control, check kind or code means and how to fix it."),
    "policy": ("govern.cli.policy:policy", "Lint and compile policies, print their schema."),
    "fairness": ("govern.cli.fairness:fairness", "Groups of people: make the evidence that rules on them judge."),
    "lineage": ("govern.cli.lineage:lineage", "Show or export a bundle's lineage graph."),
    "ledger": ("govern.cli.ledger:ledger", "List, verify and prove entries of the ledger."),
    "keys": ("govern.cli.keys:keys", "Make, list and rotate signing keys."),
    "trust": ("govern.cli.trust:trust", "Show, edit, sign and compile the trust root."),
    "advisories": ("govern.cli.advisories:advisories", "Build or inspect an advisory snapshot."),
    "doctor": ("govern.cli.doctor:doctor", "One line per thing that the gate depends on."),
}


@click.group(
    cls=LazyGroup,
    table=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExamples:\n  govern check examples/mortgage/v2 -s pre-registration --no-issue\n  govern explain I104",
)
@click.version_option(package_name="govern", message="govern %(version)s")
def root() -> None:
    """Policy-as-code compliance for machine-learning models.

    Exit codes: 0 allowed or valid, 1 denied or invalid, 2 usage or policy error, 3 could not decide,
    4 integrity failure, 70 internal error, 130 interrupted.
    """
