"""The measurement of what moves the estimates of the rank: one network taken to stationarity, changed in one thing at
a time.

1. Train the base network, smooth its ReLU, and descend. On the way, measure its path at every residual asked for.
2. For every change: go on from the base where its weights fit, else train anew; descend as before; measure.

W goes to other layers as a function of p: a layer that is halved has the weights of the whole one. To a larger L̃ it
goes as `depth_ladder` says.
"""

import time
from collections.abc import Mapping
from dataclasses import KW_ONLY, replace
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import BeforeValidator

from geodepth.foundation.shapes import Float
from geodepth.nets.network.activations import resolve_activation
from geodepth.nets.network.leaky_resnet import LeakyResNet
from geodepth.nets.network.rediscretization import rediscretize
from geodepth.nets.newton.configuration import NewtonConfig
from geodepth.nets.newton.train_to_stationarity import train_to_stationarity
from geodepth.validation.bridge.layouts import samples_first
from geodepth.validation.bridge.paths import path_of_member
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.experiments.sweeps.outcome import Outcome, Row
from geodepth.validation.path.network import features
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.path_energies import compute_energies
from geodepth.validation.record_checks import Positive, Whole, checked_record

from .depth_ladder import deepened
from .gathering import Gathering
from .networks import train_ensemble
from .path_numbers import measure_path, spread
from .problems import NetworksProblem

MEASURED = (
    *("cost", "fit", "residual", "hamiltonian", "hamiltonian_min", "hamiltonian_max", "stable", "stable_min"),
    *("stable_max", "least_cost_of_identity", "rank"),
)
"""What is kept of `measure_path`."""
SAMES = ("width", "data", "projections", "seeds", "dtype")
"""A change of one of these needs other weights."""
PLACES = np.linspace(0.0, 1.0, 101)
"""Positions p at which the Hamiltonian is kept, whatever the layers."""
BETWEEN = 1e-2
"""Residual at which the next ε is taken (chosen by hand)."""


@checked_record
class CausesProblem(NetworksProblem):
    """A network, and what is changed of it.

    Attributes
    ----------
    See `NetworksProblem`, of which `smoothings` must be given, and the sentences below the fields.
    """

    _: KW_ONLY
    stops: Annotated[tuple[Positive, ...], BeforeValidator(tuple)]
    """Residuals at which the base network is measured, falling; the changed ones descend to the last."""
    changes: Annotated[tuple[Mapping[str, Any], ...], BeforeValidator(tuple)]
    """Each has a "factor" and a "level", which name it, and parameters in place of the base's."""
    descent_iterations: Whole = 3000
    """Of every ε, at most."""


def causes(parameters: Mapping[str, Any]) -> Outcome:
    """Measure the estimates of the rank of one network of every seed, and of the same network changed in one thing.

    Parameters
    ----------
    parameters : mapping
        Those of `CausesProblem`.

    Returns
    -------
    Outcome
        A row per network: its `factor` and `level` ("base" for the network itself), what `measure_path` has of its
        path, the same of −(2/L̃)H averaged over both sides of every layer (`averaged`), and the third and fourth
        singular value of W over L̃ in the middle of the bottleneck. Array `hamiltonian`: −(2/L̃)H at PLACES.

    Raises
    ------
    ValidationError, NetworkError
        For parameters that cannot be used.
    """
    problem = CausesProblem(**parameters)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # weights that decay to nothing would be slow
    began = time.process_time()
    rows: list[Row] = []
    gathered = Gathering()
    try:
        for seed in problem.seeds:
            for row, along in _of_seed(replace(problem, seeds=(seed,)), seed):
                rows.append({"seed": seed, **row})
                gathered.add({"hamiltonian": along})
    finally:
        torch.set_flush_denormal(False)
    return Outcome(rows, gathered.stacked, {"training, processor": time.process_time() - began})


def _of_seed(problem: CausesProblem, seed: int) -> list[tuple[Row, Float[np.ndarray, " places"]]]:
    data = problem.dataset(seed)
    network = train_ensemble(problem, data, [seed]).network.double()
    found = [_measured("residual", "after Adam", problem, network, data, 0.0)]
    assert problem.smoothings is not None
    for smoothing in problem.smoothings[:-1]:
        _descend(problem, network, data, smoothing, BETWEEN)
    last = problem.smoothings[-1]
    for stop in problem.stops:
        _descend(problem, network, data, last, stop)
        named = ("base", "base") if stop == problem.stops[-1] else ("residual", f"{stop:g}")
        found.append(_measured(*named, problem, network, data, last))
    for change in problem.changes:
        given = dict(change)
        factor, level = given.pop("factor"), given.pop("level")
        if "samples" in given:
            given["data"] = {**problem.data, "samples": given.pop("samples")}
        changed = replace(problem, **given)
        own = changed.dataset(seed)
        other = (
            train_ensemble(changed, own, [seed]).network.double()
            if set(given) & set(SAMES)
            else carried(network, data, problem.decay, changed.layers, float(changed.effective_depth))
        )
        for smoothing in problem.smoothings:
            _descend(changed, other, own, smoothing, problem.stops[-1] if smoothing == last else BETWEEN)
        found.append(_measured(factor, level, changed, other, own, last))
    return found


def carried(
    network: LeakyResNet, data: Dataset, weight_decay: float, layers: int, effective_depth: float
) -> LeakyResNet:
    """Take the first member of a network to other layers and to a larger L̃: a start, no solution.

    Parameters
    ----------
    network : LeakyResNet
        Its steps keep their profile.
    data : Dataset
        The training samples are taken.
    weight_decay : float
        λ.
    layers : int
        The new L.
    effective_depth : float
        The new L̃; it may be the old one.
    """
    finer = rediscretize(network, layers, stretched(network, layers))
    if effective_depth == network.effective_depth:
        return finer
    deeper = finer.with_changes(effective_depth=effective_depth, layer_steps=finer.layer_steps)
    with torch.no_grad():
        weights = deepened(path_of_member(finer, 0, data, weight_decay), effective_depth)
        deeper.weights[0] = torch.from_numpy(weights)
    return deeper


def stretched(network: LeakyResNet, layers: int) -> Float[torch.Tensor, "members layers"]:
    """Layer steps of the same profile for another number of layers: 2L of them are those of L, halved."""
    places = np.linspace(0.0, 1.0, layers + 1)
    known = np.linspace(0.0, 1.0, network.layers + 1)
    positions = np.stack([np.interp(places, known, own) for own in network.positions.numpy()])
    return torch.from_numpy(np.diff(positions, axis=1))


def _descend(problem: CausesProblem, network: LeakyResNet, data: Dataset, smoothing: float, tolerance: float) -> None:
    config = NewtonConfig(
        *(problem.decay, (smoothing,), tolerance), method="quasi-newton", descent_iterations=problem.descent_iterations
    )
    train_to_stationarity(network, samples_first(data.inputs), samples_first(data.targets), config)


def _measured(
    factor: str, level: str, problem: CausesProblem, network: LeakyResNet, data: Dataset, smoothing: float
) -> tuple[Row, Float[np.ndarray, " places"]]:
    """The row of a network whose ReLU is smoothed by ε, or the ReLU itself for ε = 0; and −(2/L̃)H at PLACES."""
    path = smoothed_path(network, data, problem.decay, smoothing)
    numbers = measure_path(path)
    energy = compute_energies(path)
    middle = int(np.argmin(np.abs(energy.positions - 0.5 * (numbers["start"] + numbers["end"]))))
    third, fourth = [*energy.weight_singular_values[middle] / path.effective_depth, 0.0, 0.0, 0.0][2:4]
    row = {
        "factor": factor,
        "level": level,
        **{name: numbers[name] for name in MEASURED},
        **spread("averaged", averaged_hamiltonian(path)),
        "third_value": float(third),
        "fourth_value": float(fourth),
    }
    return row, np.interp(PLACES, energy.positions, energy.scaled_hamiltonian)


def smoothed_path(network: LeakyResNet, data: Dataset, weight_decay: float, smoothing: float) -> RepresentationPath:
    """The path of the first member with its ReLU smoothed by ε, or the ReLU itself for ε = 0.

    Parameters
    ----------
    network, data, weight_decay
        As `path_of_member` takes them.
    smoothing : float
        ε.
    """
    own, network.activation = (
        network.activation,
        resolve_activation(f"smoothed relu:{smoothing}" if smoothing else "relu"),
    )
    try:
        return path_of_member(network, 0, data, weight_decay)
    finally:
        network.activation = own


def averaged_hamiltonian(path: RepresentationPath) -> Float[np.ndarray, " L"]:
    """−(2/L̃)H of every layer, averaged over the two states beside it.

    Parameters
    ----------
    path : RepresentationPath
        At L̃ > 0.

    Notes
    -----
    On a stationary network A_ℓ = A_{ℓ−1} + ρ ∂H/∂B and B_{ℓ−1} = B_ℓ + ρ ∂H/∂A, both at (A_{ℓ−1}, B_ℓ): the symplectic
    Euler method, which conserves H at (A_{ℓ−1}, B_ℓ) plus (ρ/2) ⟨∂H/∂A, ∂H/∂B⟩ up to the second order. That is the mean
    of H at (A_{ℓ−1}, B_ℓ) and (A_ℓ, B_ℓ). Where H strays along p and this mean does not, the layers' size is the cause.
    Source: Hairer, Lubich and Wanner, Geometric Numerical Integration, section IX.3.
    """
    momenta = path.momenta[1:]

    def scaled(states: Float[np.ndarray, "L w N"]) -> Float[np.ndarray, " L"]:
        pulled = momenta @ features(states, path.nonlinearity, path.bias).transpose(0, 2, 1)
        found: np.ndarray = 2.0 * np.sum(momenta * states, axis=(1, 2)) - np.sum(pulled**2, axis=(1, 2))
        return found

    averaged: np.ndarray = 0.5 * (scaled(path.representations[:-1]) + scaled(path.representations[1:]))
    return averaged
