"""`govern replay`: decide again from a pack."""

from __future__ import annotations

import os
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import clock_of, workspace_of, workspace_option
from govern.cli.streams import err, out


@click.command(
    epilog="\b\nExamples:\n"
    "  govern replay credit-3.2.0.pack.tar --fingerprint sha256:5f0c...\n"
    "  govern replay credit-3.2.0.pack.tar --trust trust.json -o json=replay.json\n"
    "  govern replay credit-3.2.0.pack.tar --under builtin:ugesp --at 2026-08-01T00:00:00Z"
)
@click.argument("pack", type=click.Path(path_type=Path))
@click.option("--trust", type=click.Path(path_type=Path), help="Trust root from a source you trust, not the pack's.")
@click.option("--fingerprint", metavar="SHA256", help="Fingerprint of a version of the trust root you know is right.")
@click.option(
    "--earlier-trust", multiple=True, type=click.Path(path_type=Path), help="Earlier versions of it, oldest first."
)
@click.option(
    "--under",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Judge the stored figures under these policies instead, or under builtin:PACK; never the signed decision.",
)
@click.option("--at", metavar="INSTANT", help="With --under: judge as in force at this instant. Default: as decided.")
@workspace_option
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FORMAT[=PATH]", help="Output: text, json. Default: text."
)
def replay(
    pack: Path,
    trust: Path | None,
    fingerprint: str | None,
    earlier_trust: tuple[Path, ...],
    under: tuple[Path, ...],
    at: str | None,
    directory: Path | None,
    outputs: tuple[str, ...],
) -> Answer:
    """Verify the certificate in PACK, decide again from its evidence and policies, and compare byte for byte.

    Without network, clock, randomness or settings: the clock is that of the decision record. The bundle is rebuilt in
    a private folder below TMPDIR (/tmp), which is removed again.

    With --under no check is run: the figures that the record keeps are held against the rules of other policies, or of
    another day (--at), rule by rule. That is never the decision that was signed, and is said so; it never ends with 0.

    Exit codes: 0 identical, 1 it comes to something else (with --under always, where it could be judged), 2 a check
    kind or plug-in of the plan is not here, 3 another engine, needed evidence withheld, or with --under figures that do
    not tell, 4 the pack is damaged or the certificate does not hold.
    """
    if under:
        return _under(pack, trust, fingerprint, earlier_trust, under, at, directory, outputs)
    if at is not None:
        raise click.UsageError("--at is for --under: a replay keeps the clock of the decision")
    from govern.canonical import canonical_bytes
    from govern.gate.outputs import parse_outputs, write_outputs
    from govern.gate.replaying.replay import ReplayRequest
    from govern.gate.replaying.replay import replay as run_replay
    from govern.gate.replaying.text import render_replay, replay_document

    asked = parse_outputs(outputs, formats=("text", "json"), bundle=None)
    made = run_replay(
        ReplayRequest(
            pack=pack,
            scratch=_scratch(),
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


def _policies(path: Path) -> Path:
    """Give the folder of a pack that comes with govern for `builtin:NAME`; any other path as it is."""
    kind, sign, name = str(path).partition(":")
    if kind != "builtin" or not sign or path.exists():
        return path
    from govern.gate.packs.places import builtin_packs

    packs = builtin_packs()
    if name not in packs:
        raise click.BadParameter(f"no pack {name} comes with govern; there are {', '.join(sorted(packs))}")
    return packs[name]


def _under(
    pack: Path,
    trust: Path | None,
    fingerprint: str | None,
    earlier_trust: tuple[Path, ...],
    under: tuple[Path, ...],
    at: str | None,
    directory: Path | None,
    outputs: tuple[str, ...],
) -> Answer:
    from govern.canonical import canonical_bytes
    from govern.gate.outputs import parse_outputs, write_outputs
    from govern.gate.packs.signed import pack_places
    from govern.gate.replaying.under import UnderRequest, judge_under
    from govern.gate.replaying.under_text import render_under, under_document

    asked = parse_outputs(outputs, formats=("text", "json"), bundle=None)
    clock = None if at is None else clock_of(at)
    places = pack_places(workspace_of(directory), at=clock_of(at))
    made = judge_under(
        UnderRequest(
            pack=pack,
            scratch=_scratch(),
            policies=tuple(map(_policies, under)),
            places=places,
            at=clock,
            trust=trust,
            earlier_trust=earlier_trust,
            fingerprint=fingerprint.removeprefix("sha256:") if fingerprint else None,
        )
    )
    renderers = {
        "text": lambda: render_under(made),
        "json": lambda: canonical_bytes(under_document(made)).decode() + "\n",
    }
    for fault in write_outputs(asked, renderers, out):
        err(str(fault))
    return Answer(made.exit_code)


def _scratch() -> Path:
    """Where a private folder is made for what is unpacked."""
    return Path(os.environ.get("TMPDIR") or "/tmp")  # noqa: S108 - a private folder is made in it
