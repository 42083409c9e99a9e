"""Putting everything a decision rests on into one archive."""
