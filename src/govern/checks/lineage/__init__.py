"""Check kinds about lineage: `lineage.*`."""
