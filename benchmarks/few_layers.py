"""Adaptive steps of few layers at the paper's size, by damping: where the paper's undamped rule does not settle.

    python benchmarks/few_layers.py                    # damping 1 (undamped) and 0.5, five seeds, five layers
    python benchmarks/few_layers.py --damping 0.5 --layers 6 --seeds 2

The networks of Figure 2a (`geodepth paper fig2 --size paper`): teacher 30 → 6 → 3 → 30, L̃ = 3, width 100, 1000 samples,
every seed with data of its own. Printed for each: J, the test error, and the layer steps at the end. A network takes
half a minute of one thread.
"""

import argparse
from collections.abc import Sequence

import numpy as np
import torch

from geodepth.nets import AdaptiveSteps, TrainingConfig, train
from geodepth.validation.bridge.layouts import samples_first
from geodepth.validation.experiments.measures.networks import ensemble
from geodepth.validation.experiments.measures.problems import NetworksProblem
from geodepth.validation.experiments.specifications import figure_2


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the networks, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--damping", type=float, nargs="+", default=[1.0, 0.5])
    parser.add_argument("--layers", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=5, help="seeds 0, 1, 2, …")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    compared = figure_2("paper", tuple(range(asked.seeds)), "cpu").sweeps[0]
    for damping in asked.damping:
        for seed in range(asked.seeds):
            given = {**compared.fixed, "layers": asked.layers, "layer_steps": "adaptive", "seeds": [seed]}
            problem = NetworksProblem(**given)
            data = problem.dataset(seed)
            config = TrainingConfig(
                weight_decay=problem.decay,
                epochs=problem.epochs,
                sgd_epochs=problem.sgd_epochs,
                learning_rate=problem.learning_rate,
                layer_steps="adaptive",
                adaptive=AdaptiveSteps(damping=damping),
            )
            network = ensemble(problem, data, [seed], problem.projections, problem.dtype)
            result = train(network, samples_first(data.inputs), samples_first(data.targets), config)
            with torch.no_grad():
                found = result.network(torch.tensor(samples_first(data.test_inputs)).to(result.network.weights))
            missed = found[0].double().numpy() - samples_first(data.test_targets)
            steps = " ".join(f"{step:.3f}" for step in result.network.layer_steps[0].tolist())
            print(
                f"damping {damping:g}, seed {seed}: J {result.objectives[-1].item():.4g}, test error "
                f"{np.square(missed).sum(1).mean():.4g}, steps {steps}",
                flush=True,
            )


if __name__ == "__main__":
    main()
