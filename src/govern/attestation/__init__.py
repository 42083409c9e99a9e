"""Signed statements: what is said, who may say it, how it travels, and how anybody verifies it.

`kinds` names the twelve kinds, `predicates` their closed forms, `people` and `notices` their content as types.
`signing` is the one way into a signed file (`dsse`, `sigstore_bundle`, `signers`, `stamps`), `issue` the one way to a
certificate. `trust` says whose key may sign what. `verify` judges a file step by step (`verify_steps`), with what
stands beside it (`statement_set`). `pack` is the archive from which a decision is made again.
"""
