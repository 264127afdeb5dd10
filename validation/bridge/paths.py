"""From what the towers made to paths: of a geodesic, of weights in a geodesic's problem, of a network's member."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodepth.control.geodesics.solution import GeodesicSolution
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.foundation.shapes import Float
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.path.representation_path import RepresentationPath

if TYPE_CHECKING:
    import torch

    from geodepth.nets.network.leaky_resnet import LeakyResNet


def path_of_geodesic(solution: GeodesicSolution, label: str) -> RepresentationPath:
    """Make a geodesic a path, with the momenta that its solver found.

    Parameters
    ----------
    solution : GeodesicSolution
        Of any scheme. Only a path of Euler's scheme is checked against the network's recursion.
    label : str
        How figures and tables name it.
    """
    return RepresentationPath.from_objective(
        solution.geodesic,
        solution.weights,
        solution.layer_steps,
        representations=solution.representations,
        momenta=solution.momenta,
        origin="geodesic",
        label=label,
        recursion="euler" if solution.scheme == "euler" else "none",
    )


def path_of_weights(
    geodesic: RepresentationGeodesic,
    weights: Float[np.ndarray, "L w c"],
    steps: Float[np.ndarray, " L"],
    label: str,
    origin: str = "network",
) -> RepresentationPath:
    """The path of the exact network with these weights, on the data and projections of a geodesic.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        Width w, N samples; c = w + 1 with a bias, else w.
    weights : (L, w, c)
        The bias in the last column.
    steps : (L,)
        Layer steps ρ.
    label, origin : str
        How figures and tables name it, and where it came from.
    """
    return RepresentationPath.from_objective(geodesic, weights, steps, origin=origin, label=label)


def path_of_member(
    network: LeakyResNet, member: int, data: Dataset, weight_decay: float, label: str = ""
) -> RepresentationPath:
    """The path of one member of a network on a data set, in double precision.

    Parameters
    ----------
    network : LeakyResNet
        On any device, in any precision.
    member : int
        From 0.
    data : Dataset
        The training samples are taken.
    weight_decay : float
        λ.
    label : str
        How figures and tables name it.
    """

    def own(tensor: torch.Tensor, axes: int) -> np.ndarray:
        found: np.ndarray = (tensor if tensor.ndim == axes else tensor[member]).detach().cpu().numpy().astype(float)
        return found

    return RepresentationPath.from_weights(
        own(network.weights, 3),
        own(network.layer_steps, 1),
        data.inputs,
        data.targets,
        own(network.embedding, 2),
        own(network.readout, 2),
        *(network.effective_depth, weight_decay, network.bias, "network", label),
        activation=network.architecture.activation,
    )
