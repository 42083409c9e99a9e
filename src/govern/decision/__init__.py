"""Room `decision`."""
