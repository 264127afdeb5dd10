"""The embedding E, from the data's inputs to the neurons, and the readout P, from the neurons to the outputs."""

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from geodepth.foundation.shapes import Float
from geodepth.nets.shapes import PerMember
from geodepth.nets.tensor_checks import as_tensor, check_shape

from .architecture import Architecture


def starting_projections(
    architecture: Architecture,
    embedding: ArrayLike | Tensor | None,
    readout: ArrayLike | Tensor | None,
    generator: torch.Generator | None,
) -> dict[str, Tensor]:
    """The two projections by name, "embedding" and "readout", in float64 on the CPU: those given, or initial ones.

    Parameters
    ----------
    embedding, readout : array-like, optional
        E (w, inputs) or (members, w, inputs), P (outputs, w) or (members, outputs, w); None for initial ones.

    Returns
    -------
    dict
        Matrices as given; one per member where they are trained.

    Raises
    ------
    NetworkError
        For a matrix of another shape, and for a width below the data's dimension where the identity is to be padded.
    """
    kind, members, width = architecture.projections, architecture.members, architecture.width
    found: dict[str, Tensor] = {}
    for name, given, data in (
        ("embedding", embedding, architecture.inputs),
        ("readout", readout, architecture.outputs),
    ):
        rows, columns = (width, data) if name == "embedding" else (data, width)
        if given is None:
            architecture.check_identity(name)
            found[name] = initial_projection(kind, members, rows, columns, generator)
            continue
        matrix = as_tensor(name, given, torch.float64, torch.device("cpu"))
        check_shape(name, matrix, (rows, columns), (members, rows, columns))
        found[name] = (matrix.expand(members, rows, columns) if architecture.trains_projections else matrix).clone()
    return found


def initial_projection(
    kind: str, members: int, rows: int, columns: int, generator: torch.Generator | None
) -> Float[Tensor, "*members rows columns"]:
    """An embedding or a readout, in float64.

    Parameters
    ----------
    kind : str
        "fixed": the identity padded with zeros, (rows, columns). "orthogonal": orthonormal columns, or rows where there
        are fewer, uniform among all such; (rows, columns). "learned" and "penalized": (members, rows, columns),
        independent normal entries of variance 1/columns, which keeps the mean square of the input's entries.
    generator : torch.Generator, optional
        Of the random entries; None is torch's global one.
    """
    if kind == "fixed":
        return torch.eye(rows, columns, dtype=torch.float64)
    if kind == "orthogonal":
        tall = torch.randn(max(rows, columns), min(rows, columns), generator=generator, dtype=torch.float64)
        basis: Tensor
        basis, triangle = torch.linalg.qr(tall)
        # QR leaves the signs of the columns to convention; with a positive diagonal the distribution is uniform.
        basis *= triangle.diagonal().sign()
        return basis if rows >= columns else basis.mT
    deviation: float = columns**-0.5
    return torch.randn(members, rows, columns, generator=generator, dtype=torch.float64) * deviation


def sum_of_squares(embedding: Tensor, readout: Tensor) -> PerMember:
    """‖E‖_F² + ‖P‖_F² of every member, whose projections are its own."""
    squares: Tensor = embedding.square().sum((1, 2)) + readout.square().sum((1, 2))
    return squares
