"""Training to stationarity.

- configuration: NewtonConfig.
- conjugate_gradients: the trust region's subproblems.
- quasi_newton: one stage, for large data.
- train_to_stationarity: `train_to_stationarity`: stage after stage of falling ε.
- trust_region: one stage.
"""
