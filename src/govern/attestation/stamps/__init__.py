"""RFC 3161 time-stamps: asked for, brought into one form, verified."""
