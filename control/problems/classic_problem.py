"""The library's record: a classic problem with its statement, units, source, optimum, good guess and plot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.multiple_shooting import MultipleShooting
from geodepth.control.transcription.transcription import Method

from .drawing import Figure, Pose


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicProblem:
    """A problem to solve by name.

    Attributes
    ----------
    name, title : str
        What it is loaded by, and what it is called.
    statement : str
        Dynamics, bounds, ends and cost in one line.
    source : str
        Who stated it, and whose constants these are.
    reference : float
        The optimum to compare with.
    reference_source : str
        Where the reference comes from.
    build : function
        Makes the OptimalControlProblem, or the MultiPhaseProblem in the folder phases/.
    quantity : str
        What the cost is called.
    plot : function
        Draws a solution in the terms that matter for this problem.
    pose : function, optional
        pose(axes, state, control, strength=1.0) draws the system at one time, where it has a shape to draw.
    units : mapping
        Of every state, control and algebraic variable, and of "time", by name; "" for a pure number.
    unit : str
        Of the cost.
    published : str
        What the source prints, where it differs from the reference.
    guess : mapping, optional
        A good guess, as `solve` takes it.
    method, mesher, intervals
        A discretization that reaches the reference to `accuracy`: the method, and the mesh of so many intervals, the
        same for all phases.
    accuracy : float
        Relative: the larger of the discretization's own error and of the reference's last digit.
    tolerance : float
        For the solver; tighter where the cost is flat (singular arcs).
    solvers : tuple of str
        The back-ends that get there from `guess`.
    exact : function, optional
        Computes the optimum from a closed form or from the known sequence of arcs, where that is better than
        `reference`.
    sign : int
        −1 where the source maximizes and the problem minimizes the negative.
    """

    name: str
    title: str
    statement: str
    source: str
    reference: float
    build: Callable[[], Any]
    plot: Callable[[Any], Figure]
    units: Mapping[str, str]
    reference_source: str = "Radau collocation on a fine mesh"
    quantity: str = "cost"
    unit: str = ""
    published: str = ""
    pose: Pose | None = None
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
