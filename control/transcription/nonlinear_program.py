"""What a solver sees of a problem of one phase or of several: one nonlinear program, and the phases that make it up."""

from typing import Any, Protocol

import numpy as np

from geodepth.foundation.shapes import Float

from .transcription import Part


class NonlinearProgram(Protocol):
    """minimize objective(z; θ) subject to lower ≤ z ≤ upper and constraint_lower ≤ g(z; θ) ≤ constraint_upper.

    `Transcription` is one of a single part, `LinkedTranscription` one of several with links; their docstrings say what
    the attributes are. Parts lie one after another among variables, θ and rows, and links' rows come last.
    """

    @property
    def variables(self) -> Any: ...
    @property
    def parameters(self) -> Any: ...
    @property
    def objective(self) -> Any: ...
    @property
    def constraints(self) -> Any: ...
    @property
    def lower(self) -> np.ndarray: ...
    @property
    def upper(self) -> np.ndarray: ...
    @property
    def constraint_lower(self) -> np.ndarray: ...
    @property
    def constraint_upper(self) -> np.ndarray: ...
    @property
    def staged(self) -> bool: ...
    @property
    def rollout(self) -> Any: ...
    @property
    def parts(self) -> tuple[Part, ...]: ...
    @property
    def links(self) -> Any: ...

    def parameter_values(self) -> Float[np.ndarray, " theta"]:
        """θ, as the problem states it on its own meshes."""
        ...

    def completed(
        self,
        variables: Float[np.ndarray, " size"],
        parameters: Float[np.ndarray, " theta"],
        above: float | Float[np.ndarray, " size"] = 0.0,
    ) -> Float[np.ndarray, " size"]:
        """The variables with every slack at the kink that it stands for, not below its bound."""
        ...

    def with_slacks_of(
        self, variables: Float[np.ndarray, " size"], other: Float[np.ndarray, " size"]
    ) -> Float[np.ndarray, " size"]:
        """The variables with the slacks that others have."""
        ...
