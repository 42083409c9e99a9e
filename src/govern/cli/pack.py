"""`govern pack`: the self-contained evidence pack of one certificate."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import param_option, params_of, workspace_of, workspace_option
from govern.cli.streams import err, out
from govern.diagnostics import plain


@click.command(
    epilog="\b\nExamples:\n"
    "  govern pack certificates/credit-3.2.0.pre-registration.certificate.sigstore.json \\\n"
    "    --bundle credit -o credit-3.2.0.pack.tar\n"
    "  govern pack C.certificate.sigstore.json --bundle credit --withhold model.safetensors -o credit.pack.tar"
)
@click.argument("certificate", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The archive to be written.")
@click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    help="Folder or archive that was judged. Default: a folder beside CERTIFICATE or in the workspace with its files.",
)
@click.option(
    "-p", "--policy", "policies", multiple=True, type=click.Path(path_type=Path), help="Policy file or folder."
)
@param_option
@click.option("--advisories", type=click.Path(path_type=Path), help="Advisory store or snapshot that was used.")
@click.option("--trust", type=click.Path(path_type=Path), help="Trust root. Default: the workspace's.")
@click.option(
    "--earlier-trust", multiple=True, type=click.Path(path_type=Path), help="Earlier versions of it, oldest first."
)
@click.option(
    "--statements",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Signed statements that the decision looked at: a file, or a folder of *.sigstore.json.",
)
@click.option("--status", type=click.Path(path_type=Path), help="Signed status list.")
@click.option("--evaluation", type=click.Path(path_type=Path), help="Evaluation record. Default: beside CERTIFICATE.")
@click.option("--decision", type=click.Path(path_type=Path), help="Decision record. Default: beside CERTIFICATE.")
@click.option("--lock", type=click.Path(path_type=Path), help="Lock file of the engine that decided.")
@click.option(
    "--withhold", multiple=True, metavar="PATH", help="File or folder of the bundle whose bytes are kept back."
)
@workspace_option
def pack(
    certificate: Path,
    output: Path,
    bundle: Path | None,
    policies: tuple[Path, ...],
    params: tuple[str, ...],
    advisories: Path | None,
    trust: Path | None,
    earlier_trust: tuple[Path, ...],
    statements: tuple[Path, ...],
    status: Path | None,
    evaluation: Path | None,
    decision: Path | None,
    lock: Path | None,
    withhold: tuple[str, ...],
    directory: Path | None,
) -> Answer:
    """Put everything that CERTIFICATE (or a refusal) rests on into one archive, for `govern replay`.

    Files beside CERTIFICATE are found by their names, policies and trust root through the workspace. Nothing is
    packed whose digest is not the one that the certificate names.

    Exit codes: 0 written, 2 something is missing or misnamed, 4 something is not what was signed.
    """

    from govern.cli.places import local_folder
    from govern.gate.packing.pack import PackRequest
    from govern.gate.packing.pack import pack as run_pack
    from govern.gate.packs.places import PackPlaces
    from govern.gate.statements import workspace_statements

    workspace = workspace_of(directory, policies=policies, advisories=advisories, trust=trust, statements=statements)
    with nullcontext() if bundle is None else local_folder(bundle) as folder:
        made = run_pack(
            PackRequest(
                certificate=certificate,
                output=output,
                policies=workspace.paths("policies"),
                places=PackPlaces(lock=workspace.lock),
                params=params_of(params),
                trust=Path(workspace.need("trust")),
                bundle=folder,
                bundle_places=(workspace.root,),
                evaluation=evaluation,
                decision=decision,
                advisories=workspace.path("advisories"),
                earlier_trust=earlier_trust,
                statements=workspace_statements(workspace),
                status=status,
                lock=lock,
                withhold=withhold,
            )
        )
    for note in made.notes:
        err(f"note: the signature holds, but {plain(note)}")
    out(f"{plain(str(made.path))}: {len(made.entries)} files, {made.size} bytes, sha256:{made.digest}")
    for entry in made.entries:
        if entry.withheld:
            out(f"withheld: {entry.path}, {entry.size} bytes")
    return Answer(0)
