"""The nonlinear program of a problem as a picture: where its constraint Jacobian and its Hessian have entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import casadi as ca
import numpy as np

from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.plots import PALETTE, written
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Method, Part

from .discretized import discretized
from .phases.discretized_phases import discretized_phases

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DOTS = 400.0
"""Points across a panel: a matrix of fewer rows is drawn with dots as large as its entries."""


def plot_sparsity(
    problem: OptimalControlProblem | MultiPhaseProblem,
    method: Method | Mapping[str, Method] | None = None,
    mesh: Mesh | Mapping[str, Mesh] | None = None,
) -> Figure:
    """Draw where the constraint Jacobian and the Hessian of the Lagrangian have entries. Nothing is solved.

    Parameters
    ----------
    problem, method, mesh
        As in `solve`.

    Returns
    -------
    matplotlib.figure.Figure
        Left the Jacobian, whose rows are coloured by what they are: defects, stage equations, path constraints, and the
        rest (ends, integrals, links). Right the Hessian, of all variables in the order of the horizon.

    Raises
    ------
    ProblemError
        For arguments that cannot be used.
    """
    from matplotlib.figure import Figure as NewFigure

    if isinstance(problem, MultiPhaseProblem):
        program: Any = discretized_phases(problem, method, mesh)[1]
    else:
        program = discretized(problem, method, mesh)[1]  # type: ignore[arg-type]
    jacobian, hessian = _patterns(program)
    figure = NewFigure(figsize=(11.0, 5.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.set_ylim(jacobian.size1() - 0.5, -0.5)
    for (name, rows), colour in zip(_kinds(program), PALETTE, strict=False):
        _draw(left, jacobian, colour, rows, name)
    _draw(right, hessian, PALETTE[-1], None, "")
    left.set_title(f"Jacobian of constraints: {_described(jacobian)}", fontsize="medium")
    right.set_title(f"Hessian of the Lagrangian: {_described(hessian)}", fontsize="medium")
    left.set_ylabel("constraint")
    right.set_ylabel("variable")
    if jacobian.size1():
        left.legend(fontsize="small", loc="upper right", markerscale=max(1.0, 4.0 / _dot(jacobian)))
    figure.suptitle(f"{written(problem.name)}: {jacobian.size2()} variables, {jacobian.size1()} constraints")
    return figure


def _patterns(program: Any) -> tuple[Any, Any]:
    """The sparsities of the Jacobian and of the Hessian."""
    multipliers = ca.MX.sym("multipliers", program.constraints.size1())
    lagrangian = program.objective + ca.dot(multipliers, program.constraints)
    inputs = [program.variables, program.parameters, multipliers]
    constraints = ca.Function("constraints", inputs, [program.constraints])
    gradient = ca.Function("gradient", inputs, [ca.gradient(lagrangian, program.variables)])
    return constraints.jac_sparsity(0, 0), gradient.jac_sparsity(0, 0)


def _kinds(program: Any) -> Iterator[tuple[str, np.ndarray]]:
    """What there is of rows, and which these are; every row once."""
    found: dict[str, list[np.ndarray]] = {"defects": [], "stage equations": [], "path constraints": []}
    for part in program.parts:
        for name, rows in zip(found, _own_rows(part), strict=True):
            found[name].append(rows + part.rows.indices(program.constraints.size1())[0])
    known = {name: np.unique(np.concatenate(rows)) for name, rows in found.items()}
    everywhere = np.concatenate(list(known.values()))
    known["ends, integrals, links"] = np.setdiff1d(np.arange(program.constraints.size1()), everywhere)
    yield from ((name, rows) for name, rows in known.items() if rows.size)


def _own_rows(part: Part) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The numbers of a phase's defects, stage equations and path constraints among its own rows."""
    own = part.transcription
    path = np.zeros(0, dtype=int) if own.path_rows is None else np.asarray(own.path_rows.rows)
    return own.defects.ravel(), own.inner_rows.ravel(), path


def _draw(axes: Axes, pattern: Any, colour: str, rows: np.ndarray | None, label: str) -> None:
    row, column = (np.array(part, dtype=int) for part in pattern.get_triplet())
    chosen = np.ones(row.size, dtype=bool) if rows is None else np.isin(row, rows)
    axes.plot(column[chosen], row[chosen], "s", color=colour, ms=_dot(pattern), mew=0, label=label)
    axes.set(xlabel="variable", xlim=(-0.5, pattern.size2() - 0.5), ylim=(pattern.size1() - 0.5, -0.5))


def _dot(pattern: Any) -> float:
    return float(np.clip(DOTS / max(1, *pattern.shape), 0.6, 8.0))


def _described(pattern: Any) -> str:
    filled = 100 * pattern.nnz() / max(1, pattern.size1() * pattern.size2())
    return f"{pattern.nnz()} entries, {filled:.2g} %"
