"""The ledger: an append-only Merkle log of signed statements, with signed checkpoints.

`merkle` holds the tree (RFC 6962), `note` the signed notes and checkpoints (C2SP), `leaf` the log entry's bytes,
`proof` the `.tlog-proof` file, `quorum` the rule of how many witnesses are needed. `store` says what a ledger store
is, `sqlite` is the default one, `objects` keeps the payloads beside it, `published` the checkpoint outside it, and
`fsck` re-checks everything. Nothing here knows what a certificate is.
"""
