"""Controls without corners, over a fixed time: the first problems to try a method on."""
