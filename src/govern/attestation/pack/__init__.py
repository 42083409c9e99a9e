"""The evidence pack: an archive in one form, written and read."""
