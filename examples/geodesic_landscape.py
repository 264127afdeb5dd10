"""The landscape of a teacher problem: how many minima, how often the best was found, what may have been missed.

Sixteen random starts of a small problem fall into a few distinct minima, copies under permutations of neurons counted
once. From how often each was found follows the chance that the next start finds a new one. Sixteen starts with another
seed then put that forecast to the test. Every finished start is kept in a folder: killed in the middle and started
again, the script goes on from there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from geodepth.control import GeodesicSolution, RepresentationGeodesic, solve_geodesic


def main() -> GeodesicSolution:
    generator = np.random.default_rng(1)
    inputs = generator.normal(size=(3, 8))
    targets = generator.normal(size=(3, 1)) @ np.maximum(generator.normal(size=(1, 3)) @ inputs, 0.0)
    targets -= targets.mean(axis=1, keepdims=True)
    geodesic = RepresentationGeodesic(inputs, targets / targets.std(), width=4, effective_depth=3.0, weight_decay=1e-3)

    solution = solve_geodesic(geodesic, layers=15, starts=16, seed=0, journal=Path("starts"))
    for number, minimum in enumerate(solution.minima, 1):
        print(f"  {number}: J = {minimum.cost:.8f}  {'x' * minimum.found_at_random}")
    print(solution.coverage)
    solution.plot_landscape().savefig("landscape.png", dpi=120)

    # An independent answer: other starts. What they find is what the first said they would.
    again = solve_geodesic(geodesic, layers=15, starts=16, seed=1, journal=Path("starts"))
    known = np.array([minimum.cost for minimum in solution.minima])
    fresh = sum(m.found_at_random for m in again.minima if np.abs(known / m.cost - 1.0).min() > 1e-6)
    better = sum(m.found_at_random for m in again.minima if m.cost < solution.cost * (1.0 - 1e-6))
    print(f"of 16 other starts {fresh} found a new minimum, {better} a better one")
    assert better / 16 <= solution.coverage.better_bound
    assert abs(again.cost - solution.cost) <= 1e-6 * solution.cost
    # A rerun solves nothing: all starts are in the folder.
    rerun = solve_geodesic(geodesic, layers=15, starts=16, seed=0, journal=Path("starts"))
    assert rerun.statistics["resumed_starts"] == 16
    assert np.array_equal(rerun.weights, solution.weights)
    return solution


if __name__ == "__main__":
    main()
