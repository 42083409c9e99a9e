"""Deciding again from such an archive."""
