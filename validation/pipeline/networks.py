"""The pipeline's networks: the members of one scheme trained in one batch, kept in their folder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geodepth.control import RepresentationGeodesic
from geodepth.foundation.shapes import Float

from .settings import Settings, key

LATE_SMOOTHINGS = (0.01, 0.003, 0.001, 3e-4, 1e-4)
"""Of the second-order training: a trained network enters the homotopy late, to stay in the basin that it has chosen.

Its end is the start of a smaller ε's short way, and the exact residual of stationarity falls with ε: on iris from 0.1
to 0.4 at ε = 1e-3, where entries on a kink still lie ε beside it, to 0.008 at 1e-4.
"""
STATIONARY = 1e-6
"""Relative residual, at the last smoothing, where second-order training ends."""


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """The networks of one scheme: weights (members, L, w, w+1), their steps, and how their cost fell.

    Where second-order training to stationarity came last, the last record is its end, at the epoch where it began.
    """

    weights: Float[np.ndarray, "members L w c"]
    layer_steps: Float[np.ndarray, "members L"]
    epochs: Float[np.ndarray, " records"]
    objectives: Float[np.ndarray, "records members"]
    seconds: float


def trained_networks(
    settings: Settings, geodesic: RepresentationGeodesic, scheme: str, out: Path, tell: Callable[[str], None]
) -> Trained:
    """Train the members of one scheme in one batch, or read them back; broken off, the training goes on."""
    import torch

    from geodepth.nets import (
        LeakyResNet,
        NewtonConfig,
        TrainingConfig,
        load_network,
        save_network,
        train,
        train_to_stationarity,
    )

    digest = key(
        geodesic.digest(),
        scheme,
        settings.layers,
        settings.members,
        settings.seed,
        settings.epochs,
        settings.learning_rate,
        settings.stationary,
    )
    folder = out / "networks" / f"{scheme}-{digest}"
    curves = folder / "curves.npz"
    if curves.exists():
        network = load_network(folder)
        with np.load(curves, allow_pickle=False) as file:
            epochs, objectives, seconds = file["epochs"], file["objectives"], float(file["seconds"])
    else:
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
        result = train(network, geodesic.inputs.T, geodesic.targets.T, config)
        network, epochs, objectives, seconds = result.network, result.epochs, result.objectives, result.seconds
        if settings.stationary:
            tell(f"taking {settings.members} networks with {scheme} steps to stationarity")
            clock = time.perf_counter()
            newton = NewtonConfig(settings.weight_decay, LATE_SMOOTHINGS, STATIONARY)
            end = train_to_stationarity(network, geodesic.inputs.T, geodesic.targets.T, newton)
            epochs, objectives = np.append(epochs, epochs[-1]), np.vstack([objectives, end.objective])
            seconds += time.perf_counter() - clock
        save_network(network, folder)
        _save_curves(curves, epochs, objectives, seconds)
    return Trained(
        network.weights.detach().cpu().numpy(), network.layer_steps.cpu().numpy(), epochs, objectives, seconds
    )


def _save_curves(path: Path, epochs: np.ndarray, objectives: np.ndarray, seconds: float) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with open(temporary, "wb") as file:
        np.savez_compressed(file, epochs=epochs, objectives=objectives, seconds=np.array(seconds))
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
