"""Experiments that the paper does not have, at three sizes: how paths move, neural collapse, chances of the best path.

Their geodesics are searched in stages, and every row says whether the search settled.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from geodepth.validation.experiments.sweeps.sweep import Sweep

from .one_experiment import Experiment

_FEW = MappingProxyType(
    {"searches": 2, "islands": 1, "starts": 4, "population": 6, "patience": [10, 12, 8], "elite": 3, "hops": 6}
)
_SEARCHES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"small": _FEW, "medium": {**_FEW, "searches": 3}, "paper": {}}
)


def settled_effort(parameters: Mapping[str, Any]) -> float:
    """Proportional to the time of searches, and of the networks beside them."""
    width, layers, samples = (float(n) for n in (parameters["width"], parameters["layers"], _samples(parameters)))
    search = layers * samples * width**2 * 3e-4 if parameters.get("solved", True) else 0.0
    trainings = ({}, *parameters.get("trainings", ())) if parameters.get("members") else ()
    epochs = sum(training.get("epochs", parameters["epochs"]) for training in trainings)
    return float(search + 1e-4 * layers * epochs)


def causes_effort(parameters: Mapping[str, Any]) -> float:
    """Proportional to the time of the networks of a seed, whose layers are some twice the base's in the mean."""
    size = parameters["width"] ** 2 * _samples(parameters) + 2e4
    return float(2e-6 * (1 + len(parameters["changes"])) * parameters["layers"] * size)


def _samples(parameters: Mapping[str, Any]) -> int:
    return int(parameters["data"].get("samples", 100))


def motion(size: str, seeds: tuple[int, ...], device: str) -> Experiment:
    """Transport, turnpike and the cost in large depth, of geodesics and of networks over L̃."""
    depths, layers, epochs, members = {
        "small": ((3.0, 5.0, 8.0, 12.0, 18.0), 4, 1500, 3),
        "medium": ((3.0, 5.0, 8.0, 12.0, 18.0, 25.0), 8, 4000, 5),
        "paper": ((2.0, 3.0, 5.0, 8.0, 12.0, 18.0, 25.0, 35.0), 10, 10000, 10),
    }[size]
    fixed: dict[str, Any] = {
        "data": {"name": "teacher", "dimensions": [3, 1, 3], "kind": "linear", "samples": 6, "seed": "member"},
        "width": 4, "rank_cost": 0.1, "search": dict(_SEARCHES[size]), "members": members, "epochs": epochs,
        "learning_rate": 0.1, "device": device,
    }  # fmt: skip
    # So many layers per unit of L̃: the time τ = L̃p has the same steps everywhere.
    sweeps = [
        Sweep(f"L̃ = {depth:g}", "motion", {**fixed, "layers": round(layers * depth)}, {"effective_depth": (depth,)},
              seeds, 1, settled_effort)
        for depth in depths
    ]  # fmt: skip
    return Experiment("motion", "How do samples move, how long do they rest, and what does a rank cost?", tuple(sweeps))


def causes(size: str, seeds: tuple[int, ...], device: str) -> Experiment:
    """One network of the paper's kind, made stationary, and changed in one thing at a time."""
    dimension, width, samples, layers, depth = {
        "small": (10, 12, 40, 20, 7.0), "medium": (15, 20, 100, 20, 7.0), "paper": (30, 100, 1000, 20, 7.0),
    }[size]  # fmt: skip
    decay = 0.001 * dimension

    def deeper(factor: float) -> dict[str, Any]:
        # Layers of the same size in units of the leak.
        return {"effective_depth": factor * depth, "layers": round(factor * layers)}

    changes: list[dict[str, Any]] = [
        *({"factor": "layers", "level": f"L = {k * layers}", "layers": k * layers} for k in (2, 4)),
        *({"factor": "projections", "level": kind, "projections": kind} for kind in ("fixed", "penalized")),
        {"factor": "samples", "level": f"N = {4 * samples}", "samples": 4 * samples},
        *({"factor": "price", "level": f"{k}λ", "weight_decay": k * decay} for k in (3, 10)),
        *({"factor": "depth", "level": f"L̃ = {k * depth:g}", **deeper(k)} for k in (1.5, 2.0)),
        {"factor": "depth", "level": f"L̃ = {2 * depth:g}, λ/2", **deeper(2.0), "weight_decay": 0.5 * decay},
    ]  # fmt: skip
    sweep = Sweep(
        "one thing at a time", "causes",
        {
            "data": {"name": "teacher", "dimensions": [dimension, 3, dimension], "kind": "fully-connected",
                     "samples": samples, "seed": "member"},
            "width": width, "layers": layers, "effective_depth": depth, "weight_decay": decay,
            "projections": "learned", "layer_steps": "adaptive", "epochs": 1000, "learning_rate": 0.05,
            "dtype": "float32", "device": device, "smoothings": [0.03, 0.01, 0.003],
            "stops": [0.1, 0.01, 0.001, 1e-5], "changes": changes,
        },
        {}, seeds, 1, causes_effort,
    )  # fmt: skip
    return Experiment("causes", "What moves the estimates of the rank: training, layers, projections, L̃?", (sweep,))


def collapse(size: str, seeds: tuple[int, ...], device: str) -> Experiment:
    """Neural collapse along p: of the truth and of networks on iris, and of networks on wine and digits."""
    epochs, members = {"small": (1000, 3), "medium": (4000, 5), "paper": (10000, 10)}[size]
    shared: dict[str, Any] = {
        "effective_depth": 4.0, "rank_cost": 0.05, "members": members, "epochs": epochs, "device": device,
    }  # fmt: skip
    iris = Sweep(
        "iris", "collapse",
        {**shared, "data": {"name": "iris", "samples": 12, "seed": "member"}, "width": 5, "layers": 12,
         "search": {**_SEARCHES[size], "searches": 3}},
        {}, seeds, 1, settled_effort,
    )  # fmt: skip
    # Cross-entropy at the same price of a rank, of the truth alone: networks here are trained with the squared error.
    alone = {name: value for name, value in iris.fixed.items() if name not in ("members", "epochs", "device")}
    other_loss = replace(iris, name="iris, cross-entropy", fixed={**alone, "loss": "cross-entropy"})
    networks = tuple(
        Sweep(
            name, "collapse",
            {**shared, "data": {"name": name, "samples": samples, "seed": "member"}, "width": width, "layers": 12,
             "solved": False, "learning_rate": 0.03},
            {}, seeds, 1, settled_effort,
        )
        for name, samples, width in (("wine", 90, 20), ("digits", 200, 70))
    )  # fmt: skip
    return Experiment(
        "collapse", "Where along p do classes collapse, and does the best path do it?", (iris, *networks, other_loss)
    )


def chance(size: str, seeds: tuple[int, ...], device: str) -> Experiment:
    """How often networks lead to the best path known, against width, learning rate, mini-batches and epochs."""
    widths, members, epochs = {
        "small": ((3, 4, 6), 6, 1000), "medium": ((3, 4, 6, 8), 10, 2000), "paper": ((3, 4, 6, 8, 12), 20, 5000),
    }[size]  # fmt: skip
    data = {"name": "teacher", "dimensions": [3, 2, 3], "kind": "residual", "samples": 8, "seed": "member"}
    shared: dict[str, Any] = {
        "data": data, "effective_depth": 4.0, "rank_cost": 0.1, "layers": 10, "members": members, "epochs": epochs,
        "learning_rate": 0.1, "search": dict(_SEARCHES[size]), "device": device,
    }  # fmt: skip
    others = [
        {"learning_rate": 0.01}, {"learning_rate": 0.5},
        # As many updates in all: a batch of 4 of 8 samples makes two of an epoch.
        {"batch_size": 4, "epochs": epochs // 2}, {"batch_size": 2, "epochs": epochs // 4},
        {"epochs": epochs // 6}, {"epochs": 4 * epochs},
    ]  # fmt: skip
    middle = widths[len(widths) // 2]
    return Experiment(
        "chance", "How often does training find the best path?",
        (
            Sweep("training", "chance", {**shared, "width": middle, "trainings": others}, {}, seeds, 1, settled_effort),
            Sweep(
                "width", "chance", shared, {"width": tuple(w for w in widths if w != middle)}, seeds, 1, settled_effort
            ),
        ),
    )  # fmt: skip
