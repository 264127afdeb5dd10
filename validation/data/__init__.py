"""Data sets: by name, from files, from teachers."""
