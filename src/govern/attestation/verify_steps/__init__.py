"""The steps of verification, a few to a file, in the order in which `verify` runs them.

A step is a function from the state to lines. It may rely on what the steps it needs have put there, and on nothing
else; `verify` runs it only when none of those failed.
"""
