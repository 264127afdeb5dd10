"""What is claimed of a solution, computed again by other means than those that found it."""
