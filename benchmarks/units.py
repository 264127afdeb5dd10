"""Every problem of the library in random units: the same verdict and, in the old units, the same answer.

    python benchmarks/units.py [--draws 10] [--decades 12] [--seed 0] [--only NAME ...] [--plain]

Each draw multiplies time, cost, constraints, and every state, control and parameter by a number of its own, up to 10 to
the power of `decades` or down to its inverse. A row says how many draws gave the same status and verdict as the problem
in its own units, and the worst relative difference of the cost. --plain leaves out the full certificate. The exit code
is the number of draws that differ.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geodepth.control import OptimalControlProblem, ProblemError, Solution, solve, verify
from geodepth.control.problems import load, names
from geodepth.control.problems.classic_problem import ClassicProblem
from tests.hostile.problems.rescaling import Units

SAME_COST = 1e-6
"""Relative: what two solves to a tolerance of 1e-8 of the same program may differ by, at each of a hundred bounds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One problem under all draws: how many agreed, the worst difference of the cost, iterations, and what differed."""

    name: str
    draws: int
    same: int
    difference: float
    iterations: tuple[int, int]
    remarks: tuple[str, ...]

    def __str__(self) -> str:
        few, most = self.iterations
        lines = [
            f"{self.name:37}{self.same:4} of {self.draws:<4}{self.difference:9.1e}  {few:4} to {most:4} iterations"
        ]
        return "\n".join([*lines, *(f"    {remark}" for remark in self.remarks)])


def rescaled(
    draws: int = 10, decades: float = 12.0, seed: int = 0, only: Sequence[str] = (), full: bool = True
) -> Iterator[Outcome]:
    """Solve and certify every problem of the library in its own units and in random ones.

    Parameters
    ----------
    draws : int
        For each problem.
    decades : float
        Units range over so many up and down.
    seed : int
        Problem i draws from the generator seeded by (seed, i).
    only : sequence of str
        Names of problems, all by default.
    full : bool
        Whether `verify` gives the verdict, or the quick certificate.
    """
    for index, name in enumerate(names(several_phases=False, in_steps=False)):
        if only and name not in only:
            continue
        classic = load(name)
        problem = classic.build()
        plain = _solved(classic, problem, classic.guess)
        wanted, same, worst, remarks = _verdict(problem, plain, full), 0, 0.0, []
        iterations = [int(plain.statistics["iterations"])]
        generator = np.random.default_rng([seed, index])
        for draw in range(draws):
            units = Units.drawn(problem, generator, decades)
            there = units.problem(problem)
            found = _solved(classic, there, units.guess(classic.guess))
            seen, cost = _verdict(there, found, full), found.cost / units.cost
            difference = abs(cost - plain.cost) / abs(plain.cost)
            worst = max(worst, difference)
            iterations.append(int(found.statistics["iterations"]))
            if seen == wanted and difference <= SAME_COST:
                same += 1
            else:
                remarks.append(f"draw {draw}: {seen}, not {wanted}; cost {cost:.10g}, not {plain.cost:.10g}")
        yield Outcome(name, draws, same, worst, (min(iterations), max(iterations)), tuple(remarks))


def _solved(classic: ClassicProblem, problem: OptimalControlProblem, guess: Any) -> Solution:
    return solve(
        problem, classic.method, classic.mesh, tolerance=classic.tolerance, guess=guess, raise_on_failure=False
    )


def _verdict(problem: OptimalControlProblem, solution: Solution, full: bool) -> str:
    try:
        certificate = verify(problem, solution) if full else solution.certificate
    except ProblemError as error:
        return f"{solution.status.name}, {error}"
    return f"{solution.status.name}, {certificate.verdict if certificate else 'no certificate'}"


def main() -> int:
    """Print a row for each problem, and their sum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--decades", type=float, default=12.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=())
    parser.add_argument("--plain", action="store_true")
    asked = parser.parse_args()
    clock, total, same = time.perf_counter(), 0, 0
    for outcome in rescaled(asked.draws, asked.decades, asked.seed, asked.only, not asked.plain):
        print(outcome, flush=True)
        total, same = total + outcome.draws, same + outcome.same
    print(f"{same} of {total} draws gave the same verdict and cost; {time.perf_counter() - clock:.0f} s")
    return min(total - same, 255)


if __name__ == "__main__":
    sys.exit(main())
