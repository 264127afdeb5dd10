"""Who solves the nonlinear program: IPOPT, fatrop and an SQP behind one call."""
