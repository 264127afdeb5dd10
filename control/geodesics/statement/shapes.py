"""Shapes of a geodesic's arrays that recur, by name: L layers, width w, N samples, c columns of a weight matrix.

`…Rows` are stored samples first, as the structured linear algebra wants them (array_layouts.py).
"""

import numpy as np

from geodepth.foundation.shapes import Float

Steps = Float[np.ndarray, " L"]
Weights = Float[np.ndarray, "L w c"]
PointWeights = Float[np.ndarray, "L points w c"]  # at the points of every interval that a scheme has
Path = Float[np.ndarray, "L+1 w N"]  # representations or momenta, at the nodes 0 … L
Layer = Float[np.ndarray, "w N"]  # of one node
Targets = Float[np.ndarray, "d_out N"]

WeightRows = Float[np.ndarray, "L c w"]
PathRows = Float[np.ndarray, "L+1 N w"]
LayersRows = Float[np.ndarray, "L N w"]  # of the inputs A_0 … A_{L−1}, or of A_1 … A_L
LayerRows = Float[np.ndarray, "N w"]
OutputRows = Float[np.ndarray, "N d_out"]
