"""Diagnostic codes of advisory snapshots."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "S101": Code(
        "no-advisory-snapshot",
        "There is no advisory snapshot to match packages against.",
        "Without one, no package can be said to be unmatched; silence would look like a clean bill.",
        "a `dependencies.vulnerabilities` rule and an empty `.govern/advisories/`",
        "Run `govern advisories update`, or give a snapshot folder with --advisories.",
    ),
    "S102": Code(
        "snapshot-digest-mismatch",
        "The bytes of an advisory snapshot are not those its digests name.",
        "A changed snapshot can hide a record; every digest is checked when it is opened.",
        "`records.jsonl.gz` from one snapshot beside `snapshot.json` of another",
        "Throw this copy away and fetch or build the snapshot again.",
    ),
    "S103": Code(
        "snapshot-malformed",
        "An advisory snapshot cannot be read.",
        "A snapshot that is read in part would answer for records it never saw.",
        "`snapshot.json` without `asOf`, or not in canonical form",
        "Build the snapshot again with `govern advisories update`.",
    ),
    "S105": Code(
        "unreadable-advisory-record",
        "The advisory snapshot holds records that could not be read as OSV 1.x.",
        "Such a record may speak of any package, so no package can be called unmatched.",
        'a record with `"schema_version": "2.0.0"`',
        "Update govern, or correct the records of your own database.",
    ),
    "S106": Code(
        "conflicting-records",
        "One advisory id stands twice with the same time of change and different content.",
        "Which of the two is true cannot be told, and picking one would hide the other.",
        "the same `GHSA-…` in two databases with different ranges and equal `modified`",
        "Remove one copy or take a newer export.",
    ),
    "S107": Code(
        "advisory-database-unreadable",
        "An advisory database cannot be read.",
        "An empty or cut database would match nothing and look clean.",
        "an HTML page saved as `all.zip`",
        "Give an OSV export zip, a folder of OSV JSON files or JSON lines.",
    ),
    "S108": Code(
        "database-missing",
        "The advisory snapshot lacks a database that the policy demands.",
        "Databases differ: some know nothing of whole families of machine-learning packages.",
        "`databases: [GHSA]` and a snapshot made from PYSEC records alone",
        "Build the snapshot from the demanded databases too.",
    ),
    "S109": Code(
        "advisory-download-failed",
        "An advisory database could not be fetched.",
        "The current snapshot stays as it is, and grows older.",
        "`govern advisories update` without a connection",
        "Check the connection, or fetch the export elsewhere and give it with --from FILE.",
    ),
    "S110": Code(
        "live-provider-unsupported",
        "The installed pip-audit is not one the live adapter knows.",
        "An adapter that guesses at another program's inside can drop its findings.",
        "pip-audit 3 beside an adapter made for 2.10",
        "Install pip-audit 2.10 or later, below 3; offline matching goes on without it.",
    ),
}
