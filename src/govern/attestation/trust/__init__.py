"""The trust root: read, checked, edited, signed, exported."""
