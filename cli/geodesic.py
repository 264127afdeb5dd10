"""geodepth geodesic: the ground truth of a data set, in a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import tyro

from .options import picked
from .output_files import FIGURES, check_file, save_figure

if TYPE_CHECKING:
    from geodepth.control import GeodesicSolution


@dataclass(frozen=True, slots=True)
class Geodesic:
    """Search for the representation geodesic of a data set, and save the best path with its landscape.

    Every finished start is kept in a folder beside the file: interrupted, or asked for more starts, the same command
    goes on from them.
    """

    data: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="DATA")]
    """iris, teacher, wine, diabetes, digits, or a .npz or .csv file."""
    out: Path = Path("truth.npz")
    """File to save."""
    width: int = 6
    """Neurons w."""
    effective_depth: float = 3.0
    """Effective depth L̃."""
    weight_decay: float = 1e-3
    """Weight decay λ."""
    layers: int = 20
    """Layers L, with equal steps."""
    samples: int | None = None
    """Training samples to draw from the data; all by default."""
    starts: int | None = None
    """Random starts, in place of the staged search for the best path known."""
    hops: int = 0
    """Further starts, each next to the best minimum so far, after random ones."""
    noise: float = 1.0
    """Standard deviation of the random starts' weights around [L̃ I, 0]."""
    seed: int = 0
    """Of the draw of samples and of the starts."""
    loss: str = "squared"
    """Data term: squared, or cross-entropy for data with classes."""
    endpoint: str = "penalized"
    """penalized, or fixed: the outputs then equal the targets, and J is the norm alone."""
    bias: bool = True
    """Whether W has a column for the bias."""
    scheme: str = "euler"
    """euler is the network of L layers; rk4, gauss and radau approximate the continuous path."""
    mesh: str = "fixed"
    """Steps of a continuous scheme: fixed, or equidistributed along the path."""
    mesh_tolerance: float | None = None
    """Add intervals to an equidistributed mesh until cost and H stand still to this, relative."""
    solver: str = "structured"
    """Of the smoothed problem: structured, fatrop or ipopt."""
    continuum: bool = False
    """Add to the certificate what the continuous path next to the best one says: drift of H, and a second method."""
    workers: int = 2
    """Processes."""
    journal: Path | None = None
    """Folder of finished starts; by default named as --out, ending in .starts."""
    landscape: Path | None = None
    """Draw the waterfall of the starts into this file (.png, .svg, .pdf)."""
    plot: Path | None = None
    """Draw the singular values of A_p and W_p along p into this file (.png, .svg, .pdf)."""

    def run(self) -> int:
        """Solve, save, print what was found, and draw."""
        from geodepth.control import (
            RepresentationGeodesic,
            certify_continuous,
            check_layer_steps,
            process_pool,
            solve_geodesic,
        )
        from geodepth.validation import load_dataset

        check_file("--out", self.out, (".npz",))
        check_file("--plot", self.plot, FIGURES)
        check_file("--landscape", self.landscape, FIGURES)
        data = load_dataset(self.data, samples=self.samples, seed=self.seed)
        targets = data.targets
        if self.loss == "cross-entropy" and data.labels is not None:
            classes, numbers = np.unique(data.labels, return_inverse=True)
            targets = np.eye(len(classes))[:, numbers]
        problem = picked(self, "width effective_depth weight_decay bias endpoint loss")
        geodesic = RepresentationGeodesic(data.inputs, targets, **problem)
        check_layer_steps(geodesic, self.layers, None)
        search = picked(self, "layers scheme starts hops noise seed solver mesh mesh_tolerance")
        journal = self.journal or self.out.with_suffix(".starts")
        with process_pool(self.workers) as executor:
            solution = solve_geodesic(geodesic, executor=executor, journal=journal, **search)
        if self.continuum:
            solution = certify_continuous(solution)
        saved = solution.save(self.out)
        self._show(solution)
        for word, figure, draw in (
            ("plot", self.plot, solution.plot),
            ("landscape", self.landscape, solution.plot_landscape),
        ):
            if figure is not None:
                save_figure(draw(), figure)
                print(f"{word}: {figure}")
        seconds = solution.statistics["seconds"]
        print(f"J = {solution.cost:.10g} after {seconds:.1f} s; saved: {saved}")
        return 0

    def _show(self, solution: GeodesicSolution) -> None:
        print(solution.geodesic)
        print(solution.certificate)
        resumed = solution.statistics["resumed_starts"]
        made = len(solution.statistics["start_costs"])
        print(f"minima, of {made} paths of the exact network ({resumed} of them done before):")
        for number, minimum in enumerate(solution.minima[:10], 1):
            print(f"  {number:2}  J = {minimum.cost:.8g}  found {len(minimum.found_by)} times")
        for origin, reason in solution.statistics["failures"].items():
            print(f"  {origin} failed: {reason}")
        print(solution.coverage)
        if "mesh" in solution.statistics:
            print(f"mesh of {solution.layer_steps.size} intervals: {solution.statistics['mesh']['reason']}")
