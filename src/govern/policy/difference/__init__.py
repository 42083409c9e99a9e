"""What changed between two versions of policies, by the order of strictness."""
