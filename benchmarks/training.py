"""Speed of training, against plain PyTorch and torchdiffeq in the same run.

    pip install 'geodepth[benchmarks]'         for torchdiffeq
    python benchmarks/training.py              the speed table (about two minutes)
    python benchmarks/training.py --quick      fewer repetitions
    python benchmarks/training.py --paper      the paper-size step alone, with its share of the matrix rate
    python benchmarks/training.py --threads 1  by that many threads; all processors by default

A step is one full-batch update of Adam: objective, gradient, new weights. Each figure is the median of interleaved
repetitions, so that a machine that slows down slows all rows down. One thread is measured in processor seconds, so that
other work does not count; several in seconds of the clock, and the load is printed: where they share every operation,
as plain PyTorch's do, they wait for each other hundreds of times a step, and beside other work that costs a factor of
ten and more. What cannot be measured (no GPU, torchdiffeq not installed) says so, and which command measures it
elsewhere.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from geodepth.nets import LeakyResNet, TrainingConfig, train

WEIGHT_DECAY = 1e-3


@dataclass(frozen=True, slots=True)
class Case:
    """Sizes of one comparison; inputs and outputs have three dimensions."""

    name: str
    members: int
    width: int
    samples: int
    layers: int
    steps: int
    dtype: torch.dtype
    effective_depth: float = 5.0
    device: str = "cpu"


PAPER = Case("paper size, w=100, N=1000, L=20", 1, 100, 1000, 20, 96, torch.float32)


def clock() -> float:
    """Seconds: of the processor where one thread works, of the clock where several do."""
    alone = torch.get_num_threads() == 1 and not torch.cuda.is_available()
    return time.process_time() if alone else time.perf_counter()


def data(case: Case) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(case.samples, 3, generator=generator, dtype=torch.float64)
    y = torch.stack([x[:, 0].abs(), x[:, 1] * x[:, 2], x.sum(1)], 1)
    return x.to(case.device, case.dtype), y.to(case.device, case.dtype)


def network(case: Case) -> LeakyResNet:
    return LeakyResNet(
        3,
        3,
        case.width,
        case.layers,
        case.effective_depth,
        case.members,
        dtype=case.dtype,
        device=case.device,
        generator=torch.Generator().manual_seed(1),
    )


def configuration(case: Case, record_every: int) -> TrainingConfig:
    return TrainingConfig(
        WEIGHT_DECAY, case.steps, schedule="constant", sgd_epochs=0, record_every=record_every, device=case.device
    )


def geodepth_steps(case: Case) -> Callable[[], float]:
    """Seconds for `case.steps` steps of all members in one batch, through the public interface."""
    x, y = data(case)

    def measure() -> float:
        net = network(case)
        began = clock()
        train(net, x, y, configuration(case, case.steps))
        return clock() - began

    return measure


def objectives(case: Case) -> np.ndarray:
    """J of every member before the last step."""
    x, y = data(case)
    found: np.ndarray = train(network(case), x, y, configuration(case, 1)).objectives[case.steps - 1]
    return found


def eager_steps(case: Case, field: str, ends: list[float]) -> Callable[[], float]:
    """The same members one after another, as one would write them: autograd, torch.optim.Adam, and either a loop over
    the layers ("loop") or torchdiffeq's fixed-step Euler on the vector field ("torchdiffeq"). `ends` receives J."""
    x, y = data(case)
    start = torch.nn.functional.pad(x, (0, case.width - 3))
    layers, leak = case.layers, case.effective_depth
    initial = network(case).weights.detach()
    if field == "torchdiffeq":
        odeint = importlib.import_module("torchdiffeq").odeint
        grid = torch.linspace(0, 1, layers + 1, dtype=case.dtype, device=case.device)

    def last(weights: Tensor) -> Tensor:
        matrices, biases = weights[..., :-1], weights[..., -1]
        if field == "torchdiffeq":

            def rate(p: Tensor, state: Tensor) -> Tensor:
                layer = min(int(float(p) * layers + 0.5), layers - 1)
                return torch.relu(state) @ matrices[layer].mT + biases[layer] - leak * state

            path: Tensor = odeint(rate, start, grid, method="euler")
            return path[-1]
        state = start
        for layer in range(layers):
            push = torch.relu(state) @ matrices[layer].mT + biases[layer]
            state = (1 - leak / layers) * state + push / layers
        return state

    def measure() -> float:
        ends.clear()
        began = clock()
        for member in range(case.members):
            weights = initial[member].clone().requires_grad_()
            optimizer = torch.optim.Adam([weights], lr=0.1, eps=1e-10)
            for _ in range(case.steps):
                optimizer.zero_grad()
                fit = (y - last(weights)[:, :3]).square().sum() / case.samples
                objective = fit + WEIGHT_DECAY / (2 * leak * layers) * weights.square().sum()
                objective.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
            ends.append(float(objective.detach()))
        if case.device != "cpu":
            torch.cuda.synchronize()
        return clock() - began

    return measure


def speed(quick: bool, paper: bool, steps: int) -> None:
    repetitions = 2 if quick else 3
    share = 4 if quick else 1
    small = Case("16 members, w=6, N=16, L=40", 16, 6, 16, 40, 24 // share, torch.float64)
    cases = [
        (small, ["loop", "torchdiffeq"]),
        (replace(small, name="8 members, w=5, N=60, L=12", members=8, width=5, samples=60, layers=12), ["loop"]),
        (replace(PAPER, steps=steps), ["loop"]),
    ]
    if paper:
        del cases[:2]
    print(f"torch {torch.__version__}, {torch.get_num_threads()} thread(s), load {os.getloadavg()[0]:.1f}")
    print(f"{'problem':34} {'geodepth':>14} {'peer':>26} {'ratio':>7}")
    for case, peers in cases:
        runs: dict[str, Callable[[], float]] = {"geodepth": geodepth_steps(case)}
        for peer in peers:
            try:
                runs[peer] = eager_steps(case, peer, [])
            except ImportError:
                print(f"{case.name:34} {'':14} {peer:>12}  unmeasured: pip install torchdiffeq, then this command")
        seconds: dict[str, list[float]] = {name: [] for name in runs}
        for run in runs.values():
            run()
        few = replace(case, steps=6)
        for peer in list(runs)[1:]:
            # The same work, or no comparison; further on, rounding grows with every step.
            ends: list[float] = []
            eager_steps(few, peer, ends)()
            tolerance = 1e-10 if case.dtype == torch.float64 else 1e-3
            np.testing.assert_allclose(ends, objectives(few), rtol=tolerance, err_msg=peer)
        for _ in range(repetitions):
            for name, run in runs.items():
                seconds[name].append(run())
        own = statistics.median(seconds["geodepth"]) / case.steps
        for peer in list(runs)[1:]:
            theirs = statistics.median(seconds[peer]) / case.steps
            print(f"{case.name:34} {1e3 * own:11.2f} ms {peer:>12} {1e3 * theirs:10.2f} ms {theirs / own:6.2f}x")
    matrix_rate(own)
    if torch.cuda.is_available():
        gpu_rows()
    else:
        print("GPU, 50 paper-size members: unmeasured (no CUDA device here); run this command where there is one")


def matrix_rate(seconds: float) -> None:
    """What share of the rate of matrix products a paper-size step of so many seconds reaches; by all threads."""
    for dtype in (torch.float32, torch.bfloat16):
        weights = torch.randn(PAPER.width, PAPER.width).to(dtype)
        states = torch.randn(PAPER.width, PAPER.samples).to(dtype)
        operations = 2 * PAPER.width**2 * PAPER.samples
        times = []
        for _ in range(200):
            began = clock()
            weights @ states
            times.append(clock() - began)
        rate = operations / statistics.median(times)
        share = work(PAPER) / seconds / rate
        print(f"matrix products of a layer in {str(dtype)[6:]}: {rate / 1e9:.0f} GFLOP/s; ", end="")
        if dtype == torch.float32:
            print(f"the step does {work(PAPER) / 1e9:.2f} GFLOP at {share:.0%} of that; ", end="")
            print(f"a network of 6000 steps takes {6000 * seconds:.0f} s")
        else:
            print("training does not use it")


def work(case: Case) -> int:
    """Operations of a step: forward, pulled-back momenta and outer products, width × (width + 1) × samples a layer."""
    return 3 * 2 * case.members * case.layers * case.width * (case.width + 1) * case.samples


def gpu_rows() -> None:
    """Fifty paper-size members on the GPU, with the share of the measured matrix rate that training reaches."""
    case = Case("50 paper-size members, GPU", 50, 100, 1000, 20, 300, torch.float32, device="cuda")
    few = replace(case, steps=5)
    # The same members on the CPU in double precision; TF32 would be off by 1e-3 and more.
    exact = objectives(replace(few, dtype=torch.float64, device="cpu"))
    np.testing.assert_allclose(objectives(few), exact, rtol=1e-4)
    run = geodepth_steps(case)
    run()
    seconds = min(run() for _ in range(3)) / case.steps
    a = torch.randn(4096, 4096, device="cuda")
    for _ in range(3):
        a @ a
    torch.cuda.synchronize()
    began = time.perf_counter()
    for _ in range(20):
        a @ a
    torch.cuda.synchronize()
    rate = 20 * 2 * 4096**3 / (time.perf_counter() - began)
    print(
        f"{case.name}: {1e3 * seconds:.2f} ms a step, 6000 steps in {6000 * seconds:.0f} s, "
        f"{work(case) / seconds / rate:.0%} of the measured {rate / 1e12:.0f} TFLOP/s in single precision"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--paper", action="store_true", help="the paper-size step alone")
    parser.add_argument("--threads", type=int, help="of torch")
    parser.add_argument("--steps", type=int, default=PAPER.steps, help="of the paper-size case")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    speed(given.quick, given.paper, given.steps)


if __name__ == "__main__":
    main()
