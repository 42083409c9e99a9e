"""Diagnostic codes of the command line and the workspace: the caller's faults."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "U101": Code(
        slug="bad-option",
        title="The command line is not understood.",
        why="A misread option could run another check than the one that was meant.",
        example="govern check bundle --stge pre-registration",
        fix="See the command's --help; it ends with examples.",
    ),
    "U102": Code(
        slug="bad-workspace-file",
        title="govern.toml cannot be read, or holds a key or value that govern does not know.",
        why="A misspelt key would leave a setting at its default without anybody noticing.",
        example="[workspace]\npolices = ['policies']",
        fix="Correct the key; the message names the nearest one.",
    ),
    "U103": Code(
        slug="path-absent",
        title="A path that was named does not exist or is of another kind.",
        why="Judging nothing must not look like judging something.",
        example="govern check bundel -s pre-registration",
        fix="Correct the path.",
    ),
    "U104": Code(
        slug="no-policies",
        title="No policy was named.",
        why="Without policies nothing can be decided.",
        example="`govern check bundle -s pre-registration` in a folder without govern.toml.",
        fix="Pass -p FILE, or name policies in govern.toml (`govern init` writes one).",
    ),
    "U105": Code(
        slug="no-signing-set-up",
        title="The decision is to be signed and logged, but a key, trust root or ledger origin is not set.",
        why="An unsigned answer from a gate that should sign would be taken for a certificate.",
        example="`govern check bundle -s pre-registration` without a workspace.",
        fix="Run `govern init` once, or pass --no-issue to decide without signing.",
    ),
    "U106": Code(
        slug="bad-instant",
        title="A time is not an RFC 3339 instant in UTC with whole seconds.",
        why="A guessed time zone could move a decision across an expiry.",
        example="--at 2026-03-01",
        fix="Write it in full: 2026-03-01T00:00:00Z.",
    ),
    "U107": Code(
        slug="bad-output",
        title="An output is of an unknown format, named twice, or lies inside the bundle.",
        why="A report written into the bundle would change the digest that was just judged.",
        example="-o html=bundle/report.html",
        fix="Use FORMAT=PATH with a format from --help and a path outside the bundle, each once.",
    ),
    "U108": Code(
        slug="output-not-written",
        title="An output file could not be written.",
        why="A missing report must not go unnoticed; the other outputs are still written.",
        example="-o html=/read-only/report.html",
        fix="Name a place that can be written.",
    ),
    "U109": Code(
        slug="nothing-by-that-name",
        title="There is no rule, control, check kind or diagnostic code of that name.",
        why="An explanation of something else would mislead.",
        example="govern explain fairnes.disparity",
        fix="Use the name as it stands in the report; the message lists the nearest ones.",
    ),
    "U110": Code(
        slug="would-overwrite",
        title="A file that must not be lost already exists.",
        why="Overwriting a key or a trust root cannot be undone.",
        example="`govern keys new certifier` twice.",
        fix="Choose another name, or move the old file away first.",
    ),
    "U111": Code(
        slug="bad-key",
        title="A key cannot be loaded or is of the wrong type.",
        why="Signing with another key than the one meant would be noticed only by the auditor.",
        example="certifier = 'env:NOT_SET'",
        fix="Point to a PEM file made by `govern keys new`, or to env:NAME holding one.",
    ),
    "U112": Code(
        slug="trust-root-not-in-force",
        title="The trust root has expired, or is not yet in force, at the instant of the decision.",
        why="A certificate signed under it would not verify; nothing is signed and nothing can be said to be allowed.",
        example="`govern check … --at 2020-01-01T00:00:00Z` with a trust root issued in 2026.",
        fix="Sign a new version of the trust root: govern trust sign.",
    ),
    "U150": Code(
        slug="extra-missing",
        title="A client that this address needs is not installed.",
        why="Clients of stores are heavy and used by few, so they come with extras.",
        example="`govern check s3://models/credit` without `govern[fetch]` and s3fs.",
        fix="Install what the hint names.",
    ),
    "U151": Code(
        slug="address-not-understood",
        title="The address of a bundle is not one that can be fetched.",
        why="A guess at what was meant would judge another model.",
        example="`models:/credit/Production` (a stage is no version), `hf://datasets/x/y`, `http://...`.",
        fix="Write one of the forms that the hint names.",
    ),
    "U152": Code(
        slug="keep-place-taken",
        title="The place to keep the bundle in cannot be used.",
        why="Files that lie there already would become part of the bundle.",
        example="`--keep-bundle out` where `out` holds files, or for a bundle that is a folder already.",
        fix="Name a folder that is absent or empty.",
    ),
}
