"""The network itself.

- activations: σ and its two derivatives, in PyTorch.
- adaptive_steps: layer steps that follow the representations.
- architecture: what a network is, without its numbers.
- files: networks on disk.
- initialization: initial weights.
- layer_steps: equidistant and irregular steps, and checks of given ones.
- leaky_resnet: LeakyResNet: forward pass, objective, momenta, stationarity.
- precision: in which types networks are trained and saved.
- projections: embedding and readout.
- recursion: from A_0 to A_L.
- rediscretization: the same weights on other layers.
- stationarity: the one normalization of the residual.
- units: the scaling between raw data and the network's own.
"""
