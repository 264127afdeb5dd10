"""geodepth geodesic: the ground truth of a data set, in a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import tyro

from geodepth.cli.answers import answer
from geodepth.cli.options import picked
from geodepth.cli.output_files import FIGURES, check_file, save_figure

if TYPE_CHECKING:
    from geodepth.control import GeodesicSolution


SHOWN = 10
"""Minima that are listed; more are counted."""


@dataclass(frozen=True, slots=True)
class GeodesicCommand:
    """Search for the representation geodesic of a data set, and save the best path with its landscape.

    Every finished start is kept in a folder beside the file: interrupted, or asked for more starts, the same command
    goes on from them.

    Example: geodepth geodesic teacher --layers 8 --starts 8 --out truth.npz --landscape waterfall.png
    """

    data: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="DATA")]
    """teacher; iris, wine, diabetes or digits; a .npz or .csv file; or a .toml file that sets data and options."""
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
    targets: tuple[str, ...] | None = None
    """Columns of a .csv file to predict; by default those named target, target_2 and the like, else the last."""
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
    loss: Literal["squared", "cross-entropy"] = "squared"
    """Data term: squared, or cross-entropy for data with classes."""
    endpoint: Literal["penalized", "fixed"] = "penalized"
    """penalized, or fixed: the outputs then equal the targets, and J is the norm alone."""
    bias: bool = True
    """Whether W has a column for the bias."""
    scheme: Literal["euler", "rk4", "gauss", "radau"] = "euler"
    """euler is the network of L layers; rk4, gauss and radau approximate the continuous path."""
    mesh: Literal["fixed", "equidistributed"] = "fixed"
    """Steps of a continuous scheme: fixed, or equidistributed along the path."""
    mesh_tolerance: float | None = None
    """Add intervals to an equidistributed mesh until cost and H stand still to this, relative."""
    solver: Literal["structured", "fatrop", "ipopt"] = "structured"
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
    json: bool = False
    """Print what was found as one JSON object instead of lines, for other programs."""

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

        self._check()
        data = load_dataset(self.data, samples=self.samples, seed=self.seed, targets=self.targets)
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
        drawings = (("plot", self.plot, solution.plot), ("landscape", self.landscape, solution.plot_landscape))
        for _, figure, draw in drawings:
            if figure is not None:
                save_figure(draw(), figure)

        def in_lines() -> None:
            _print_solution(solution)
            for word, figure, _ in drawings:
                if figure is not None:
                    print(f"{word}: {figure}")
            print(f"J = {solution.cost:.10g} after {solution.statistics['seconds']:.1f} s; saved: {saved}")

        files = {"solution": saved, "plot": self.plot, "landscape": self.landscape}
        answer({"data": data.description, **_numbers(solution), **files}, in_lines, self.json)
        return 0

    def _check(self) -> None:
        """Refuse what is wrong whatever the data are; data sets take a second to load."""
        from geodepth.control import RepresentationGeodesic, check_layer_steps
        from geodepth.validation.data.named import check_width

        check_width(self.width, self.data)
        one_sample = np.ones((1, 1))
        numbers = picked(self, "width effective_depth weight_decay")
        check_layer_steps(RepresentationGeodesic(one_sample, one_sample, **numbers), self.layers, None)
        check_file("--out", self.out, (".npz",))
        check_file("--plot", self.plot, FIGURES)
        check_file("--landscape", self.landscape, FIGURES)


def _numbers(solution: GeodesicSolution) -> dict[str, Any]:
    certificate = solution.certificate
    return {
        **picked(solution, "cost fit parameter_norm scheme layer_steps origin certificate coverage"),
        "bracket": certificate.bracket,
        "global_gap": certificate.global_gap,
        "minima": [{"cost": each.cost, "found": len(each.found_by)} for each in solution.minima],
        "failures": solution.statistics["failures"],
        "seconds": solution.statistics["seconds"],
    }


def _print_solution(solution: GeodesicSolution) -> None:
    print(solution.geodesic)
    print(solution.certificate)
    resumed = solution.statistics["resumed_starts"]
    made = len(solution.statistics["start_costs"])
    print(f"minima, of {made} paths of the exact network ({resumed} of them done before):")
    for number, minimum in enumerate(solution.minima[:SHOWN], 1):
        found = len(minimum.found_by)
        print(f"  {number:2}  J = {minimum.cost:.8g}  found {'once' if found == 1 else f'{found} times'}")
    if more := solution.minima[SHOWN:]:
        print(f"      and {len(more)} more, up to J = {more[-1].cost:.8g}")
    for origin, reason in solution.statistics["failures"].items():
        print(f"  {origin} failed: {reason}")
    if not solution.certificate.search:  # whose words say it of staged searches
        print(solution.coverage)
    if "mesh" in solution.statistics:
        print(f"mesh of {solution.layer_steps.size} intervals: {solution.statistics['mesh']['reason']}")
