"""geodepth solve: a classic control problem by name, against its published optimum."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro


@dataclass(frozen=True, slots=True)
class Solve:
    """Solve a classic optimal-control problem and compare with its published optimum."""

    name: Annotated[str, tyro.conf.Positional] = ""
    """Name of the problem; --list shows them all."""
    list: bool = False
    """Show the problems with their references, and end."""
    solver: str = "ipopt"
    """ipopt or fatrop."""
    control: str = "linear"
    """How controls vary on an interval: constant or linear."""
    intervals: int | None = None
    """Shooting intervals of a uniform mesh; the problem's own number by default."""
    plot: Path | None = None
    """Draw states, controls and costates into this file (.png, .svg, .pdf)."""
    out: Path | None = None
    """Save the solution to this file (.npz)."""

    def run(self) -> int:
        from geodepth.control.problems import load, names

        if self.list:
            for name in names():
                problem = load(name)
                print(f"{name:28} {problem.reference:<16.12g} {problem.title}: {problem.statement}")
            return 0
        from geodepth.control import Mesh, MultipleShooting, ProblemError, solve

        if not self.name:
            raise ProblemError("no problem named; geodepth solve --list shows them")
        problem = load(self.name)
        for argument, path in (("--plot", self.plot), ("--out", self.out)):
            if path is not None and not path.absolute().parent.is_dir():
                raise ProblemError(f"{argument} {path} cannot be written: there is no folder {path.parent}; make it")
        if self.plot is not None and self.plot.suffix not in (".png", ".svg", ".pdf"):
            raise ProblemError(f"--plot {self.plot}: give a name that ends in .png, .svg or .pdf")
        mesh = Mesh.uniform(problem.intervals if self.intervals is None else self.intervals)
        method = MultipleShooting("rk4", control=self.control)
        solution = solve(problem.build(), method, mesh, self.solver, guess=problem.guess)
        optimum = problem.sign * solution.cost
        print(f"{problem.title}: {problem.statement}")
        print(f"  {problem.quantity:18} {optimum:.10g} {problem.unit}".rstrip())
        print(f"  {'reference':18} {problem.reference:.12g} ({problem.reference_source}; {problem.source})")
        relative = (optimum - problem.reference) / abs(problem.reference)
        print(f"  {'difference':18} {optimum - problem.reference:.2e} ({relative:.1e} relative)")
        statistics = solution.statistics
        print(
            f"  {'solved by':18} {statistics['method']}, {self.control} controls, {mesh.intervals} intervals, "
            f"{statistics['solver']}, {statistics['iterations']} iterations, {statistics['solve_seconds']:.2f} s"
        )
        print(f"  {'constraints':18} satisfied to {statistics['constraint_violation']:.1e}")
        if self.plot is not None:
            solution.plot().savefig(self.plot, dpi=150)
            print(f"  {'plot':18} {self.plot}")
        if self.out is not None:
            print(f"  {'solution':18} {solution.save(self.out)}")
        return 0
