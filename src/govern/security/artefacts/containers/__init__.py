"""Containers: zip archives and compressed streams."""
