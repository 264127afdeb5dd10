"""Every problem of the library in continuous time by every method and solver, plain and refined, against its optimum.

    python benchmarks/control_library.py [--only NAME ...] [--plain | --refined]

Plain: the problem's own mesh, which reaches what it can: a row passes when the error is no larger than twice `verify`'s
own estimate of it, from a mesh of twice the intervals or from what is violated between nodes, and the solver's
tolerance. Refined: a row passes when `refine` certifies its tolerance (1e-8, or 1e-9 for ten digits) and the cost
agrees with the reference in every digit printed, the last one to a unit. Where the optimum is flat or singular both are
1e-6, relative.
Seconds are processor seconds. The exit code is the number of rows that fail.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from geodepth.control import ControlError, DirectCollocation, MultipleShooting, Solution, refine, solve
from geodepth.control.problems import load, names
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.transcription.transcription import Method
from geodepth.control.verification.between_nodes.cost_between_nodes import COST_BETWEEN_NODES
from geodepth.control.verification.verify import cost_change


def _exact(name: str) -> str:
    """The optimum of the known sequence of arcs, to the digits that are printed of it."""
    exact = load(name).exact
    assert exact is not None
    return f"{exact():.7g}"


# Every digit of the re-solved optima. Where a mesh had missed the last ones, those of an independent solution: the
# regulator's Riccati equation, the hypersensitive problem's integral, Goddard's arcs, Rayleigh's indirect shooting.
PRINTED = {
    "double-integrator-energy": "6.0000000",
    "double-integrator-energy-speed-bound": "7.6800000",
    "double-integrator-time": "2.0000000",
    "linear-quadratic-regulator": f"{load('linear-quadratic-regulator').reference:.10g}",
    "brachistochrone": "0.8247591432",
    "brachistochrone-free-end": "0.3124801307",
    "bryson-denham": "4.0000000",
    "hypersensitive-linear": "1.6730939784",
    "hypersensitive": f"{load('hypersensitive').reference:.7g}",
    "van-der-pol-state-bound": "2.95370135",
    "rayleigh": "44.80444491",
    "catalyst-mixing": "-0.04805569",
    "linear-tangent-steering": "0.5545708783",
    "zermelo-vortex": "3.5197396530",
    "cart-pole": "57.9447803",
    "pendulum-swing-up": "74.06165922",
    "robot-arm": "9.140912",
    "moon-lander": "1.42031260",
    "goddard-rocket": _exact("goddard-rocket"),
    "goddard-rocket-speed-bound": _exact("goddard-rocket-speed-bound"),
    "orbit-raising": "1.5252777007",
    "hang-glider": "1248.031029",
    "shuttle-reentry": "34.141184",
    "robbins": "19.43178",
    "jacobson-lele": "0.1698205",
    "lotka-fishing": "1.34408",
}
PROBLEMS = names(several_phases=False, in_steps=False)
PRINTED |= {name: f"{load(name).reference:#.8g}" for name in PROBLEMS if name not in PRINTED}
# Flat optima, singular arcs, many switches and controls that leave a bound steeply: 1e-6, of the certificate and of the
# digits.
LOOSE = (
    "catalyst-mixing",
    "hang-glider",
    "robot-arm",
    "shuttle-reentry",
    "goddard-rocket",
    "goddard-rocket-speed-bound",
    "jackson",
    "lotka-fishing",
    "fuller",
    "two-link-arm",
    "robbins",
    "around-a-ball",
    "dynamic-soaring",
    "batch-reactor",
    "heated-rod",
)
COLLOCATION_INTERVALS = 40
# Explicit shooting sees these problems' bounds on states, and on controls and states together, at its nodes only, which
# costs the square of an interval; Radau's stages see them inside. So it is where linear controls keep to a circle.
BOUNDED = (
    "double-integrator-energy-speed-bound",
    "bryson-denham",
    "van-der-pol-state-bound",
    "rayleigh",
    "goddard-rocket-speed-bound",
    "integrator-state-bound",
    "jacobson-lele",
    "robbins",
    "around-a-ball",
    "closed-curve",
    "longest-flight",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One solve: the cost in the source's own sign, what may be wrong with it, processor seconds, and the verdict."""

    problem: str
    method: str
    solver: str
    intervals: int
    cost: float
    error: float
    allowed: float
    seconds: float
    remark: str = ""

    @property
    def passed(self) -> bool:
        # Without an estimate from a finer mesh anything would be allowed.
        return not self.remark and self.error <= self.allowed < math.inf

    def __str__(self) -> str:
        verdict = "pass" if self.passed else f"FAIL {self.remark}"
        return (
            f"{self.problem:37}{self.method:27}{self.solver:8}{self.intervals:5}{self.cost:19.12g}{self.error:9.1e}"
            f"{self.allowed:9.1e}{self.seconds:8.2f}  {verdict}"
        ).rstrip()


def unit(name: str) -> float:
    """One of the last digit printed."""
    return float(10.0 ** -len(PRINTED[name].partition(".")[2]))


def methods(classic: ClassicProblem) -> list[tuple[str, Method]]:
    """Shooting as the problem has it, with RK4 and with Radau's stages, and collocation; stiff cells by it alone."""
    shooting = classic.method
    if not isinstance(shooting, MultipleShooting):
        return [("collocation, Radau", shooting)]
    return [
        ("shooting, RK4", replace(shooting, integrator="rk4")),
        ("shooting, Radau", replace(shooting, integrator="radau")),
        ("collocation, Radau", DirectCollocation("radau", 3)),
    ]


def plain(name: str, label: str, method: Method, solver: str) -> Row:
    """A solve on the problem's own mesh, with the error that a finer mesh lets one expect."""
    classic = load(name)
    problem = classic.build()
    shooting = isinstance(method, MultipleShooting)
    mesh = classic.mesh if shooting or method == classic.method else classic.mesher(COLLOCATION_INTERVALS)
    clock = time.process_time()
    solution = solve(problem, method, mesh, solver, classic.tolerance, classic.guess, raise_on_failure=False)
    seconds = time.process_time() - clock
    lines = solution.certificate.checks if solution.certificate else ()
    between = max((line.value for line in lines if line.name == COST_BETWEEN_NODES), default=0.0)
    estimate = max(cost_change(problem, solution, solver).relative, between)
    expected = (2 * estimate + classic.tolerance) * abs(solution.cost)
    return _row(classic, solution, label, solver, expected + 0.5 * unit(name), seconds)


def refined(name: str, label: str, method: Method, solver: str) -> Row:
    """`refine` from a coarse mesh to the digits printed."""
    classic = load(name)
    tolerance = 1e-6 if name in LOOSE else max(1e-9, min(1e-8, 0.5 * unit(name) / abs(classic.reference)))
    clock = time.process_time()
    solution = refine(
        classic.build(), method, classic.mesher(20), solver, tolerance, classic.guess, raise_on_failure=False
    )
    seconds = time.process_time() - clock
    certificate = solution.certificate
    remark = "" if certificate is not None and certificate.holds else getattr(certificate, "verdict", "uncertified")
    allowed = max(unit(name), tolerance * abs(classic.reference)) if name in LOOSE else unit(name)
    return _row(classic, solution, label + ", refined", solver, allowed, seconds, remark)


def _row(
    classic: ClassicProblem,
    solution: Solution,
    label: str,
    solver: str,
    allowed: float,
    seconds: float,
    remark: str = "",
) -> Row:
    cost = classic.sign * solution.cost
    error = abs(cost - float(PRINTED[classic.name]))
    remark = remark if solution.success else solution.status.name.lower()
    return Row(classic.name, label, solver, solution.times.size - 1, cost, error, allowed, seconds, remark)


def rows(chosen: Sequence[str], kinds: Sequence[str]) -> Iterator[Row]:
    """One row after another, as they are solved."""
    for name in chosen:
        classic = load(name)
        for kind in kinds:
            for label, method in methods(classic):
                if kind == "refined" and label == f"shooting, {'RK4' if name in BOUNDED else 'Radau'}":
                    continue
                for solver in classic.solvers:
                    try:
                        yield (plain if kind == "plain" else refined)(name, label, method, solver)
                    except ControlError as error:
                        nan = float("nan")
                        yield Row(name, label, solver, 0, nan, nan, nan, nan, str(error)[:70])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return how many rows fail."""
    parser = argparse.ArgumentParser(description="The library of problems against its references")
    parser.add_argument("--only", nargs="+", choices=PROBLEMS, default=PROBLEMS, metavar="NAME")
    parser.add_argument("--plain", action="store_true", help="own meshes only")
    parser.add_argument("--refined", action="store_true", help="refinement only")
    given = parser.parse_args(arguments)
    kinds = [k for k in ("plain", "refined") if getattr(given, k) or not (given.plain or given.refined)]
    print(f"{'problem':37}{'method':27}{'solver':8}{'K':>5}{'cost':>19}{'error':>9}{'allowed':>9}{'seconds':>8}")
    failures = total = 0
    for row in rows(given.only, kinds):
        print(row, flush=True)
        failures, total = failures + (not row.passed), total + 1
    print(f"{total - failures} of {total} rows pass")
    return failures


if __name__ == "__main__":
    sys.exit(main())
