"""From a problem to its solution: solve, guesses, homotopy and many starts."""
