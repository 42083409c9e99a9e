"""Check kinds about fairness: `fairness.*`."""
