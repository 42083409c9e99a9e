"""Breaking the evidence of a passing rule on purpose, one family of evidence a module. See `interface.py`."""
