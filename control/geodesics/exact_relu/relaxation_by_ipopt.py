"""From the smoothed to the exact ReLU by IPOPT: complementarity form, Scholtes' relaxation, and the bracket it gives.

1. Read the smoothed path as a point of the relaxation: with S = σ_ε(A) and T = σ_ε(−A), A = S − T and S∘T = ε²/4.
2. Start at s = ε²/4, with the multipliers that the smoothed problem implies, so that IPOPT stays in its minimum.
   Started from s = 1e-4, or without multipliers, it leaves for another one.
3. Tighten s, each solve from the last, until the exact cost of these weights and the relaxed cost meet.
"""

from dataclasses import dataclass, replace

import numpy as np

from geodepth.control.geodesics.statement.array_layouts import stacked, unstacked
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Path, Steps, Weights
from geodepth.control.geodesics.transcribed.compiled_programs import complementarity_program
from geodepth.control.geodesics.transcribed.smooth_point import SmoothPoint
from geodepth.control.geodesics.transcribed.smoothed_solves import momenta_from
from geodepth.control.solvers.program import Program
from geodepth.control.solvers.status import Iterate, Status
from geodepth.control.transcription.mesh import Mesh

RELAXATIONS = (3e-7, 3e-8, 3e-9)
"""s after ε²/4, in units of A²: each a factor of about ten below the last, until the bracket closes.

At 1e-8 it was 5e-7 wide on the first problem that was tried."""
FIRST_SLACK = 1.1  # the first s over ε²/4: the smoothed point lies inside the relaxation, not on its edge


@dataclass(frozen=True, slots=True, eq=False)
class ExactPoint:
    """A local minimum of the exact network between its brackets.

    Attributes
    ----------
    weights : (L, w, c)
        W_ℓ.
    momenta : (L + 1, w, N)
        B_ℓ, the multipliers of the defects; B_0 is left to the caller, as NaN.
    upper : float
        J of the exact network with these weights, a feasible point.
    lower : float
        J of the relaxed problem at `relaxation`, whose feasible set contains the exact one around this minimum; −inf
        where no relaxed solve succeeded.
    relaxation : float
        s, in units of A².
    iterations : int
        Of all solves.
    seconds : float
        That they took.
    converged : bool
        Whether a relaxed solve succeeded.
    """

    weights: Weights
    momenta: Path
    upper: float
    lower: float
    relaxation: float
    iterations: int
    seconds: float
    converged: bool

    @property
    def bracket(self) -> float:
        """(upper − lower)/upper."""
        return (self.upper - self.lower) / self.upper


def exact_minimum(
    geodesic: RepresentationGeodesic,
    layer_steps: Steps,
    start: SmoothPoint,
    tolerance: float = 1e-8,
    bracket: float = 1e-7,
) -> ExactPoint:
    """Tighten s from ε²/4 until the bracket closes.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        The problem, of a ReLU.
    layer_steps : (L,)
        ρ_ℓ.
    start : SmoothPoint
        A smoothed minimum of the network.
    tolerance : float
        Of IPOPT, in J/λ.
    bracket : float
        Relative distance of upper and lower at which to stop.

    Raises
    ------
    KeyboardInterrupt
        If IPOPT was interrupted.
    """
    program = complementarity_program(geodesic, layer_steps.size, tolerance)
    mesh = Mesh.from_steps(layer_steps)
    iterate = _first_iterate(geodesic, program, layer_steps, start)
    weights = start.weights[:, 0]
    # Until a relaxed solve succeeds: the smoothed weights in the exact network, with no lower side.
    best = ExactPoint(weights, start.momenta, geodesic.objective(weights, layer_steps), -np.inf, np.nan, 0, 0.0, False)
    iterations, seconds = 0, 0.0
    for relaxation in (FIRST_SLACK * start.smoothing**2 / 4, *RELAXATIONS):
        values = program.transcription.parameter_values({"relaxation": relaxation}, mesh)
        result = program.solve(iterate.variables, values, iterate)
        iterations, seconds = iterations + result.iterations, seconds + result.seconds
        if result.status is Status.INTERRUPTED:
            raise KeyboardInterrupt
        if result.status is not Status.SOLVED:
            return best if best.converged else replace(best, iterations=iterations, seconds=seconds)
        iterate = result.iterate
        _, _, controls = program.transcription.layout.split(iterate.variables)
        weights = unstacked(controls[:, 0, : weights[0].size], geodesic.width)
        best = ExactPoint(
            weights=weights,
            momenta=momenta_from(program, iterate.constraint_multipliers, geodesic.width),
            upper=geodesic.objective(weights, layer_steps),
            lower=geodesic.weight_decay * result.objective,
            relaxation=relaxation,
            iterations=iterations,
            seconds=seconds,
            converged=True,
        )
        if abs(best.bracket) <= bracket:
            break
    return best


def _first_iterate(
    geodesic: RepresentationGeodesic, program: Program, layer_steps: Steps, start: SmoothPoint
) -> Iterate:
    """The smoothed point as a point of the relaxation, with its multipliers.

    With d = ∂(J/λ)/∂S: where d < 0 a larger S pays, S∘T ≤ s is active with multiplier −d/(S + T); where d > 0, S ≥ 0 or
    T ≥ 0 is active (A below or above zero) with multiplier d. CasADi's multipliers of lower bounds are negative.
    """
    transcription, weights = program.transcription, start.weights[:, 0]
    inner = start.representations[:-1]
    root = np.sqrt(inner**2 + start.smoothing**2)
    negative = (root - inner) / 2
    momenta = start.momenta[1:]
    pull = -layer_steps[:, None, None] * np.einsum("lij,lin->ljn", weights[:, :, : geodesic.width], momenta)
    overlap = np.where(pull < 0, -pull / root, 0.0)
    at_positive = np.where((pull > 0) & (inner <= 0), -pull, 0.0)
    at_negative = np.where((pull > 0) & (inner > 0), -pull, 0.0)

    none = np.zeros((layer_steps.size + 1, 0))
    join = transcription.layout.join
    states = stacked(start.representations)
    weight_controls = stacked(weights)
    controls = np.hstack([weight_controls, stacked(negative)])
    bound_multipliers = np.hstack([np.zeros_like(weight_controls), stacked(at_negative)])
    rows = np.hstack([stacked(momenta), stacked(at_positive), stacked(overlap)]).ravel()
    multipliers = np.zeros(transcription.constraint_lower.size)
    multipliers[: rows.size] = rows
    return Iterate(
        variables=join(states, none, controls[:, None, :]),
        variable_multipliers=join(np.zeros_like(states), none, bound_multipliers[:, None, :]),
        constraint_multipliers=multipliers,
    )
