"""Controls that jump from bound to bound, at switch times that are sought."""
