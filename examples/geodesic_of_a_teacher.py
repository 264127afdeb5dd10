"""The ground truth of a small network: many starts, a landscape of minima, and a bracket around the best.

Eight samples of a 3 → 1 → 3 teacher, four neurons, twenty layers. The cost that is reported is that of the real
network with its exact ReLU; the bracket says how far it can be from the minimum that it sits in.
"""

from __future__ import annotations

import numpy as np

from geodepth.control import GeodesicSolution, RepresentationGeodesic, solve_geodesic


def main() -> GeodesicSolution:
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(3, 8))
    targets = generator.normal(size=(3, 1)) @ np.maximum(generator.normal(size=(1, 3)) @ inputs, 0.0)
    targets -= targets.mean(axis=1, keepdims=True)
    targets /= targets.std()

    geodesic = RepresentationGeodesic(inputs, targets, width=4, effective_depth=3.0, weight_decay=1e-3)
    solution = solve_geodesic(geodesic, layers=20, starts=10, seed=0)
    print(geodesic)
    print(solution.certificate)
    print("minima, best first:")
    for number, minimum in enumerate(solution.minima, 1):
        print(f"  {number}: J = {minimum.cost:.8f}, found by {len(minimum.found_by)} of 10 starts")

    # An independent answer: the recursion of the network, written out, gives the same cost.
    representation = np.vstack([inputs, np.zeros((1, 8))])
    for step, weights in zip(solution.layer_steps, solution.weights, strict=True):
        features = np.vstack([np.maximum(representation, 0.0), np.ones((1, 8))])
        representation = (1 - step * 3.0) * representation + step * weights @ features
    fit = np.sum((targets - representation[:3]) ** 2) / 8
    penalty = 1e-3 / (2 * 3.0) * np.sum(solution.layer_steps * np.sum(solution.weights**2, axis=(1, 2)))
    print(f"solver's cost {solution.cost:.12f}, recursion written out {fit + penalty:.12f}")
    assert abs(fit + penalty - solution.cost) < 1e-12
    return solution


if __name__ == "__main__":
    main()
