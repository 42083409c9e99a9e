"""Room `lineage`."""
