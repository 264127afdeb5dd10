"""The geodesic that was found: the path, its exact cost, the minima seen on the way, and the certificate."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.control.geodesics.certificate.geodesic_certificate import GeodesicCertificate
from geodepth.control.geodesics.search.coverage import Coverage, coverage
from geodepth.control.geodesics.search.minima import GeodesicMinimum
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.model.errors import ProblemError
from geodepth.control.solution.npz_files import read_npz, write_npz
from geodepth.foundation.files.npz_files import check_shapes, reading
from geodepth.foundation.optional_parts import require
from geodepth.foundation.shapes import Float

from . import plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMAT = "geodepth geodesic"
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class GeodesicSolution:
    """The best path found, of L intervals, width w and N samples; c = w + 1 columns with a bias, else w.

    Attributes
    ----------
    geodesic : RepresentationGeodesic
        The problem.
    scheme : str
        "euler" for the network itself, or the scheme of the continuous path.
    cost : float
        The exact objective J with the real activation, of a feasible path.
    fit : float
        Its data term. With a fixed end it is no part of J, and tells by how much the network misses the targets.
    parameter_norm : float
        ∫‖W_p‖²dp.
    representations : (L + 1, w, N)
        A_ℓ.
    weights : (L, w, c)
        W_ℓ; for the continuous schemes, the mean over each interval.
    weight_values : (L, points, w, c)
        The weights as the scheme holds them: one point for Euler, both ends of the interval for RK4, three points of
        collocation.
    momenta : (L + 1, w, N)
        B_ℓ.
    layer_steps : (L,)
        ρ_ℓ.
    minima : tuple of GeodesicMinimum
        The distinct minima of all starts, best first.
    certificate : GeodesicCertificate
        What is known of the cost, and of how stationary the path is.
    origin : str
        The start that the path came from.
    statistics : mapping
        What the search did (search/statistics.py).
    """

    geodesic: RepresentationGeodesic
    scheme: str
    cost: float
    fit: float
    parameter_norm: float
    representations: Float[np.ndarray, "L+1 w N"]
    weights: Float[np.ndarray, "L w c"]
    weight_values: Float[np.ndarray, "L points w c"]
    momenta: Float[np.ndarray, "L+1 w N"]
    layer_steps: Float[np.ndarray, " L"]
    minima: tuple[GeodesicMinimum, ...]
    certificate: GeodesicCertificate
    origin: str
    statistics: Mapping[str, Any]

    @property
    def positions(self) -> Float[np.ndarray, " L+1"]:
        """p_ℓ = ρ_1 + … + ρ_ℓ, from 0 to 1."""
        return np.concatenate([[0.0], np.cumsum(self.layer_steps)])

    @property
    def coverage(self) -> Coverage:
        """How often the best minimum was found, and what the random starts say of minima that they missed."""
        return coverage(self.minima)

    def save(self, path: str | Path) -> Path:
        """Write one .npz file, atomically, without pickle.

        Parameters
        ----------
        path : str or Path
            The file; ".npz" is added where it is missing.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        ProblemError
            The path is none, its folder is not there, or the file cannot be written.
        """
        arrays: dict[str, np.ndarray] = {name: getattr(self, name) for name in _ARRAYS}
        arrays |= {name: getattr(self.geodesic, name) for name in _DATA}
        arrays["minima_costs"] = np.array([m.cost for m in self.minima])
        if self.minima:
            arrays["minima_weights"] = np.stack([m.weights for m in self.minima])
        metadata = {
            "digest": self.geodesic.digest(),
            "geodesic": {name: kind(getattr(self.geodesic, name)) for name, kind in _SETTINGS.items()},
            **{name: kind(getattr(self, name)) for name, kind in _SCALARS.items()},
            "found_by": [list(m.found_by) for m in self.minima],
            "certificate": dataclasses.asdict(self.certificate),
        }
        return write_npz(path, FORMAT, FORMAT_VERSION, arrays, metadata)

    @staticmethod
    def load(path: str | Path) -> GeodesicSolution:
        """Read what `save` wrote. Raises ProblemError when the file is something else, or truncated."""
        arrays, metadata = read_npz(path, FORMAT, FORMAT_VERSION)
        with reading(path, FORMAT, ProblemError):
            minima = _MINIMA if arrays["minima_costs"].size else {}
            check_shapes(arrays, _ARRAYS | _DATA | minima)
            found = zip(arrays["minima_costs"], arrays.get("minima_weights", ()), metadata["found_by"], strict=True)
            data: dict[str, Any] = {name: arrays[name] for name in _DATA}
            known: dict[str, Any] = {name: arrays[name] for name in _ARRAYS}
            known |= {name: kind(metadata[name]) for name, kind in _SCALARS.items()}
            return GeodesicSolution(
                geodesic=RepresentationGeodesic(**data, **metadata["geodesic"]),
                minima=tuple(GeodesicMinimum(float(cost), weights, tuple(names)) for cost, weights, names in found),
                certificate=GeodesicCertificate(**metadata["certificate"]),
                **known,
            )

    def to_xarray(self) -> Any:
        """The path as an xarray.Dataset with named dimensions (needs the extra `geodepth[xarray]`)."""
        require("xarray", "to_xarray")
        import xarray

        return xarray.Dataset(
            {
                "representation": (("p", "neuron", "sample"), self.representations),
                "momentum": (("p", "neuron", "sample"), self.momenta),
                "weight": (("layer", "neuron", "column"), self.weights),
                "layer_step": (("layer",), self.layer_steps),
            },
            coords={"p": self.positions},
            attrs={"cost": self.cost, "scheme": self.scheme, "problem": repr(self.geodesic)},
        )

    def plot_landscape(self) -> Figure:
        """The waterfall of the starts: their costs from the best up, coloured by minimum, as a Matplotlib figure."""
        return plots.plot_landscape(self)

    def plot(self) -> Figure:
        """Singular values of A_p and norms along p, as a Matplotlib figure."""
        return plots.plot_geodesic(self)

    def __repr__(self) -> str:
        return (
            f"GeodesicSolution(J = {self.cost:.10g}, bracket {self.certificate.bracket:.1e}, "
            f"{self.layer_steps.size} layers, {self.scheme}, {len(self.minima)} distinct minima, from {self.origin})"
        )


_ARRAYS = {
    "representations": "L+1 w N",
    "weights": "L w c",
    "weight_values": "L points w c",
    "momenta": "L+1 w N",
    "layer_steps": "L",
}
_DATA = {"inputs": "d_in N", "targets": "d_out N", "embedding": "w d_in", "readout": "d_out w"}
_MINIMA = {"minima_costs": "m", "minima_weights": "m layers points w c"}
# Minima are those of the first mesh, and a finer one may have followed: their layers are counted apart.
_SCALARS: dict[str, Any] = {"scheme": str, "cost": float, "fit": float, "parameter_norm": float, "origin": str}
_SCALARS |= {"statistics": dict}
_SETTINGS: dict[str, Any] = {"width": int, "bias": bool}
_SETTINGS |= dict.fromkeys(("effective_depth", "weight_decay", "smoothing"), float)
_SETTINGS |= dict.fromkeys(("activation", "endpoint", "loss"), str)
