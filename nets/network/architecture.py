"""What a network is, without its numbers."""

from dataclasses import asdict, dataclass
from typing import Any

from geodepth.nets.argument_checks import checks
from geodepth.nets.errors import NetworkError

PROJECTIONS = ("fixed", "orthogonal", "learned", "penalized")
"""Kinds of embedding and readout. The latter two are trained, and the last carries weight decay, too."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """Enough to build another network that the weights of this one fit.

    Attributes
    ----------
    inputs, outputs, width, layers : int
        Dimensions of the data, number of neurons w, number of layers L.
    effective_depth : float
        L̃ ≥ 0; 0 is a plain ResNet.
    members : int
        How many networks.
    projections : str
        One of PROJECTIONS.
    activation : str
        In the one spelling, for example "smoothed relu:0.1".
    bias : bool
        Whether σ appends a row of ones.

    Raises
    ------
    NetworkError
        For a value out of range. The activation is checked where it is resolved.
    """

    inputs: int
    outputs: int
    width: int
    layers: int
    effective_depth: float
    members: int
    projections: str
    activation: str
    bias: bool

    def __post_init__(self) -> None:
        for name in ("inputs", "outputs", "width", "layers", "members"):
            object.__setattr__(self, name, checks.count(name, getattr(self, name)))
        object.__setattr__(self, "effective_depth", checks.number("effective_depth", self.effective_depth, least=0.0))
        checks.choice("projections", self.projections, PROJECTIONS)
        checks.flag("bias", self.bias)

    @property
    def trains_projections(self) -> bool:
        """Whether embedding and readout are parameters, one pair per member."""
        return self.projections in ("learned", "penalized")

    def check_identity(self, name: str) -> None:
        """Refuse a fixed projection that is not given, an identity padded with zeros, where the width is too small.

        Parameters
        ----------
        name : str
            "embedding" or "readout".

        Raises
        ------
        NetworkError
            The width is below the data's dimension there.
        """
        data = self.inputs if name == "embedding" else self.outputs
        if self.projections == "fixed" and self.width < data:
            raise NetworkError(
                f"width is {self.width}, below the data's dimension {data}; expected a width of at least {data} for a "
                f"padded identity; widen the network, pass {name}, or learn the projections"
            )

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, for a JSON file."""
        return asdict(self)
