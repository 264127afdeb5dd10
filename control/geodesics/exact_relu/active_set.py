"""From a smoothed solution with small ε onto the exact ReLU's: Newton's method with an active set of kinks.

A semismooth Newton method in (A, W, P, ν): one step on the current pieces (structured_pieces.py), then every input
takes the side that its value or its multiplier calls for. Close to a local minimum without degenerate kinks the sides
settle after a few steps, and the last ones converge quadratically to it, kinks and all. With a relaxation s > 0 the
same method solves Scholtes' relaxed problem, S∘T ≤ s in A = S − T: where M > 0 the least S, max(A, 0), is best, kinks
included; where M < 0 the largest, σ_ε with ε = 2√s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geodepth.control.geodesics.newton.linearization import Iterate, Linearization, Step, linearize
from geodepth.control.geodesics.newton.newton_step import LinearSolver, newton_step
from geodepth.control.geodesics.newton.regularization import Regularization
from geodepth.control.geodesics.newton.shooting_model import ShootingModel
from geodepth.foundation.shapes import Float, Int8

from .pieces import PiecewiseModel, piecewise_model

# Inputs whose smoothed slope lies this far inside (0, 1) start on the kink. The active set mends what this misjudges.
SLOPE_MARGIN = 0.02
# Multipliers of neurons without any effect are zero up to roundoff, and say nothing by their sign.
SIGN_TOLERANCE = 1e-10
# Inputs this close to zero, relative to the largest, have not crossed it: kinks that they depend on hold them there.
ROUNDOFF = 1e-12
STEPS, LENGTHS, GROWTH, CLOSE = 25, 5, 10.0, 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """The side of every input A_0 … A_{L−1}, and where the relaxation lifts σ to σ_ε."""

    sides: Int8[np.ndarray, "L N w"]
    lifted: np.ndarray

    def key(self) -> bytes:
        """Equal for equal pieces."""
        return self.sides.tobytes() + self.lifted.tobytes()


@dataclass(frozen=True, slots=True, eq=False)
class Snap:
    """Where the active set ended."""

    point: Linearization
    pieces: Pieces
    steps: int
    factorizations: int
    settled: bool  # residual below the tolerance, on pieces that all inputs and multipliers agree with
    strict: bool  # settled, and the reduced Hessian on the pieces is positive definite


def gain(model: ShootingModel, iterate: Iterate) -> Float[np.ndarray, "L N w"]:
    """M = ρ W[:, :w]ᵀP, by which the Lagrangian grows with σ(A_{ℓ−1})."""
    scaled = model.steps * iterate.weights[:, : model.width]
    return np.asarray(np.matmul(iterate.multipliers, scaled.transpose(0, 2, 1)))


def snap(
    base: ShootingModel, pieces: Pieces, iterate: Iterate, solver: LinearSolver, tolerance: float, lift: float = 0.0
) -> Snap:
    """A stationary point of the exact problem (lift = 0), or of its relaxation with ε = 2√s = `lift`.

    Gives up when pieces come back that have been tried, or after STEPS steps.
    """
    taken = factorizations = 0
    settled, seen = True, {pieces.key()}
    while True:
        model = _model(base, pieces, lift)
        point = linearize(model, iterate, model.evaluate(iterate.states, iterate.weights))
        step, tried = _step(point, solver)
        factorizations += tried
        done = settled and point.residual < tolerance
        if step is None or done or taken == STEPS:
            break
        taken += 1
        chosen = _search(base, point, pieces, step, lift, tolerance)
        if chosen is None:
            break
        iterate, following = chosen
        settled = following.key() == pieces.key()
        if not settled and following.key() in seen:
            break
        pieces = following
        seen.add(pieces.key())
    strict = done and tried == 1
    if done and step is not None:
        point = _polished(point, step)
    return Snap(point, pieces, taken, factorizations, done, strict)


def _model(base: ShootingModel, pieces: Pieces, lift: float) -> PiecewiseModel:
    return piecewise_model(base, pieces.sides, pieces.lifted, lift)


def _step(point: Linearization, solver: LinearSolver) -> tuple[Step | None, int]:
    """The Newton step on the current pieces, shifted where that is needed, and the number of factorizations."""
    if not np.isfinite(point.residual):
        return None, 0
    regularization, tried = Regularization(), 1
    while not solver.factor(point, regularization.shift):
        tried += 1
        if not regularization.increase():
            return None, tried
    evaluation = point.evaluation
    return newton_step(point, solver, regularization.shift, evaluation.defects, evaluation.mismatch), tried


def _search(
    base: ShootingModel, point: Linearization, pieces: Pieces, step: Step, lift: float, tolerance: float
) -> tuple[Iterate, Pieces] | None:
    """The longest of five lengths at which the residual, on the pieces that follow, falls; else the best of them.

    A residual that grows is tolerated up to GROWTH, beyond which the start was too far from any solution; not, though,
    close to a solution on the same sides, where it has reached what roundoff or a degenerate kink allows.
    """
    best: tuple[float, Iterate, Pieces] | None = None
    length = 1.0
    for _ in range(LENGTHS):
        moved = point.iterate.moved(step, length)
        following, moved = next_pieces(point.model, pieces, moved, lift)
        model = _model(base, following, lift)
        residual = linearize(model, moved, model.evaluate(moved.states, moved.weights)).residual
        if best is None or residual < best[0]:
            best = residual, moved, following
        if residual < 0.9 * point.residual:
            break
        length *= 0.5
    assert best is not None
    # At the tolerance itself the step is taken for the sides' sake: they must be seen to stay.
    stays = best[2].key() == pieces.key() and tolerance < point.residual < CLOSE
    limit = 0.9 if stays else GROWTH
    return best[1:] if best[0] < limit * point.residual else None


def _polished(point: Linearization, step: Step) -> Linearization:
    """The point after one more step, if that is better: quadratic convergence leaves roundoff."""
    iterate = point.iterate.moved(step)
    following = linearize(point.model, iterate, point.model.evaluate(iterate.states, iterate.weights))
    return following if following.residual < point.residual else point


def first_pieces(base: ShootingModel, start: Iterate) -> tuple[Pieces, Iterate]:
    """Sides of a smoothed solution: kinks, of growing σ, where the smoothed slope is undecided, with ν = σ'_ε M."""
    inputs = start.states[:-1]
    nowhere = np.zeros(inputs.shape, dtype=bool)
    if base.activation.is_linear:
        return Pieces(np.ones(inputs.shape, dtype=np.int8), nowhere), replace(start, pins=np.zeros_like(inputs))
    slopes, growth = base.gate(inputs), gain(base, start)
    kinks = (growth > 0) & (slopes > SLOPE_MARGIN) & (slopes < 1.0 - SLOPE_MARGIN)
    kinks[0] = False
    sides = np.where(inputs > 0, 1, -1).astype(np.int8)
    sides[kinks] = 0
    return Pieces(sides, nowhere), replace(start, pins=np.where(kinks, slopes * growth, 0.0))


def relaxed_pieces(exact: Snap) -> Pieces:
    """Pieces for the relaxation: lifted where the Lagrangian falls with σ, but for kinks and A_0, which is data."""
    lifted = (gain(exact.point.model, exact.point.iterate) < -SIGN_TOLERANCE) & (exact.pieces.sides != 0)
    lifted[0] = False
    return Pieces(exact.pieces.sides, lifted)


def next_pieces(model: ShootingModel, pieces: Pieces, iterate: Iterate, lift: float) -> tuple[Pieces, Iterate]:
    """Pieces after a step.

    A kink whose ν left [0, M] is released to the side where the cost falls, steepest on a ridge (M < 0). An input that
    crossed zero is put on the kink, with the ν of the side it came from, or on a ridge lets it change sides.
    """
    if model.activation.is_linear:
        return pieces, iterate
    assert iterate.pins is not None
    growth, inputs, pins, sides = gain(model, iterate), iterate.states[:-1], iterate.pins, pieces.sides
    kinks = sides == 0
    new = sides.copy()
    new[kinks & (pins > growth + SIGN_TOLERANCE)] = 1
    new[kinks & (pins < -SIGN_TOLERANCE)] = -1
    ridges = kinks & (growth < -SIGN_TOLERANCE)
    new[ridges] = np.where(pins[ridges] > 0.5 * growth[ridges], 1, -1)
    crossed = ~kinks & (inputs * sides < -ROUNDOFF * float(np.abs(inputs).max()))
    crossed[0] = False
    new[crossed] = np.where(growth[crossed] > -SIGN_TOLERANCE, 0, -sides[crossed])
    held = np.where(kinks, pins, np.where(sides > 0, growth, 0.0))
    lifted = pieces.lifted
    if lift > 0.0:
        lifted = (new != 0) & (growth < np.where(lifted, SIGN_TOLERANCE, -SIGN_TOLERANCE))
        lifted[0] = False
    return Pieces(new, lifted), replace(iterate, pins=np.where(new == 0, held, 0.0))
