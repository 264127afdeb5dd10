"""What the multipliers of path constraints do to the costates and to the Hamiltonian.

A multiplier M of g ≤ 0 at one time t is a share of the integral of the density μ. Across it costates fall by M ∂g/∂x
and the Hamiltonian grows by M ∂g/∂t: along a path dλ/dt = −∂H/∂x − μ ∂g/∂x and dH/dt = ∂H/∂t + μ ∂g/∂t. Where a
constraint holds states alone, μ may hold a pulse ν, at which both jump.

Source: Hartl, Sethi and Vickson, SIAM Review 37 (1995), section 4; the signs are those of λ = ∂V/∂x and a minimum.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.transcription.interpolation import lagrange
from geodepth.control.transcription.transcription import Transcription
from geodepth.foundation.shapes import Bool, Float, Int

KEPT = 16
"""Problems whose derivatives are kept (chosen by hand)."""


@dataclass(frozen=True, slots=True)
class PathPulses:
    """The multipliers of path constraints' rows, with what each does: n shares of them.

    Attributes
    ----------
    intervals : ndarray of int
        In which interval each acts (n,); K for what acts at the end of the horizon.
    fractions : ndarray
        Where in it (n,).
    at_node : ndarray of bool
        Whether it acts at that one time (n,): of constraints on states alone, held at nodes. The others are shares of
        a density, and what they do is spread over the interval.
    by_state : ndarray
        M ∂g/∂x (n, nx).
    by_time : ndarray
        M ∂g/∂t (n,).
    """

    intervals: Int[np.ndarray, " n"]
    fractions: Float[np.ndarray, " n"]
    at_node: Bool[np.ndarray, " n"]
    by_state: Float[np.ndarray, "n nx"]
    by_time: Float[np.ndarray, " n"]

    def growth(self, intervals: int, fractions: Float[np.ndarray, " m"]) -> Float[np.ndarray, "K m"]:
        """By how much H has grown through them since the beginning, at these fractions of every interval (K, m)."""
        jumps, rises = np.zeros(intervals + 1), np.zeros(intervals + 1)
        # What acts at an interval's end acts before the next one's beginning.
        behind = self.intervals + (self.fractions == 1.0)
        np.add.at(jumps, behind[self.at_node], self.by_time[self.at_node])
        np.add.at(rises, self.intervals[~self.at_node], self.by_time[~self.at_node])
        before = np.cumsum(jumps) + np.cumsum(rises) - rises
        return np.asarray(before[:-1, None] + rises[:-1, None] * fractions)


def path_pulses(
    transcription: Transcription,
    multipliers: Float[np.ndarray, " rows"],
    variables: Float[np.ndarray, " size"],
    times: Float[np.ndarray, " K+1"],
    parameters: Float[np.ndarray, " np"],
) -> PathPulses | None:
    """The path constraints' multipliers of a solved program, with their derivatives; None without path constraints.

    Parameters
    ----------
    transcription : Transcription
        The program.
    multipliers : ndarray
        Of its constraints.
    variables : ndarray
        z.
    times : ndarray
        Of its nodes.
    parameters : ndarray
        The problem's p.
    """
    where, layout, problem = transcription.path_rows, transcription.layout, transcription.problem
    if where is None or where.rows.size == 0:
        return None
    states, _, values = layout.split(variables)
    inner = layout.inner_states(variables)
    k, count = np.minimum(where.intervals, layout.intervals - 1), layout.intervals
    share = where.fractions + (where.intervals - k)
    # A row at an interval's end holds the next node, or what the integrator makes of it, which is the same.
    x = states[np.where(share == 1.0, k + 1, k)]
    on_stage = np.zeros(share.size, dtype=bool)
    for i, fraction in enumerate(layout.inner):
        here = (where.fractions == fraction) & (where.intervals < count)
        x[here], on_stage = inner[k[here], i], on_stage | here
    u = np.einsum("ns,nsu->nu", lagrange(transcription.control_points, share), values[k])
    t = times[k] + share * (times[k + 1] - times[k])
    tiled = np.tile(parameters[:, None], (1, t.size))
    slopes, uses_control = _slopes(problem.functions.path)
    by_state, by_time = (np.array(v) for v in slopes(x.T, u.T, t[None], tiled))
    which, states_alone = (where.expressions, np.arange(t.size)), ~uses_control[where.expressions]
    gradients, rates = by_state.reshape(-1, t.size, len(problem.states))[which], by_time[which]
    weights = multipliers[where.rows]
    spread = np.where(states_alone & ~on_stage, 0.0, weights)
    # A stage that is a node may hold a pulse beside its share of the density, which the other stages tell.
    ends = np.flatnonzero(states_alone & on_stage & (where.fractions == 1.0))
    others, last = np.zeros((count, uses_control.size)), transcription.inner_weights[-1:]
    np.add.at(others, (k, where.expressions), np.where(on_stage & (where.fractions < 1.0), weights, 0.0))
    told = others[k[ends], where.expressions[ends]] * last / np.maximum(1 - last, last)
    spread[ends] = np.clip(told, np.minimum(weights[ends], 0.0), np.maximum(weights[ends], 0.0))
    # A solver that stopped where a constraint is undefined leaves slopes that are infinite.
    with np.errstate(invalid="ignore"):
        by_state = np.vstack([spread[:, None] * gradients, (weights - spread)[:, None] * gradients])
        by_time = np.concatenate([spread * rates, (weights - spread) * rates])
    return PathPulses(
        intervals=np.tile(where.intervals, 2),
        fractions=np.tile(where.fractions, 2),
        at_node=np.repeat([False, True], t.size),
        by_state=by_state,
        by_time=by_time,
    )


@lru_cache(maxsize=KEPT)
def _slopes(path: Any) -> tuple[Any, Bool[np.ndarray, " ng"]]:
    """(x, u, t, p) -> (∂g/∂x, ∂g/∂t), and whether a control is in each expression."""
    kind = ca.SX if path.is_a("SXFunction") else ca.MX
    arguments = [kind.sym(n, path.size1_in(i)) for i, n in enumerate("xutp")]
    x, u, t, _ = arguments
    value = path(*arguments)
    found = [ca.densify(ca.jacobian(value, x)), ca.densify(ca.jacobian(value, t))]
    uses_control = np.zeros(path.numel_out(0), dtype=bool)
    uses_control[path.jac_sparsity(0, 1).row() if u.numel() else []] = True
    return ca.Function("path_slopes", arguments, found), uses_control
