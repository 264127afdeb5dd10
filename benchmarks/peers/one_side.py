"""What every peer's side shares: it reads problems and meshes, solves each within a time limit, and prints a line each.

A side runs in an environment of its own, with CasADi and the peer, without geodepth. Standard input has one JSON object
for each problem: what `exported` says, "intervals" to try, "repetitions", "tolerance", "wanted" cost, "accuracy",
"limit" in processor seconds. The first mesh whose cost is within the accuracy of the wanted one ends a problem. A solve
that takes longer than the limit ends the process, by SIGPROF: a solver may not let Python hear of it.
"""

import contextlib
import io
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import casadi as ca

POINTS = 4
"""Collocation points of an interval, the same for all."""


class Stated:
    """A problem with its CasADi functions at hand: dynamics and running_cost of (x, u, t), terminal_cost of (x, t)."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        x, u = (ca.SX.sym(kind, len(given[kind])) for kind in ("states", "controls"))
        t, along = ca.SX.sym("t"), len(given["states"])
        self.dynamics = ca.Function("dynamics", [x, u, t], [_evaluated(given["dynamics"], along, x, u, t)])
        self.running_cost = self.terminal_cost = None
        if given["running_cost"]:
            self.running_cost = ca.Function("running", [x, u, t], [_evaluated(given["running_cost"], 1, x, u, t)])
        if given["terminal_cost"]:
            self.terminal_cost = ca.Function("terminal", [x, t], [_evaluated(given["terminal_cost"], 1, x, t)])


def _evaluated(instructions: list[Any], rows: int, *inputs: Any) -> Any:
    """The elementary operations of a function, one after another, on these inputs."""
    work: dict[int, Any] = {}
    results = ca.SX(rows, 1)
    for name, taken, given, constant in instructions:
        if name == "OP_OUTPUT":
            results[given[1]] = work[taken[0]]
        elif name == "OP_INPUT":
            work[given[0]] = inputs[taken[0]][taken[1]]
        elif name == "OP_CONST":
            work[given[0]] = ca.SX(constant)
        else:
            operands = [work[i] for i in taken]
            call = ca.SX.unary if len(operands) == 1 else ca.SX.binary
            work[given[0]] = call(getattr(ca, name), *operands)
    return results


Solve = Callable[[Stated, int, float], float]
"""(problem, intervals, tolerance) -> the cost, from the statement on."""


def run_all(*ways: Solve) -> None:
    """Answer every line of standard input by one on standard output; of several ways the fastest counts."""
    answers = os.fdopen(os.dup(1), "w")
    # Peers and their solvers print whatever they like.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    for line in sys.stdin:
        print(json.dumps(_ladder(Stated(json.loads(line)), ways)), file=answers, flush=True)


def _ladder(stated: Stated, ways: tuple[Solve, ...]) -> dict[str, Any]:
    given, seen = stated.given, "no mesh was tried"
    for intervals in given["intervals"]:
        try:
            spent, cost = min(_timed(way, stated, intervals) for way in ways)
            if abs(cost - given["wanted"]) <= given["accuracy"] * abs(given["wanted"]):
                more = [_timed(way, stated, intervals) for _ in range(given["repetitions"] - 1) for way in ways]
                spent = min([spent, *(seconds for seconds, _ in more)])
                return {"intervals": intervals, "seconds": spent, "cost": cost}
            seen = f"cost {cost:.9g} on {intervals} intervals"
        except Exception as error:
            seen = f"{intervals} intervals: {(str(error) or type(error).__name__).splitlines()[-1][:60]}"
    return {"failure": seen}


def _timed(way: Solve, stated: Stated, intervals: int) -> tuple[float, float]:
    """Processor seconds, and the cost."""
    given = stated.given
    signal.setitimer(signal.ITIMER_PROF, given["limit"])
    try:
        clock = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()):
            cost = way(stated, intervals, given["tolerance"])
        return time.process_time() - clock, cost
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
