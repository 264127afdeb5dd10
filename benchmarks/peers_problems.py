"""Problems of other tools' suites and of textbooks by the default call and by refine, with no guess.

    python benchmarks/peers_problems.py
    python benchmarks/peers_problems.py --only tumor penicillin

Optima are published, or in closed form (suites/); a published one may be rough, or a local minimum. "dearer" is by how
much an answer costs more than it, relative; negative where it costs less. Seconds are of one processor.
"""

import argparse
import math
import time
from collections.abc import Callable
from typing import Any

from suites import bounds, least_time, reactors
from suites.record import SuiteProblem

from geodepth.control import refine, solve

PROBLEMS = [*bounds.PROBLEMS, *least_time.PROBLEMS, *reactors.PROBLEMS]
NEAR = 1e-3
WAYS: dict[str, Callable[..., Any]] = {"solve": solve, "refine": refine}


def answered(problem: SuiteProblem, way: str) -> tuple[float, bool, str]:
    """How much dearer than the optimum (infinitely, where nothing is solved), whether verified, and the line."""
    clock = time.process_time()
    solution = WAYS[way](problem.build(), raise_on_failure=False)
    seconds = time.process_time() - clock
    dearer = (solution.cost - problem.optimum) / abs(problem.optimum)
    certificate = solution.certificate
    verdict = "no certificate" if certificate is None else certificate.verdict
    line = f"{problem.name:20} {way:7} {solution.status.name:16} {solution.cost:16.9g} {dearer:9.1e} {seconds:6.1f} s"
    holds = bool(solution.success and certificate and certificate.holds)
    return dearer if solution.success else math.inf, holds, f"{line}  {verdict}"


def main() -> None:
    """Print a line for each, and what they come to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[p.name for p in PROBLEMS])
    only = parser.parse_args().only
    chosen = [problem for problem in PROBLEMS if not only or problem.name in only]
    for way in WAYS:
        near = verified = wrong = 0
        for problem in chosen:
            dearer, holds, line = answered(problem, way)
            print(line, flush=True)
            near, verified, wrong = near + (dearer <= NEAR), verified + holds, wrong + (holds and dearer > NEAR)
        print(
            f"{way}: {near} of {len(chosen)} within {NEAR:g} or below; {verified} verified, {wrong} of these dearer\n"
        )


if __name__ == "__main__":
    main()
