"""The optimum as a differentiable function of what a problem gives as numbers, for CasADi's graphs.

1. Put the values among the bounds and into θ, as `Prepared.solve` does.
2. Call the solver, whose outcome counts as constant where derivatives are taken.
3. Make one Newton step on the first-order conditions with the active set that it ended with.

The step hardly moves a solution, and carries the derivatives of the implicit function theorem.
Source: Andersson and Rawlings, Sensitivity analysis for nonlinear programming in CasADi, IFAC-PapersOnLine 51 (2018).
"""

from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.solvers.program import CompiledProgram
from geodepth.control.solvers.scaling.variable_scaling import Scales
from geodepth.control.transcription.transcription import Transcription
from geodepth.control.verification.given_numbers import GivenNumber, given_numbers
from geodepth.foundation.shapes import Float

GROUPS = ("initial_state", "final_state", "parameters", "times")
"""The function's arguments, for every phase."""


def optimum_function(program: CompiledProgram[Any], scales: Scales, start: Float[np.ndarray, " size"]) -> Any:
    """The casadi.Function (initial_state, final_state, parameters, times) -> (cost, states, controls, free).

    Parameters
    ----------
    program : CompiledProgram
        Whose optimum it is.
    scales : Scales
        What its solver's program is divided by.
    start : ndarray
        Where every solve starts (size,).

    Notes
    -----
    Of several phases all arguments of the first, "phase0_initial_state" to "phase0_times", then those of the next; and
    the cost, then "phase0_states", "phase0_controls", "phase0_free", and those of the next.
    """
    t = program.transcription
    theta, lower, upper = ca.MX(t.parameter_values()), ca.MX(t.lower), ca.MX(t.upper)
    phases = {"": t.parts[0]} if len(t.parts) == 1 else {f"phase{i}_": part for i, part in enumerate(t.parts)}
    values: dict[str, Any] = {}
    for prefix, part in phases.items():
        variables, entries = part.variables.start or 0, part.parameters.start or 0
        given = given_numbers(part.transcription)
        for group in GROUPS:
            numbers = [number for number in given if _group(number) == group]
            own = values[prefix + group] = ca.MX.sym(prefix + group, len(numbers))
            for i, number in enumerate(numbers):
                if number.variable is not None:
                    lower[variables + number.variable] = upper[variables + number.variable] = own[i]
                elif number.entry is not None:
                    theta[entries + number.entry] = own[i]
    z = _optimum(program, scales, start, theta, lower, upper)
    outputs = {"cost": ca.Function("f", [t.variables, t.parameters], [t.objective])(z, theta)}
    for prefix, part in phases.items():
        outputs |= {prefix + name: value for name, value in _path(part.transcription, z[part.variables]).items()}
    return ca.Function("optimum", list(values.values()), list(outputs.values()), list(values), list(outputs))


def _path(t: Transcription, z: Any) -> dict[str, Any]:
    """States at the nodes, controls of the intervals, and free numbers, out of a phase's variables."""
    layout = t.layout
    last = layout.intervals * layout.stage
    table = ca.reshape(z[:last], layout.stage, layout.intervals)
    nodes = ca.horzcat(table[: layout.node, :], z[last:])
    controls = table[layout.node : layout.node + layout.controls * layout.points, :]
    free = nodes[layout.states + layout.end_slacks :, 0]
    return {"states": nodes[: layout.states, :], "controls": controls, "free": free}


def _group(number: GivenNumber) -> str:
    return number.name.split(".")[0] if "." in number.name else "times"


def _optimum(
    program: CompiledProgram[Any], scales: Scales, start: np.ndarray, theta: Any, lower: Any, upper: Any
) -> Any:
    """The optimal z for this θ and these bounds, with derivatives in both."""
    t, size, rows = program.transcription, scales.variables, scales.constraints
    below, above = lower / size, upper / size
    told_below, told_above = (ca.MX(bound) for bound in program.told(t.lower / size, t.upper / size))
    for i in np.flatnonzero(t.lower == t.upper).tolist():
        told_below[i] = told_above[i] = below[i]
    x, bounds, multipliers = _solver(program, scales, start)(theta, told_below, told_above)
    slopes, matrix = _conditions(program, scales)
    gradient, g = slopes(x, multipliers, theta)
    row_below, row_above = program.told(t.constraint_lower / rows, t.constraint_upper / rows)
    fixed, equations = t.lower == t.upper, t.constraint_lower == t.constraint_upper
    held, there = _held(x, bounds, below, above, fixed)
    row_held, row_there = _held(g, multipliers, ca.MX(row_below), ca.MX(row_above), equations)
    residual = ca.vertcat(ca.if_else(held, x - there, gradient), ca.if_else(row_held, g - row_there, multipliers))
    step = ca.solve(matrix(x, multipliers, theta, held, row_held), -residual, "qr")
    return size * (x + step[: size.size])


def _held(values: Any, multipliers: Any, below: Any, above: Any, always: np.ndarray) -> tuple[Any, Any]:
    """Which bounds hold: those whose multiplier is larger than what is left to them; and where they are."""
    at_upper, at_lower = multipliers > above - values, -multipliers > values - below
    return ca.fmax(ca.DM(always.astype(float)), ca.fmax(at_upper, at_lower)), ca.if_else(at_upper, above, below)


def _solver(program: CompiledProgram[Any], scales: Scales, start: np.ndarray) -> Any:
    """(θ, bounds of x) -> (x, multipliers), in the solver's units; a constant to derivatives."""
    t, size, rows = program.transcription, scales.variables, scales.constraints
    counts = {"theta": t.parameters.numel(), "below": size.size, "above": size.size}
    symbols = [ca.MX.sym(name, count) for name, count in counts.items()]
    row_below, row_above = program.told(t.constraint_lower / rows, t.constraint_upper / rows)
    found = program.plain_solver()(
        x0=start / size,
        p=ca.vertcat(symbols[0], size, rows, scales.objective),
        lbx=symbols[1],
        ubx=symbols[2],
        lbg=row_below,
        ubg=row_above,
    )
    outputs = [found[name] for name in ("x", "lam_x", "lam_g")]
    constant = {"never_inline": True, "is_diff_in": [False] * 3, "is_diff_out": [False] * 3}
    return ca.Function("solver", symbols, outputs, constant)


def _conditions(program: CompiledProgram[Any], scales: Scales) -> tuple[Any, Any]:
    """(x, multipliers, θ) -> (the Lagrangian's gradient, g), and with what is held -> the Newton matrix, a constant."""
    t, size, rows = program.transcription, scales.variables, scales.constraints
    x, multipliers, theta = (
        ca.MX.sym(n, count) for n, count in (("x", size.size), ("y", rows.size), ("theta", t.parameters.numel()))
    )
    both = ca.Function("fg", [t.variables, t.parameters], [t.objective / scales.objective, t.constraints / rows])
    f, g = both.call([size * x, theta], True, False)
    hessian, gradient = ca.hessian(f + ca.dot(multipliers, g), x)
    jacobian = ca.jacobian(g, x)
    held, row_held = ca.MX.sym("held", size.size), ca.MX.sym("row_held", rows.size)
    free = ca.diag(1 - held)
    matrix = ca.blockcat(
        [[free @ hessian + ca.diag(held), free @ jacobian.T], [ca.diag(row_held) @ jacobian, ca.diag(1 - row_held)]]
    )
    symbols = [x, multipliers, theta]
    constant = {"never_inline": True, "is_diff_in": [False] * 5, "is_diff_out": [False]}
    return (
        ca.Function("slopes", symbols, [gradient, g]),
        ca.Function("matrix", [*symbols, held, row_held], [matrix], constant),
    )
