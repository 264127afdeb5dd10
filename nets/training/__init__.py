"""Training by first-order methods."""
