"""How the time to build a program grows with its mesh.

    python benchmarks/build_time.py [most intervals]

A chain of six states and one control, transcribed by multiple shooting (RK4) and by direct collocation (three Radau
points), on meshes that double from 1000 intervals to 8000 or to what is asked for. Build: from the statement to a
solver that is ready; whole: with one iteration and the solution read back. The exponent is the slope of log build over
log intervals by least squares: 1 is linear. Times are the least of three, in seconds.
"""

import sys
import time

import casadi as ca
import numpy as np

from geodepth.control import DirectCollocation, Mesh, MultipleShooting, OptimalControlProblem, solve

STATES = 6


def chain() -> OptimalControlProblem:
    """Coupled pendulum-like states, each pushed by the next, the last by the control."""
    names = [f"x{i}" for i in range(STATES)]
    return OptimalControlProblem(
        name="chain",
        states=names,
        controls=("u",),
        dynamics=lambda x, u, t, p: [*(x[i + 1] - 0.1 * ca.sin(x[i]) for i in range(STATES - 1)), u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2 + ca.sumsqr(x),
        initial_state=dict.fromkeys(names, 1.0),
        control_bounds={"u": (-5, 5)},
    )


def measured(method: MultipleShooting | DirectCollocation, intervals: int) -> tuple[float, float]:
    """Seconds of the build and of the whole call."""
    runs = []
    for _ in range(3):
        clock = time.perf_counter()
        found = solve(chain(), method, Mesh.uniform(intervals), max_iterations=1, raise_on_failure=False)
        runs.append((found.statistics["build_seconds"], time.perf_counter() - clock))
    build, whole = np.min(runs, axis=0)
    return float(build), float(whole)


def main() -> None:
    """Print one line per mesh and method."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    meshes = [1000 * 2**i for i in range(20) if 1000 * 2**i <= most]
    for method in (MultipleShooting(), DirectCollocation()):
        builds = []
        for intervals in meshes:
            build, whole = measured(method, intervals)
            builds.append(build)
            print(f"{type(method).__name__:18} {intervals:6} intervals: build {build:7.2f} s, whole {whole:7.2f} s")
        if len(meshes) > 1:
            print(f"{'':18} exponent {np.polyfit(np.log(meshes), np.log(builds), 1)[0]:.2f}")


if __name__ == "__main__":
    main()
