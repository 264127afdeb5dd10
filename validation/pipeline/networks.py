"""The networks of the main job: the members of one scheme trained in one batch, kept in their folder."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.foundation.files.npz_files import read_arrays, reading, write_arrays
from geodepth.foundation.files.opened_files import DamagedFileError
from geodepth.foundation.shapes import Float
from geodepth.nets.errors import NetworkError
from geodepth.nets.network.leaky_resnet import LeakyResNet, load_network, save_network
from geodepth.nets.newton.configuration import NewtonConfig
from geodepth.nets.newton.train_to_stationarity import train_to_stationarity
from geodepth.nets.training.configuration import TrainingConfig
from geodepth.nets.training.train import train
from geodepth.validation.bridge.content_keys import key
from geodepth.validation.bridge.layouts import samples_first
from geodepth.validation.errors import ValidationError

from .settings import Settings

LATE_SMOOTHINGS = (0.01, 0.003, 0.001, 3e-4, 1e-4)
"""ε of the second-order training, in units of A.

A trained network enters the homotopy late, to stay in the basin that it has chosen. Its end is the start of a smaller
ε's short way, and the exact residual of stationarity falls with ε: on iris from 0.1 to 0.4 at ε = 1e-3, where entries
on a kink still lie ε beside it, to 0.008 at 1e-4.
"""
STATIONARY = 1e-6
"""Relative residual, at the last smoothing, where second-order training ends (chosen by hand)."""


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """The networks of one scheme.

    Attributes
    ----------
    weights : (members, L, w, w+1)
        At the end.
    layer_steps : (members, L)
        At the end.
    epochs : (records,)
        Where the cost was recorded.
    objectives : (records, members)
        The cost J. Where second-order training to stationarity came last, the last record is its end, at the epoch
        where it began.
    seconds : float
        Of the training.
    """

    weights: Float[np.ndarray, "members L w c"]
    layer_steps: Float[np.ndarray, "members L"]
    epochs: Float[np.ndarray, " records"]
    objectives: Float[np.ndarray, "records members"]
    seconds: float


def trained_networks(
    settings: Settings, geodesic: RepresentationGeodesic, scheme: str, out: Path, tell: Callable[[str], None]
) -> Trained:
    """Train the members of one scheme in one batch, or read them back; broken off, the training goes on.

    Parameters
    ----------
    settings : Settings
        Of the main job.
    geodesic : RepresentationGeodesic
        The problem.
    scheme : str
        Of the layer steps.
    out : Path
        The job's folder.
    tell : function
        Gets a line about every training that begins.
    """
    s = settings
    digest = key(geodesic.digest(), scheme, s.layers, s.members, s.seed, s.epochs, s.learning_rate, s.stationary)
    folder = out / "networks" / f"{scheme}-{digest}"
    curves = folder / "curves.npz"
    kept = _kept(folder, curves, tell)
    if kept is not None:
        network, epochs, objectives, seconds = kept
    else:
        network, epochs, objectives, seconds = _trained(settings, geodesic, scheme, folder, tell)
        save_network(network, folder)
        arrays = {"epochs": epochs, "objectives": objectives, "seconds": np.array(seconds)}
        write_arrays(curves, arrays, {}, ValidationError)
    return Trained(
        network.weights.detach().cpu().numpy(), network.layer_steps.cpu().numpy(), epochs, objectives, seconds
    )


def _kept(
    folder: Path, curves: Path, tell: Callable[[str], None]
) -> tuple[LeakyResNet, np.ndarray, np.ndarray, float] | None:
    """What an earlier run trained; a damaged file counts as unknown."""
    if not curves.exists():
        return None
    try:
        return load_network(folder), *_read_curves(curves)
    except (NetworkError, ValidationError) as error:
        tell(f"{error}; training again")
        return None


def _read_curves(curves: Path) -> tuple[np.ndarray, np.ndarray, float]:
    with reading(curves, "curves", ValidationError):
        arrays = read_arrays(curves)
        epochs, objectives = arrays["epochs"], arrays["objectives"]
        if epochs.dtype.kind not in "if" or objectives.dtype.kind != "f" or len(epochs) != len(objectives):
            raise DamagedFileError(f"epochs have shape {epochs.shape} and objectives {objectives.shape}")
        return epochs, objectives, float(arrays["seconds"])


def _trained(
    settings: Settings, geodesic: RepresentationGeodesic, scheme: str, folder: Path, tell: Callable[[str], None]
) -> tuple[LeakyResNet, np.ndarray, np.ndarray, float]:
    tell(f"training {settings.members} networks with {scheme} steps, {settings.epochs} epochs")
    network = LeakyResNet(
        inputs=geodesic.inputs.shape[0],
        outputs=geodesic.targets.shape[0],
        width=settings.width,
        layers=settings.layers,
        effective_depth=settings.effective_depth,
        members=settings.members,
        dtype=torch.float64,
        generator=torch.Generator().manual_seed(settings.seed),
    )
    config = TrainingConfig(
        weight_decay=settings.weight_decay,
        epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        layer_steps=scheme,
        seed=settings.seed,
        device=settings.device,
        checkpoint=folder / "checkpoint",
        progress=True,
    )
    x, y = samples_first(geodesic.inputs), samples_first(geodesic.targets)
    result = train(network, x, y, config)
    if not settings.stationary:
        return result.network, result.epochs, result.objectives, result.seconds
    tell(f"taking {settings.members} networks with {scheme} steps to stationarity")
    clock = time.perf_counter()
    newton = NewtonConfig(settings.weight_decay, LATE_SMOOTHINGS, STATIONARY)
    end = train_to_stationarity(result.network, x, y, newton)
    epochs = np.append(result.epochs, result.epochs[-1])
    objectives = np.vstack([result.objectives, end.objective])
    return result.network, epochs, objectives, result.seconds + time.perf_counter() - clock
