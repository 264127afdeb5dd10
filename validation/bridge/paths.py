"""From what the towers made to what the report says: paths, records of truths and networks, versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geodepth.control import GeodesicMinimum, GeodesicSolution, RepresentationGeodesic
from geodepth.control import versions as control_versions
from geodepth.foundation.shapes import Float
from geodepth.validation.comparison.comparison import compare
from geodepth.validation.comparison.limit_of_layers import ContinuousTruth
from geodepth.validation.comparison.verdicts import Verdict
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.report.data import NetworkRecord, ReportData, TruthRecord

if TYPE_CHECKING:
    from .truths import Truth


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the report is, and what it found."""

    report: Path
    data: ReportData

    @property
    def sentence(self) -> str:
        """The finding in one line."""
        truth = self.data.truths[0]
        networks = self.data.networks
        verdicts = [n.comparison.verdict for n in networks]
        at_optimum = verdicts.count(Verdict.GLOBAL_OPTIMUM)
        local = verdicts.count(Verdict.LOCAL_MINIMUM)
        best = min(n.comparison.relative_excess for n in networks)
        return (
            f"truth J = {truth.path.cost:.8g} ({truth.name} steps); of {len(networks)} networks {at_optimum} at the "
            f"global optimum, {local} at local minima; best excess {100 * best:.3g} %"
        )


def path_of_geodesic(solution: GeodesicSolution, label: str) -> RepresentationPath:
    """A geodesic as a path, with the momenta that its solver found; of a continuous scheme, without the recursion."""
    g = solution.geodesic
    return RepresentationPath.from_arrays(
        solution.representations, solution.weights, solution.layer_steps, g.inputs, g.targets, g.embedding, g.readout,
        g.effective_depth, g.weight_decay, g.bias, "geodesic", label, momenta=solution.momenta,
        activation=g.activation, recursion="euler" if solution.scheme == "euler" else "none",
    )  # fmt: skip


def path_of_network(
    geodesic: RepresentationGeodesic, weights: Float[np.ndarray, "L w c"], steps: Float[np.ndarray, " L"], label: str
) -> RepresentationPath:
    """A trained network of the same problem as a path."""
    g = geodesic
    return RepresentationPath.from_weights(
        weights, steps, g.inputs, g.targets, g.embedding, g.readout, g.effective_depth, g.weight_decay, g.bias,
        "network", label, activation=g.activation,
    )  # fmt: skip


def truth_record(truth: Truth, dataset: Dataset) -> TruthRecord:
    """What the report says of a truth."""
    solution = truth.solution
    path = path_of_geodesic(solution, truth.name)
    bracketed = np.isfinite(solution.certificate.lower)
    return TruthRecord(
        name=truth.name,
        path=path,
        lower=solution.certificate.lower if bracketed else None,
        upper=solution.certificate.upper if bracketed else None,
        starts=truth.starts,
        minima=tuple((m.cost, len(m.found_by)) for m in solution.minima),
        rounds=truth.rounds,
        seconds=float(solution.statistics["seconds"]),
        test_error=held_out_error(path, dataset),
    )


def given_record(path: RepresentationPath, minima: Sequence[GeodesicMinimum], dataset: Dataset) -> TruthRecord:
    """What the report says of a truth that a file gives, unsolved here."""
    return TruthRecord(
        name="given", path=path.renamed("given"), lower=None, upper=None,
        starts=sum(len(m.found_by) for m in minima), minima=tuple((m.cost, len(m.found_by)) for m in minima),
        test_error=held_out_error(path, dataset),
    )  # fmt: skip


def network_record(
    path: RepresentationPath, scheme: str, seed: int, truth: TruthRecord, minima: Sequence[GeodesicMinimum],
    dataset: Dataset, continuous: ContinuousTruth | None, *, label: str = "", seconds: float | None = None,
) -> NetworkRecord:  # fmt: skip
    """What the report says of a network, held against its truth and that truth's landscape of minima."""
    landscape = [(m.cost, m.weights[:, 0]) for m in minima]
    return NetworkRecord(
        scheme=scheme,
        seed=seed,
        truth=truth.name,
        path=path,
        comparison=compare(truth.path, path, landscape, continuous=continuous),
        test_error=held_out_error(path, dataset),
        seconds=seconds,
        label=label,
    )


def held_out_error(path: RepresentationPath, dataset: Dataset) -> float | None:
    """(1/M)‖Y − P A_L‖² on the data that was held back, None where none was."""
    if dataset.test_inputs.shape[1] == 0:
        return None
    return path.error(dataset.test_inputs, dataset.test_targets)


def versions(*besides: str) -> dict[str, str]:
    """Versions of this package and of the libraries behind a run."""
    from importlib.metadata import version

    return {name: str(value) for name, value in (control_versions() | {n: version(n) for n in besides}).items()}
