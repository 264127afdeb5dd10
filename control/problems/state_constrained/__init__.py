"""Bounds on states, and on states and controls together."""
