"""Training to stationarity.

- configuration: NewtonConfig.
- conjugate_gradients: the trust region's subproblems.
- train_to_stationarity: `train_to_stationarity`: stage after stage of falling ε.
- trust_region: one stage.
"""
