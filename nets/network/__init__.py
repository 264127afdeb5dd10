"""The network itself: LeakyResNet, activations, layer steps, units, files."""
