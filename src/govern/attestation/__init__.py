"""Room `attestation`."""
