"""Dependencies, advisories and artefacts: libraries over bytes that know nothing of policies.

Nothing here loads, imports, installs, resolves or unpickles what it looks at, and only `advisories.update` opens a
network connection.
"""
