"""Check kinds about model cards: `model_card.*`."""
