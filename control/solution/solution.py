"""What comes back: the path, its costates, how the solver ended, and the way to a file and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.control.model.errors import ControlError, ProblemError
from geodepth.control.model.problem import OptimalControlProblem, check_problem
from geodepth.control.model.vector_names import entries_of
from geodepth.control.solvers.status import Iterate, Status
from geodepth.control.transcription.explicit_integrators import StatedMap
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Method
from geodepth.foundation.files.npz_files import check_shapes, reading
from geodepth.foundation.files.opened_files import DamagedFileError
from geodepth.foundation.optional_parts import require
from geodepth.foundation.shapes import Float

from .certificate import Certificate
from .method_as_json import describe, revive
from .npz_files import read_npz, write_npz
from .sampling import Sample, sampled
from .views import Views

FORMAT = "geodepth solution"
FORMAT_VERSION = 2
"""Version 2 added the costates and states inside the intervals; both versions are read."""


def _nothing() -> np.ndarray:
    return np.zeros(0)


@dataclass(frozen=True, eq=False, slots=True)
class Solution(Views):
    """A solved (or stopped) optimal-control problem.

    Attributes
    ----------
    problem_name, state_names, control_names
        As the problem has them.
    status : Status
        How the solve ended.
    cost : float
        Of the discretized problem, there.
    times : ndarray
        Of the mesh's nodes (K+1,).
    states : ndarray
        At the nodes (K+1, nx).
    controls : ndarray
        The mean over each interval (K, nu).
    costates : ndarray
        ∂V/∂x of the optimal cost V at the nodes (K+1, nx), from the multipliers of the defects.
    control_values : ndarray
        At the fractions control_points of each interval (K, points, nu).
    control_points : ndarray
        (points,).
    slopes : ndarray
        dx/dt at both ends of each interval (K, 2, nx); of a map, the step's change.
    parameters : mapping
        Fixed and free by name, with free times as "initial_time" and "final_time".
    statistics : mapping
        Of the solve: solver, method, sizes, iterations, seconds.
    certificate : Certificate, optional
        What was verified.
    iterate : Iterate, optional
        The program's variables and multipliers.
    interval_costates : ndarray
        The costates at both ends of each interval (K, 2, nx), between which active state bounds let them jump.
    inner_points : ndarray
        Of implicit integrators and collocation: the stages' fractions of an interval (s,).
    inner_states, inner_costates : ndarray
        There (K, s, nx).
    algebraic_names : tuple of str
        As the problem has them.
    algebraic_points : ndarray
        The fractions of an interval at which the algebraic variables are kept (q,): both ends among them, and in
        discrete time the start alone.
    algebraic_values : ndarray
        There (K, q, nz), where their equations hold for the states and controls of `sample`.
    method, mesh : optional
        How the problem was discretized.
    """

    problem_name: str
    state_names: tuple[str, ...]
    control_names: tuple[str, ...]
    status: Status
    cost: float
    times: Float[np.ndarray, " K+1"]
    states: Float[np.ndarray, "K+1 nx"]
    controls: Float[np.ndarray, "K nu"]
    costates: Float[np.ndarray, "K+1 nx"]
    control_values: Float[np.ndarray, "K points nu"]
    control_points: Float[np.ndarray, " points"]
    slopes: Float[np.ndarray, "K 2 nx"]
    parameters: Mapping[str, float]
    statistics: Mapping[str, Any]
    certificate: Certificate | None = None
    iterate: Iterate | None = field(default=None, repr=False)
    interval_costates: Float[np.ndarray, "K 2 nx"] = field(default_factory=_nothing)
    inner_points: Float[np.ndarray, " s"] = field(default_factory=_nothing)
    inner_states: Float[np.ndarray, "K s nx"] = field(default_factory=_nothing)
    inner_costates: Float[np.ndarray, "K s nx"] = field(default_factory=_nothing)
    algebraic_names: tuple[str, ...] = ()
    algebraic_points: Float[np.ndarray, " q"] = field(default_factory=_nothing)
    algebraic_values: Float[np.ndarray, "K q nz"] = field(default_factory=_nothing)
    method: Method | None = None
    mesh: Mesh | None = None

    @property
    def success(self) -> bool:
        """Whether the first-order conditions hold to the tolerance."""
        return self.status is Status.SOLVED

    @property
    def in_steps(self) -> bool:
        """Whether time counts the steps of a map, between which states and controls stay as they are."""
        step = getattr(self.method, "integrator", None)
        return step == "map" or isinstance(step, StatedMap)

    @property
    def advice(self) -> str:
        """How the solve ended and what to do, with the reason where more is known than the status says."""
        reason = self.statistics.get("reason", "")
        return f"{self.status.value} ({reason})" if reason else self.status.value

    def state(self, name: str) -> Float[np.ndarray, " K+1"]:
        """The state of this name at the nodes (K+1,), or a vector's (K+1, n). Raises ProblemError if there is none."""
        return np.asarray(self.states[:, _index("state", name, self.state_names)])

    def control(self, name: str) -> Float[np.ndarray, " K"]:
        """The control of this name, its mean over each interval (K,), or a vector's (K, n). Raises ProblemError."""
        return np.asarray(self.controls[:, _index("control", name, self.control_names)])

    def algebraic(self, name: str) -> Float[np.ndarray, " K+1"]:
        """The algebraic variable of this name at the nodes (K+1,), from each one on, or a vector's (K+1, n).

        In discrete time in every step (K,), or (K, n).
        """
        index = _index("algebraic variable", name, self.algebraic_names)
        if self.in_steps:
            return np.asarray(self.algebraic_values[:, 0, index])
        nodes = np.vstack([self.algebraic_values[:, 0], self.algebraic_values[-1:, -1]])
        return np.asarray(nodes[:, index])

    def costate(self, name: str) -> Float[np.ndarray, " K+1"]:
        """The costate of the state of this name at the nodes."""
        return np.asarray(self.costates[:, _index("state", name, self.state_names)])

    def sample(self, times: float | Float[np.ndarray, " n"]) -> Sample:
        """States, controls and algebraic variables at any times.

        Parameters
        ----------
        times : float or ndarray
            Within the horizon (n,).

        Raises
        ------
        ProblemError
            For times outside the horizon, and what is no row of numbers.

        Notes
        -----
        States follow the collocation polynomials where the method has them of at least third degree, otherwise cubic
        Hermite interpolation (fourth order); in discrete time they are those of the last step. Controls are as they
        were optimized. Algebraic variables are polynomials of fourth degree in every interval.
        """
        return sampled(self, times)

    @property
    def in_order(self) -> Mapping[str, Solution]:
        """This solution alone, by the problem's name."""
        return {self.problem_name: self}

    def save(self, path: str | Path) -> Path:
        """Write one .npz file, atomically, without pickle; `load` reads it back.

        Raises
        ------
        ProblemError
            The place is none, or cannot be written.
        """
        arrays, metadata = self.record()
        return write_npz(path, FORMAT, FORMAT_VERSION, arrays, metadata)

    def record(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """What a file holds: arrays by name, and what JSON can hold of the rest; `from_record` takes it back."""
        metadata = {
            "problem": self.problem_name,
            "states": list(self.state_names),
            "controls": list(self.control_names),
            "algebraic": list(self.algebraic_names),
            "status": self.status.name,
            "cost": self.cost,
            "parameters": dict(self.parameters),
            "statistics": json.loads(json.dumps(dict(self.statistics), default=str)),
            "method": describe(self.method),
            "movable": self.mesh and list(self.mesh.movable),
            "certificate": self.certificate and self.certificate.as_dict(),
        }
        arrays = {name: getattr(self, name) for name in (*_ARRAYS, *_LATER_ARRAYS)}
        if self.mesh is not None:
            arrays["breakpoints"] = self.mesh.breakpoints
        if self.iterate is not None:
            arrays |= {name: getattr(self.iterate, name) for name in _ITERATE}
        return arrays, metadata

    @staticmethod
    def load(path: str | Path) -> Solution:
        """Read what `save` wrote.

        Raises
        ------
        ProblemError
            The file is something else, truncated, or of a newer version.
        """
        arrays, metadata = read_npz(path, FORMAT, FORMAT_VERSION)
        with reading(path, FORMAT, ProblemError):
            return from_record(arrays, metadata)

    def to_xarray(self) -> Any:
        """The path as an xarray.Dataset with named dimensions (needs the extra `geodepth[xarray]`)."""
        require("xarray", "to_xarray")
        from .tables import dataset_of

        return dataset_of(self)

    def __repr__(self) -> str:
        seconds = self.statistics.get("solve_seconds", float("nan"))
        verdict = "" if self.certificate is None else f", {self.certificate.verdict}"
        kinks = self.statistics.get("exact_kinks", ())
        verdict = f", {len(kinks)} kink{'s' * (len(kinks) > 1)} solved exactly{verdict}" if kinks else verdict
        return (
            f"Solution({self.problem_name!r}: cost {self.cost:.10g}, {self.times.size - 1} intervals, "
            f"{self.status.name.lower()}, {self.statistics.get('iterations', '?')} iterations, "
            f"{seconds:.2f} s{verdict})"
        )


class SolveError(ControlError, RuntimeError):
    """A solver stopped short.

    Attributes
    ----------
    solution : Solution or MultiPhaseSolution
        The last iterate; its status carries advice, and its statistics the "kinks_left" in the problem.
    """

    def __init__(self, message: str, solution: Any) -> None:
        kinks = solution.statistics.get("kinks_left", ())
        super().__init__(f"{message}; {kinks[0]}" if kinks else message)
        self.solution = solution


def check_belongs(problem: OptimalControlProblem, solution: Solution) -> None:
    """Raise ProblemError unless this is a solution, whole and finite, and its names are the problem's."""
    check_problem(problem)
    if not isinstance(solution, Solution):
        raise ProblemError(f"solution is a {type(solution).__name__}; give the Solution that solve returned")
    arrays = {name: np.asarray(getattr(solution, name)) for name in _ARRAYS}
    try:
        named = {"states": f"K+1 {len(solution.state_names)}", "controls": f"K {len(solution.control_names)}"}
        check_shapes(arrays, _ARRAYS | named)
    except DamagedFileError as reason:
        raise ProblemError(f"solution does not fit together: {reason}; give the Solution that solve returned") from None
    numbers: dict[str, Any] = arrays | {name: getattr(solution, name) for name in _LATER_ARRAYS}
    numbers |= {"cost": solution.cost} | {f"parameter {name!r}": p for name, p in solution.parameters.items()}
    if solution.iterate is not None:
        numbers |= {name: getattr(solution.iterate, name) for name in Iterate.__slots__}
    for name, number in numbers.items():
        array = np.asarray(number, dtype=float)
        if not np.isfinite(array).all():
            raise ProblemError(f"solution holds {array[~np.isfinite(array)][0]} in its {name}; solve again, then go on")
    for kind, theirs, ours in (
        ("states", solution.state_names, problem.states),
        ("controls", solution.control_names, problem.controls),
        ("algebraic variables", solution.algebraic_names, problem.algebraic),
    ):
        if tuple(theirs) != tuple(ours):
            raise ProblemError(
                f"solution has the {kind} {list(theirs)[:8]} and the problem {list(ours)[:8]}; give the problem solved"
            )
    missing = [n for n in (*(problem.parameters or {}), *problem.free) if n not in solution.parameters]
    if missing:
        raise ProblemError(f"solution has no value of {missing[0]!r}, which the problem has; give the problem solved")


_ARRAYS = {
    "times": "K+1",
    "states": "K+1 nx",
    "controls": "K nu",
    "costates": "K+1 nx",
    "control_values": "K points nu",
    "control_points": "points",
    "slopes": "K 2 nx",
}
_LATER_ARRAYS = {
    "interval_costates": "K 2 nx",
    "inner_points": "s",
    "inner_states": "K s nx",
    "inner_costates": "K s nx",
    "algebraic_points": "q",
    "algebraic_values": "K q nz",
}
_ITERATE = {"variables": "size", "variable_multipliers": "size", "constraint_multipliers": "rows"}


def from_record(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, Any]) -> Solution:
    """The solution of a `record`. Raises DamagedFileError where its arrays do not fit together."""
    # Files of format 1 lack what came later; it stays empty.
    later = {name: shape for name, shape in _LATER_ARRAYS.items() if name in arrays and arrays[name].size}
    iterate = _ITERATE if any(name in arrays for name in _ITERATE) else {}
    breakpoints = {"breakpoints": "K+1"} if "breakpoints" in arrays else {}
    check_shapes(arrays, _ARRAYS | later | iterate | breakpoints)
    states, controls = tuple(map(str, metadata["states"])), tuple(map(str, metadata["controls"]))
    named = (len(states), len(controls), len(metadata.get("algebraic", ())))
    values = arrays["algebraic_values"] if "algebraic_values" in later else np.zeros((0, 0, 0))
    if named != (arrays["states"].shape[1], arrays["controls"].shape[1], values.shape[2]):
        raise DamagedFileError(
            "it names {} states, {} controls and {} algebraic variables, and holds others".format(*named)
        )
    certificate = metadata.get("certificate")
    return Solution(
        problem_name=str(metadata["problem"]),
        state_names=states,
        control_names=controls,
        algebraic_names=tuple(map(str, metadata.get("algebraic", ()))),
        status=Status[metadata["status"]],
        cost=float(metadata["cost"]),
        parameters={str(name): float(value) for name, value in metadata["parameters"].items()},
        statistics=dict(metadata["statistics"]),
        certificate=Certificate.from_dict(certificate) if certificate else None,
        iterate=Iterate(**{name: arrays[name] for name in iterate}) if iterate else None,
        method=revive(metadata.get("method")),
        mesh=Mesh(arrays["breakpoints"], tuple(metadata["movable"])) if breakpoints else None,
        **{name: arrays[name] for name in (*_ARRAYS, *later)},
    )


def _index(kind: str, name: str, names: tuple[str, ...]) -> int | list[int]:
    entries = entries_of(name, names)
    if entries:
        return [names.index(entry) for entry in entries]
    if not isinstance(name, str) or name not in names:
        raise ProblemError(f"there is no {kind} {name!r}; the {kind}s are {list(names)[:12]}")
    return names.index(name)
