"""Reading the verdict: one truth, and six networks made from it, each with a fate that we know beforehand.

The truth itself, its copy with neurons exchanged, one with noise of one per cent in its weights, a local minimum of the
landscape, a network whose weights are half as large, and one of zero weights. What a verdict says, and which number
says it: excess for the cost, residual for stationarity, distance for the path.
"""

from __future__ import annotations

import numpy as np

from geodepth.control import RepresentationGeodesic, solve_geodesic
from geodepth.validation import RepresentationPath, Verdict, compare, load_dataset

WIDTH, LAYERS, DEPTH, DECAY = 5, 8, 2.0, 1e-3


def main() -> dict[str, Verdict]:
    data = load_dataset("teacher", samples=8, seed=1)
    geodesic = RepresentationGeodesic(data.inputs, data.targets, WIDTH, DEPTH, DECAY)
    solution = solve_geodesic(geodesic, layers=LAYERS, starts=8, progress=False)
    best = solution.weights
    landscape = [(minimum.cost, minimum.weights[:, 0]) for minimum in solution.minima]
    order = [0, 1, 2, 4, 3]  # the first three neurons carry inputs and outputs; the others are free
    noise = np.random.default_rng(0).standard_normal(best.shape)
    networks = {
        "the truth itself": best,
        "two free neurons exchanged": best[:, order][:, :, [*order, WIDTH]],
        "noise of 1 % in W": best * (1 + 0.01 * noise),
        "a local minimum": landscape[-1][1],
        "half the weights": 0.5 * best,
        "no weights": 0.0 * best,
    }

    def path(weights: np.ndarray, label: str) -> RepresentationPath:
        return RepresentationPath.from_weights(
            weights, solution.layer_steps, data.inputs, data.targets, geodesic.embedding, geodesic.readout, DEPTH,
            DECAY, label=label,
        )  # fmt: skip

    found = {name: compare(path(best, "truth"), path(weights, name), landscape) for name, weights in networks.items()}
    print("network                      excess   residual   distance   verdict")
    for name, c in found.items():
        distance = c.alignment.representation_distance
        print(f"{name:27} {c.relative_excess:8.1e}   {c.stationarity:8.1e}   {distance:8.1e}   {c.phrase}")
    verdicts = {name: c.verdict for name, c in found.items()}
    assert verdicts["the truth itself"] is verdicts["two free neurons exchanged"] is Verdict.BEST_KNOWN
    assert found["two free neurons exchanged"].alignment.representation_distance < 1e-10
    assert verdicts["noise of 1 % in W"] is Verdict.NEAR_MINIMUM
    assert verdicts["a local minimum"] is Verdict.LOCAL_MINIMUM
    assert verdicts["half the weights"] is Verdict.ON_ITS_WAY
    assert verdicts["no weights"] is Verdict.COLLAPSED
    return verdicts


if __name__ == "__main__":
    main()
