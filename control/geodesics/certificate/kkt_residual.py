"""The KKT residual of a network's path, with CasADi's derivatives, apart from whichever back-end solved it.

1. Take the multiple-shooting program, which is the definition of the discrete problem; for the exact ReLU in its
   complementarity form A = S − T, S, T ≥ 0, S∘T ≤ 0.
2. Put the path into its variables, and the momenta into its multipliers.
3. For the ReLU, with M = ∂(J/λ)/∂S and m what of it passes to A: the multiplier of S∘T ≤ 0 is (−M)₊/(S + T) off the
   kinks. Those of T ≥ 0 and S ≥ 0 are M₊ on the side where they are active, and m and M − m on a kink, where both must
   be at least zero.
4. Measure what is left of feasibility, of the Lagrangian's gradient, and of the signs.
"""

from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.exact_relu.pieces import sides_of
from geodepth.control.geodesics.statement.array_layouts import stacked
from geodepth.control.geodesics.statement.network_path import NetworkPath
from geodepth.control.geodesics.transcribed.compiled_programs import complementarity_program, smoothed_program
from geodepth.control.solvers.program import Program
from geodepth.control.transcription.mesh import Mesh
from geodepth.foundation.shapes import Float

TOLERANCE = 1e-8
"""Of the program's solver, which is not called: with it the program is the one that the exact stage keeps."""


@dataclass(frozen=True, slots=True, eq=False)
class _Halves:
    """What the complementarity form adds: a number for every input of the ReLU; no columns without it.

    Attributes
    ----------
    rows : (L, …)
        Multipliers of all constraints of a layer.
    bounds : (L, wN or 0)
        Multipliers of T ≥ 0.
    negative : (L, wN or 0)
        T.
    wrong : float
        The largest multiplier of a wrong sign.
    """

    rows: Float[np.ndarray, "L r"]
    bounds: Float[np.ndarray, "L h"]
    negative: Float[np.ndarray, "L h"]
    wrong: float = 0.0


def kkt_residual(path: NetworkPath) -> float:
    """The largest of what is left of feasibility, stationarity and signs in the multiple-shooting program.

    Notes
    -----
    Stationarity and signs are relative to the largest entry of the objective's gradient and of the multipliers,
    feasibility to the largest |A|. A_0 is data, so its halves ask for nothing.
    """
    geodesic, layers = path.geodesic, path.steps.size
    wide, size = path.weights[0].size, path.representations[0].size
    program, parameters = _program_of(path)
    halves = _halves(path) if geodesic.has_kinks else _no_halves(path)
    layout, none, states = program.transcription.layout, np.zeros((layers + 1, 0)), stacked(path.representations)
    controls = np.hstack([stacked(path.weights), halves.negative])
    variables = layout.join(states, none, controls[:, None])
    multipliers = np.zeros(program.transcription.constraint_lower.size)
    multipliers[: halves.rows.size] = halves.rows.ravel()
    if geodesic.end.fixed:
        multipliers[halves.rows.size :] = geodesic.end.multipliers(path.momenta[-1]).ravel(order="F")
    held = np.hstack([np.zeros((layers, wide)), halves.bounds])
    gradient = program.lagrangian_gradient(variables, parameters, multipliers)
    gradient = gradient + layout.join(np.zeros_like(states), none, held[:, None])
    plain = program.lagrangian_gradient(variables, parameters, np.zeros_like(multipliers))
    scale = max(1.0, float(np.abs(plain).max()), float(np.abs(multipliers).max()))
    gradient[:size] = 0.0
    gradient[size + wide : size + controls.shape[1]] = 0.0
    violation = program.measure(variables, parameters)[1] / max(1.0, float(np.abs(path.representations).max()))
    return max(violation, float(np.abs(gradient).max()) / scale, halves.wrong / scale)


def _program_of(path: NetworkPath) -> tuple[Program, Float[np.ndarray, " theta"]]:
    """The program of the path's problem, and its parameters on the path's layers."""
    geodesic, layers = path.geodesic, path.steps.size
    if geodesic.has_kinks:
        program, value = complementarity_program(geodesic, layers, TOLERANCE), {"relaxation": 0.0}
    else:
        program = smoothed_program(geodesic, layers, "euler", "ipopt", TOLERANCE)
        value = {"smoothing": geodesic.smoothing or 1.0}
    return program, program.transcription.parameter_values(value, Mesh.from_steps(path.steps))


def _no_halves(path: NetworkPath) -> _Halves:
    none = np.zeros((path.steps.size, 0))
    return _Halves(stacked(path.momenta[1:]), none, none)


def _halves(path: NetworkPath) -> _Halves:
    inner, steps, momenta = path.representations[:-1], path.steps[:, None, None], path.momenta
    gain = -steps * np.einsum("lij,lin->ljn", path.weights[:, :, : path.geodesic.width], momenta[1:])
    passed = (1.0 - steps * path.geodesic.effective_depth) * momenta[1:] - momenta[:-1]
    sides = sides_of(path.representations)
    overlap = np.where(sides != 0, np.maximum(-gain, 0.0), 0.0) / np.where(sides != 0, np.abs(inner), 1.0)
    of_positive = np.where(sides < 0, np.maximum(gain, 0.0), np.where(sides == 0, gain - passed, 0.0))
    of_negative = np.where(sides > 0, np.maximum(gain, 0.0), np.where(sides == 0, passed, 0.0))
    return _Halves(
        rows=np.hstack([stacked(momenta[1:]), -stacked(of_positive), stacked(overlap)]),
        bounds=-stacked(of_negative),
        negative=stacked(np.maximum(-inner, 0.0)),
        wrong=float(max(0.0, -of_positive[1:].min(initial=0.0), -of_negative[1:].min(initial=0.0))),
    )
