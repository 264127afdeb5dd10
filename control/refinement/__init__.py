"""Meshes that follow the estimated error, arcs of the control, and switch times as variables."""
