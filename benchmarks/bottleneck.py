"""The bottleneck that effective depth makes: singular values of A_p in the middle of networks that learn a teacher.

    python benchmarks/bottleneck.py            five teachers 12 → 3 → 12, L̃ from 1 to 12 (about four minutes)
    python benchmarks/bottleneck.py --seeds 1  one of them

For each teacher (random residual networks through three dimensions, 256 samples) a Leaky ResNet with 32 neurons and 12
equidistant layers is trained at each L̃. Shown: how many singular values of A_p are above a tenth of the largest, layer
by layer. For large L̃ it is the teacher's rank, 3, in the middle layers 5, 6 and 7 (Jacot & Kaiser, arXiv:2405.17573,
section 2); at small L̃ the representations never become that narrow. At L̃ = L = 12 the steps have no leak left, the
network is fully connected, and Adam no longer finds the good minima: the objective shows it.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
import torch

from geodepth.nets import LeakyResNet, TrainingConfig, train
from geodepth.validation import Dataset, load_dataset

RANK, LAYERS, WIDTH, SAMPLES = 3, 12, 32, 256
DEPTHS = (1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0)
LARGE = 10.0
MIDDLE = slice(5, 8)
WEIGHT_DECAY, EPOCHS, RATE = 0.05, 3000, 0.05


def trained(data: Dataset, depth: float, seed: int, epochs: int) -> tuple[float, list[int], float, float]:
    """J, the count in each layer, and in layer 6 the third and fourth singular value as shares of the first."""
    network = LeakyResNet(
        12,
        12,
        WIDTH,
        LAYERS,
        depth,
        layer_steps=np.full(LAYERS, 1 / LAYERS),
        dtype=torch.float32,
        generator=torch.Generator().manual_seed(seed),
    )
    config = TrainingConfig(WEIGHT_DECAY, epochs, learning_rate=RATE, record_every=200, device="cpu")
    result = train(network, data.inputs.T, data.targets.T, config)
    with torch.no_grad():
        values = torch.linalg.svdvals(network.representations(torch.tensor(data.inputs.T))[0].double())
    shares = values / values[:, :1]
    return float(result.objective[0]), (shares > 0.1).sum(1).tolist(), float(shares[6, 2]), float(shares[6, 3])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="teachers (default 5)")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"of Adam (default {EPOCHS})")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print("teacher   L̃        J   σ3/σ1  σ4/σ1   singular values above a tenth of the largest, layer 0 … 12")
    narrow = 0
    for seed in range(arguments.seeds):
        data = load_dataset("teacher", SAMPLES, seed, dimensions=(12, RANK, 12), kind="residual")
        for depth in DEPTHS:
            objective, counts, third, fourth = trained(data, depth, seed, arguments.epochs)
            row = " ".join(f"{count:2}" for count in counts)
            print(f"{seed:7} {depth:4.0f} {objective:8.3f} {third:7.3f} {fourth:6.3f}   {row}", flush=True)
            narrow += depth == LARGE and all(count == RANK for count in counts[MIDDLE])
    print(f"exactly {RANK} in the middle layers 5, 6 and 7 at L̃ = {LARGE:g}: {narrow} of {arguments.seeds} teachers")
    return 0 if narrow >= 0.8 * arguments.seeds else 1


if __name__ == "__main__":
    sys.exit(main())
