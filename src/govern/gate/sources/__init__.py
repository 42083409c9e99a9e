"""Bundles from elsewhere: archives and URIs, brought into a private folder before anything is judged.

The only place of the gate that asks a network for a bundle, and only when a URI is given. `opening.py` is the way in,
`interface.py` says what a fetcher is, and the other files are one kind of place each.
"""
