"""Check kinds about how well a model does, alone and against others: `performance.*`."""
