"""Single shooting: inner nodes' states eliminated from a multiple-shooting program, and put back when it is solved.

The program that a solver sees has the first node's y_0 and the intervals' controls U_0, …, U_{K−1} as variables. The
other nodes follow from them by simulation; bounds on their states are its constraints. The multipliers of the defects
follow from stationarity in the eliminated states, which is the adjoint equation, so that a Solution has the same
costates and passes the same checks however it was found (Bock and Plitt, 1984, call the elimination condensing).
"""

from copy import copy
from dataclasses import replace
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.control.solvers.scaling.variable_scaling import Scales
from geodepth.control.transcription.transcription import Transcription
from geodepth.foundation.shapes import Float

from .status import Iterate


class Condensing:
    """The program of a transcription without its inner nodes, and the way there and back.

    Attributes
    ----------
    full, reduced : Transcription
        The program as given, and the one that a solver sees.
    kept, eliminated : ndarray of int
        The full program's variables that stay, and those that follow from them.
    bounded : ndarray of int
        The eliminated states with bounds, which become constraints.
    rest : ndarray of int
        The full program's constraints that stay: all but the defects.
    """

    def __init__(self, full: Transcription) -> None:
        layout = full.layout
        starts = np.arange(1, layout.intervals + 1)[:, None] * layout.stage
        states = (starts + np.arange(layout.states)).ravel()
        self.eliminated = (starts + np.arange(layout.node)).ravel()
        self.kept = np.setdiff1d(np.arange(layout.size), self.eliminated)
        # What is carried along is bounded at the first node.
        self.bounded = states[np.isfinite(full.lower[states]) | np.isfinite(full.upper[states])]
        self.rest = np.setdiff1d(np.arange(full.constraint_lower.size), full.defects.ravel())
        self.full = full
        variables = ca.MX.sym("w", self.kept.size)
        whole = full.rollout(variables, full.parameters)
        evaluate = ca.Function("fg", [full.variables, full.parameters], [full.objective, full.constraints])
        objective, constraints = evaluate(whole, full.parameters)
        self.reduced = replace(
            full,
            variables=variables,
            objective=objective,
            constraints=ca.vertcat(constraints[self.rest.tolist()], whole[self.bounded.tolist()]),
            lower=full.lower[self.kept],
            upper=full.upper[self.kept],
            constraint_lower=np.concatenate([full.constraint_lower[self.rest], full.lower[self.bounded]]),
            constraint_upper=np.concatenate([full.constraint_upper[self.rest], full.upper[self.bounded]]),
            rollout=None,
            # The full program completes a start.
            kinks=None,
            interval_costs=None,
            stages=None,
        )
        steps = ca.jacobian(full.constraints[full.defects.ravel().tolist()], full.variables)
        self._steps = ca.Function("steps", [full.variables, full.parameters], [steps[:, self.eliminated.tolist()]])

    def with_bounds(self, full: Transcription) -> "Condensing":
        """The same for the full program at other bounds, of `Transcription.with_values`."""
        free = np.setdiff1d(self.eliminated, self.bounded)
        if np.any(np.isfinite(full.lower[free]) | np.isfinite(full.upper[free])):
            raise ProblemError("final_state bounds a state that condensed=True has eliminated as free; state it so")
        other, rest = copy(self), self.rest
        other.full = full
        other.reduced = replace(
            self.reduced,
            problem=full.problem,
            lower=full.lower[self.kept],
            upper=full.upper[self.kept],
            constraint_lower=np.concatenate([full.constraint_lower[rest], full.lower[self.bounded]]),
            constraint_upper=np.concatenate([full.constraint_upper[rest], full.upper[self.bounded]]),
        )
        return other

    def scales(self, full: Scales) -> Scales:
        """The reduced program's, from the full one's."""
        rows = [full.constraints[self.rest], full.variables[self.bounded]]
        return Scales(full.variables[self.kept], np.concatenate(rows), full.objective)

    def condensed(self, iterate: Iterate) -> Iterate:
        """A start of the reduced program from one of the full program; its inner states are forgotten."""
        rows = [iterate.constraint_multipliers[self.rest], iterate.variable_multipliers[self.bounded]]
        return Iterate(iterate.variables[self.kept], iterate.variable_multipliers[self.kept], np.concatenate(rows))

    def expanded(self, reduced: Iterate, parameters: Float[np.ndarray, " theta"], gradient: Any) -> Iterate:
        """The full program's iterate.

        Parameters
        ----------
        reduced : Iterate
            Of the reduced program.
        parameters : ndarray
            θ.
        gradient : function of (z, θ, λ)
            The gradient of the full program's objective + λ · constraints.

        Notes
        -----
        With J the defects' Jacobian in the eliminated nodes, block bidiagonal with ones on its diagonal, Jᵀλ = −∂L/∂y.
        """
        from scipy.sparse.linalg import spsolve

        full = self.full
        variables = np.array(full.rollout(reduced.variables, parameters)).ravel()
        bounds, multipliers = np.zeros(variables.size), np.zeros(full.constraint_lower.size)
        bounds[self.kept] = reduced.variable_multipliers
        multipliers[self.rest] = reduced.constraint_multipliers[: self.rest.size]
        bounds[self.bounded] = reduced.constraint_multipliers[self.rest.size :]
        slope = (gradient(variables, parameters, multipliers) + bounds)[self.eliminated]
        steps = self._steps(variables, parameters).sparse()
        if np.all(np.isfinite(steps.data)) and np.all(np.isfinite(slope)):
            multipliers[full.defects.ravel()] = spsolve(steps.T.tocsc(), -slope)
        return Iterate(variables, bounds, multipliers)
