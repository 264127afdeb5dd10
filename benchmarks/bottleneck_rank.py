"""Is the bottleneck rank that the verdict reports the teacher's? Twenty teachers of rank 1 to 4 at a large L̃.

    python benchmarks/bottleneck_rank.py            twenty truths (about half an hour on one core), then the table
    python benchmarks/bottleneck_rank.py --quick    four of them

Truths are kept in results/bottleneck_rank, so that the command goes on where it was broken off, and a change of the
detector is judged in seconds. Teachers are linear maps of rank k between five dimensions, with four samples a rank and
at least eight: fewer can be carried through fewer dimensions more cheaply, and the teacher's rank would then be no
truth to test against (eight samples of rank 4 pass through three).
"""

from __future__ import annotations

import argparse
import itertools
from dataclasses import dataclass
from pathlib import Path

from geodepth.control import GeodesicSolution, RepresentationGeodesic, solve_geodesic
from geodepth.validation import teacher
from geodepth.validation.bridge.paths import path_of_geodesic
from geodepth.validation.physics.momenta import settle_momenta
from geodepth.validation.physics.phases import Phases, find_phases

DIMENSION, WIDTH, LAYERS, DEPTH, DECAY, STARTS = 5, 6, 20, 10.0, 1e-3, 2
KEPT = Path("results/bottleneck_rank")


@dataclass(frozen=True, slots=True)
class Row:
    """One teacher: its rank, the one detected on its geodesic, and the evidence for that."""

    rank: int
    seed: int
    cost: float
    phases: Phases


def truth(rank: int, seed: int, folder: Path = KEPT) -> GeodesicSolution:
    """The geodesic of one teacher, solved once."""
    file = folder / f"rank-{rank}-seed-{seed}.npz"
    if file.exists():
        return GeodesicSolution.load(file)
    data = teacher((DIMENSION, rank, DIMENSION), samples=max(8, 4 * rank), seed=seed, kind="linear", test_samples=0)
    geodesic = RepresentationGeodesic(data.inputs, data.targets, WIDTH, DEPTH, DECAY)
    solution = solve_geodesic(geodesic, layers=LAYERS, starts=STARTS, seed=seed, progress=False)
    file.parent.mkdir(parents=True, exist_ok=True)
    solution.save(file)
    return solution


def detect(rank: int, seed: int, folder: Path = KEPT) -> Row:
    solution = truth(rank, seed, folder)
    path = settle_momenta(path_of_geodesic(solution, f"rank {rank}, seed {seed}"))
    return Row(rank, seed, solution.cost, find_phases(path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one teacher of each rank")
    seeds = 1 if parser.parse_args().quick else 5
    print("rank  seed  detected  J             cost of identity  −(2/L̃)H  layers' counts")
    right = 0
    for seed, rank in itertools.product(range(seeds), range(1, 5)):
        row = detect(rank, seed)
        right += row.phases.rank == rank
        evidence = row.phases.evidence
        counts = "".join(str(count) for count in evidence.counts)
        print(
            f"{rank:4}  {seed:4}  {row.phases.rank:8}  {row.cost:<12.6g}  {evidence.cost_of_identity:16.3f}  "
            f"{evidence.hamiltonian:7.3f}  {counts}", flush=True,
        )  # fmt: skip
    print(f"{right} of {4 * seeds} detected")


if __name__ == "__main__":
    main()
