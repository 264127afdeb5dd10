"""The solve that a search is made of: this version against an older one, the same starts, in one run.

    python benchmarks/geodesic_solve.py
    python benchmarks/geodesic_solve.py --old COMMIT --only "iris 30" --starts 20 --children 40

Whole starts go through ε = 0.1 to 0.03, children (moves of what the starts found) enter at 0.03, both loosely as in a
population; the exact stage begins at ε = 0.003. Both versions run as processes of their own, with one BLAS thread, and
take turns at every solve. Printed are CPU seconds of a solve, their ratio, and how final costs compare: two solves are
the same if they differ by less than 3e-5, as minima of a population do.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import types
from pathlib import Path

import numpy as np

BEFORE = "de4c64c"  # the last commit before the staged search, which first touched this solver
ROOT = Path(__file__).resolve().parents[1]
SAME = 3e-5
SMOOTHINGS = {"start": (0.1, 0.03), "child": (0.03,)}


def work(tree: str, folder: str) -> None:
    """Solve what standard input names, with the package in `tree`; say seconds, cost and whether it converged."""
    # Nothing above imports the package, so that it is this tree's, however it is installed.
    package = types.ModuleType("geodepth")
    package.__path__ = [tree]
    sys.modules["geodepth"] = package
    from geodepth.control.geodesics.exact_relu.solve_exact import solve_exact
    from geodepth.control.geodesics.newton.smoothing_homotopy import solve_homotopy
    from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic

    for line in sys.stdin:
        name, kind, place = line.strip().rsplit(",", 2)
        data = np.load(Path(folder) / f"{name}.npz")
        width, depth, decay, layers = data["numbers"]
        geodesic = RepresentationGeodesic(data["inputs"], data["targets"], int(width), float(depth), float(decay))
        steps, weights = np.full(int(layers), 1.0 / layers), data[kind][int(place)]
        if kind == "exact":
            smooth = solve_homotopy(geodesic, steps, weights, (0.003,))
            clock = time.process_time()
            exact = solve_exact(geodesic, steps, smooth.weights, smooth.momenta, smooth.representations)
            seconds, cost, converged = time.process_time() - clock, exact.cost, exact.converged
        else:
            clock = time.process_time()
            result = solve_homotopy(geodesic, steps, weights, SMOOTHINGS[kind], 1e-4, max_iterations=200, retries=0)
            seconds, cost, converged = time.process_time() - clock, result.cost, result.converged
        print(seconds, cost if converged else np.inf, flush=True)


def prepare(folder: Path, name: str, starts: int, children: int) -> None:
    """Draw starts, make children of the minima that they lead to, and write all of it to a file."""
    sys.path.insert(0, str(ROOT))
    from benchmarks.geodesic_search import INSTANCES
    from geodepth.control.geodesics.populations.alignment import free_neurons
    from geodepth.control.geodesics.populations.moves import MOVES, Draw, Parent
    from geodepth.control.geodesics.populations.population import Population
    from geodepth.control.geodesics.search.one_start import run_start
    from geodepth.control.geodesics.search.starts import Start, initial_weights
    from geodepth.control.geodesics.transcribed.path_problem import PathProblem

    (instance,) = (i for i in INSTANCES if i.name == name)
    geodesic = instance.geodesic()
    problem, population = PathProblem(geodesic, np.full(instance.layers, 1.0 / instance.layers)), Population(12)
    first = [initial_weights(geodesic, problem.steps, np.random.default_rng([0, i]), 3.0) for i in range(starts)]
    for weights in first:
        population.enter(run_start(problem, Start("start", weights, SMOOTHINGS["start"], True)))
    moved, moves = [], [move for move in MOVES if move.free <= free_neurons(geodesic).size]
    for child in range(children):
        rng, move = np.random.default_rng([1, child]), moves[child % len(moves)]
        chosen = population.parents(move.parents, rng)
        parents = [Parent(member.point.weights[:, 0], member.point.representations) for member in chosen]
        moved.append(move.change(Draw(geodesic, problem.steps, parents, rng)))
    elite = [member.point.weights[:, 0] for member in population.members]
    numbers = [geodesic.width, geodesic.effective_depth, geodesic.weight_decay, instance.layers]
    inputs, targets = geodesic.inputs, geodesic.targets
    file = folder / f"{name}.npz"
    np.savez(file, inputs=inputs, targets=targets, numbers=numbers, start=first, child=moved, exact=elite)


def compare(workers: list[subprocess.Popen[str]], folder: Path, name: str) -> None:
    """One row for starts, for children and for the exact stage."""
    for kind in ("start", "child", "exact"):
        count = len(np.load(folder / f"{name}.npz")[kind])
        rows = np.empty((count, 2, 2))
        for place in range(-1, count):  # the first is solved once more, since what is compiled is loaded then
            for version in (0, 1) if place % 2 else (1, 0):
                rows[place, version] = ask(workers[version], f"{name},{kind},{max(0, place)}")
        (old, new), costs = rows[:, :, 0].mean(axis=0), rows[:, :, 1]
        same = np.abs(costs[:, 1] - costs[:, 0]) <= SAME * costs[:, 0]
        lower, higher = ~same & (costs[:, 1] < costs[:, 0]), ~same & (costs[:, 1] > costs[:, 0])
        medians = " and ".join(f"{np.median(costs[:, version]):.6f}" for version in (0, 1))
        ended = " and ".join(str(int(np.isfinite(costs[:, version]).sum())) for version in (0, 1))
        print(
            f"{name:14} {kind:6} {count:3} solves, ms: {1e3 * old:6.1f} before, {1e3 * new:6.1f} now: {old / new:.2f} x"
            f"   costs: same {same.sum()}, lower {lower.sum()}, higher {higher.sum()}; medians {medians}; "
            f"ended {ended}",
            flush=True,
        )


def ask(worker: subprocess.Popen[str], job: str) -> tuple[float, float]:
    """Seconds and cost of one solve."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    print(job, file=worker.stdin, flush=True)
    seconds, cost = worker.stdout.readline().split()
    return float(seconds), float(cost)


def main() -> None:
    """Unpack the older version, and let both take turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--old", default=BEFORE)
    parser.add_argument("--only", nargs="*", default=["iris 30", "teacher 5, 12"])
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--children", type=int, default=40)
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(*asked.work)
        return
    environment = os.environ | {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        old = folder / "old"
        old.mkdir()
        packed = subprocess.run(["git", "archive", asked.old], cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", str(old)], input=packed, check=True)
        command = [sys.executable, __file__, "--work"]
        workers = [
            subprocess.Popen(
                [*command, str(tree), str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
            )
            for tree in (old, ROOT)
        ]
        for name in asked.only:
            prepare(folder, name, asked.starts, asked.children)
            compare(workers, folder, name)
        for worker in workers:
            worker.communicate()


if __name__ == "__main__":
    main()
