"""Which side every input takes: at the start of the active set, and after each of its steps.

1. At a smoothed solution an input is on its kink where the slope σ'_ε is undecided and the Lagrangian grows with σ.
2. After a step a kink is released whose multiplier ν left [0, M], to the side where the cost falls.
3. An input that crossed zero is put on the kink, or on a ridge (M < 0) changes sides.
4. Of the relaxation: inputs off the kinks are lifted where M < 0, so that a larger σ pays.

M = ρ W[:, :w]ᵀP is what the Lagrangian gains with σ(A_{ℓ−1}).
"""

from dataclasses import replace

import numpy as np

from geodepth.control.geodesics.newton.linearization import Iterate
from geodepth.control.geodesics.newton.shooting_model import ShootingModel
from geodepth.control.geodesics.statement.shapes import LayersRows

from .pieces import Pieces

SLOPE_MARGIN = 0.02
"""Inputs whose smoothed slope lies this far inside (0, 1) start on the kink; the active set mends misjudgements."""
SIGN_TOLERANCE = 1e-10
"""Multipliers, scaled by 1/λ, below which their sign says nothing: those of neurons without any effect are roundoff."""
ROUNDOFF = 1e-12
"""Inputs this close to zero, relative to the largest, have not crossed it: kinks they depend on hold them there."""


def gain(model: ShootingModel, iterate: Iterate) -> LayersRows:
    """M, by which the Lagrangian grows with σ(A_{ℓ−1})."""
    scaled = model.steps * iterate.weights[:, : model.width]
    return np.asarray(np.matmul(iterate.multipliers, scaled.transpose(0, 2, 1)))


def first_pieces(base: ShootingModel, start: Iterate) -> tuple[Pieces, Iterate]:
    """Sides of a smoothed solution: kinks, of growing σ, where the smoothed slope is undecided, with ν = σ'_ε M."""
    inputs = start.states[:-1]
    if base.activation.is_linear:
        return Pieces.exact(np.ones(inputs.shape, dtype=np.int8)), replace(start, pins=np.zeros_like(inputs))
    slopes, growth = base.gate(inputs), gain(base, start)
    kinks = (growth > 0) & (slopes > SLOPE_MARGIN) & (slopes < 1.0 - SLOPE_MARGIN)
    kinks[0] = False
    sides = np.where(inputs > 0, 1, -1).astype(np.int8)
    sides[kinks] = 0
    return Pieces.exact(sides), replace(start, pins=np.where(kinks, slopes * growth, 0.0))


def relaxed_pieces(model: ShootingModel, pieces: Pieces, iterate: Iterate) -> Pieces:
    """Pieces for the relaxation at an exact minimum: lifted where M < 0, but for kinks and A_0, which is data."""
    lifted = (gain(model, iterate) < -SIGN_TOLERANCE) & (pieces.sides != 0)
    lifted[0] = False
    return Pieces(pieces.sides, lifted)


def next_pieces(model: ShootingModel, pieces: Pieces, iterate: Iterate, lift: float) -> tuple[Pieces, Iterate]:
    """Pieces after a step, and the iterate with the multipliers ν of its new kinks.

    Parameters
    ----------
    model : ShootingModel
        The problem, on the pieces before.
    pieces : Pieces
        Those before the step.
    iterate : Iterate
        After the step.
    lift : float
        ε of the relaxation, zero for the exact problem.

    Notes
    -----
    On a ridge (M < 0) a kink is released to the steeper side. An input that is put on a kink gets the ν of the side
    that it came from.
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
