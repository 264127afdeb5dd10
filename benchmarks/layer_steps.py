"""Layer steps: the study behind the defaults of `AdaptiveSteps`, and how equal the changes of layers end.

    python benchmarks/layer_steps.py           the study (a few minutes)
    python benchmarks/layer_steps.py --seeds 10 --only equidistant default "damping 0.5" "damping 0.2"
    python benchmarks/layer_steps.py --equal   30 → 6 → 3 → 30 alone: how equal the changes end (two minutes)

The study trains on teachers of random residual networks 8 → 4 → 2 → 8 (the paper's 30 → 6 → 3 → 30, reduced), four
members each, at L̃ = 3 with 6 and 12 layers and at L̃ = 10 with 20, once for each option that differs from the default.
Shown: the median objective and test error, the spread of ‖A_ℓ − A_{ℓ−1}‖/‖A_ℓ‖ over ℓ (its coefficient of variation,
median over members and teachers), and objective and test error against the first row, teacher by teacher, with a 95 %
interval over teachers.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

import numpy as np
import torch

from geodepth.nets import AdaptiveSteps, LeakyResNet, TrainingConfig, train
from geodepth.nets.network.adaptive_steps import relative_changes
from geodepth.validation import load_dataset

WEIGHT_DECAY = 1e-3


def configurations(epochs: int) -> dict[str, TrainingConfig]:
    """Fixed steps, the adaptive default, and every option of it moved alone."""
    base = TrainingConfig(WEIGHT_DECAY, epochs, device="cpu")
    default = AdaptiveSteps()
    variants = {
        "default": default,
        "damping 0.5": replace(default, damping=0.5),
        "damping 0.2": replace(default, damping=0.2),
        "damping 0.05": replace(default, damping=0.05),
        "every 1": replace(default, every=1),
        "every 100": replace(default, every=100),
        "start at 0.3": replace(default, start=0.3),
        "stop at 0.4": replace(default, stop=0.4),
        "stop at 0.95": replace(default, stop=0.95),
        "wide bounds": replace(default, smallest=0.01, largest=20.0),
        "tight bounds": replace(default, smallest=0.5, largest=2.0),
        "interpolate": replace(default, weights="interpolate"),
    }
    fixed = {name: replace(base, layer_steps=name) for name in ("equidistant", "irregular")}
    return fixed | {name: replace(base, layer_steps="adaptive", adaptive=value) for name, value in variants.items()}


def spread(network: LeakyResNet, x: torch.Tensor) -> torch.Tensor:
    """The coefficient of variation of the relative changes over the layers, (members,)."""
    with torch.no_grad():
        changes = relative_changes(network.representations(x))
    return changes.std(1, correction=0) / changes.mean(1)


def study(epochs: int, seeds: int, only: list[str] | None) -> None:
    problems = [load_dataset("teacher", 100, seed, dimensions=(8, 4, 2, 8), kind="residual") for seed in range(seeds)]
    print(f"{epochs} epochs, {seeds} teachers 8 → 4 → 2 → 8, 4 members each, w = 10, N = 100")
    for layers, depth in ((6, 3.0), (12, 3.0), (20, 10.0)):
        reference: tuple[list[float], list[float]] | None = None
        print(f"L̃ = {depth:g}")
        print(
            f"{'L':>2} {'steps':14} {'objective':>10} {'test error':>11} {'spread':>7} "
            f"{'objective and error vs the first row':>36}"
        )
        for name, config in configurations(epochs).items():
            if only and name not in only:
                continue
            objectives, errors, spreads = [], [], []
            for seed, data in enumerate(problems):
                network = LeakyResNet(
                    8,
                    8,
                    10,
                    layers,
                    depth,
                    members=4,
                    dtype=torch.float64,
                    generator=torch.Generator().manual_seed(seed),
                )
                result = train(network, data.inputs.T, data.targets.T, config)
                with torch.no_grad():
                    test = network.fit(torch.tensor(data.test_inputs.T), torch.tensor(data.test_targets.T))
                errors.append(float(test.mean()))
                objectives.append(float(result.objective.mean()))
                spreads.append(float(spread(network, torch.tensor(data.inputs.T)).median()))
            reference = reference or (objectives, errors)
            print(
                f"{layers:2} {name:14} {np.median(objectives):10.5f} {np.median(errors):11.5f} "
                f"{np.median(spreads):7.3f} {change(objectives, reference[0])} {change(errors, reference[1])}",
                flush=True,
            )


def change(values: list[float], reference: list[float]) -> str:
    """The mean relative change, teacher by teacher, with a 95 % interval over teachers."""
    ratio = np.log(np.array(values) / np.array(reference))
    half = 1.96 * ratio.std(ddof=1) / len(ratio) ** 0.5 if len(ratio) > 1 else float("nan")
    return f"{np.expm1(ratio.mean()):+9.1%} ± {half:5.1%}"


def equal(epochs: int, seeds: int) -> int:
    """The paper's 30 → 6 → 3 → 30 with 36 neurons and 200 samples, L = 18, L̃ = 3: spreads at the end of training."""
    print("teacher 30 → 6 → 3 → 30, w = 36, N = 200, L = 18, L̃ = 3: spread of ‖A_ℓ − A_{ℓ−1}‖/‖A_ℓ‖ over ℓ")
    worst = 0.0
    for seed in range(seeds):
        data = load_dataset("teacher", 200, seed, dimensions=(30, 6, 3, 30), kind="residual")
        found = {}
        for steps in ("equidistant", "adaptive"):
            network = LeakyResNet(
                30, 30, 36, 18, 3.0, dtype=torch.float32, generator=torch.Generator().manual_seed(seed)
            )
            config = TrainingConfig(WEIGHT_DECAY, epochs, layer_steps=steps, device="cpu", record_every=100)
            train(network, data.inputs.T, data.targets.T, config)
            found[steps] = float(spread(network, torch.tensor(data.inputs.T, dtype=torch.float32)))
        print(f"seed {seed}: equidistant {found['equidistant']:.3f}, adaptive {found['adaptive']:.3f}", flush=True)
        worst = max(worst, found["adaptive"])
    print(f"largest coefficient of variation with adaptive steps: {worst:.3f}, and at most 0.1 is asked for")
    return 0 if worst <= 0.1 else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--equal", action="store_true", help="only how equal the changes end on 30 → 6 → 3 → 30")
    parser.add_argument("--epochs", type=int, default=1000, help="of Adam (default 1000)")
    parser.add_argument("--seeds", type=int, default=3, help="teachers (default 3)")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="of the study's rows, such as equidistant undamped")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.equal:
        return equal(arguments.epochs, arguments.seeds)
    study(arguments.epochs, arguments.seeds, arguments.only)
    return 0


if __name__ == "__main__":
    sys.exit(main())
