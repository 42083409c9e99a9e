"""Room `fairness`."""
