"""A problem as a nonlinear program, and what can make one of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from geodepth.control.model.ends import end_range
from geodepth.control.model.errors import CHECKS, ProblemError, check_names
from geodepth.control.model.free_numbers import FreeNumber
from geodepth.control.model.kink_symbols import check_signs
from geodepth.control.model.problem import TIMES, OptimalControlProblem
from geodepth.foundation.shapes import Float, Int

from .interval.stages import Stages
from .layout import Layout
from .mesh import Mesh

START_ABOVE = 1.0
"""How far above zero the slack of a norm starts, relative to its size where that is known (chosen by hand): close to
zero a solver stays there."""


class PathRows(NamedTuple):
    """The n rows of path constraints.

    Attributes
    ----------
    rows : ndarray of int
        Their numbers (n,).
    intervals : ndarray of int
        To which interval each belongs (n,); K for the end of the horizon, where that is asked for on the last node.
    fractions : ndarray
        Where in it (n,).
    expressions : ndarray of int
        Which of the path expressions (n,).
    """

    rows: Int[np.ndarray, " n"]
    intervals: Int[np.ndarray, " n"]
    fractions: Float[np.ndarray, " n"]
    expressions: Int[np.ndarray, " n"]


@dataclass(frozen=True, slots=True, eq=False)
class Transcription:
    """minimize objective(z; θ) subject to lower ≤ z ≤ upper and constraint_lower ≤ g(z; θ) ≤ constraint_upper.

    Attributes
    ----------
    problem, mesh, layout
        What was discretized, where, and how z is ordered.
    variables, parameters : casadi.MX
        z (size,) and θ. θ holds the fixed parameters, the fixed times and the mesh's breakpoints, so that one program
        serves a whole homotopy and every mesh of the same number of intervals.
    objective, constraints : casadi.MX
        A scalar and g (rows,).
    lower, upper : ndarray
        Bounds of z.
    constraint_lower, constraint_upper : ndarray
        Bounds of g.
    row_expressions : ndarray of int
        Which expression each row of g bounds (rows,); from the end, what is no expression.
    defects : ndarray of int
        Interval by interval, the rows of g that hold x_{k+1} − F(x_k, U_k), (K, node). Minus their multipliers are
        the costates ∂V/∂x.
    control_points : ndarray
        The fractions of an interval where its control is given.
    staged : bool
        Whether the program is a chain of stages x_0, U_0, x_1, … whose constraints touch neighbours only, as fatrop
        wants it.
    method : str
        The method's name.
    inner_rows : ndarray of int
        The rows of the stage equations, stage by stage, (K, s, nx).
    inner_weights : ndarray
        The stages' quadrature weights (s,). Minus the multipliers of the stage equations divided by them are the
        costates at the stages (the covector mapping: Hager, Numer. Math. 87, 2000).
    path_rows : PathRows, optional
        The rows of path constraints.
    rollout : casadi.Function, optional
        Makes z from the first node and the controls. If there is one, solvers see only these
        (solvers/single_shooting.py).
    kinks : casadi.Function, optional
        (z, θ) -> what the slacks stand for, interval by interval, and then at the end; None where there are none.
    interval_costs : casadi.MX, optional
        What the running cost comes to in every interval (1, K), as the method integrates it.
    stages : Stages, optional
        What objective and constraints are made of.
    traced : Transcription, optional
        Whose expressions these are, where `with_values` made this one.
    misfit : float
        The size of what the objective holds beside the problem's own cost, such as squares of residuals.
    """

    problem: OptimalControlProblem
    mesh: Mesh
    layout: Layout
    variables: Any
    parameters: Any
    objective: Any
    constraints: Any
    lower: np.ndarray
    upper: np.ndarray
    constraint_lower: np.ndarray
    constraint_upper: np.ndarray
    row_expressions: Int[np.ndarray, " rows"]
    defects: Int[np.ndarray, "K node"]
    control_points: Float[np.ndarray, " points"]
    staged: bool
    method: str
    inner_rows: Int[np.ndarray, "K s nx"] = field(default_factory=lambda: np.zeros((0, 0, 0), dtype=int))
    inner_weights: Float[np.ndarray, " s"] = field(default_factory=lambda: np.zeros(0))
    path_rows: PathRows | None = None
    rollout: Any = None
    kinks: Any = None
    interval_costs: Any = None
    stages: Stages | None = None
    traced: "Transcription | None" = None
    misfit: float = 0.0

    def with_values(
        self,
        initial_state: Mapping[str, Any] | None = None,
        final_state: Mapping[str, Any] | None = None,
        parameters: Mapping[str, float] | None = None,
        initial_time: float | None = None,
        final_time: float | None = None,
    ) -> "Transcription":
        """The program at other values of what the problem gives as numbers: other bounds, and another θ.

        Parameters
        ----------
        initial_state, final_state, parameters, initial_time, final_time
            As in `OptimalControlProblem.with_values`, but that what was a number stays one.

        Raises
        ------
        ProblemError
            As there; or a time or a parameter is no number.
        """
        check_numbers({"parameters": parameters, "initial_time": initial_time, "final_time": final_time})
        problem = self.problem.with_values(initial_state, final_state, parameters, initial_time, final_time)
        lower, upper = self.lower.copy(), self.upper.copy()
        last = self.layout.intervals * self.layout.stage
        for first, which, given in ((0, "initial_state", initial_state), (last, "final_state", final_state)):
            for i, name in enumerate(problem.states if given else ()):
                lower[first + i], upper[first + i] = end_range(problem, which, name)
        return replace(self, problem=problem, lower=lower, upper=upper, traced=self.traced or self)

    @property
    def parts(self) -> tuple["Part", ...]:
        """The transcriptions that make up the program: this one alone."""
        return (Part(self, slice(None), slice(None), slice(None)),)

    @property
    def links(self) -> None:
        """What ties the parts of a program: nothing here."""
        return None

    @property
    def carried(self) -> tuple[str, ...]:
        """Names of what is carried along the stages, in order."""
        return (*self.problem.free, *(f"switch {i + 1}" for i in range(len(self.mesh.movable))))

    def completed(
        self,
        variables: Float[np.ndarray, " size"],
        parameters: Float[np.ndarray, " theta"],
        above: float | Float[np.ndarray, " size"] = 0.0,
    ) -> Float[np.ndarray, " size"]:
        """The variables with every slack at the kink that it stands for, not below its bound.

        Parameters
        ----------
        variables, parameters : ndarray
            z (size,), whose slacks do not matter, and θ.
        above : float or ndarray, default 0
            What is added to norms, which are divided by: a start is to be away from zero.
        """
        if self.kinks is None:
            return variables
        layout, values = self.layout, np.array(self.kinks(variables, parameters)).ravel()
        count = layout.intervals * layout.slacks
        states, carried, controls = layout.split(variables)
        along, ends = layout.slack_values(self.lower + above * np.isfinite(self.lower))
        slacks = np.maximum(values[:count].reshape(along.shape), along), np.maximum(values[count:], ends[0])
        return layout.join(states, carried, controls, layout.inner_states(variables), slacks)

    def with_slacks_of(
        self, variables: Float[np.ndarray, " size"], other: Float[np.ndarray, " size"]
    ) -> Float[np.ndarray, " size"]:
        """The variables with the slacks that others have."""
        if self.kinks is None:
            return variables
        layout = self.layout
        states, carried, controls = layout.split(variables)
        return layout.join(states, carried, controls, layout.inner_states(variables), layout.slack_values(other))

    @property
    def replaced_kinks(self) -> tuple[str, ...]:
        """The kinks that slacks, or rows for their cases, replace exactly, and where they are."""
        kinks, running = self.problem.functions.replaced_kinks, self.problem.functions.running_slacks
        return kinks if self.layout.slacks or running is None else kinks[len(running.names) :]

    def parameter_values(
        self, overrides: Mapping[str, float] | None = None, mesh: Mesh | None = None
    ) -> Float[np.ndarray, " theta"]:
        """θ for these parameter values and this mesh.

        Parameters
        ----------
        overrides : mapping, optional
            Values of fixed parameters, by name; the problem's own for what is not named.
        mesh : Mesh, optional
            With as many intervals as this transcription's own, which is the default.

        Raises
        ------
        ProblemError
            A name is no fixed parameter's, or the mesh does not fit; or a value changes its sign, where kinks were
            replaced for that sign.
        """
        fixed, given = self.problem.fixed_parameters, overrides or {}
        check_names("parameters", given, fixed)
        check_signs(fixed, given, self.replaced_kinks)
        values = [float(given.get(name, value)) for name, value in fixed.items()]
        mesh = mesh or self.mesh
        if mesh.intervals != self.layout.intervals or mesh.movable != self.mesh.movable:
            raise ProblemError(
                f"mesh has {mesh.intervals} intervals; this transcription was built for {self.layout.intervals}"
            )
        times = list(self.problem.fixed_times.values())
        return np.concatenate([values, times, mesh.position_table.T.ravel()]).astype(float)


def check_numbers(values: Mapping[str, Any], where: str = "") -> None:
    """Raise ProblemError unless times and parameters are numbers: a program that is built has no place for free ones.

    Parameters
    ----------
    values : mapping
        By the names of `Transcription.with_values`.
    where : str, optional
        What stands before these names in messages.
    """
    parameters = values.get("parameters")
    given = {name: values.get(name) for name in TIMES if values.get(name) is not None}
    if isinstance(parameters, Mapping):
        given |= {f"parameters[{name!r}]": value for name, value in parameters.items()}
    for name, value in given.items():
        free = isinstance(value, FreeNumber)
        wanted = "a finite number" + "; state a problem anew for one that is free, and prepare that" * free
        CHECKS.number(f"{where}{name}", value, wanted=wanted)


class Part(NamedTuple):
    """One phase's transcription in a program of several, and where its own lie there.

    Attributes
    ----------
    transcription : Transcription
        Of the phase alone.
    variables, parameters, rows : slice
        Of the program's variables, of θ, and of its constraints.
    """

    transcription: Transcription
    variables: slice
    parameters: slice
    rows: slice


class Method(Protocol):
    """How to discretize: turns a problem on a mesh into a nonlinear program."""

    def transcribe(self, problem: OptimalControlProblem, mesh: Mesh) -> Transcription:
        """The program."""
        ...


def check_method(method: object) -> None:
    """Raise ProblemError unless this can transcribe; a class that was not called yet cannot."""
    if isinstance(method, type) or not callable(getattr(method, "transcribe", None)):
        raise CHECKS.refusal("method", method, "a MultipleShooting() or a DirectCollocation()")
