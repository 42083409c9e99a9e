"""Pickles judged by a symbolic machine and allow-list profiles; nothing is ever unpickled."""
