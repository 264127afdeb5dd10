"""Reading what is to be compared: a truth, networks, and the data set that they are of."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geodepth.control.geodesics.solution import GeodesicSolution
from geodepth.control.model.errors import ProblemError
from geodepth.foundation.files.npz_files import read_arrays_and_metadata
from geodepth.foundation.files.opened_files import DamagedFileError
from geodepth.validation.bridge.paths import path_of_geodesic
from geodepth.validation.comparison.same_question import check_comparable
from geodepth.validation.data.arrays import from_arrays
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.files import FORMAT as PATH_FORMAT
from geodepth.validation.path.files import load_path
from geodepth.validation.path.network_files import load_network_paths
from geodepth.validation.path.representation_path import RepresentationPath


@dataclass(frozen=True, slots=True)
class GivenTruth:
    """A truth from a file.

    Attributes
    ----------
    path : RepresentationPath
        Its path.
    solution : GeodesicSolution, optional
        The geodesic behind it, where the file holds one on Euler's steps.
    """

    path: RepresentationPath
    solution: GeodesicSolution | None


def read_truth(file: Path) -> GivenTruth:
    """Read a truth from a .npz file of `geodepth geodesic` or `save_path`.

    Raises
    ------
    ValidationError, ProblemError
        There is no such file, it is neither of the two, or the truth minimizes another loss than the squared error.
    """
    if _format(file) == PATH_FORMAT:
        return GivenTruth(load_path(file), None)
    solution = GeodesicSolution.load(file)
    if solution.geodesic.loss != "squared":
        raise ValidationError(f"{file.name} minimizes the {solution.geodesic.loss} loss; give a truth of squared error")
    solvable = solution.scheme == "euler" and solution.geodesic.endpoint == "penalized"
    return GivenTruth(path_of_geodesic(solution, "truth"), solution if solvable else None)


def read_networks(file: Path, truth: RepresentationPath) -> tuple[RepresentationPath, ...]:
    """Read networks, on the truth's data.

    Parameters
    ----------
    file : Path
        A .safetensors file, a folder of `geodepth train`, or a .npz file of one path.
    truth : RepresentationPath
        What they are to be compared with.

    Raises
    ------
    ValidationError
        They answer another question than the truth. The message has the file's name.
    """
    folder = os.path.isdir(file)
    label = file.name if folder else file.stem
    source = file / "network.safetensors" if folder else file
    try:
        if source.suffix == ".npz":
            paths: tuple[RepresentationPath, ...] = (read_truth(source).path.renamed(label),)
        else:
            paths = load_network_paths(
                source,
                truth.inputs,
                truth.targets,
                truth.weight_decay,
                truth.effective_depth,
                activation=truth.nonlinearity,
            )
            paths = tuple(
                path.renamed(f"{label}, member {member}" if len(paths) > 1 else label)
                for member, path in enumerate(paths)
            )
        return tuple(check_comparable(truth, path) for path in paths)
    except (ValidationError, ProblemError) as error:
        raise ValidationError(f"{file.name}: {error}") from None


def dataset_of(truth: RepresentationPath, dataset: Dataset | None, name: str) -> Dataset:
    """The given data set, once it is seen to be the truth's; or the truth's samples, without labels or test data.

    Raises
    ------
    ValidationError
        The data set is another one.
    """
    if dataset is None:
        return from_arrays(
            truth.inputs, truth.targets, standardize=False, name=name, description="samples as given with the truth"
        )
    for kind, ours, theirs in (("inputs", truth.inputs, dataset.inputs), ("targets", truth.targets, dataset.targets)):
        if ours.shape != theirs.shape or not np.allclose(ours, theirs, rtol=1e-5, atol=1e-8):
            raise ValidationError(
                f"--data {dataset.name} has other {kind} than the truth; give the data, samples and seed that it was "
                "solved with, or leave --data out"
            )
    return dataset


def _format(file: Path) -> str:
    """What kind of .npz file this is, "" where it does not say."""
    try:
        return str(read_arrays_and_metadata(file)[1].get("format", ""))
    except FileNotFoundError:
        raise ValidationError(f"there is no file {file}; give a .npz file of a geodesic or a path") from None
    except DamagedFileError:
        return ""
