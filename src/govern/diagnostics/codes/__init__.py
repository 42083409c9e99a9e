"""Catalogue entries, one module or package a room; see `govern.diagnostics.catalogue`."""
