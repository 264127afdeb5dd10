"""The arcs of a solution as phases: what is on a bound stays there, and the switches between them are link times."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from geodepth.control.model.errors import ProblemError
from geodepth.control.model.phases.links import Link, LinkConstraint, PhaseEnds
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import FreeTime, OptimalControlProblem, check_problem
from geodepth.control.refinement.arcs import Arc, Structure


def arcs_as_phases(problem: OptimalControlProblem, structure: Structure) -> MultiPhaseProblem:
    """The problem with one phase for each arc of a control structure, named "arc 1", "arc 2" and so on.

    Parameters
    ----------
    problem : OptimalControlProblem
        What was solved.
    structure : Structure
        As `find_structure` read it off the solution.

    Returns
    -------
    MultiPhaseProblem
        Controls that were on a bound are held there, states that were on one are given it where the arc begins and
        ends, and switch times are free. The solution of the one phase is a guess for it:
        solve(arcs_as_phases(problem, structure), guess=solution).

    Raises
    ------
    ProblemError
        The structure has other controls than the problem, or the problem has constraints on integrals or is in discrete
        time.

    Notes
    -----
    It has the optimum of the problem if that has this structure; no switch is inside an interval. Boundary constraints
    become link constraints between the first phase and the last, and free parameters are the same in all phases.
    """
    check_problem(problem)
    if not isinstance(structure, Structure) or not structure.arcs or not all(_fits(problem, a) for a in structure.arcs):
        raise ProblemError(
            "structure is not of this problem's controls and bounds; give what find_structure read off a solution of it"
        )
    if problem.steps is not None:
        raise ProblemError(f"{problem.name!r} is stated by x_next, whose switches cannot move between steps; use solve")
    if getattr(problem, "integral_constraints", ()):
        raise ProblemError("integral_constraints hold over all arcs together; state them as states with an end instead")
    phases = [_phase(problem, structure, number) for number in range(len(structure.arcs))]
    names = [phase.name for phase in phases]
    links = [Link(before, after) for before, after in pairwise(names)]
    ends = names[:1] + names[1:][-1:]
    constraints = [
        LinkConstraint(ends, _between(constraint.expression), constraint.lower, constraint.upper)
        for constraint in problem.boundary_constraints
    ]
    free = [name for name in problem.free if name in (problem.parameters or {})]
    constraints += [LinkConstraint((link.before, link.after), _same(name), 0.0, 0.0) for link in links for name in free]
    return MultiPhaseProblem(problem.name, phases, links, constraints)


def _phase(problem: OptimalControlProblem, structure: Structure, number: int) -> OptimalControlProblem:
    arc, first, last = structure.arcs[number], number == 0, number == len(structure.arcs) - 1
    bounds = {}
    for name, lower, upper, word in zip(problem.controls, *problem.bounds("controls"), arc.controls, strict=True):
        held = {"lower": (lower, lower), "upper": (upper, upper)}.get(word, (lower, upper))
        bounds[name] = (float(held[0]), float(held[1]))
    return replace(
        problem,
        name=f"arc {number + 1}",
        terminal_cost=problem.terminal_cost if last else None,
        initial_state=problem.initial_state if first else _at_switch(problem, structure.arcs[number - 1 : number + 1]),
        final_state=problem.final_state if last else _at_switch(problem, structure.arcs[number : number + 2]),
        control_bounds=bounds,
        boundary_constraints=(),
        initial_time=_time(problem, arc, "initial_time", first),
        final_time=_time(problem, arc, "final_time", last),
    )


def _fits(problem: OptimalControlProblem, arc: Arc) -> bool:
    """Whether an arc has a word for each control, and is on no bounds but those that there are."""
    if len(arc.controls) != len(problem.controls):
        return False
    known = {("interior", name) for name in problem.controls} | {("singular", name) for name in problem.controls}
    for of, names in (("controls", problem.controls), ("states", problem.states)):
        for side, bounds in zip(("lower", "upper"), problem.bounds(of), strict=True):
            known |= {(side, name) for name, bound in zip(names, bounds, strict=True) if math.isfinite(bound)}
    held = [*zip(arc.controls, problem.controls, strict=True), *zip(arc.sides, arc.states, strict=False)]
    return known.issuperset(held)


def _at_switch(problem: OptimalControlProblem, arcs: Sequence[Arc]) -> dict[str, float]:
    """The values of the states that are on a bound all along one of two arcs, where these meet."""
    lower, upper = (dict(zip(problem.states, side.tolist(), strict=True)) for side in problem.bounds("states"))
    sides = [pair for arc in arcs for pair in zip(arc.states, arc.sides, strict=False) if pair[0] in problem.own_states]
    return {name: (lower if side == "lower" else upper)[name] for name, side in sides}


def _time(problem: OptimalControlProblem, arc: Arc, which: str, outer: bool) -> float | FreeTime:
    """The problem's own time at its ends, and a free one within the horizon at a switch."""
    found = arc.start if which == "initial_time" else arc.end
    if not outer:
        start, end = problem.initial_time, problem.final_time
        earliest = start.lower if isinstance(start, FreeTime) else start
        return FreeTime(found, earliest, end.upper if isinstance(end, FreeTime) else end)
    own = problem.initial_time if which == "initial_time" else problem.final_time
    return FreeTime(min(max(found, own.lower), own.upper), own.lower, own.upper) if isinstance(own, FreeTime) else own


def _between(expression: Callable[..., Any]) -> Callable[..., Any]:
    """A boundary constraint's expression as one of the first phase's ends and the last one's."""

    def of_ends(*ends: PhaseEnds) -> Any:
        first, last = ends[0], ends[-1]
        given = (first.initial_state, last.final_state, first.initial_time, last.final_time, first.parameters)
        return expression(*given)

    return of_ends


def _same(name: str) -> Callable[..., Any]:
    """The difference of a parameter in two phases."""
    return lambda before, after: after.parameter(name) - before.parameter(name)
