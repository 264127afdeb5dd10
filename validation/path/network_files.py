"""Paths from files of networks: safetensors, trained here or elsewhere. Nothing that is loaded can execute code."""

from pathlib import Path
from typing import Any

import numpy as np

from geodepth.foundation.activations import Activation, parse_activation
from geodepth.foundation.argument_checks import shown
from geodepth.foundation.files.opened_files import DamagedFileError
from geodepth.foundation.files.safetensors_files import read_tensors
from geodepth.foundation.shapes import Float
from geodepth.validation.argument_checks import CHECKS, check_array
from geodepth.validation.errors import ValidationError

from .consistency import STEP_SUM_TOLERANCE
from .objective import Objective
from .representation_path import RepresentationPath

_AXES = {"layer_steps": 1, "embedding": 2, "readout": 2}
"""Axes of the tensors that members may share; one more is of members."""


def load_network_paths(
    file: str | Path,
    inputs: Any,
    targets: Any,
    weight_decay: float,
    effective_depth: float | None = None,
    *,
    activation: str | Activation | None = None,
    origin: str = "network",
) -> tuple[RepresentationPath, ...]:
    """Make the paths of the networks in a safetensors file, on the given data.

    Parameters
    ----------
    file : str or Path
        Holds `weights` (L, w, w+1), or (L, w, w) without a bias, or with a leading axis of members. It may hold
        `layer_steps` (L,) or (members, L), else they are equal; and `embedding` (w, d_in) and `readout` (d_out, w),
        one for all or one per member, else the identity padded with zeros.
    inputs : (d_in, N)
    targets : (d_out, N)
    weight_decay : float
        λ.
    effective_depth : float, optional
        L̃. It comes from the file's header where this project wrote it ("geodepth", JSON), else give it.
    activation : str or Activation, optional
        σ, in any spelling that `parse_activation` knows; from the header alike, else the ReLU by default.
    origin : str
        See `RepresentationPath`.

    Returns
    -------
    tuple of RepresentationPath
        One per member.

    Raises
    ------
    ValidationError
        A file that cannot be read or does not fit, or a depth or activation that the header contradicts.
    """
    tensors, header = _read_tensors(CHECKS.path("file", file))
    architecture = header.get("architecture", {})
    if not isinstance(architecture, dict):
        raise ValidationError(f"{file} has the architecture {shown(architecture)}; give a file that names its fields")
    depth = _agreed("effective_depth", effective_depth, architecture.get("effective_depth"), file)
    if depth is None:
        raise ValidationError(f"{file} does not say its effective depth; give effective_depth")
    wanted, said = (
        None if given is None else parse_activation(given, checks=CHECKS)
        for given in (activation, architecture.get("activation"))
    )
    sigma = _agreed("activation", wanted, said, file) or Activation("relu")
    if "weights" not in tensors or tensors["weights"].ndim not in (3, 4):
        shapes = ", ".join(f"{name} {array.shape}" for name, array in tensors.items()) or "nothing"
        raise ValidationError(f"{file} holds {shapes}; it needs weights (L, w, w+1) or (members, L, w, w+1)")
    weights = np.array(tensors["weights"], ndmin=4)
    members, layers, width, columns = weights.shape
    data = check_array("inputs", inputs, (None, None), "(d_in, N), one column per sample")
    goal = check_array("targets", targets, (None, data.shape[1]), "(d_out, N), one column per sample")
    steps = tensors.get("layer_steps", np.ones(layers) / layers)
    embedding = tensors.get("embedding", np.eye(width, data.shape[0]))
    readout = tensors.get("readout", np.eye(goal.shape[0], width))
    bias = columns == width + 1
    several = {"layer_steps": steps, "embedding": embedding, "readout": readout}
    paths = []
    for member in range(members):
        one = {name: array[member] if array.ndim > _AXES[name] else array for name, array in several.items()}
        label = f"{Path(file).stem}, member {member}" if members > 1 else Path(file).stem
        objective = Objective(data, goal, one["embedding"], one["readout"], depth, weight_decay, bias, str(sigma))
        rho = _summing_to_one(np.asarray(one["layer_steps"], dtype=np.float64))
        paths.append(RepresentationPath.from_objective(objective, weights[member], rho, origin=origin, label=label))
    return tuple(paths)


def _agreed(name: str, wanted: Any, said: Any, file: str | Path) -> Any:
    """What the user wants or else the header says; both must agree where both are known."""
    if wanted is not None and said is not None and wanted != said:
        raise ValidationError(f"{name} is {wanted}, but {Path(file).name} was trained with {said}; give that")
    return said if wanted is None else wanted


def _summing_to_one(steps: Float[np.ndarray, " L"]) -> Float[np.ndarray, " L"]:
    """The steps without what single precision lost of their sum; steps that are wrong stay so, and are refused."""
    close = np.isfinite(steps).all() and abs(steps.sum() - 1.0) < STEP_SUM_TOLERANCE
    return np.asarray(steps / steps.sum() if close else steps)


def _read_tensors(file: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    try:
        return read_tensors(file, "numpy")
    except (FileNotFoundError, DamagedFileError) as error:
        raise ValidationError(f"{file} is no readable safetensors file ({error})") from None
