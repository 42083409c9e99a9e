"""The use cases, one readable file each: workspace, check, issue, verify, init, advisories, doctor."""
