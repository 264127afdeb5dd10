"""The physics of a representation path, and the verdict on a network: has it found the optimal path?"""

from .comparison.comparison import Comparison, compare
from .comparison.limit_of_layers import ContinuousTruth, extrapolate
from .comparison.verdicts import Verdict
from .data.arrays import from_arrays
from .data.dataset import Dataset
from .data.named import load_dataset
from .data.teachers import teacher
from .errors import ValidationError
from .path.files import load_path, save_path
from .path.network_files import load_network_paths
from .path.representation_path import RepresentationPath
from .physics.energies import Energies, compute_energies

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
