"""Has this network found the optimal path? Train one, solve its ground truth, and compare.

The network's loss is exactly the cost of the control problem, on its own layers, so the two compare digit by digit.
"""

from __future__ import annotations

import numpy as np
import torch

from geodepth.control import RepresentationGeodesic, solve_geodesic
from geodepth.nets import LeakyResNet, TrainingConfig, train
from geodepth.validation import Comparison, RepresentationPath, compare, load_dataset

WIDTH, LAYERS, DEPTH, DECAY = 4, 8, 2.0, 1e-3


def main() -> Comparison:
    data = load_dataset("teacher", samples=8, seed=1)
    network = LeakyResNet(
        3, 3, WIDTH, LAYERS, DEPTH, members=4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    result = train(network, data.inputs.T, data.targets.T, TrainingConfig(weight_decay=DECAY, epochs=3000))
    member = int(np.argmin(result.objective))
    weights = network.weights[member].detach().numpy()
    steps = result.layer_steps[member]

    geodesic = RepresentationGeodesic(data.inputs, data.targets, WIDTH, DEPTH, DECAY)
    truth = solve_geodesic(geodesic, layer_steps=steps, starts=6, warm_starts=[weights])
    common = (data.inputs, data.targets, geodesic.embedding, geodesic.readout, DEPTH, DECAY)
    verdict = compare(
        RepresentationPath.from_weights(truth.weights, truth.layer_steps, *common, label="truth"),
        RepresentationPath.from_weights(weights, steps, *common, label="network"),
        [(minimum.cost, minimum.weights[:, 0]) for minimum in truth.minima],
    )
    print(f"truth   J = {truth.cost:.8f} (bracket {truth.certificate.bracket:.1e})")
    print(f"network J = {verdict.cost:.8f}, {100 * verdict.relative_excess:.2f} % above")
    print(verdict.sentence)
    assert verdict.cost >= truth.cost * (1 - 1e-9)
    return verdict


if __name__ == "__main__":
    main()
