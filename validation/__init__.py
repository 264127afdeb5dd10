"""The physics of a representation path, and the verdict on a network: has it found the optimal path?"""

from .comparison import Comparison, Verdict, compare
from .dataset import Dataset, from_arrays
from .datasets import load_dataset
from .energies import Energies, compute_energies
from .errors import ValidationError
from .path import RepresentationPath
from .teachers import teacher

__all__ = [
    "Comparison",
    "Dataset",
    "Energies",
    "RepresentationPath",
    "ValidationError",
    "Verdict",
    "compare",
    "compute_energies",
    "from_arrays",
    "load_dataset",
    "teacher",
]
