"""Packs: what they look like, the lock that pins them, and bringing them in."""
