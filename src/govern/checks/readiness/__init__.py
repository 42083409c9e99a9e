"""Check kinds about readiness for operation: `readiness.*`."""
