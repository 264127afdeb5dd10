"""Derivatives of optimal costs against finite differences, on the library.

    python benchmarks/sensitivities.py [name ...]

Every problem from its own guess, on 40 intervals by multiple shooting (RK4), to a tolerance of 1e-11. Its cost's
derivative in each number that it gives, by `sensitivity`, is compared with Richardson's extrapolation of central
differences, for which the prepared problem is solved four times. Errors are relative to the problem's largest
derivative. A number whose step would change the set of active constraints, or that could not be solved, is told.
"""

import sys
from typing import Any

import numpy as np

from geodepth.control import ControlError, Mesh, MultipleShooting, prepare, sensitivity
from geodepth.control.problems.library import load
from geodepth.control.verification.given_numbers import given_numbers

NAMES = (
    "double-integrator-energy",
    "cart-pole",
    "linear-quadratic-regulator",
    "bryson-denham",
    "van-der-pol-state-bound",
    "rayleigh",
    "brachistochrone",
    "brachistochrone-free-end",
    "linear-tangent-steering",
    "hypersensitive-linear",
    "orbit-raising",
    "zermelo-vortex",
)
TOLERANCE, STEP, LEAST = 1e-11, 1e-3, 1e-2
"""Of the solver; of a number, relative to itself or to 1; and to its reach, beyond which it is told."""


def compared(name: str) -> str:
    """One line on a problem."""
    classic = load(name)
    problem = classic.build()
    prepared = prepare(problem, mesh=Mesh.uniform(40), tolerance=TOLERANCE)
    solution = prepared.solve(guess=classic.guess)
    found = sensitivity(problem, solution)

    def cost(which: str, key: str, value: float) -> float:
        there: Any = {which: {key: value}} if key else {which: value}
        return float(prepared.solve(guess=solution, **there).cost)

    errors, skipped = {}, []
    largest = max(abs(slope) for slope in found.cost.values())
    for number in given_numbers(MultipleShooting().transcribe(problem, Mesh.uniform(40))):
        down, up = found.reach.get(number.name, (-np.inf, np.inf))
        size = STEP * max(1.0, abs(number.value))
        step = min(size, -down / 2, up / 2)
        which, _, key = number.name.partition(".")
        try:
            if step < LEAST * size:
                raise ControlError("another active set is too near")
            wide, near = (
                (cost(which, key, number.value + h) - cost(which, key, number.value - h)) / (2 * h)
                for h in (step, step / 2)
            )
        except ControlError:
            skipped.append(number.name)
            continue
        errors[number.name] = abs((4 * near - wide) / 3 - found.cost[number.name]) / largest
    worst = max(errors, key=lambda n: errors[n]) if errors else ""
    told = f", not taken: {', '.join(skipped)}" if skipped else ""
    return f"{len(errors)} numbers, largest error {max(errors.values(), default=0.0):.1e} ({worst}){told}"


def main() -> None:
    """Print one line for each problem."""
    for name in sys.argv[1:] or NAMES:
        try:
            line = compared(name)
        except ControlError as error:
            line = str(error)
        print(f"{name:28} {line}", flush=True)


if __name__ == "__main__":
    main()
