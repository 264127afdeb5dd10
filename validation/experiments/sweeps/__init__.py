"""Sweeps as data, their execution, their results on disk, and statistics over seeds."""
