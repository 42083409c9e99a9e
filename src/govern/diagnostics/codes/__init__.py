"""Catalogue entries, one module a room; see `govern.diagnostics.catalogue`."""
