"""The library's problems by `solve(problem)` alone: no guess, no method, no mesh.

    python benchmarks/control_default.py
    python benchmarks/control_default.py --only robbins hypersensitive

Printed for each: status, cost, error against the reference, the certificate's verdict and CPU seconds. The exit code is
the number of problems whose cost is off by more than 1e-3, relative, and verified all the same.
"""

import argparse
import sys
import time
from collections.abc import Sequence

from geodepth.control import solve
from geodepth.control.problems import load, names

NEAR = 1e-3
"""Relative error of a cost that reaches the reference."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return how many are verified at a wrong cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=names(), default=names(), metavar="NAME")
    asked = parser.parse_args(arguments)
    reached = wrong = 0
    for name in asked.only:
        classic, clock = load(name), time.process_time()
        solution = solve(classic.build(), raise_on_failure=False)
        seconds, cost = time.process_time() - clock, classic.sign * solution.cost
        error = abs(cost - classic.reference) / (abs(classic.reference) or 1.0)
        held = solution.certificate is not None and solution.certificate.holds
        reached, wrong = reached + (error <= NEAR), wrong + (held and error > NEAR)
        verdict = solution.certificate.verdict if solution.certificate is not None else "no certificate"
        print(f"{name:37}{solution.status.name:16}{cost:16.9g}{error:9.1e}{seconds:7.1f} s  {verdict}", flush=True)
    print(f"{reached} of {len(asked.only)} within {NEAR:g}; {wrong} verified at a wrong cost")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
