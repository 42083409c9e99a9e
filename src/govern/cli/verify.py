"""`govern verify`: the auditor's command."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import STAGES, at_option, clock_of
from govern.cli.streams import out

KINDS = (
    *("certificate", "refusal", "vsa", "waiver", "approval", "attestation", "evidence", "advisory-snapshot"),
    *("policy-release", "revocation", "status-list", "trust-root"),
)


@click.command(
    epilog="\b\nExamples:\n"
    "  govern verify credit-3.2.0.pre-registration.certificate.sigstore.json --trust trust.json --bundle credit\n"
    "  govern verify C.certificate.sigstore.json --trust trust.json --expect-stage pre-deployment --strict"
)
@click.argument("certificate", type=click.Path(path_type=Path))
@click.option("--trust", required=True, type=click.Path(path_type=Path), help="Trust root, from a source you trust.")
@click.option("--fingerprint", metavar="SHA256", help="Fingerprint of a version of the trust root you know is right.")
@click.option(
    "--earlier-trust", multiple=True, type=click.Path(path_type=Path), help="Earlier versions of it, oldest first."
)
@click.option(
    "--bundle", type=click.Path(path_type=Path), help="The model's folder or archive, to be re-hashed and compared."
)
@click.option("--manifest", type=click.Path(path_type=Path), help="Manifest file. Default: the one beside CERTIFICATE.")
@click.option("--tlog-proof", type=click.Path(path_type=Path), help="Proof file to be compared with the certificate.")
@click.option("--kind", type=click.Choice(KINDS), default="certificate", help="What it should be.")
@click.option(
    "--statements",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Waivers, approvals, releases, ...: files, or folders of *.sigstore.json.",
)
@click.option("--status", multiple=True, type=click.Path(path_type=Path), help="Signed status list: what is revoked.")
@click.option("--records", type=click.Path(path_type=Path), help="Folder of the evaluation and decision records.")
@click.option("--checkpoint", type=click.Path(path_type=Path), help="Checkpoint of the log from elsewhere, to compare.")
@click.option(
    "--consistency", type=click.Path(path_type=Path), help="Proof between it and the certificate's checkpoint."
)
@click.option("--expect-model", help="Model name it must be about.")
@click.option("--expect-version", help="Model version it must be about.")
@click.option("--expect-uri", help="Model URI it must be about, compared exactly.")
@click.option("--expect-stage", type=click.Choice(STAGES), help="Stage it must be for.")
@click.option("--expect-policy", "policies", multiple=True, help="A policy that must have taken part.")
@at_option
@click.option("--strict", is_flag=True, help="What is NOT CHECKED counts as undecided (exit 3).")
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FORMAT[=PATH]", help="text, json or sarif. Default: text."
)
def verify(
    certificate: Path,
    trust: Path,
    fingerprint: str | None,
    earlier_trust: tuple[Path, ...],
    bundle: Path | None,
    manifest: Path | None,
    tlog_proof: Path | None,
    kind: str,
    statements: tuple[Path, ...],
    status: tuple[Path, ...],
    records: Path | None,
    checkpoint: Path | None,
    consistency: Path | None,
    expect_model: str | None,
    expect_version: str | None,
    expect_uri: str | None,
    expect_stage: str | None,
    policies: tuple[str, ...],
    at: str | None,
    strict: bool,
    outputs: tuple[str, ...],
) -> Answer:
    """Verify CERTIFICATE offline, one line a check, and print the commands of other tools that check the same.

    Exit codes: 0 valid, 1 authentic but not acceptable, 3 could not be decided, 4 integrity failure.
    """
    from dataclasses import replace

    from govern.attestation.verification import Expected
    from govern.attestation.verify_text import render_text
    from govern.canonical import canonical_bytes
    from govern.cli.places import local_folder
    from govern.cli.streams import err
    from govern.gate.outputs import parse_outputs, write_outputs
    from govern.gate.verify import VerifyRequest
    from govern.gate.verify import verify as run_verify

    asked = parse_outputs(outputs, formats=("text", "json", "sarif"), bundle=bundle)
    expected = Expected(
        model=expect_model, version=expect_version, uri=expect_uri, stage=expect_stage, policies=policies
    )
    with nullcontext() if bundle is None else local_folder(bundle) as folder:
        made = run_verify(
            VerifyRequest(
                certificate=certificate,
                trust=trust,
                at=clock_of(at),
                kind=kind,
                earlier_trust=earlier_trust,
                fingerprint=fingerprint.removeprefix("sha256:") if fingerprint else None,
                bundle=folder,
                manifest=manifest,
                tlog_proof=tlog_proof,
                checkpoint=checkpoint,
                consistency=consistency,
                statements=(*statements, *status),
                records=records,
                expected=expected,
                strict=strict,
            )
        )
    # The commands of other tools need a folder that is there: what was unpacked is gone again.
    names = made.names if folder == bundle else replace(made.names, bundle=None)
    renderers = {
        "text": lambda: render_text(made.result, names=names),
        "json": lambda: canonical_bytes(made.result.document()).decode() + "\n",
    }
    if any(item.format == "sarif" for item in asked):
        from govern import __version__
        from govern.attestation.verify_sarif import render_sarif

        where = os.path.relpath(certificate)
        renderers["sarif"] = lambda: render_sarif(made.result, file=where, version=__version__)
    faults = write_outputs(asked, renderers, out)
    for fault in faults:
        err(str(fault))
    code = made.result.exit_code
    return Answer(2 if faults and code == 0 else code)
