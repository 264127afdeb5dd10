"""How much of the best known cost the proven lower bound reaches: the instances of the search, and twelve teachers.

    python benchmarks/geodesic_bounds.py

The instances of the search are those of which geodesic_best_known.json knows a cost. The teachers are solved by four
random starts and eight hops: where these miss the optimum, bound/J is too small. Times are CPU seconds of one bound.
Exit code 1 where a bound exceeds a cost.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.geodesic_search import BEST_KNOWN, INSTANCES
from geodepth.control import RepresentationGeodesic, lower_bound, solve_geodesic

TEACHERS = 12


def random_teacher(number: int) -> tuple[RepresentationGeodesic, int]:
    """A 3 → 1 → 3 teacher with w 3…6, N 6…16, L 10…20, L̃ 1…6, λ = 1e-3; and its L."""
    rng = np.random.default_rng([91, number])
    width, samples, layers = (int(rng.integers(*ends)) for ends in ((3, 7), (6, 17), (10, 21)))
    depth = float(rng.uniform(1, 6))
    inputs = rng.normal(size=(3, samples))
    targets = rng.normal(size=(3, 1)) @ np.maximum(rng.normal(size=(1, 3)) @ inputs, 0.0)
    targets -= targets.mean(axis=1, keepdims=True)
    return RepresentationGeodesic(inputs, targets / targets.std(), width, depth, 1e-3), layers


def searched() -> Iterator[tuple[str, RepresentationGeodesic, int, float]]:
    """Name, problem, L and best known cost of the search's instances."""
    best = json.loads(BEST_KNOWN.read_text(encoding="utf-8"))
    for instance in INSTANCES:
        if instance.name in best:
            yield instance.name, instance.geodesic(), instance.layers, float(best[instance.name]["cost"])


def teachers() -> Iterator[tuple[str, RepresentationGeodesic, int, float]]:
    """The same of the random teachers, each solved first."""
    for number in range(TEACHERS):
        geodesic, layers = random_teacher(number)
        found = solve_geodesic(geodesic, layers, starts=4, hops=8, progress=False)
        yield f"random {number}", geodesic, layers, found.cost


def main() -> int:
    """Print a line for each instance, and the medians."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    exceeded = 0
    for kind, instances in (("instances of the search", searched()), ("teachers", teachers())):
        ratios = []
        print(f"{'':15} {'w':>2} {'N':>3} {'L':>2} {'L̃':>4} {'bound':>11} {'J':>11} {'bound/J':>7} {'CPU s':>5}")
        for name, geodesic, layers, cost in instances:
            clock = time.process_time()
            bound = lower_bound(geodesic, np.full(layers, 1 / layers)).value
            seconds = time.process_time() - clock
            exceeded += bound > cost
            ratios.append(bound / cost)
            print(
                f"{name:15} {geodesic.width:2} {geodesic.samples:3} {layers:2} {geodesic.effective_depth:4.2f} "
                f"{bound:11.9f} {cost:11.9f} {ratios[-1]:7.3f} {seconds:5.2f}",
                flush=True,
            )
        print(f"{len(ratios)} {kind}: median of bound/J {np.median(ratios):.3f}\n")
    return 1 if exceeded else 0


if __name__ == "__main__":
    raise SystemExit(main())
