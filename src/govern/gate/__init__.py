"""Room `gate`."""
