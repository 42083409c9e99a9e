"""Readers of model cards."""
