"""Lower bounds on the global optimum of a geodesic, proven for every path.

- lower_bound: the larger of two bounds, as `LowerBound`.
- sample_differences: the bound by differences of samples, and that of one sample without a bias.
- first_layers: what the first layers of ReLUs can do to a difference of two samples.
- widest_features: how far apart a ReLU can show two samples that have both moved alike.
- single_samples: the bound by single samples with a bias.
- path_to_bound: the layers, and the minimum over where a path may end, which both bounds share.
"""
