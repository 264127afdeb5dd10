"""What every transcription is: a nonlinear program in stage order, with the way into it and out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.control.model.problem import FreeParameter, FreeTime, OptimalControlProblem
from geodepth.foundation.shapes import Float, Int

from .mesh import Mesh


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie in the program's variables: y_0, U_0, y_1, U_1, …, y_K.

    A node's y holds the states and what is carried along as a constant state (free parameters, free times, movable
    breakpoints), so that every program is a chain of stages. An interval's U holds `points` control values, point by
    point, and after them the states at the `inner` fractions of the interval (the stages of an implicit integrator).
    """

    intervals: int
    states: int
    carried: int
    controls: int
    points: int
    inner: tuple[float, ...] = ()

    @property
    def node(self) -> int:
        return self.states + self.carried

    @property
    def stage(self) -> int:
        return self.node + self.controls * self.points + self.states * len(self.inner)

    @property
    def size(self) -> int:
        return self.intervals * self.stage + self.node

    def join(
        self,
        states: Float[np.ndarray, "K+1 nx"],
        carried: Float[np.ndarray, "K+1 nq"] | Float[np.ndarray, " nq"],
        controls: Float[np.ndarray, "K points nu"],
        inner: Float[np.ndarray, "K s nx"] | None = None,
    ) -> Float[np.ndarray, " size"]:
        """The program's variables; without `inner` states, those lie on the straight lines between the nodes.

        carried: one row for every node, or one for all of them.
        """
        nodes = np.hstack([states, np.broadcast_to(carried, (self.intervals + 1, self.carried))])
        if inner is None:
            share = np.array(self.inner)[None, :, None]
            # Infinite bounds have no straight line between them: equal ends are taken as they are.
            with np.errstate(invalid="ignore"):
                line = (1 - share) * states[:-1, None, :] + share * states[1:, None, :]
            inner = np.where(states[:-1, None, :] == states[1:, None, :], states[:-1, None, :], line)
        table = np.hstack(
            [nodes[:-1], controls.reshape(self.intervals, -1), np.asarray(inner).reshape(self.intervals, -1)]
        )
        return np.concatenate([table.ravel(), nodes[-1]])

    def split(
        self, variables: Float[np.ndarray, " size"]
    ) -> tuple[Float[np.ndarray, "K+1 nx"], Float[np.ndarray, "K+1 nq"], Float[np.ndarray, "K points nu"]]:
        table = variables[: self.intervals * self.stage].reshape(self.intervals, self.stage)
        nodes = np.vstack([table[:, : self.node], variables[None, self.intervals * self.stage :]])
        end = self.node + self.controls * self.points
        controls = table[:, self.node : end].reshape(self.intervals, self.points, self.controls)
        return nodes[:, : self.states].copy(), nodes[:, self.states :].copy(), controls.copy()

    def inner_states(self, variables: Float[np.ndarray, " size"]) -> Float[np.ndarray, "K s nx"]:
        """The states at the inner fractions of every interval."""
        table = variables[: self.intervals * self.stage].reshape(self.intervals, self.stage)
        inner = table[:, self.node + self.controls * self.points :]
        return inner.reshape(self.intervals, len(self.inner), self.states).copy()


@dataclass(frozen=True, eq=False)
class Transcription:
    """minimize objective(z; θ) subject to lower ≤ z ≤ upper and constraint_lower ≤ g(z; θ) ≤ constraint_upper.

    θ holds the fixed parameters, the fixed times and the mesh's breakpoints, so that one program serves a whole
    homotopy and every mesh of the same number of intervals. `defects` gives, interval by interval, the rows of g
    that hold x_{k+1} − F(x_k, U_k); minus their multipliers are the costates ∂V/∂x. `inner_rows` gives the rows of
    the stage equations, stage by stage; minus their multipliers divided by the quadrature weights `inner_weights` are
    the costates at the stages (the covector mapping: Hager, Numer. Math. 87, 2000). `staged` says whether the program
    is a chain of stages x_0, U_0, x_1, … whose constraints touch neighbours only, as fatrop wants it. `rollout`, if
    there is one, makes all variables from the first node and the controls: solvers then see only these (condensing.py).
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
    defects: Float[np.ndarray, "K node"]
    control_points: Float[np.ndarray, " points"]
    staged: bool
    method: str
    inner_rows: Int[np.ndarray, "K s nx"] = field(default_factory=lambda: np.zeros((0, 0, 0), dtype=int))
    inner_weights: Float[np.ndarray, " s"] = field(default_factory=lambda: np.zeros(0))
    rollout: Any = None

    @property
    def carried(self) -> tuple[str, ...]:
        """Names of what is carried along the stages, in order."""
        return (*carried_names(self.problem), *(f"switch {i + 1}" for i in range(len(self.mesh.movable))))

    def parameter_values(
        self, overrides: Mapping[str, float] | None = None, mesh: Mesh | None = None
    ) -> Float[np.ndarray, " theta"]:
        """θ for these parameter values and this mesh (by default the problem's and the transcription's own)."""
        fixed = dict(self.problem.fixed_parameters)
        for name, value in (overrides or {}).items():
            if name not in fixed:
                raise ProblemError(f"parameters names {name!r}; the fixed parameters are {sorted(fixed)}")
            fixed[name] = float(value)
        times = [t for t in (self.problem.initial_time, self.problem.final_time) if not isinstance(t, FreeTime)]
        mesh = mesh or self.mesh
        if mesh.intervals != self.layout.intervals or mesh.movable != self.mesh.movable:
            raise ProblemError(
                f"mesh has {mesh.intervals} intervals; this transcription was built for {self.layout.intervals}"
            )
        table = mesh.position_table.T.ravel()
        return np.concatenate([list(fixed.values()), times, table]).astype(float)

    def carried_values(self, variables: np.ndarray) -> dict[str, float]:
        """Values of the free parameters and free times, by name; times are called "initial_time", "final_time"."""
        _, carried, _ = self.layout.split(variables)
        return dict(zip(self.carried, carried[0].tolist(), strict=True))


class Method(Protocol):
    """How to discretize: turns a problem on a mesh into a nonlinear program."""

    def transcribe(self, problem: OptimalControlProblem, mesh: Mesh) -> Transcription: ...


def check_method(method: object) -> None:
    """Raise ProblemError unless this can transcribe; a class that was not called yet cannot."""
    if isinstance(method, type) or not callable(getattr(method, "transcribe", None)):
        raise ProblemError(f"method is {method!r:.80}; give a MultipleShooting() or a DirectCollocation()")


def carried_names(problem: OptimalControlProblem) -> tuple[str, ...]:
    """What is carried along the stages as constant states: free parameters, then free times."""
    times = [w for w in ("initial_time", "final_time") if isinstance(getattr(problem, w), FreeTime)]
    return (*problem.free_parameters, *times)


def carried_settings(problem: OptimalControlProblem) -> list[FreeTime | FreeParameter]:
    """Guess and bounds of what is carried, in the order of `carried_names`."""
    free = [v for v in (problem.parameters or {}).values() if isinstance(v, FreeParameter)]
    return [*free, *(t for t in (problem.initial_time, problem.final_time) if isinstance(t, FreeTime))]
