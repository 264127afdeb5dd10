"""What to solve: optimal-control problems, and their functions traced into CasADi."""
