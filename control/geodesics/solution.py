"""The geodesic that was found: the path, its exact cost, the minima seen on the way, and the certificate."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.control.geodesics.certificate.geodesic_certificate import GeodesicCertificate
from geodepth.control.geodesics.search.minima import Coverage, GeodesicMinimum, coverage
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.solution.archives import read_npz, write_npz
from geodepth.foundation.shapes import Float

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMAT = "geodepth geodesic"
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class GeodesicSolution:
    """The best path found.

    cost: the exact objective J with the real activation, of a feasible path; fit: its data term; parameter_norm:
    ∫‖W_p‖²dp. representations A (L+1, w, N), weights W (L, w, columns), for RK4 the mean over each interval, of which
    weight_values (L, points, w, columns) holds both ends; momenta B (L+1, w, N); layer_steps ρ (L,). minima: the
    distinct minima of all starts, best first. origin says which start the
    path came from.
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

    def save(self, path: str | Path) -> Path:
        """Write one .npz file, atomically, without pickle. Raises OSError if it cannot be written."""
        g = self.geodesic
        arrays: dict[str, np.ndarray] = {name: getattr(self, name) for name in _ARRAYS}
        arrays |= {"inputs": g.inputs, "targets": g.targets, "embedding": g.embedding, "readout": g.readout}
        arrays["minima_costs"] = np.array([m.cost for m in self.minima])
        if self.minima:
            arrays["minima_weights"] = np.stack([m.weights for m in self.minima])
        metadata = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "digest": g.digest(),
            "geodesic": {
                "width": int(g.width),
                "effective_depth": float(g.effective_depth),
                "weight_decay": float(g.weight_decay),
                "activation": g.activation,
                "bias": bool(g.bias),
                "endpoint": g.endpoint,
                "loss": g.loss,
                "smoothing": float(g.smoothing),
            },
            "scheme": self.scheme,
            "cost": self.cost,
            "fit": self.fit,
            "parameter_norm": self.parameter_norm,
            "origin": self.origin,
            "found_by": [list(m.found_by) for m in self.minima],
            "certificate": dataclasses.asdict(self.certificate),
            "statistics": dict(self.statistics),
        }
        return write_npz(Path(path), arrays, metadata)

    @staticmethod
    def load(path: str | Path) -> GeodesicSolution:
        """Read what `save` wrote. Raises ProblemError when the file is something else, or truncated."""
        arrays, metadata = read_npz(Path(path), FORMAT, FORMAT_VERSION)
        data: dict[str, Any] = {name: arrays[name] for name in ("inputs", "targets", "embedding", "readout")}
        path_arrays: dict[str, Any] = {name: arrays[name] for name in _ARRAYS}
        minima = tuple(
            GeodesicMinimum(float(cost), weights, tuple(names))
            for cost, weights, names in zip(
                arrays["minima_costs"], arrays.get("minima_weights", ()), metadata["found_by"], strict=True
            )
        )
        return GeodesicSolution(
            geodesic=RepresentationGeodesic(**data, **metadata["geodesic"]),
            scheme=metadata["scheme"],
            cost=metadata["cost"],
            fit=metadata["fit"],
            parameter_norm=metadata["parameter_norm"],
            minima=minima,
            certificate=GeodesicCertificate(**metadata["certificate"]),
            origin=metadata["origin"],
            statistics=metadata["statistics"],
            **path_arrays,
        )

    def to_xarray(self) -> Any:
        """The path as an xarray.Dataset with named dimensions (needs the extra `geodepth[xarray]`)."""
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

    @property
    def coverage(self) -> Coverage:
        """How often the best minimum was found, and what the random starts say of minima that they missed."""
        return coverage(self.minima)

    def plot_landscape(self) -> Figure:
        """The waterfall of the starts: their costs from the best up, coloured by minimum, as a Matplotlib figure."""
        from geodepth.control.geodesics.plots import plot_landscape

        return plot_landscape(self)

    def plot(self) -> Figure:
        """Singular values of A_p and norms along p, as a Matplotlib figure."""
        from geodepth.control.geodesics.plots import plot_geodesic

        return plot_geodesic(self)

    def __repr__(self) -> str:
        return (
            f"GeodesicSolution(J = {self.cost:.10g}, bracket {self.certificate.bracket:.1e}, "
            f"{self.layer_steps.size} layers, {self.scheme}, {len(self.minima)} distinct minima, from {self.origin})"
        )


_ARRAYS = ("representations", "weights", "weight_values", "momenta", "layer_steps")
