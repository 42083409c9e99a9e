"""Other people's tools that the tests compare ours with."""
