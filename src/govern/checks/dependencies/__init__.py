"""Check kinds about packages: `dependencies.*`."""
