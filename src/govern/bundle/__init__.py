"""Room `bundle`."""
