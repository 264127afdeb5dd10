"""What the report says of a truth and of a network."""

from collections.abc import Sequence

import numpy as np

from geodepth.control.geodesics.search.minima import GeodesicMinimum
from geodepth.validation.bridge.paths import path_of_geodesic
from geodepth.validation.bridge.truths import Truth
from geodepth.validation.comparison.comparison import compare
from geodepth.validation.comparison.limit_of_layers import ContinuousTruth
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.report.data import NetworkRecord, TruthRecord


def truth_record(truth: Truth, dataset: Dataset) -> TruthRecord:
    """What the report says of a truth that was solved here, with its bracket where it has one."""
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
        search=solution.statistics.get("search"),
        proven=solution.certificate.global_lower,
    )


def given_record(path: RepresentationPath, minima: Sequence[GeodesicMinimum], dataset: Dataset) -> TruthRecord:
    """What the report says of a truth that a file gives, unsolved here."""
    return TruthRecord(
        name="given",
        path=path.renamed("given"),
        lower=None,
        upper=None,
        starts=sum(len(m.found_by) for m in minima),
        minima=tuple((m.cost, len(m.found_by)) for m in minima),
        test_error=held_out_error(path, dataset),
    )


def network_record(
    path: RepresentationPath,
    scheme: str,
    seed: int,
    truth: TruthRecord,
    minima: Sequence[GeodesicMinimum],
    dataset: Dataset,
    continuous: ContinuousTruth | None,
    *,
    label: str = "",
    seconds: float | None = None,
) -> NetworkRecord:
    """What the report says of a network, held against its truth.

    Parameters
    ----------
    path : RepresentationPath
        The network's.
    scheme, seed : str, int
        Its scheme of layer steps, and its seed.
    truth : TruthRecord
        On the same layer steps.
    minima : sequence of GeodesicMinimum
        The truth's landscape.
    dataset : Dataset
        Its held-out part gives the test error.
    continuous : ContinuousTruth, optional
        The limit of many layers.
    label : str
        How the report calls it, by default its scheme and seed.
    seconds : float, optional
        Of its training.
    """
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
