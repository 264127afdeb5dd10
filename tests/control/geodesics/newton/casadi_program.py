"""Problems of every kind, and the multiple-shooting program of each written once more, in CasADi."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.geodesics.newton.linearization import Iterate, Linearization, linearize
from geodepth.control.geodesics.newton.shooting_model import shooting_model
from geodepth.control.geodesics.newton.structured_result import StructuredResult
from geodepth.control.geodesics.search.starts import initial_weights
from geodepth.control.geodesics.statement.activations import expression
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic

VARIANTS = {
    "plain": {},
    "no bias": {"bias": False},
    "linear": {"activation": "linear"},
    "fixed": {"endpoint": "fixed"},
    "resnet": {"effective_depth": 0.0},
    "projections": {"projections": True},
    "cross-entropy": {"loss": "cross-entropy"},
    "smoothed": {"activation": "smoothed relu", "smoothing": 0.1},
    "fixed projections": {"endpoint": "fixed", "projections": True, "bias": False},
}


def teacher(width: int = 4, samples: int = 6, seed: int = 0, **settings: Any) -> RepresentationGeodesic:
    """Data of a one-unit ReLU teacher, 3 → 1 → 3."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(3, samples))
    targets = rng.normal(size=(3, 1)) @ np.maximum(rng.normal(size=(1, 3)) @ inputs, 0.0)
    if settings.pop("projections", False):
        targets = targets[:2]
        settings |= {"embedding": rng.normal(size=(width, 3)), "readout": rng.normal(size=(2, width))}
    if settings.get("loss") == "cross-entropy":
        targets = np.eye(3)[:, np.argmax(inputs, axis=0)]
    arguments: dict[str, Any] = {"effective_depth": 3.0, "weight_decay": 1e-2} | settings
    return RepresentationGeodesic(inputs, targets, width, **arguments)


def uneven_steps(layers: int) -> np.ndarray:
    steps = 1.0 + 0.5 * np.cos(np.arange(layers))
    return np.asarray(steps / steps.sum())


@dataclass
class Program:
    """The multiple-shooting program written once more, in CasADi, scaled by 1/λ."""

    variables: Any  # A_1 … A_L, then W_1 … W_L, each column-major
    objective: Any
    constraints: Any  # defects A_ℓ − stage map, then P A_L − Y of a fixed end
    geodesic: RepresentationGeodesic
    layers: int

    def pack(self, representations: np.ndarray, weights: np.ndarray) -> np.ndarray:
        parts = [matrix.ravel(order="F") for matrix in (*representations[1:], *weights)]
        return np.concatenate(parts)

    def unpack_weights(self, packed: np.ndarray) -> np.ndarray:
        w, c = self.geodesic.width, self.geodesic.columns
        tail = np.asarray(packed).ravel()[-self.layers * w * c :]
        return np.asarray(tail.reshape(self.layers, c, w).transpose(0, 2, 1))


def casadi_program(geodesic: RepresentationGeodesic, steps: np.ndarray, smoothing: float) -> Program:
    w, c, n, layers = geodesic.width, geodesic.columns, geodesic.samples, len(steps)
    states = [ca.SX.sym(f"A{k + 1}", w, n) for k in range(layers)]
    weights = [ca.SX.sym(f"W{k + 1}", w, c) for k in range(layers)]
    before: Any = ca.DM(geodesic.initial_representations)
    scale, objective = geodesic.penalty_scale, 0
    defects = []
    for step, state, weight in zip(steps, states, weights, strict=True):
        features = expression(geodesic.activation_at(), before, smoothing)
        if geodesic.bias:
            features = ca.vertcat(features, ca.DM.ones(1, n))
        defects.append(state - (1 - step * geodesic.effective_depth) * before - step * (weight @ features))
        objective += scale * step * ca.sumsqr(weight)
        before = state
    mismatch = ca.DM(geodesic.readout) @ before - ca.DM(geodesic.targets)
    if geodesic.endpoint == "fixed":
        defects.append(mismatch)
    elif geodesic.loss == "cross-entropy":
        outputs = mismatch + ca.DM(geodesic.targets)
        shares = ca.exp(outputs) / ca.repmat(ca.sum1(ca.exp(outputs)), 3, 1)
        objective -= ca.sum1(ca.sum2(ca.DM(geodesic.targets) * ca.log(shares))) / (geodesic.weight_decay * n)
    else:
        objective += ca.sumsqr(mismatch) / (geodesic.weight_decay * n)
    variables = ca.vertcat(*[ca.vec(matrix) for matrix in (*states, *weights)])
    return Program(variables, objective, ca.vertcat(*[ca.vec(d) for d in defects]), geodesic, layers)


def ipopt(program: Program, start: np.ndarray) -> tuple[float, np.ndarray, bool]:
    """Cost J, point and success of IPOPT with exact Hessians from a packed start."""
    nlp = {"x": program.variables, "f": program.objective, "g": program.constraints}
    options = {"print_time": False, "ipopt": {"print_level": 0, "sb": "yes", "tol": 1e-10, "max_iter": 500}}
    solver = ca.nlpsol("solver", "ipopt", nlp, options)
    answer = solver(x0=start, lbg=0, ubg=0)
    cost = float(answer["f"]) * program.geodesic.weight_decay
    return cost, np.asarray(answer["x"]).ravel(), bool(solver.stats()["success"])


def casadi_residual(program: Program, result: StructuredResult) -> float:
    """The KKT residual of a result in CasADi's derivatives, its multipliers λB up to sign."""
    geodesic, momenta = program.geodesic, result.momenta
    multipliers = [matrix.ravel(order="F") for matrix in momenta[1:]]
    if geodesic.endpoint == "fixed":
        eta = np.linalg.lstsq(geodesic.readout.T, -momenta[-1], rcond=None)[0]
        multipliers.append(eta.ravel(order="F"))
    multiplier = np.concatenate(multipliers)
    lagrangian = program.objective + ca.dot(ca.DM(multiplier), program.constraints)
    gradient = ca.gradient(lagrangian, program.variables)
    evaluate = ca.Function("kkt", [program.variables], [gradient, program.constraints])
    values = evaluate(program.pack(result.representations, result.weights))
    return max(float(np.abs(np.asarray(value)).max()) for value in values)


def rough_point(geodesic: RepresentationGeodesic, steps: np.ndarray, smoothing: float = 0.1) -> Linearization:
    """An iterate with defects and multipliers of no special kind."""
    rng = np.random.default_rng(5)
    model = shooting_model(geodesic, steps, smoothing)
    weights = initial_weights(geodesic, steps, rng).transpose(0, 2, 1).copy()
    states = model.rollout(weights)
    states[1:] += 0.1 * rng.normal(size=states[1:].shape)
    multipliers = 3.0 * rng.normal(size=states[1:].shape)
    iterate = Iterate(states, weights, multipliers, 0.3 * rng.normal(size=model.end.targets.shape))
    return linearize(model, iterate, model.evaluate(states, weights))


def paper_order(array: np.ndarray) -> np.ndarray:
    return np.asarray(array.transpose(0, 2, 1))
