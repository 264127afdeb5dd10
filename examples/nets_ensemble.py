"""Train an ensemble in one go: the members are the networks that one gets by training them one by one.

`LeakyResNet(members=16)` holds sixteen networks in one module and one batch of matrix products. Their losses are
summed, so no gradient of one ever reaches another: alone or together, each ends with the same objective. What changes
is the time, because small matrices cost overhead, not arithmetic.
"""

from __future__ import annotations

import time

import numpy as np
import torch

from geodepth.nets import LeakyResNet, TrainingConfig, train

MEMBERS = 16


def fresh() -> LeakyResNet:
    return LeakyResNet(
        inputs=3,
        outputs=2,
        width=5,
        layers=12,
        effective_depth=3.0,
        members=MEMBERS,
        dtype=torch.float64,
        generator=torch.Generator().manual_seed(0),
    )


def main() -> float:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20, 3))
    y = np.stack([np.abs(x[:, 0]), x[:, 1] - x[:, 2]], 1)
    config = TrainingConfig(weight_decay=1e-3, epochs=200, layer_steps="adaptive")

    began = time.perf_counter()
    together = train(fresh(), x, y, config)
    batched = time.perf_counter() - began

    began = time.perf_counter()
    alone = [train(fresh().select([member]), x, y, config) for member in range(MEMBERS)]
    looped = time.perf_counter() - began

    objectives = np.array([result.objective[0] for result in alone])
    difference = float(np.abs(together.objective / objectives - 1).max())
    print(f"objectives of {MEMBERS} members: {np.sort(together.objective).round(4)}")
    print(f"the same networks alone differ by {difference:.1e} at most, relatively")
    print(f"together {batched:.2f} s, one by one {looped:.2f} s: {looped / batched:.1f} times the members a second")
    # Sums in another order differ by 1e-16, which two hundred epochs amplify.
    assert difference < 1e-8
    return difference


if __name__ == "__main__":
    main()
