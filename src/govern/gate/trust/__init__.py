"""Use cases around the trust root file."""
