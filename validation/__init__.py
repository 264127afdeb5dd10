"""The physics of a representation path, and the verdict on a network: has it found the optimal path?"""

from .comparison import Comparison, compare
from .continuous import ContinuousTruth, extrapolate
from .dataset import Dataset, from_arrays
from .datasets import load_dataset
from .energies import Energies, compute_energies
from .errors import ValidationError
from .path import RepresentationPath
from .path_files import load_network_paths, load_path, save_path
from .teachers import teacher
from .verdicts import Verdict

__all__ = [
    "Comparison",
    "ContinuousTruth",
    "Dataset",
    "Energies",
    "RepresentationPath",
    "ValidationError",
    "Verdict",
    "compare",
    "compute_energies",
    "extrapolate",
    "from_arrays",
    "load_dataset",
    "load_network_paths",
    "load_path",
    "save_path",
    "teacher",
]
