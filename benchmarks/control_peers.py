"""Time to the same accuracy: geodepth against rockit, yapss and dymos on problems of the library.

    python benchmarks/control_peers.py rockit
    python benchmarks/control_peers.py yapss dymos --repetitions 3

Every peer runs in an environment of its own, which the benchmark makes with pip in --environments; one thread each.
Problems are handed over as CasADi functions with the same bounds, ends and guess. Each side goes up a ladder of equal
intervals until its cost is within --accuracy of the reference; the time is that of building and solving on that mesh
alone, in milliseconds of one processor, the least of the repetitions. geodepth solves once and without a certificate,
as peers do.
Against rockit both shoot with one RK4 step and a constant control on each interval, by IPOPT; against yapss and dymos
all collocate at the same number of Radau points. yapss solves by IPOPT. dymos solves by SciPy's SLSQP, because what it
needs for IPOPT is not to be had by pip.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

from peers.environments import REQUIRED, python_of
from peers.exported_problem import comparable, exported
from peers.one_side import POINTS

from geodepth.control import DirectCollocation, Mesh, MultipleShooting, Solution, solve
from geodepth.control.problems import load, names

HERE = Path(__file__).parent / "peers"
LADDER = (5, 10, 20, 40, 80, 160, 320)
TOLERANCE = {"rockit": 1e-8, "yapss": 1e-8, "dymos": 1e-6}
"""Of the solvers; SLSQP takes far longer for less, and is asked for its own default."""
LIMIT = 60
"""Processor seconds that one solve of a peer may take."""


def ours(name: str, peer: str, repetitions: int, accuracy: float) -> dict[str, Any]:
    """The first mesh on which geodepth is accurate, with its time."""
    seen = "no mesh was tried"
    for intervals in LADDER:
        seconds, solution = _timed(name, peer, intervals)
        if solution.success and abs(solution.cost - wanted(name)) <= accuracy * abs(wanted(name)):
            more = [_timed(name, peer, intervals)[0] for _ in range(repetitions - 1)]
            return {"intervals": intervals, "seconds": min([seconds, *more]), "cost": solution.cost}
        seen = f"{solution.status.name.lower()}, cost {solution.cost:.9g} on {intervals} intervals"
    return {"failure": seen}


def _timed(name: str, peer: str, intervals: int) -> tuple[float, Solution]:
    """Processor seconds from the statement on, and the solution."""
    classic = load(name)
    method = MultipleShooting("rk4") if peer == "rockit" else DirectCollocation("radau", POINTS)
    clock = time.process_time()
    mesh = Mesh.uniform(intervals)
    solution = solve(
        classic.build(),
        method,
        mesh,
        tolerance=1e-8,
        guess=classic.guess,
        raise_on_failure=False,
        certify=False,
        effort="once",
    )
    return time.process_time() - clock, solution


def wanted(name: str) -> float:
    """The optimum, as the problem minimizes it."""
    classic = load(name)
    return classic.sign * (classic.exact() if classic.exact else classic.reference)


def theirs(peer: str, python: Path, problems: list[str], repetitions: int, accuracy: float) -> list[dict[str, Any]]:
    """The same by a peer, for all problems in one process; the next one goes on where the limit of time ended it."""
    asked = {"intervals": LADDER, "repetitions": repetitions, "tolerance": TOLERANCE[peer], "limit": LIMIT}
    lines = [json.dumps(exported(name) | asked | {"wanted": wanted(name), "accuracy": accuracy}) for name in problems]
    found: list[dict[str, Any]] = []
    while len(found) < len(lines):
        asked_for = "\n".join(lines[len(found) :])
        side = [python, HERE / f"by_{peer}.py"]
        answered = subprocess.run(side, input=asked_for, stdout=subprocess.PIPE, text=True, check=False)
        found += [json.loads(line) for line in answered.stdout.splitlines()]
        if answered.returncode == -signal.SIGPROF:
            found.append({"failure": f"one solve, of more than {LIMIT} s"})
        else:
            answered.check_returncode()
    return found


def compared(peer: str, python: Path, repetitions: int, accuracy: float, only: list[str]) -> None:
    """Print the table of one peer."""
    known = names(several_phases=False, in_steps=False)
    problems = [name for name in known if comparable(name) and (not only or name in only)]
    print(f"{peer} {REQUIRED[peer][0].partition('==')[2]}, cost within {accuracy:g} of the reference")
    print(f"{'problem':38}{'intervals':>16}{'milliseconds':>20}{'ratio':>8}")
    print(f"{'':38}{peer:>8}{'ours':>8}{peer:>10}{'ours':>10}")
    ratios = []
    for name, there in zip(problems, theirs(peer, python, problems, repetitions, accuracy), strict=True):
        here = ours(name, peer, repetitions, accuracy)
        failures = [f"{side}: {run['failure']}" for side, run in ((peer, there), ("ours", here)) if "failure" in run]
        if failures:
            print(f"{name:38}  not reached by {'; '.join(failures)}")
            continue
        ratios.append(here["seconds"] / there["seconds"])
        times = f"{1e3 * there['seconds']:10.1f}{1e3 * here['seconds']:10.1f}"
        print(f"{name:38}{there['intervals']:8}{here['intervals']:8}{times}{ratios[-1]:8.2f}", flush=True)
    if ratios:
        print(f"{len(ratios)} problems: median ratio {statistics.median(ratios):.2f}, worst {max(ratios):.2f}\n")


def main() -> None:
    """Read the options; compare with each peer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peers", nargs="+", choices=sorted(REQUIRED))
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--accuracy", type=float, default=1e-4, help="of the cost, relative")
    parser.add_argument("--only", nargs="*", default=[], help="problems by name")
    parser.add_argument("--environments", type=Path, default=Path.home() / ".cache" / "geodepth-peers")
    chosen = parser.parse_args()
    for peer in chosen.peers:
        compared(peer, python_of(peer, chosen.environments), chosen.repetitions, chosen.accuracy, chosen.only)


if __name__ == "__main__":
    for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(threads, "1")
    main()
