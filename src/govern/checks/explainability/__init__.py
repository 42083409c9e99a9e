"""Check kinds about explanations: `explainability.*`."""
