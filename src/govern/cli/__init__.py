"""The command line: one file per command; it parses, calls `gate`, prints, and hands back an answer."""
