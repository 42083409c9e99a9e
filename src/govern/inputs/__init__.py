"""Reading hostile bytes: text, YAML with places, JSON, folders. One reader per syntax, and every cap.

Nothing here knows what a document means; nothing here opens a file that the caller did not name.
"""
