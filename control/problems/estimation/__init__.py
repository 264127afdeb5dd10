"""Measured data as least squares: what is sought are the parameters of a model, not controls."""
