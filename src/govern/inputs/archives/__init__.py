"""Archives of strangers: zip and tar, read strictly and unpacked into a private folder (`unpacking.py`)."""
