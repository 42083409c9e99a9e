"""Room `evidence`."""
