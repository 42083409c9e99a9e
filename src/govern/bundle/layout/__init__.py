"""Layouts: who names the model, and which files make it up. A view of the same files, never a mode of reading."""
