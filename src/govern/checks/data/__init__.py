"""Check kinds about data: `data.*`."""
