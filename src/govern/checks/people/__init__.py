"""Check kinds about what people signed: `approval.*`, `attestation.*`, `policy.exceptions`."""
