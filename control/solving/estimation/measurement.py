"""What was measured of a system: its checks, the mesh that it needs, and its residuals in a program's variables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.checked_expressions import checked_function, expression_of, with_symbols
from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.model.reductions.seen import seen_along
from geodepth.control.solving.discretized import DEFAULT_INTERVALS
from geodepth.control.transcription.interpolation import lagrange
from geodepth.control.transcription.interval.stage_functions import settings_count, unpack
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Transcription
from geodepth.foundation.frozen_copies import freeze_fields
from geodepth.foundation.shapes import Float, Int

SAME_TIME = 1e-9
"""How far a measured time may be from a node, as a share of the horizon (chosen by hand): rounding."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured of a system, and when.

    Attributes
    ----------
    expression : function of (x, u, t, p)
        What the instrument sees: m numbers; of (x, z, u, t, p) where there are algebraic variables.
    times : sequence of float
        (n,), within the horizon.
    values : sequence
        (n,), or (n, m).
    deviation : float or sequence of float, optional
        The standard deviation of one value: for all, or one for each of the m. Without one it is that of the residuals.
    """

    expression: Callable[..., Any]
    times: Sequence[float] | Float[np.ndarray, " n"]
    values: Sequence[Any] | np.ndarray
    deviation: float | Sequence[float] | None = None

    def __post_init__(self) -> None:
        freeze_fields(self)


def check_measurements(problem: OptimalControlProblem, measurements: object) -> None:
    """Raise ProblemError unless these are measurements of this problem, each within its horizon."""
    listed = isinstance(measurements, list | tuple) and measurements
    if not listed or not all(isinstance(each, Measurement) for each in measurements):  # type: ignore[attr-defined]
        raise CHECKS.refusal("measurements", measurements, "a sequence of Measurement objects")
    if len(problem.fixed_times) < 2:
        raise ProblemError(
            "estimate: the horizon is free, and measured times need a fixed one; give both times as numbers"
        )
    for name in (f"initial_state.{state}" for state in problem.states):
        if name in (problem.parameters or {}):
            raise ProblemError(f"parameters: {name!r} is what estimate calls a state's first value; rename it")
    given = [each.deviation is None for each in measurements]  # type: ignore[attr-defined]
    if any(given) and not all(given):
        raise ProblemError("measurements: some have a deviation and some have none; give it for all or for none")
    start, end = problem.horizon({})
    for i, each in enumerate(measurements):  # type: ignore[arg-type, var-annotated]
        times = _finite(f"measurements[{i}]: times", each.times, "numbers in a row")
        values = _finite(f"measurements[{i}]: values", each.values, "a row of numbers for each time")
        if times.ndim != 1 or times.size == 0 or values.shape[:1] != times.shape or values.ndim > 2:
            raise ProblemError(
                f"measurements[{i}] has times of shape {times.shape} and values of shape {values.shape}; give n times, "
                "and values of shape (n,) or (n, m)"
            )
        outside = np.maximum(start - times, times - end) > SAME_TIME * (end - start)
        if np.any(outside):
            raise ProblemError(
                f"measurements[{i}]: times holds {times[outside][0]:.10g}, which is not within the horizon "
                f"({start:.10g}, {end:.10g}); leave it out, or move the horizon's ends"
            )
        if each.deviation is not None:
            deviation = _finite(f"measurements[{i}]: deviation", each.deviation, "a number above zero")
            if not np.all(deviation > 0) or deviation.shape not in ((), values.shape[1:]):
                raise CHECKS.refusal(
                    f"measurements[{i}]: deviation", each.deviation, "one above zero, or one for each value"
                )


def _finite(name: str, value: Any, layout: str) -> Float[np.ndarray, "*shape"]:
    array = CHECKS.real_numbers(name, value, layout)
    if not np.all(np.isfinite(array)):
        where = np.argwhere(~np.isfinite(array))[0]
        place = f" at {', '.join(map(str, where))}" if where.size else ""
        raise ProblemError(
            f"{name} holds {array[tuple(where)]}{place}; give finite numbers, and leave out what is none"
        )
    return array


def measured_mesh(problem: OptimalControlProblem, measurements: Sequence[Measurement]) -> Mesh:
    """Equal intervals, with all measured times among the nodes."""
    start, end = problem.horizon({})
    measured = (np.concatenate([np.asarray(each.times, dtype=float) for each in measurements]) - start) / (end - start)
    for end_of_horizon in (0.0, 1.0):
        measured[np.abs(measured - end_of_horizon) <= SAME_TIME] = end_of_horizon
    every = np.linspace(0.0, 1.0, DEFAULT_INTERVALS + 1)
    near = np.min(np.abs(every[1:-1, None] - measured), axis=1) < 1 / (4 * DEFAULT_INTERVALS)
    nodes = np.unique(np.concatenate([[0.0, 1.0], every[1:-1][~near], measured]))
    return Mesh(nodes[np.append(True, np.diff(nodes) > SAME_TIME)])


def residuals_of(t: Transcription, number: int, measurement: Measurement) -> tuple[Any, Any]:
    """Residuals over their deviations (n m,), and as they are (n, m), of the program's variables."""
    name, layout, count = f"measurements[{number}]", t.layout, t.layout.intervals
    times = np.asarray(measurement.times, dtype=float)
    values = np.asarray(measurement.values, dtype=float).reshape(times.size, -1)
    seen, rows = _instrument(t.problem, name, measurement.expression), []
    if seen.numel_out(0) != values.shape[1]:
        raise ProblemError(
            f"{name}: expression returns {seen.numel_out(0)} values, and {values.shape[1]} were measured"
        )
    for node, time, value in zip(_nodes(t, name, times), times, values, strict=True):
        y = t.variables[int(node) * layout.stage :][: layout.node]
        k = min(int(node), count - 1)
        first = k * layout.stage + layout.node
        points = ca.reshape(
            t.variables[first : first + layout.controls * layout.points], layout.controls, layout.points
        )
        u = ca.mtimes(points, ca.DM(lagrange(t.control_points, (float(node > k),)).T))
        p = unpack(t.problem, layout, y, t.parameters[: settings_count(t.problem)]).parameters
        rows.append((seen(y[: layout.states], u, float(time), p) - value).T)
    plain = ca.vertcat(*rows)
    deviations = np.broadcast_to(1.0 if measurement.deviation is None else measurement.deviation, values.shape)
    return ca.vec(plain / ca.DM(np.array(deviations))), plain


def _nodes(t: Transcription, name: str, times: np.ndarray) -> Int[np.ndarray, " n"]:
    start, end = t.problem.horizon({})
    share = (times - start) / (end - start)
    nodes = np.argmin(np.abs(t.mesh.breakpoints[None, :] - share[:, None]), axis=1)
    for time, miss in zip(times, np.abs(t.mesh.breakpoints[nodes] - share), strict=True):
        if miss > SAME_TIME or t.mesh.movable:
            lacking = f"mesh has no fixed node at {time:g}, which {name} needs; add one, or leave mesh out"
            between = f"{name}: {time:g} is between two steps of {t.problem.name!r}, where nothing is; give their times"
            raise ProblemError(lacking if t.problem.steps is None else between)
    return np.asarray(nodes)


def _instrument(problem: OptimalControlProblem, name: str, call: Callable[..., Any]) -> Any:
    """What is measured, as a casadi.Function of (x, u, t, p)."""
    sizes = len(problem.states), len(problem.controls), 1, len(problem.parameters or {})

    def traced(kind: Any) -> Any:
        symbols = [kind.sym(symbol, size) for symbol, size in zip("xutp", sizes, strict=True)]
        part = problem.functions.algebraic
        z = kind(0, 1) if part is None else part.values(*symbols)
        x, u, t, p = symbols
        return checked_function(
            "measured", symbols, expression_of(kind, name, call, seen_along(problem, x, z, u, t, p))
        )

    return with_symbols(traced)
