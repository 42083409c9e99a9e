"""Check kinds about the model's files: `artefacts.*`."""
