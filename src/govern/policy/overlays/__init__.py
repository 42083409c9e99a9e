"""Overlays: the order of strictness, and what imports may make of rules and parameters."""
