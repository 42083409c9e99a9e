"""Use cases around key files."""
