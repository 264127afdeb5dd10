"""Where things lie among a program's variables: the way in and out of one long vector."""

from dataclasses import dataclass

import numpy as np

from geodepth.foundation.shapes import Float


@dataclass(frozen=True, slots=True)
class Layout:
    """The order of a program's variables: y_0, U_0, y_1, U_1, …, y_K.

    A node's y holds the states, slacks of the terminal cost, and then what is carried along as constant states, so that
    every program is a chain of stages. An interval's U holds its control values, point by point, then its inner states,
    then slacks of the running cost.

    Attributes
    ----------
    intervals : int
        K.
    states : int
        nx.
    carried : int
        nq: free parameters, free times and movable breakpoints.
    controls : int
        nu.
    points : int
        Control values in an interval.
    inner : tuple of float
        The s fractions of an interval at which states are variables too: the stages of an implicit integrator.
    slacks, end_slacks : int
        In place of kinks of the running cost, in each interval, and of the terminal cost.
    """

    intervals: int
    states: int
    carried: int
    controls: int
    points: int
    inner: tuple[float, ...] = ()
    slacks: int = 0
    end_slacks: int = 0

    @property
    def node(self) -> int:
        """Length of a node's y."""
        return self.states + self.end_slacks + self.carried

    @property
    def stage(self) -> int:
        """Length of an interval's y and U together."""
        return self.node + self.controls * self.points + self.states * len(self.inner) + self.slacks

    @property
    def size(self) -> int:
        """Length of the whole."""
        return self.intervals * self.stage + self.node

    def join(
        self,
        states: Float[np.ndarray, "K+1 nx"],
        carried: Float[np.ndarray, "K+1 nq"] | Float[np.ndarray, " nq"],
        controls: Float[np.ndarray, "K points nu"],
        inner: Float[np.ndarray, "K s nx"] | None = None,
        slacks: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> Float[np.ndarray, " size"]:
        """The program's variables from their parts.

        Parameters
        ----------
        states : ndarray
            At the nodes, (K+1, nx).
        carried : ndarray
            One row for every node, (K+1, nq), or one for all of them, (nq,).
        controls : ndarray
            (K, points, nu).
        inner : ndarray, optional
            States inside the intervals, (K, s, nx); by default on the straight lines between the nodes.
        slacks : (ndarray, ndarray), optional
            Of the intervals (K, slacks), and of the end (end_slacks,), or one row of these for every node; by default
            zeros, which `Transcription.completed` replaces.
        """
        along, end = slacks or (np.zeros((self.intervals, self.slacks)), np.zeros(self.end_slacks))
        repeated = [
            np.broadcast_to(row, (self.intervals + 1, size))
            for row, size in ((end, self.end_slacks), (carried, self.carried))
        ]
        nodes = np.hstack([states, *repeated])
        if inner is None:
            share = np.array(self.inner)[None, :, None]
            # Infinite bounds have no straight line between them: equal ends are taken as they are.
            with np.errstate(invalid="ignore"):
                line = (1 - share) * states[:-1, None, :] + share * states[1:, None, :]
            inner = np.where(states[:-1, None, :] == states[1:, None, :], states[:-1, None, :], line)
        table = np.hstack(
            [nodes[:-1], controls.reshape(self.intervals, -1), np.asarray(inner).reshape(self.intervals, -1), along]
        )
        return np.concatenate([table.ravel(), nodes[-1]])

    def split(
        self, variables: Float[np.ndarray, " size"]
    ) -> tuple[Float[np.ndarray, "K+1 nx"], Float[np.ndarray, "K+1 nq"], Float[np.ndarray, "K points nu"]]:
        """States, what is carried, and controls of the variables; `inner_states` and `slack_values` give the rest."""
        table = self._stages(variables)
        nodes = np.vstack([table[:, : self.node], variables[None, self.intervals * self.stage :]])
        controls = table[:, self.node : self.node + self.controls * self.points]
        controls = controls.reshape(self.intervals, self.points, self.controls)
        return nodes[:, : self.states].copy(), nodes[:, self.states + self.end_slacks :].copy(), controls.copy()

    def inner_states(self, variables: Float[np.ndarray, " size"]) -> Float[np.ndarray, "K s nx"]:
        """The states at the inner fractions of every interval."""
        inner = self._stages(variables)[:, self.node + self.controls * self.points : self.stage - self.slacks]
        return inner.reshape(self.intervals, len(self.inner), self.states).copy()

    def slack_values(
        self, variables: Float[np.ndarray, " size"]
    ) -> tuple[Float[np.ndarray, "K slacks"], Float[np.ndarray, "K+1 end_slacks"]]:
        """The slacks of the running cost in every interval, and those of the terminal cost, as each node has them."""
        table, ends = self._stages(variables), slice(self.states, self.states + self.end_slacks)
        at_nodes = np.vstack([table[:, ends], variables[None, self.intervals * self.stage :][:, ends]])
        return table[:, self.stage - self.slacks :].copy(), at_nodes

    def _stages(self, variables: Float[np.ndarray, " size"]) -> Float[np.ndarray, "K stage"]:
        return variables[: self.intervals * self.stage].reshape(self.intervals, self.stage)
