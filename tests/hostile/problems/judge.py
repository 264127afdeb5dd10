"""The judge of a draw: two transcriptions, each simulated again by SciPy, and what either denies of the other.

1. Solve by multiple shooting and by collocation, and verify both.
2. Simulate both without the product (simulated.py).
3. Where the two costs differ, or where a certificate denies, solve by collocation on a finer mesh from each of the two:
   local minima are told apart by where these lead, and by their own method on a mesh four times as fine.
4. Say in a word what was seen.
"""

import math
import time
from dataclasses import asdict, dataclass
from typing import Any
from unittest import mock

import numpy as np

from geodepth.control import (
    Certificate,
    DirectCollocation,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    ProblemError,
    Solution,
    solve,
    verify,
)

from .draws import FEASIBLE, Draw
from .simulated import Simulated, simulate

ACCURACY = 1e-3
"""Relative, that `verify` holds a solution to."""
WRONG = 3.0
"""Times the accuracy, beyond which what was verified is called wrong."""
RIGHT = 0.1
"""Times the accuracy, up to which what was denied is called right."""
UNSEEN = 0.01
"""Times the accuracy, that the certificate allows between nodes that are all well inside."""
NOT_QUICK = {"curvature", "finer mesh"}
"""Checks that the quick certificate, which `solve` attaches, leaves to `verify`."""
CONTROLS = 5.0
"""Times the accuracy, up to which controls count as right too: the Hamiltonian is held to ten times the accuracy."""
TIME_LIMIT, MOST_ITERATIONS = 10.0, 200
"""Seconds and iterations of one solve: these problems take tens."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One solution: what the product says of it, and what the simulation says."""

    method: str
    status: str
    cost: float
    quick: bool
    verified: bool
    failures: tuple[str, ...]
    seen: Simulated
    solution: Solution

    @property
    def solved(self) -> bool:
        return self.status == "SOLVED"

    @property
    def iterate_is_right(self) -> bool:
        """Whether the simulation finds nothing wrong but, maybe, the cost."""
        along = max(self.seen.jumps, self.seen.between, self.seen.beyond)
        # What no multiplier knows of is held to a hundredth of the accuracy between nodes.
        unseen = "between nodes" in self.failures and max(self.seen.between, self.seen.beyond) > UNSEEN * ACCURACY
        return max(self.seen.ends, self.seen.nodes) < 1e-6 and along < RIGHT * ACCURACY and not unseen


def judge(draw: Draw) -> dict[str, Any]:
    """A record of the draw, its class under "class"."""
    clock = time.perf_counter()
    record: dict[str, Any] = {"seed": draw.seed, "family": draw.family, "known": draw.known}
    try:
        answers = _answers(draw)
    except ProblemError as error:
        return record | {"class": "refused", "why": str(error)}
    record["answers"] = [_told(a) for a in answers]
    name, why = _class(draw, answers)
    return record | {"class": name, "why": why, "seconds": time.perf_counter() - clock}


def _told(answer: Answer) -> dict[str, Any]:
    told = {n: getattr(answer, n) for n in ("method", "status", "cost", "quick", "verified", "failures")}
    return told | asdict(answer.seen)


def methods(draw: Draw) -> tuple[tuple[Any, Mesh], tuple[Any, Mesh]]:
    """Two transcriptions, chosen by the draw's number."""
    random = np.random.default_rng([15, draw.seed])
    shooting = (
        (MultipleShooting(), 24),
        (MultipleShooting(control="linear"), 16),
        (MultipleShooting("gauss", "stages"), 10),
        (MultipleShooting("radau"), 24),
    )[random.choice(4, p=[0.4, 0.4, 0.1, 0.1])]
    collocation = (
        (DirectCollocation(), 10),
        (DirectCollocation("gauss", 3), 8),
        (DirectCollocation("radau", 4), 6),
        (DirectCollocation("gauss", 2), 14),
    )[random.choice(4, p=[0.4, 0.2, 0.2, 0.2])]
    return (shooting[0], Mesh.uniform(shooting[1])), (collocation[0], Mesh.uniform(collocation[1]))


def _solved(draw: Draw, method: Any, mesh: Mesh, guess: Any = None) -> Solution:
    options: dict[str, Any] = {"time_limit": TIME_LIMIT, "max_iterations": MOST_ITERATIONS, "certify": False}
    return solve(draw.problem(), method, mesh, guess=guess, raise_on_failure=False, **options)


def _answers(draw: Draw) -> list[Answer]:
    problem, found = draw.problem(), []
    for method, mesh in methods(draw):
        solution = _solved(draw, method, mesh)
        certificate = _verified(problem, solution) if solution.success else None
        found.append(
            Answer(
                method=str(method),
                status=solution.status.name,
                cost=solution.cost / draw.units.cost,  # type: ignore[union-attr]
                quick=certificate is not None and not set(certificate.failures) - NOT_QUICK,
                verified=certificate is not None and certificate.holds,
                failures=certificate.failures if certificate else (),
                seen=simulate(draw, solution),
                solution=solution,
            )
        )
    return found


def _verified(problem: OptimalControlProblem, solution: Solution) -> Certificate:
    """The certificate, without what is noted alone and takes a third of the time: the simulation without nodes."""
    with mock.patch("geodepth.control.verification.verify.end_to_end", lambda problem, solution: solution.states[-1]):
        return verify(problem, solution)


def _class(draw: Draw, answers: list[Answer]) -> tuple[str, str]:
    solved = [a for a in answers if a.solved]
    if draw.known != FEASIBLE:
        for a in solved:
            if a.verified:
                return "FALSE VERIFIED", f"{a.method}: {draw.known}"
        bad = [a for a in solved if a.quick or draw.known == "infeasible"]
        return ("FALSE SOLVED", f"{bad[0].method}: {draw.known}") if bad else ("told that there is none", "")
    for a in solved:
        if max(a.seen.ends, a.seen.nodes) > 1e-5:
            return "FALSE SOLVED", f"{a.method}: ends {a.seen.ends:.1e}, nodes {a.seen.nodes:.1e}"
        if "feasibility" in a.failures:
            return "FALSE SOLVED", f"{a.method}: the certificate denies feasibility, jumps {a.seen.jumps:.1e}"
        wrong = max(a.seen.jumps, a.seen.between) > WRONG * ACCURACY
        if wrong and a.verified:
            return "FALSE VERIFIED", f"{a.method}: jumps {a.seen.jumps:.1e}, between {a.seen.between:.1e}"
        if a.quick and a.seen.jumps > WRONG * ACCURACY:
            return "FALSE SOLVED", f"{a.method}: jumps {a.seen.jumps:.1e}"
    if not solved:
        return _unsolved(draw, answers)
    return _by_cost(draw, answers, solved)


def _unsolved(draw: Draw, answers: list[Answer]) -> tuple[str, str]:
    """Nothing solved: honest, unless a last iterate is what the problem without units leads to."""
    said, best = ", ".join(a.status for a in answers), draw.optimum
    ready = [a for a in answers if a.iterate_is_right]
    if ready and best is None:
        found = _solved(draw.plain, DirectCollocation(), Mesh.uniform(20))
        best = found.cost if found.success else None
    if best is not None:
        for a in ready:
            if abs(_error(a.cost, best, a)) < RIGHT * ACCURACY:
                return "FALSE DENIAL", f"{a.method}: {a.status}; cost {a.cost:.8g}, {best:.8g}"
    return "unsolved", said


def _error(cost: float, best: float, a: Answer) -> float:
    """How far a cost lies above the best, relative to the size of the cost."""
    return (cost - best) / max(abs(best), a.seen.size if math.isfinite(a.seen.size) else 0.0, 1e-9)


def _simulates(a: Answer) -> bool:
    """Whether SciPy's path under these controls keeps everything and costs what is stated."""
    misses = max(a.seen.ends, a.seen.nodes, a.seen.jumps, a.seen.between, abs(_error(a.seen.cost, a.cost, a)))
    return misses < RIGHT * ACCURACY


def _finer(draw: Draw, answer: Answer) -> Solution:
    """Where an answer leads on a finer mesh."""
    return _solved(draw, DirectCollocation("radau", 3), Mesh.uniform(24), answer.solution)


def _control_error(draw: Draw, answer: Answer) -> float:
    """Root mean square of the controls' difference from those on a finer mesh, relative to their largest."""
    better = _finer(draw, answer)
    times = np.linspace(better.times[0], better.times[-1], 200)[1:-1]
    theirs = better.sample(times).controls
    # Free final times differ a little: compare at the same share of the horizon.
    start, end = answer.solution.times[[0, -1]]
    shares = (times - times[0]) / (times[-1] - times[0])
    ours = answer.solution.sample(start + (end - start) * (1e-3 + 0.998 * shares)).controls
    apart = np.sqrt(np.mean((ours - theirs) ** 2, axis=0)) / np.maximum(np.max(np.abs(theirs), axis=0), 1e-12)
    return float(np.max(apart, initial=0.0))


def _by_cost(draw: Draw, answers: list[Answer], solved: list[Answer]) -> tuple[str, str]:
    costs = [a.cost for a in solved]
    spread = (max(costs) - min(costs)) / max(max(abs(c) for c in costs), 1e-9)
    agreed = len(solved) == 2 and spread < RIGHT * ACCURACY
    if agreed and all(a.verified for a in solved) and draw.optimum is None:
        return "right", ""
    # What each solution leads to on a finer mesh: the same minimum, whose cost is known better there.
    finer = {}
    for a in solved:
        if draw.optimum is not None:
            finer[a.method] = draw.optimum
            continue
        better = _finer(draw, a)
        seen = simulate(draw, better)
        good = better.success and max(seen.ends, seen.nodes) < 1e-5 and seen.jumps < RIGHT * ACCURACY
        finer[a.method] = better.cost / draw.units.cost if good else math.nan  # type: ignore[union-attr]
        if abs(_error(a.cost, finer[a.method], a)) > WRONG * ACCURACY and _simulates(a):
            # The solver left for another minimum, or this is none: on its own method's finer mesh it would not stay.
            assert a.solution.mesh is not None
            assert draw.units is not None
            own = _solved(draw, a.solution.method, a.solution.mesh.halved().halved(), a.solution)
            if own.success and abs(_error(own.cost / draw.units.cost, a.cost, a)) < ACCURACY:
                finer[a.method] = own.cost / draw.units.cost
            elif finer[a.method] > a.cost:
                finer[a.method] = (
                    a.seen.cost
                )  # SciPy's path is admissible and costs less: the other minimum denies nothing
    found, notes = "right", ""
    best = min((v for v in finer.values() if math.isfinite(v)), default=math.nan)
    for a in solved:
        error = abs(_error(a.cost, finer[a.method], a))
        if a.verified and error > WRONG * ACCURACY:
            return "FALSE VERIFIED", f"{a.method}: cost {a.cost:.8g}, {finer[a.method]:.8g} on a finer mesh"
        right = a.iterate_is_right and error < RIGHT * ACCURACY
        if not a.verified and right and _control_error(draw, a) < CONTROLS * ACCURACY:
            found, notes = (
                "FALSE DENIAL",
                f"{a.method}: {', '.join(a.failures)}; cost {a.cost:.8g}, {finer[a.method]:.8g}",
            )
        elif found == "right" and not a.verified:
            found, notes = "denied", f"{a.method}: {', '.join(a.failures)}"
        if found == "right" and finer[a.method] - best > WRONG * ACCURACY * max(abs(best), 1e-9):
            found, notes = "local minimum", f"{a.method}: {a.cost:.8g}, the other {best:.8g}"
    if found in ("right", "local minimum") and len(solved) < len(answers):
        late = next(a for a in answers if not a.solved)
        if late.iterate_is_right and abs(_error(late.cost, best, solved[0])) < RIGHT * ACCURACY:
            return "FALSE DENIAL", f"{late.method}: {late.status}; cost {late.cost:.8g}, {best:.8g}"
        return "one of two solved", f"{late.method}: {late.status}"
    return found, notes
