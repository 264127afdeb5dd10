"""Training to stationarity: trust-region Newton with conjugate gradients."""
