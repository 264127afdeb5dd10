"""geodepth solve: a classic control problem by name, against its published optimum."""

from __future__ import annotations

import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from geodepth.cli.answers import answer
from geodepth.cli.options import picked
from geodepth.cli.output_files import FIGURES, check_file, check_film, save_figure, save_film

if TYPE_CHECKING:
    from geodepth.control import (
        Certificate,
        Mesh,
        MultiPhaseProblem,
        MultiPhaseSolution,
        OptimalControlProblem,
        Solution,
    )
    from geodepth.control.problems import ClassicProblem
    from geodepth.control.transcription.transcription import Method

METHODS = ("default", "shooting", "collocation")
MESHES = ("default", "uniform", "refined")
REFINED_TOLERANCE, REFINED_INTERVALS = 1e-8, 20


@dataclass(frozen=True, slots=True)
class SolveCommand:
    """Solve a classic optimal-control problem and compare with its published optimum.

    Example: geodepth solve brachistochrone --verify --plot slide.png
    """

    name: Annotated[str, tyro.conf.Positional] = ""
    """Name of the problem; --list shows them all. A .toml file sets it and options."""
    list: bool = False
    """Show the problems with their statements and references, and end."""
    method: str = "default"
    """default (the problem's own, multiple shooting with RK4; collocation for a refined mesh), shooting, or collocation
    (Radau)."""
    control: str | None = None
    """How controls vary on a shooting interval: constant or linear; the problem's own by default."""
    order: int | None = None
    """Collocation points of an interval, 1 to 9; 3 by default."""
    mesh: str = "default"
    """default (the problem's own, some denser where more happens), uniform, or refined (until the cost is certified to
    the tolerance)."""
    intervals: int | None = None
    """Intervals of the mesh, of the first one when it is refined; the problem's own number by default."""
    solver: str = "ipopt"
    """ipopt, fatrop (one phase), or sqp (small programs)."""
    tolerance: float | None = None
    """Of the solver's first-order conditions, the problem's own by default; of the cost's relative error when the mesh
    is refined, 1e-8 by default."""
    verify: bool = False
    """Verify in full: also on a mesh of twice the intervals, and by simulation from end to end."""
    plot: Path | None = None
    """Draw what matters in this problem into this file (.png, .svg, .pdf)."""
    animate: Path | None = None
    """Write the path as a film of five seconds into this file (.gif; .mp4 where ffmpeg is installed)."""
    out: Path | None = None
    """Save the solution to this file (.npz); of a failed solve, the last iterate."""
    json: bool = False
    """Print what was found as one JSON object instead of lines, for other programs."""

    def run(self) -> int:
        """Solve, save, print the result beside the reference, and draw."""
        from geodepth.control import ProblemError, SolveError, verify
        from geodepth.control.problems import load, names

        if self.list:
            answer({"problems": [_problem(name) for name in names()]}, _print_list, self.json)
            return 0
        if not self.name:
            raise ProblemError("no problem named; geodepth solve --list shows them")
        classic = load(self.name)
        check_file("--plot", self.plot, FIGURES)
        check_film("--animate", self.animate)
        check_file("--out", self.out, (".npz",))
        method, mesh = self._method(classic), self._mesh(classic)
        clock = time.perf_counter()
        problem = classic.build()
        solution = self._solve(problem, classic, method, mesh)
        seconds = time.perf_counter() - clock
        if not solution.success:
            kept = "" if self.out is None else f"; the last iterate is in {solution.save(self.out)}"
            raise SolveError(f"{classic.name}: {solution.advice}{kept}", solution)
        saved = None if self.out is None else solution.save(self.out)
        certificate = verify(problem, solution, solver=self.solver) if self.verify else solution.certificate
        if self.plot is not None:
            save_figure(classic.plot(solution), self.plot)
        if self.animate is not None:
            save_film(solution.animate(classic.pose), self.animate)

        def in_lines() -> None:
            _print_result(classic, solution, seconds)
            if certificate is not None:
                print(textwrap.indent(str(certificate), "  "))
            for label, file in (("plot", self.plot), ("film", self.animate), ("solution", saved)):
                if file is not None:
                    _print_line(label, str(file))

        found = _numbers(classic, solution, certificate, seconds)
        answer(found | {"plot": self.plot, "film": self.animate, "solution": saved}, in_lines, self.json)
        if certificate is not None and not certificate.holds:
            raise SolveError(f"{classic.name}: not verified, {certificate.verdict}; give more intervals", solution)
        return 0

    def _solve(
        self, problem: OptimalControlProblem | MultiPhaseProblem, classic: ClassicProblem, method: Method, mesh: Mesh
    ) -> Solution | MultiPhaseSolution:
        from geodepth.control import refine, solve

        if self.mesh == "refined":
            tolerance = REFINED_TOLERANCE if self.tolerance is None else self.tolerance
            return refine(problem, method, mesh, self.solver, tolerance, classic.guess, raise_on_failure=False)
        tolerance = classic.tolerance if self.tolerance is None else self.tolerance
        return solve(problem, method, mesh, self.solver, tolerance, classic.guess, raise_on_failure=False)

    def _method(self, classic: ClassicProblem) -> Method:
        from geodepth.control import DirectCollocation, MultipleShooting, ProblemError

        if self.method not in METHODS:
            raise ProblemError(f"--method is {self.method!r}; choose one of {', '.join(METHODS)}")
        refined = self.method == "default" and self.mesh == "refined" and self.control is None
        collocation = self.method == "collocation" or refined
        if collocation and self.control is not None:
            raise ProblemError("--control belongs to shooting; with --method collocation leave it out, or set --order")
        if not collocation and self.order is not None:
            raise ProblemError("--order belongs to collocation; add --method collocation, or leave it out")
        if collocation:
            return DirectCollocation("radau", 3 if self.order is None else self.order)
        if self.method == "default" and self.control is None:
            return classic.method
        return MultipleShooting("rk4", control="linear" if self.control is None else self.control)

    def _mesh(self, classic: ClassicProblem) -> Mesh:
        from geodepth.control import Mesh, ProblemError

        if self.mesh not in MESHES:
            raise ProblemError(f"--mesh is {self.mesh!r}; choose one of {', '.join(MESHES)}")
        mesher = Mesh.uniform if self.mesh == "uniform" else classic.mesher
        own = REFINED_INTERVALS if self.mesh == "refined" else classic.intervals
        return mesher(own if self.intervals is None else self.intervals)


def _problem(name: str) -> dict[str, Any]:
    from geodepth.control.problems import load

    classic = load(name)
    told = picked(classic, "name title statement source quantity unit reference reference_source")
    return told | {"published": classic.published or None}


def _numbers(
    classic: ClassicProblem, solution: Solution | MultiPhaseSolution, certificate: Certificate | None, seconds: float
) -> dict[str, Any]:
    phases = getattr(solution, "phases", {})
    return {
        "problem": _problem(classic.name),
        "optimum": classic.sign * solution.cost,
        "difference": classic.sign * solution.cost - classic.reference,
        "exact": None if classic.exact is None else classic.exact(),
        "parameters": {n: p.parameters for n, p in phases.items()} if phases else getattr(solution, "parameters", {}),
        "status": solution.status,
        "statistics": dict(solution.statistics),
        "seconds": seconds,
        "certificate": certificate,
        "verified": None if certificate is None else certificate.holds,
    }


def _print_list() -> None:
    from geodepth.control.problems import load, names

    for name in names():
        classic = load(name)
        print(name)
        _print_line("problem", f"{classic.title}: {classic.statement}")
        _print_line(classic.quantity, _reference(classic))
        _print_line("source", classic.source)


def _print_line(label: str, text: str) -> None:
    print(f"  {label:18} {text}".rstrip())


def _reference(classic: ClassicProblem) -> str:
    published = f"; published: {classic.published}" if classic.published else ""
    return f"{classic.reference:.12g} {classic.unit}".rstrip() + f", {classic.reference_source}{published}"


def _print_result(classic: ClassicProblem, solution: Solution | MultiPhaseSolution, seconds: float) -> None:
    optimum = classic.sign * solution.cost
    print(f"{classic.title}: {classic.statement}")
    _print_line(classic.quantity, f"{optimum:.12g} {classic.unit}")
    _print_line("reference", _reference(classic))
    _print_line("difference", _difference(optimum, classic.reference))
    if classic.exact is not None:
        exact = classic.exact()
        _print_line("exact", f"{exact:.12g}; difference {_difference(optimum, exact)}")
    _print_line("source", classic.source)
    _print_times(classic, solution)
    numbers = solution.statistics
    _print_line(
        "solved by",
        f"{numbers['method']}, {numbers['control']} controls, {numbers['intervals']} intervals, {numbers['solver']}",
    )
    _print_line(
        "time",
        f"{seconds:.2f} s: {numbers['iterations']} iterations in {numbers['solve_seconds']:.2f} s after "
        f"{numbers['build_seconds']:.2f} s to build",
    )


def _print_times(classic: ClassicProblem, solution: Solution | MultiPhaseSolution) -> None:
    """The end of every phase, or the final time where that is free."""
    from geodepth.control import MultiPhaseSolution

    unit = classic.units["time"]
    if isinstance(solution, MultiPhaseSolution):
        for name, phase in solution.phases.items():
            _print_line("phase", f"{name}, until {phase.times[-1]:.10g} {unit}")
    elif "final_time" in solution.parameters:
        _print_line("final time", f"{solution.parameters['final_time']:.10g} {unit}")


def _difference(value: float, reference: float) -> str:
    return f"{value - reference:.1e} ({(value - reference) / abs(reference):.1e} relative)"
