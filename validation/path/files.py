"""Paths on disk: .npz files of one path, and safetensors files of networks trained here or elsewhere.

Nothing that is loaded can execute code. A .npz file holds the arrays of a RepresentationPath under their own names, and
its other fields as JSON text under "metadata", with the format's version and the axes of every array.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.validation.argument_checks import check_array
from geodepth.validation.errors import ValidationError

from .representation_path import RepresentationPath

FORMAT = "geodepth path"
FORMAT_VERSION = 1
UNREADABLE = (
    OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError,
    RuntimeError, SyntaxError,
)  # fmt: skip
"""What NumPy and zipfile raise for a .npz file that is missing, cut or damaged; one bit more may ask for a password."""
_AXES = {
    "representations": ("layer boundary", "neuron", "sample"),
    "weights": ("layer", "neuron", "neuron before, and bias"),
    "momenta": ("layer boundary", "neuron", "sample"),
    "layer_steps": ("layer",),
    "inputs": ("input", "sample"),
    "targets": ("output", "sample"),
    "embedding": ("neuron", "input"),
    "readout": ("output", "neuron"),
}
_FIELDS = ("effective_depth", "weight_decay", "bias", "activation", "smoothing", "origin", "label")


def save_path(path: RepresentationPath, file: str | Path) -> Path:
    """Write a path to a .npz file, whole or not at all. Raises ValidationError where it cannot be written."""
    target = Path(file)
    if target.suffix != ".npz":
        raise ValidationError(f"file is {target.name!r}; give a name that ends in .npz")
    metadata = {"format": FORMAT, "format_version": FORMAT_VERSION, "axes": _AXES}
    metadata |= {name: getattr(path, name) for name in _FIELDS}
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {name: getattr(path, name) for name in _AXES}
    np.savez_compressed(buffer, metadata=np.array(json.dumps(metadata, ensure_ascii=False)), **arrays)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(buffer.getvalue())
        os.chmod(beside, 0o644)  # a temporary file is private, a result is not
        os.replace(beside, target)
    except OSError as error:
        raise ValidationError(f"{target} cannot be written ({error.strerror}); choose another folder") from None
    return target


def load_path(file: str | Path) -> RepresentationPath:
    """Read what `save_path` wrote, bit by bit. Shapes and numbers are checked as for any path.

    Raises ValidationError for a file that is missing, damaged, of another format or version, or inconsistent.
    """
    try:
        with np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        metadata = json.loads(str(arrays.pop("metadata")))
        found, version = metadata["format"], metadata["format_version"]
    except UNREADABLE as error:
        raise ValidationError(f"{file} is no readable path ({_one_line(error)}); give a file of save_path") from None
    if found != FORMAT or version != FORMAT_VERSION:
        raise ValidationError(f"{file} has format {found!r} version {version!r}; expected {FORMAT!r} {FORMAT_VERSION}")
    missing = sorted((set(_AXES) - arrays.keys()) | (set(_FIELDS) - metadata.keys()))
    if missing:
        raise ValidationError(f"{file} lacks {', '.join(missing)}; save it again")
    steps = check_array("layer_steps", arrays["layer_steps"], (None,), "(L,)")
    return RepresentationPath(
        positions=np.concatenate([[0.0], np.cumsum(steps)]),
        **{name: arrays[name] for name in _AXES},
        **{name: metadata[name] for name in _FIELDS},
    )


def load_network_paths(
    file: str | Path, inputs: Any, targets: Any, weight_decay: float, effective_depth: float | None = None,
    *, activation: str | None = None, origin: str = "network",
) -> tuple[RepresentationPath, ...]:  # fmt: skip
    """The paths of the networks in a safetensors file on the given data, inputs (d_in, N) and targets (d_out, N).

    The file holds `weights` (L, w, w+1), or (L, w, w) without a bias, or with a leading axis of members; optionally
    `layer_steps` (L,) or (members, L), else they are equal; `embedding` (w, d_in) and `readout` (d_out, w), one for all
    or one a member, else the identity padded with zeros. effective_depth and activation come from the file's header
    where this project wrote it ("geodepth", JSON), else give them; what is given must agree with the header.
    Returns one path a member. Raises ValidationError.
    """
    tensors, header = _read_tensors(Path(file))
    architecture = header.get("architecture", {}) if isinstance(header, dict) else {}
    said = architecture.get("effective_depth")
    depth = said if effective_depth is None else effective_depth
    if depth is None:
        raise ValidationError(f"{file} does not say its effective depth; give effective_depth")
    if said is not None and depth != said:
        raise ValidationError(f"effective_depth is {depth}, but {Path(file).name} was trained with {said}; give that")
    chosen = architecture.get("activation") or activation or "relu"
    if activation is not None and chosen != activation:
        raise ValidationError(f"activation is {activation}, but {Path(file).name} was trained with {chosen}; give that")
    if "weights" not in tensors or tensors["weights"].ndim not in (3, 4):
        shapes = ", ".join(f"{name} {array.shape}" for name, array in tensors.items()) or "nothing"
        raise ValidationError(f"{file} holds {shapes}; it needs weights (L, w, w+1) or (members, L, w, w+1)")
    weights = tensors["weights"] if tensors["weights"].ndim == 4 else tensors["weights"][None]
    members, layers, width, columns = weights.shape
    data = check_array("inputs", inputs, (None, None), "(d_in, N), one column a sample")
    goal = check_array("targets", targets, (None, data.shape[1]), "(d_out, N), one column a sample")
    steps = tensors.get("layer_steps", np.full(layers, 1.0 / max(layers, 1)))
    embedding = tensors.get("embedding", np.eye(width, data.shape[0]))
    readout = tensors.get("readout", np.eye(goal.shape[0], width))
    paths = []
    for member in range(members):
        rho = np.asarray(steps[member] if steps.ndim == 2 else steps, dtype=np.float64)
        paths.append(RepresentationPath.from_weights(
            weights[member],
            rho / rho.sum() if np.isfinite(rho).all() and abs(rho.sum() - 1.0) < 1e-5 else rho,
            data,
            goal,
            embedding[member] if embedding.ndim == 3 else embedding,
            readout[member] if readout.ndim == 3 else readout,
            depth,
            weight_decay,
            columns == width + 1,
            origin,
            f"{Path(file).stem}, member {member}" if members > 1 else Path(file).stem,
            activation=chosen,
        ))  # fmt: skip
    return tuple(paths)


def _read_tensors(file: Path) -> tuple[dict[str, np.ndarray], Any]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="numpy") as opened:
            header = json.loads((opened.metadata() or {}).get("geodepth", "{}"))
            return {name: np.asarray(opened.get_tensor(name)) for name in opened.keys()}, header  # noqa: SIM118
    except (OSError, ValueError, TypeError, SafetensorError) as error:
        raise ValidationError(f"{file} is no readable safetensors file ({_one_line(error)})") from None


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
