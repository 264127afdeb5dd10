"""geodepth geodesic: the ground truth of a data set, in a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from .places import check_file


@dataclass(frozen=True, slots=True)
class Geodesic:
    """Solve the representation geodesic of a data set from many starts, and save the best path with its landscape."""

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
    starts: int = 32
    """Random starts."""
    seed: int = 0
    """Of the draw of samples and of the starts."""
    solver: str = "structured"
    """Of the smoothed problem: structured, fatrop or ipopt."""
    workers: int = 2
    """Processes."""
    plot: Path | None = None
    """Draw the singular values of A_p and W_p along p into this file (.png, .svg, .pdf)."""

    def run(self) -> int:
        from geodepth.control import RepresentationGeodesic, check_layer_steps, process_pool, solve_geodesic
        from geodepth.validation import load_dataset

        check_file("--out", self.out, (".npz",))
        if self.plot is not None:
            check_file("--plot", self.plot, (".png", ".svg", ".pdf"))
        data = load_dataset(self.data, samples=self.samples, seed=self.seed)
        geodesic = RepresentationGeodesic(
            data.inputs, data.targets, self.width, self.effective_depth, self.weight_decay
        )
        check_layer_steps(geodesic, self.layers, None)
        with process_pool(self.workers) as executor:
            solution = solve_geodesic(
                geodesic,
                layers=self.layers,
                starts=self.starts,
                seed=self.seed,
                executor=executor,
                solver=self.solver,
            )
        print(geodesic)
        print(solution.certificate)
        print(f"minima, of {self.starts} starts ({solution.statistics['failed_starts']} failed):")
        for number, minimum in enumerate(solution.minima[:10], 1):
            print(f"  {number:2}  J = {minimum.cost:.8g}  found {len(minimum.found_by)} times")
        if self.plot is not None:
            solution.plot().savefig(self.plot, dpi=150)
            print(f"plot: {self.plot}")
        print(
            f"J = {solution.cost:.10g} after {solution.statistics['seconds']:.1f} s; saved: {solution.save(self.out)}"
        )
        return 0
