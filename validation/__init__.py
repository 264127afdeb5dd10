"""The physics of a representation path, and the verdict on a network: has it found the optimal path?

data/         data sets by name, from files and arrays, from teachers
path/         RepresentationPath, the one type in which a geodesic and a network meet
physics/      kernel, energies, ranks, phases, momenta
theory/       every proposition and theorem as a check with both sides shown
comparison/   a path beside the truth, and the verdict
figures/      one function, one figure
report/       the page
bridge/       from the towers to paths, and the truths of given layer steps
pipeline/     the main job, and the comparison of files
experiments/  the paper's experiments

errors.py           the one error of this package
argument_checks.py  the checks that raise it
"""

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
from .physics.neural_collapse import NeuralCollapse, neural_collapse
from .physics.path_energies import Energies, compute_energies
from .physics.rank_expansion import RankExpansion, rank_expansion
from .physics.transport import Transport, transport
from .physics.turnpike import Turnpike, find_turnpike

__all__ = [
    "Comparison",
    "ContinuousTruth",
    "Dataset",
    "Energies",
    "NeuralCollapse",
    "RankExpansion",
    "RepresentationPath",
    "Transport",
    "Turnpike",
    "ValidationError",
    "Verdict",
    "compare",
    "compute_energies",
    "extrapolate",
    "find_turnpike",
    "from_arrays",
    "load_dataset",
    "load_network_paths",
    "load_path",
    "neural_collapse",
    "rank_expansion",
    "save_path",
    "teacher",
    "transport",
]
