"""Use cases on fairness: summaries, audits."""
