"""Policy tests: cases beside policies, patches of evidence, coverage."""
