"""`govern replay`: decide again from a pack."""

from __future__ import annotations

import os
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.streams import err, out


@click.command(
    epilog="\b\nExamples:\n"
    "  govern replay credit-3.2.0.pack.tar --fingerprint sha256:5f0c...\n"
    "  govern replay credit-3.2.0.pack.tar --trust trust.json -o json=replay.json"
)
@click.argument("pack", type=click.Path(path_type=Path))
@click.option("--trust", type=click.Path(path_type=Path), help="Trust root from a source you trust, not the pack's.")
@click.option("--fingerprint", metavar="SHA256", help="Fingerprint of a version of the trust root you know is right.")
@click.option(
    "--earlier-trust", multiple=True, type=click.Path(path_type=Path), help="Earlier versions of it, oldest first."
)
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FORMAT[=PATH]", help="Output: text, json. Default: text."
)
def replay(
    pack: Path,
    trust: Path | None,
    fingerprint: str | None,
    earlier_trust: tuple[Path, ...],
    outputs: tuple[str, ...],
) -> Answer:
    """Verify the certificate in PACK, decide again from its evidence and policies, and compare byte for byte.

    Without network, clock, randomness or settings: the clock is that of the decision record. The bundle is rebuilt in
    a private folder below TMPDIR (/tmp), which is removed again.

    Exit codes: 0 identical, 1 it comes to something else, 2 a check kind or plug-in of the plan is not here,
    3 another engine or needed evidence withheld, 4 the pack is damaged or the certificate does not hold.
    """
    from govern.canonical import canonical_bytes
    from govern.gate.outputs import parse_outputs, write_outputs
    from govern.gate.replaying.replay import ReplayRequest
    from govern.gate.replaying.replay import replay as run_replay
    from govern.gate.replaying.text import render_replay, replay_document

    asked = parse_outputs(outputs, formats=("text", "json"), bundle=None)
    made = run_replay(
        ReplayRequest(
            pack=pack,
            scratch=Path(os.environ.get("TMPDIR") or "/tmp"),  # noqa: S108 - a private folder is made in it
            trust=trust,
            earlier_trust=earlier_trust,
            fingerprint=fingerprint.removeprefix("sha256:") if fingerprint else None,
        )
    )
    renderers = {
        "text": lambda: render_replay(made),
        "json": lambda: canonical_bytes(replay_document(made)).decode() + "\n",
    }
    faults = write_outputs(asked, renderers, out)
    for fault in faults:
        err(str(fault))
    code = made.exit_code
    return Answer(2 if faults and code == 0 else code)
