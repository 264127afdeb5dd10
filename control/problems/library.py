"""The library's record: a classic problem with its statement, units, source, optimum, good guess and plot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from geodepth.control.model.errors import ProblemError
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.multiple_shooting import MultipleShooting
from geodepth.control.transcription.transcription import Method

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class ClassicProblem:
    """A problem to solve by name.

    units: of every state and control, and of "time", by name ("" for a pure number).
    reference: the optimum to compare with, and where it comes from; published: what the source prints, where the two
    differ. sign: −1 where the source maximizes and the problem minimizes the negative.
    method, mesher and intervals: a discretization that reaches the reference to a relative `accuracy`, which is the
    larger of its own error and of the reference's last digit. solvers: the back-ends that get there from `guess`.
    tolerance: for the solver, tighter where the cost is flat (singular arcs).
    exact: the optimum from a closed form or from the known sequence of arcs, where that is better than `reference`.
    plot: draws a solution in the terms that matter for this problem.
    """

    name: str
    title: str
    statement: str
    source: str
    reference: float
    reference_source: str
    build: Callable[[], OptimalControlProblem]
    quantity: str
    plot: Callable[[Solution], Figure]
    units: Mapping[str, str]
    unit: str = ""
    published: str = ""
    guess: Mapping[str, Any] | None = None
    method: Method = field(default_factory=lambda: MultipleShooting("rk4", control="linear"))
    mesher: Callable[[int], Mesh] = Mesh.uniform
    intervals: int = 40
    accuracy: float = 1e-6
    tolerance: float = 1e-8
    solvers: tuple[str, ...] = ("ipopt", "fatrop")
    exact: Callable[[], float] | None = None
    sign: int = 1

    @property
    def mesh(self) -> Mesh:
        """The mesh on which `method` reaches the reference to `accuracy`."""
        return self.mesher(self.intervals)


# Name and folder, in the order in which a reader may want to meet them: closed forms first, then bounds, singular arcs,
# and flight.
_FOLDERS = {
    "double-integrator-energy": "smooth",
    "double-integrator-energy-speed-bound": "state_constrained",
    "double-integrator-time": "bang_bang",
    "linear-quadratic-regulator": "smooth",
    "brachistochrone": "free_time",
    "brachistochrone-free-end": "free_time",
    "bryson-denham": "state_constrained",
    "hypersensitive-linear": "stiff",
    "hypersensitive": "stiff",
    "van-der-pol-state-bound": "state_constrained",
    "rayleigh": "state_constrained",
    "catalyst-mixing": "singular",
    "linear-tangent-steering": "free_time",
    "zermelo-vortex": "free_time",
    "cart-pole": "smooth",
    "robot-arm": "bang_bang",
    "moon-lander": "bang_bang",
    "goddard-rocket": "singular",
    "goddard-rocket-speed-bound": "singular",
    "orbit-raising": "smooth",
    "hang-glider": "free_time",
    "shuttle-reentry": "free_time",
}


def names() -> tuple[str, ...]:
    """Names of all problems of the library, in order."""
    return tuple(_FOLDERS)


def load(name: str) -> ClassicProblem:
    """The problem of this name. Raises ProblemError that lists the names when there is none."""
    if name not in _FOLDERS:
        raise ProblemError(f"there is no problem {name!r}; the library has {', '.join(_FOLDERS)}")
    problem: ClassicProblem = import_module(f"..{_FOLDERS[name]}.{name.replace('-', '_')}", __name__).PROBLEM
    return problem
