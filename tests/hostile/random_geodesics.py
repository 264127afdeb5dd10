"""Random geodesics, each known by its number, against a forward pass that is written here anew.

Samples N 1 to 8, widths w 1 to 4, layers L 1 to 10, λ and the scales of inputs and targets over six decades, samples
that are there twice with other targets, targets of zero, both activations, both ends, both losses.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from geodepth.control import ControlError, GeodesicSolution, RepresentationGeodesic, solve_geodesic

EXACT = 1e-12
"""By which the stated cost may differ from the forward pass, relative: rounding of some hundred operations."""
SLACK = 1e-9
"""By which a cost may be above another that it must not exceed, relative."""


@dataclass(frozen=True, slots=True)
class GeodesicDraw:
    """What is asked: the geodesic's arguments, and those of solve_geodesic."""

    seed: int
    arguments: dict[str, Any]
    search: dict[str, Any]


def draw_geodesic(seed: int) -> GeodesicDraw:
    """Draw number `seed`."""
    random = np.random.default_rng([16, seed])
    samples, width, layers = (int(random.integers(low, high + 1)) for low, high in ((1, 8), (1, 4), (1, 10)))
    d_in, d_out = (int(random.integers(1, width + 1)) for _ in range(2))
    inputs = random.normal(size=(d_in, samples)) * 10 ** random.uniform(-3, 3)
    targets = random.normal(size=(d_out, samples)) * 10 ** random.uniform(-3, 3)
    if random.random() < 0.3:
        inputs = inputs / np.abs(inputs).max()
        targets = targets / np.abs(targets).max()
    if samples > 1 and random.random() < 0.2:
        inputs[:, 1] = inputs[:, 0]
    if random.random() < 0.1:
        targets = np.zeros_like(targets)
    if random.random() < 0.05:
        inputs = np.zeros_like(inputs)
    arguments: dict[str, Any] = {
        "inputs": inputs,
        "targets": targets,
        "width": width,
        "effective_depth": float(random.choice([0.0, random.uniform(0, 0.9 * layers)])),
        "weight_decay": float(10 ** random.uniform(-5, 1)),
        "activation": str(random.choice(["relu", "relu", "relu", "linear", "smoothed relu:0.1"])),
        "bias": bool(random.random() < 0.7),
    }
    if random.random() < 0.1:
        arguments["endpoint"] = "fixed"
    elif d_out > 1 and random.random() < 0.2:
        arguments["loss"] = "cross-entropy"
        arguments["targets"] = np.eye(d_out)[:, random.integers(d_out, size=samples)]
    search: dict[str, Any] = {"layers": layers, "starts": int(random.integers(1, 4)), "seed": seed, "progress": False}
    if random.random() < 0.3:
        steps = random.uniform(0.2, 1, layers)
        search["layer_steps"] = steps / steps.sum()
    if random.random() < 0.3:
        columns = width + int(arguments["bias"])
        search["warm_starts"] = [random.normal(size=(layers, width, columns)) * 10 ** random.uniform(-2, 0.5)]
    return GeodesicDraw(seed, arguments, search)


def forward(draw: GeodesicDraw, weights: np.ndarray, steps: np.ndarray) -> tuple[float, float]:
    """J of a network, written without the product; and by how much its output misses the targets.

    Notes
    -----
    A_ℓ = (1 − ρL̃)A_{ℓ−1} + ρW_ℓσ(A_{ℓ−1}); J = C/N + λs Σρ‖W‖², s = 1/(2L̃) or 1/2; without C where ends are fixed.
    """
    asked = draw.arguments
    width, depth, decay = asked["width"], asked["effective_depth"], asked["weight_decay"]
    inputs, targets = asked["inputs"], asked["targets"]
    count = inputs.shape[1]
    A = np.vstack([inputs, np.zeros((width - inputs.shape[0], count))])
    penalty = 0.0
    for W, step in zip(weights, steps, strict=True):
        s = {"relu": np.maximum(A, 0.0), "linear": A, "smoothed relu:0.1": 0.5 * (A + np.sqrt(A * A + 0.01))}[
            asked["activation"]
        ]
        if asked["bias"]:
            s = np.vstack([s, np.ones((1, count))])
        A = (1.0 - step * depth) * A + step * (W @ s)
        penalty += step * float(np.sum(W * W))
    output = A[: targets.shape[0]]
    if asked.get("loss") == "cross-entropy":
        below = output - output.max(axis=0)
        fit = float(np.sum(targets * (np.log(np.sum(np.exp(below), axis=0)) - below))) / count
    else:
        fit = float(np.sum((targets - output) ** 2)) / count
    fixed = asked.get("endpoint") == "fixed"
    scale = 0.5 / depth if depth > 0 else 0.5
    return (0.0 if fixed else fit) + decay * scale * penalty, float(np.abs(targets - output).max())


def judged(seed: int) -> dict[str, Any]:
    """The record of draw number `seed`, with its class under "class"."""
    draw = draw_geodesic(seed)
    record: dict[str, Any] = {"seed": seed, "family": _family(draw)}
    try:
        found = solve_geodesic(RepresentationGeodesic(**draw.arguments), **draw.search)
    except ControlError as error:
        fixed = draw.arguments.get("endpoint") == "fixed"
        return record | {"class": "refused" if fixed else "NO ANSWER", "why": str(error)[:300]}
    name, why = _class(draw, found)
    return record | {"class": name, "why": why, "cost": found.cost}


def _family(draw: GeodesicDraw) -> str:
    asked = draw.arguments
    words = [asked["activation"], asked.get("endpoint", ""), asked.get("loss", "")]
    return ", ".join(w for w in words if w)


def _class(draw: GeodesicDraw, found: GeodesicSolution) -> tuple[str, str]:
    steps, known = found.layer_steps, found.certificate
    cost, missed = forward(draw, found.weights, steps)
    if not abs(cost - found.cost) <= EXACT * max(abs(cost), 1e-300):
        return "COST NOT AS STATED", f"stated {found.cost!r}, forward pass {cost!r}"
    fixed = draw.arguments.get("endpoint") == "fixed"
    if fixed:
        size = max(1.0, float(np.abs(draw.arguments["targets"]).max()))
        told = known.end_error is not None and abs(known.end_error - missed) <= 1e-9 * size
        if missed > 1e-6 * size and not (told and not math.isfinite(known.lower)):
            return (
                "FIXED END MISSED",
                f"by {missed:.1e}, {known.end_error!r} told, with a bracket of {known.bracket:.1e}",
            )
        return "right" if missed <= 1e-6 * size else "told that the end is missed", ""
    lower, best = known.lower, found.cost
    given = [np.zeros_like(found.weights), *draw.search.get("warm_starts", ())]
    for i, weights in enumerate(given):
        other = forward(draw, np.asarray(weights), steps)[0]
        if found.cost > other * (1 + SLACK):
            word = "zero weights" if i == 0 else "a warm start"
            return "ABOVE A GIVEN START", f"{found.cost:.10g} above {other:.10g} of {word}"
    polished, beside = _polished(draw, found)
    best = min(best, polished)
    if known.global_lower is not None and known.global_lower > best * (1 + SLACK):
        return "LOWER BOUND ABOVE A COST", f"{known.global_lower!r} above {best!r}"
    if math.isfinite(lower) and lower > found.cost * (1 + 1e-6):
        return "BRACKET TURNED ROUND", f"lower {lower!r} above {found.cost!r}"
    if math.isfinite(lower) and known.bracket < 1e-6 and beside < lower * (1 - 1e-5):
        return "BRACKET BROKEN", f"lower {lower!r}, {beside!r} found beside"
    if beside < found.cost * (1 - 1e-3):
        return "not a minimum", f"{found.cost!r}, {beside!r} found beside; bracket {known.bracket:.1e}"
    if polished < found.cost * (1 - 1e-3):
        return "lower elsewhere", f"{found.cost!r}, {polished!r} elsewhere"
    return "right", "" if math.isfinite(lower) else "without a bracket"


def _polished(draw: GeodesicDraw, found: GeodesicSolution) -> tuple[float, float]:
    """The least cost that SciPy's L-BFGS finds from anywhere, and from right beside the answer."""
    random, shape, steps = np.random.default_rng([17, draw.seed]), found.weights.shape, found.layer_steps
    geodesic, size = found.geodesic, max(float(np.abs(found.weights).max()), 1e-3)

    def value(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(shape)
        path = geodesic.propagate(weights, steps)
        momenta = geodesic.momenta(weights, path, steps)
        features = np.array([geodesic.features(A) for A in path[:-1]])
        slope = 2 * geodesic.penalty_scale * weights - np.einsum("lwn,lcn->lwc", momenta[1:], features)
        gradient = geodesic.weight_decay * steps[:, None, None] * slope
        return forward(draw, weights, steps)[0], gradient.ravel()

    def least(start: np.ndarray) -> float:
        with np.errstate(all="ignore"):
            ended = minimize(value, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 150})
        return float(ended.fun) if np.isfinite(ended.fun) else math.inf

    beside = [found.weights + 1e-4 * size * random.normal(size=shape) for _ in range(3)]
    anywhere = [
        found.weights * random.uniform(0.3, 1.5),
        size * random.normal(size=shape),
        0.01 * random.normal(size=shape),
    ]
    near = min(least(start) for start in beside)
    return min(near, *(least(start) for start in anywhere)), near
