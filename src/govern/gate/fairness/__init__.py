"""Use-cases of `govern fairness`, a module for each command or part of one."""
