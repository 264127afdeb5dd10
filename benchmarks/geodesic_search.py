"""How often, and how fast, searches find the best path known of some instances.

    python benchmarks/geodesic_search.py
    python benchmarks/geodesic_search.py --seeds 20 --only "iris 30" --methods default
    python benchmarks/geodesic_search.py --longer 10       # look for better paths, and print what to store

A search succeeds if its exact cost is within 1e-4, relative, of the best known, which is stored with each instance.
Times are CPU seconds of one process with one BLAS thread, of the whole call.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geodepth.control import GeodesicSolution, RepresentationGeodesic, Search, solve_geodesic
from geodepth.validation.pipeline.settings import Settings

SUCCESS = 1e-4


@dataclass(frozen=True, slots=True)
class Instance:
    """A geodesic of L equal layers, and the lowest cost that any search has found."""

    name: str
    geodesic: Callable[[], RepresentationGeodesic]
    layers: int
    best_known: float


def teacher(width: int, samples: int, depth: float) -> RepresentationGeodesic:
    """A 3 → 1 → 3 teacher, λ = 1e-3."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(3, samples))
    targets = rng.normal(size=(3, 1)) @ np.maximum(rng.normal(size=(1, 3)) @ inputs, 0.0)
    targets -= targets.mean(axis=1, keepdims=True)
    return RepresentationGeodesic(inputs, targets / targets.std(), width, depth, 1e-3)


def iris() -> RepresentationGeodesic:
    """That of the main job."""
    job = Settings()
    data = job.load()
    return RepresentationGeodesic(data.inputs, data.targets, job.width, job.effective_depth, job.weight_decay)


INSTANCES = (
    Instance("iris 30", iris, 12, 0.011076326),
    Instance("teacher 4, 8", lambda: teacher(4, 8, 3.0), 20, np.inf),
    Instance("teacher 5, 12", lambda: teacher(5, 12, 4.0), 20, np.inf),
    Instance("teacher 6, 16", lambda: teacher(6, 16, 5.0), 40, np.inf),
)
METHODS: dict[str, dict[str, Any]] = {
    "default": {},
    "one search": {"search": Search(searches=1)},
    "one level": {"search": Search(levels=(0.03,), patience=(150,))},
    "random starts": {"starts": 128, "noise": 3.0},
    "hops": {"starts": 16, "hops": 64, "noise": 3.0},
}


def longer(factor: int) -> dict[str, dict[str, Any]]:
    """One method: the default, so many times as patient."""
    usual = Search()
    patience = tuple(factor * count for count in usual.patience)
    return {
        f"{factor} times": {"search": replace(usual, patience=patience, hops=factor * usual.hops, most_solves=100000)}
    }


def main() -> None:
    """Solve, and print one row per instance and method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[i.name for i in INSTANCES])
    parser.add_argument("--methods", nargs="*", default=list(METHODS))
    parser.add_argument("--longer", type=int, default=0)
    asked = parser.parse_args()
    methods = longer(asked.longer) if asked.longer else {name: METHODS[name] for name in asked.methods}
    for instance in (i for i in INSTANCES if i.name in asked.only):
        geodesic = instance.geodesic()
        for name, arguments in methods.items():
            rows: list[tuple[float, float]] = []
            for seed in range(asked.seeds):
                clock = time.process_time()
                found: GeodesicSolution = solve_geodesic(
                    geodesic, instance.layers, seed=seed, progress=False, **arguments
                )
                rows.append((found.cost, time.process_time() - clock))
                words = found.certificate.search
                print(
                    f"  {instance.name}, {name}, seed {seed}: {found.cost:.9f} in {rows[-1][1]:.1f} s  {words}",
                    flush=True,
                )
            costs, seconds = np.array(rows).T
            best = min(instance.best_known, costs.min())
            hits = int((costs <= best * (1.0 + SUCCESS)).sum())
            print(
                f"{instance.name:16} {name:16} within 1e-4 of {best:.9f}: {hits} of {asked.seeds}; "
                f"worst {costs.max() / best - 1:.1e} above; "
                f"median {np.median(seconds):.1f} s, most {seconds.max():.1f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
