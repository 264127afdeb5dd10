"""One interval of the horizon as a CasADi function: what every transcription maps over its mesh."""

from dataclasses import dataclass
from typing import Any

import casadi as ca

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.transcription.interpolation import lagrange
from geodepth.control.transcription.layout import Layout

from .scheme import Scheme
from .slacks import IntervalSlacks


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The problem's own arguments, taken from a node's y and from the settings.

    Attributes
    ----------
    parameters : expression
        p (np,).
    initial_time, final_time : expression
        The horizon.
    moves : expression
        The movable breakpoints (m,).
    """

    parameters: Any
    initial_time: Any
    final_time: Any
    moves: Any


def unpack(problem: OptimalControlProblem, layout: Layout, node: Any, settings: Any) -> Unpacked:
    """Parameters, times and movable breakpoints, from a node's y (node,) and θ's first entries (settings,)."""
    first = layout.states + layout.end_slacks
    values = {name: node[first + i] for i, name in enumerate(problem.free)}
    values |= {name: settings[i] for i, name in enumerate((*problem.fixed_parameters, *problem.fixed_times))}
    parameters = [values[name] for name in problem.parameters or {}]
    return Unpacked(
        parameters=ca.vertcat(*parameters) if parameters else ca.DM(0, 1),
        initial_time=values["initial_time"],
        final_time=values["final_time"],
        moves=node[first + len(problem.free) :],
    )


def settings_count(problem: OptimalControlProblem) -> int:
    """How many of θ's first entries are fixed parameters and fixed times; the mesh follows them."""
    return len(problem.fixed_parameters) + len(problem.fixed_times)


@dataclass(frozen=True, slots=True)
class _Interval:
    """The problem's arguments at any fraction of one interval, which goes from `first` to `last` of the horizon."""

    problem: OptimalControlProblem
    scheme: Scheme
    given: Unpacked
    horizon: Any
    first: Any
    last: Any
    controls: Any
    slacks: IntervalSlacks

    def control(self, fraction: Any) -> Any:
        points = self.scheme.control_points
        if isinstance(fraction, ca.MX):
            # CVODES asks at times of its own; shooting has one control point, or two at the ends.
            slope = fraction * (self.controls[:, 1] - self.controls[:, 0]) if len(points) == 2 else 0
            return self.controls[:, 0] + slope
        if fraction in points:
            return self.controls[:, points.index(fraction)]
        return ca.mtimes(self.controls, ca.DM(lagrange(points, (fraction,))[0]))

    def arguments(self, state: Any, fraction: Any) -> tuple[Any, Any, Any, Any]:
        passed = self.horizon * (self.first + fraction * (self.last - self.first))
        if self.problem.steps is not None:
            # Whole, for functions that look a step up by its number.
            passed = ca.floor(passed + 0.5)
        time = self.given.initial_time + passed
        return state, self.control(fraction), time, self.given.parameters

    def rate(self, augmented: Any, fraction: Any) -> Any:
        """Of the states, and of the running cost as one more; a column for each of a tuple of fractions."""
        if isinstance(fraction, tuple):
            if self.slacks.none and isinstance(augmented, ca.SX) and self.problem.steps is None:
                return self._rates(augmented[: len(self.problem.states), :], fraction)
            return ca.horzcat(*(self.rate(augmented[:, i], at) for i, at in enumerate(fraction)))
        along = self.arguments(augmented[: len(self.problem.states)], fraction)
        return ca.vertcat(self.problem.functions.dynamics(*along), self.slacks.running_cost(along, fraction))

    def _rates(self, states: Any, fractions: tuple[float, ...]) -> Any:
        points = self.scheme.control_points
        controls = self.controls
        if fractions != points:
            controls = ca.horzcat(*(self.control(fraction) for fraction in fractions))
        passed = self.first + (self.last - self.first) * ca.DM([fractions])
        along = states, controls, self.given.initial_time + self.horizon * passed, self.given.parameters
        return ca.vertcat(self.problem.functions.dynamics(*along), self.problem.functions.running_cost(*along))


def stage_functions(problem: OptimalControlProblem, layout: Layout, scheme: Scheme) -> tuple[Any, Any]:
    """The casadi.Functions of one interval.

    Parameters
    ----------
    problem : OptimalControlProblem
        What to solve.
    layout : Layout
        The order of y and U.
    scheme : Scheme
        How the interval is discretized.

    Returns
    -------
    (casadi.Function, casadi.Function)
        (y, U, settings, start, end) -> (y at the end, cost, stage equations, path rows, path rows at the end, slack
        rows), and -> what the slacks stand for, apart since that has no derivative everywhere.
        U holds the control values, the inner states, and then the slacks. start and end (1 + moves,) are columns of
        the mesh's position table. Path rows come for each of the scheme's path_points in turn.
    """
    functions = problem.functions
    sx = functions.dynamics.is_a("SXFunction") and scheme.integrator.traced_in_sx
    kind = ca.SX if sx else ca.MX
    moves = layout.carried - len(problem.free)
    node, unknowns = kind.sym("y", layout.node), kind.sym("U", layout.stage - layout.node)
    settings = kind.sym("settings", settings_count(problem))
    start, end = kind.sym("start", 1 + moves), kind.sym("end", 1 + moves)
    symbols = [node, unknowns, settings, start, end]
    given = unpack(problem, layout, node, settings)
    horizon = given.final_time - given.initial_time
    first, last = (b[0] + ca.dot(b[1:], given.moves) if moves else b[0] for b in (start, end))
    split = layout.controls * layout.points
    controls = ca.reshape(unknowns[:split], layout.controls, layout.points)
    stages = unknowns[split : unknowns.shape[0] - layout.slacks]
    inner = ca.horzsplit(ca.reshape(stages, layout.states, len(layout.inner))) if layout.inner else []
    slacks = IntervalSlacks(problem, scheme, unknowns[unknowns.shape[0] - layout.slacks :])
    interval = _Interval(problem, scheme, given, horizon, first, last, controls, slacks)
    begin = node[: layout.states]
    final, cost, equations = scheme.integrator.across(interval.rate, begin, inner, horizon * (last - first), symbols)
    at = dict(zip(layout.inner, inner, strict=True)) | {0.0: begin}
    at.setdefault(1.0, final)
    none = kind(0, 1)
    constrained = functions.path.numel_out(0) > 0
    rows = [functions.path(*interval.arguments(at[f], f)) for f in scheme.path_points if constrained]
    outputs = [
        ca.vertcat(final, node[layout.states :]) if layout.node > layout.states else final,
        cost,
        equations,
        ca.vertcat(*rows) if rows else none,
        functions.path(*interval.arguments(at[1.0], 1.0)) if constrained else none,
        ca.vertcat(*slacks.rows) if slacks.rows else none,
    ]
    kinks = ca.Function("kinks", symbols, [ca.vertcat(*slacks.kinks) if slacks.kinks else none])
    return ca.Function("stage", symbols, outputs), kinks
