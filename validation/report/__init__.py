"""The report: one self-contained page, and every number of it as JSON."""
