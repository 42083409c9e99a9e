"""Attestations: what is signed, by whom, and how anybody checks it later without the network.

`statement` and `vsa` build the signed JSON, `dsse` and `sigstore_bundle` wrap it, `keys` signs, `trust` says which key
may play which role, `issue` does it all in one call, and `verify` is the auditor's state machine. `kinds` names the
attestation types, `shape` and `predicates` say what each may hold.
"""
