"""Policies and evidence broken on purpose: what no test notices is a hole."""
