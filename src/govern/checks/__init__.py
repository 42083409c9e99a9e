"""Room `checks`."""
