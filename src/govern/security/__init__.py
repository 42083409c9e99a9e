"""Room `security`."""
