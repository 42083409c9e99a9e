"""Readers of structured cards, a module for each format. Detection is by content, never by name."""
