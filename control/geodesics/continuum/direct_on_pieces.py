"""The direct method on the pieces of the ReLU: collocation as a nonlinear program that knows no momenta.

1. Take which side of its kink every input is on, interval by interval, from a path whose nodes lie on the kinks.
2. On these sides σ(A) is A, or zero, and the program is smooth. Inputs are held at zero where they rest, and at the
   nodes where they cross: without that, a side could be left for σ(A) = A < 0, which no ReLU has.
3. Solve for representations and weights by IPOPT. The momenta of this program jump where a node is not on the path's
   own crossing, so that path and cost are those of the extremal only where its kinks are right.
"""

from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.geodesics.statement.array_layouts import stacked, unstacked
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Path, PointWeights
from geodepth.control.transcription.implicit_integrators import ImplicitRungeKutta
from geodepth.foundation.shapes import Float

from .hamiltonian_system import RESTING, Sides
from .indirect.collocated_path import positions_inside
from .indirect.extremal import Extremal

TOLERANCE, ITERATIONS = 1e-10, 60
"""KKT residual, scaled by 1/λ, and steps of IPOPT: from an extremal it takes three to five. Chosen by hand."""


@dataclass(frozen=True, slots=True, eq=False)
class DirectPath:
    """A local minimum of the collocated problem on given pieces, or the last iterate.

    Attributes
    ----------
    representations : (K + 1, w, N)
        A at the nodes.
    weights : (K, s, w, c)
        W at the stages.
    cost : float
        J.
    solved : bool
        Whether IPOPT reached its tolerance.
    reason : str
        Why it stopped, in its own words.
    """

    representations: Path
    weights: PointWeights
    cost: float
    solved: bool
    reason: str


def direct_on_pieces(
    extremal: Extremal, positions: Float[np.ndarray, " K+1"], method: ImplicitRungeKutta
) -> DirectPath:
    """The direct method's path next to an extremal, on the extremal's pieces.

    Parameters
    ----------
    extremal : Extremal
        Of the exact ReLU; a start, and the sides of all inputs.
    positions : (K + 1,)
        Nodes, those on the kink among them.
    method : ImplicitRungeKutta
        The collocation.
    """
    geodesic, count = extremal.geodesic, len(method.nodes)
    inner = positions_inside(positions, method.nodes)
    sides = extremal.collocated.at((positions[1:] + positions[:-1]) / 2)[1]
    assert sides is not None
    program, bounds = _program(geodesic, positions, method, sides, _held_nodes(extremal, positions))
    nodes, (stages, _, weights) = extremal.sample(positions)[0], extremal.sample(inner.ravel())
    start = np.concatenate([stacked(part).ravel() for part in (nodes, stages, weights)])
    options: dict[str, Any] = {
        "tol": TOLERANCE,
        "constr_viol_tol": TOLERANCE,
        "acceptable_iter": 0,
        "max_iter": ITERATIONS,
    }
    options |= {"constr_mult_init_max": 1e20, "print_level": 0, "sb": "yes"}
    solver = ca.nlpsol("direct", "ipopt", program, {"ipopt": options, "print_time": False, "error_on_fail": False})
    lower, upper = np.full(start.size, -np.inf), np.full(start.size, np.inf)
    lower[: nodes[0].size] = upper[: nodes[0].size] = stacked(geodesic.initial_representations)
    found = solver(x0=start, lbx=lower, ubx=upper, lbg=bounds, ubg=bounds)
    status, z = solver.stats(), np.array(found["x"]).ravel()
    ends = np.cumsum([nodes.size, stages.size])
    path, _, at_stages = np.split(z, ends)
    return DirectPath(
        representations=unstacked(path.reshape(positions.size, -1), geodesic.width),
        weights=unstacked(at_stages.reshape(positions.size - 1, count, -1), geodesic.width),
        cost=float(found["f"]) * geodesic.weight_decay,
        solved=bool(status["success"]),
        reason=str(status["return_status"]),
    )


def _program(
    geodesic: RepresentationGeodesic,
    positions: Float[np.ndarray, " K+1"],
    method: ImplicitRungeKutta,
    sides: Sides,
    at_nodes: list[int],
) -> tuple[dict[str, Any], np.ndarray]:
    """The program of nodes, stages and weights, in this order, with what its constraints are equal to."""
    width, samples, count, intervals = geodesic.width, geodesic.samples, len(method.nodes), positions.size - 1
    size, weights = width * samples, width * geodesic.columns
    nodes, stages = ca.MX.sym("A", size, intervals + 1), ca.MX.sym("S", size * count, intervals)
    controls = ca.MX.sym("W", weights * count, intervals)
    on = (sides > 0).reshape(intervals, size).T.astype(float)
    interval = _interval(geodesic, method).map(intervals)
    equations, ends, squares = interval(nodes[:, :-1], stages, controls, ca.DM(on), ca.DM(np.diff(positions)).T)
    rows = [ca.vec(equations), ca.vec(nodes[:, 1:] - ends)]
    resting = (sides == RESTING).reshape(intervals, size).T
    at_stages = np.flatnonzero(np.tile(resting[:, None], (1, count, 1)).transpose(2, 1, 0).ravel())
    rows += [ca.vec(stages)[at_stages.tolist()], ca.vec(nodes)[at_nodes]]
    values = [np.zeros(size * count * intervals + size * intervals + at_stages.size + len(at_nodes))]
    cost, last = geodesic.penalty_scale * ca.sum2(squares), ca.reshape(nodes[:, -1], width, samples)
    output = ca.DM(geodesic.readout) @ last
    if geodesic.end.fixed:
        rows.append(ca.vec(output))
        values.append(stacked(geodesic.targets).ravel())
    else:
        scale = geodesic.samples * geodesic.weight_decay
        cost += geodesic.loss_function.expression(output, geodesic.targets) / scale
    variables = ca.vertcat(ca.vec(nodes), ca.vec(stages), ca.vec(controls))
    return {"x": variables, "f": cost, "g": ca.vertcat(*rows)}, np.concatenate(values)


def _held_nodes(extremal: Extremal, positions: Float[np.ndarray, " K+1"]) -> list[int]:
    """The entries of A at the nodes that are zero: of inputs that cross there, or come to rest."""
    size = extremal.geodesic.width * extremal.geodesic.samples
    held = [event for event in extremal.crossings if event.kind != "exit"]
    nodes = np.abs(positions[:, None] - [event.position for event in held]).argmin(axis=0) if held else []
    columns = [extremal.collocated.column(event.neuron, event.sample) for event in held]
    return [int(node) * size + column for node, column in zip(nodes, columns, strict=True)]


def _interval(geodesic: RepresentationGeodesic, method: ImplicitRungeKutta) -> ca.Function:
    """(A, stages, W, sides, length) -> what the stage equations leave, the end, and ∫‖W‖²."""
    width, samples, columns, count = geodesic.width, geodesic.samples, geodesic.columns, len(method.nodes)
    size = width * samples
    start, stages = ca.SX.sym("A", size), ca.SX.sym("S", size * count)
    controls, on, length = ca.SX.sym("W", width * columns * count), ca.SX.sym("on", size), ca.SX.sym("h")
    values = [start, *ca.vertsplit(stages, size)]
    equations, squares = [], 0
    for j, flat in enumerate(ca.vertsplit(controls, width * columns)):
        active = ca.reshape(on * values[j + 1], width, samples)
        features = ca.vertcat(active, ca.DM.ones(1, samples)) if geodesic.bias else active
        rate = ca.vec(ca.reshape(flat, width, columns) @ features) - geodesic.effective_depth * values[j + 1]
        slope = sum(float(method.slopes[j, r]) * value for r, value in enumerate(values))
        equations.append(slope - length * rate)
        squares += length * float(method.weights[j]) * ca.sumsqr(flat)
    end = sum(float(e) * value for e, value in zip(method.extrapolation, values, strict=True))
    return ca.Function("interval", [start, stages, controls, on, length], [ca.vertcat(*equations), end, squares])
