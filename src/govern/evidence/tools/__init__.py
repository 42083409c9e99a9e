"""Files that other tools wrote: one reader a format, and finding them in a bundle."""
