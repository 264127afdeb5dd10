"""Ways to look at a solution of one phase or of several; Matplotlib and pandas are imported only when asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from geodepth.foundation.optional_parts import require

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.figure import Figure

    from .animation import Pose


class Views:
    """What Solution and MultiPhaseSolution share: how their path is shown."""

    __slots__ = ()

    @property
    def in_order(self) -> Mapping[str, Any]:
        """The Solution of every phase by name, in order; of one phase this one alone, by the problem's name."""
        raise NotImplementedError

    @property
    def title(self) -> str:
        """The problem, its cost, and how the solve ended, in a line."""
        shown: Any = self
        return f"{shown.problem_name}: cost {shown.cost:.8g} ({shown.status.name.lower()})"

    def plot(self, names: Sequence[str] | None = None) -> Figure:
        """States, controls, algebraic variables and costates against time, all phases on one axis, as a figure.

        Parameters
        ----------
        names : sequence of str, optional
            The states, controls and algebraic variables to draw, a state with its costate; by default all. What differs
            much in size has panels of its own.

        Raises
        ------
        ProblemError
            A name is unknown.

        Notes
        -----
        A Matplotlib figure: `.savefig("plot.png")` writes it, and `.axes[-1].set_xlabel("time in s")` names a unit.
        """
        from .plots import plot_phases

        return plot_phases(self.title, list(self.in_order.values()), names)

    def plot_portrait(self, across: str, up: str) -> Figure:
        """One state or control against another: the phase portrait of the path, as a Matplotlib figure.

        Parameters
        ----------
        across, up : str
            Names of states or controls; phases that lack one are left out.

        Raises
        ------
        ProblemError
            No phase has both.
        """
        from .plots import plot_portrait

        return plot_portrait(self.title, list(self.in_order.values()), across, up)

    def animate(self, pose: Pose | None = None, seconds: float = 5.0, frames_per_second: int = 20) -> FuncAnimation:
        """The path as a film, a Matplotlib animation: `.save("film.gif")` writes it, and `.to_jshtml()` shows it.

        Parameters
        ----------
        pose : function, optional
            pose(axes, state, control) draws the system at one time into Matplotlib axes, from the state (nx,) and the
            control (nu,) there. Without one, a line of time moves over the panels of `plot`.
        seconds : float, default 5.0
            How long the film is, whatever the path's own time; equal times take equal time.
        frames_per_second : int, default 20
            How smooth it is.

        Raises
        ------
        ProblemError
            Numbers out of range, and a pose that cannot be called with three arguments.
        """
        from .animation import animated

        return animated(self.title, list(self.in_order.values()), pose, seconds, frames_per_second)

    def to_pandas(self) -> Any:
        """The path as a pandas.DataFrame with a row for each node (needs pandas).

        Returns
        -------
        pandas.DataFrame
            Indexed by time, of several phases by phase and time. A column for each state, control and algebraic
            variable by name, and "costate of x" for each state x. A control is the one that acts from the node on; at a
            phase's end it is the last one. What a phase does not have is NaN.
        """
        require("pandas", "to_pandas")
        from .tables import frame_of_phases

        return frame_of_phases(self.in_order)

    def _repr_html_(self) -> str:
        """A table for notebooks: cost, status and certificate."""
        from .tables import table_of

        return table_of(self)
