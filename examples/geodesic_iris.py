"""The ground truth of a real data set: all 150 irises, six neurons, an exact ReLU, one start in seconds.

The path is a stationary point of the network itself, kinks included: the bracket says how far its cost can be from the
local minimum that it sits in, and the number of inputs that rest on the kink says why gradient descent has a hard time
getting there. For the best of many starts: geodepth geodesic iris --starts 32.
"""

from __future__ import annotations

import numpy as np

from geodepth.control import GeodesicSolution, RepresentationGeodesic, solve_geodesic
from geodepth.validation import load_dataset

LAYERS, DEPTH, DECAY = 12, 3.0, 1e-3


def main() -> GeodesicSolution:
    data = load_dataset("iris")
    geodesic = RepresentationGeodesic(data.inputs, data.targets, width=6, effective_depth=DEPTH, weight_decay=DECAY)
    solution = solve_geodesic(geodesic, layers=LAYERS, starts=1, seed=0)
    print(geodesic)
    print(solution.certificate)
    assert solution.certificate.bracket <= 1e-5

    # An independent answer: the network written out. Its cost is the truth's, its gradient vanishes off the kinks.
    path = [np.vstack([data.inputs, np.zeros((2, 150))])]
    for weights in solution.weights:
        features = np.vstack([np.maximum(path[-1], 0.0), np.ones((1, 150))])
        path.append((1 - DEPTH / LAYERS) * path[-1] + weights @ features / LAYERS)
    outputs = path[-1][:3]
    cost = np.sum((data.targets - outputs) ** 2) / 150 + DECAY / (2 * DEPTH * LAYERS) * np.sum(solution.weights**2)
    correct = np.mean(outputs.argmax(axis=0) == data.labels)
    print(f"cost by the written-out recursion: {cost:.12f}, difference {cost - solution.cost:.1e}")
    print(f"{correct:.1%} of the irises are classified as they should be")
    singular = np.linalg.svd(path[LAYERS // 2], compute_uv=False)
    print("singular values of A in the middle:", np.array2string(singular, precision=3))
    assert abs(cost - solution.cost) < 1e-12
    assert correct > 0.9
    return solution


if __name__ == "__main__":
    main()
