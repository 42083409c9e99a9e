"""Check kinds about drift: `drift.*`."""
