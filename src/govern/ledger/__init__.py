"""The ledger: an append-only Merkle log of signed statements, with signed checkpoints.

`merkle` holds the tree (RFC 6962), `note` the signed notes and checkpoints (C2SP), `leaf` the log entry's bytes,
`proof` the `.tlog-proof` file, `quorum` the rule of how many witnesses are needed. `store` says what a ledger store
is; `core` holds the rules of all of them over the row operations of `rows`, and `sqlite` (with `database`) and
`postgres` (with `postgres_rows`, `postgres_server`, `postgres_tables`) hold what is a database's own. `objects` keeps
the payloads beside it, `published` the heads outside it that the log must extend, `batching` gathers the appends of
many threads, and `fsck` re-checks everything. `tiles`, `tile_export` and `tile_check` are the log as static files.
`witness`, `witness_state` and `witness_http` are the other side of `cosigning`, a store whose heads witnesses sign;
`cosigned_notes` keeps what they signed, and `tlog_policy` says by which of them a proof is judged. Nothing here knows
what a certificate is.
"""
