"""Second opinions on advisories, one file a tool; none of them decides alone."""
