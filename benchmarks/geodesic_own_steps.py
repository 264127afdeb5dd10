"""How far truths on the networks' own layer steps are above what a longer search finds there.

    python benchmarks/geodesic_own_steps.py runs/iris                          # five networks, ten times the default
    python benchmarks/geodesic_own_steps.py runs/iris --networks 2 --longer 1

A run of the main job makes one search, on equal steps, and carries its best minima to the steps of every network whose
steps adapt. Here each of these truths is held against a whole search on its own steps. Printed for each: both costs, by
how much the truth's is above, and the CPU seconds of the search. Exit code 1 where one is more than 0.1 % above.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from geodepth.control import GeodesicSolution, Search, solve_geodesic

ALLOWED = 1e-3
"""By how much a truth may be above the longer search, relative."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Search on the steps of some networks, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a finished run of the main job")
    parser.add_argument("--networks", type=int, default=5, help="how many, the first by name")
    parser.add_argument("--longer", type=int, default=10, help="how many times as patient as the default")
    parser.add_argument("--seed", type=int, default=1, help="of the search; runs have seed 0")
    asked = parser.parse_args(arguments)
    files = sorted((asked.run / "truth").glob("adaptive-*.npz"))[: asked.networks]
    if not files:
        parser.error(f"no truth/adaptive-*.npz in {asked.run}; give the folder of a run with adaptive steps")
    print(f"{'truth':34} {'J of the truth':>14} {'J of the search':>15} {'above':>9} {'CPU s':>7}")
    worst = -1.0
    for file in files:
        truth, clock = GeodesicSolution.load(file), time.process_time()
        found = solve_geodesic(
            truth.geodesic,
            layer_steps=truth.layer_steps,
            search=Search().longer(asked.longer),
            seed=asked.seed,
            progress=False,
        )
        above, seconds = truth.cost / found.cost - 1.0, time.process_time() - clock
        worst = max(worst, above)
        print(f"{file.stem[:34]:34} {truth.cost:14.10f} {found.cost:15.10f} {above:9.1e} {seconds:7.1f}", flush=True)
    return int(worst > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
