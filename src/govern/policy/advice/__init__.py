"""Advice on what compiles and could be better, conflicts, and the edits that mend a fault for certain."""
