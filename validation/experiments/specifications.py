"""The paper's experiments as sweeps, at three sizes. Everything that an experiment depends on is here.

small is for a few CPU minutes and keeps the shape of the question; medium takes under an hour on two cores; paper is
the paper's own set-up. The paper's mean squared error averages over samples and outputs, the objective J here sums over
the outputs, so the paper's λ = 0.001 with 30 outputs is λ = 0.03 here. At the smaller sizes λL̃ is held fixed where L̃
varies, instead of λ: a rank of the bottleneck then costs the same at every L̃, and k* can stay what it is.

What differs from the paper at its own size, and why:

- After Adam the paper runs SGD with a small rate. Here each step of the full gradient is taken only if J does not rise,
  because nothing is gained from noise where the convergence is to be tightened.
- The paper does not name Adam's rate; 0.05, falling along a cosine, trains all of these networks.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from geodepth.validation.argument_checks import CHECKS, check_choice
from geodepth.validation.experiments.sweeps.sweep import Sweep

from .beyond_the_paper import causes, chance, collapse, motion
from .one_experiment import Experiment

SIZES = ("small", "medium", "paper")


def network_effort(parameters: Mapping[str, Any]) -> float:
    """Proportional to the time of a training: layers × epochs × members × (multiplications + a constant overhead)."""
    samples = parameters["data"].get("samples", 150)
    width = parameters["width"]
    epochs = parameters["epochs"] * 1.2
    return float(parameters["layers"] * epochs * len(parameters["seeds"]) * (width * width * samples + 5e4) * 1e-10)


def truth_effort(parameters: Mapping[str, Any]) -> float:
    """Proportional to the time of solving geodesics, and of the networks beside them."""
    work = float(parameters["layers"] * parameters["width"] ** 2 * parameters["starts"] * len(parameters["seeds"]))
    return 1e-4 * work * (10.0 if "members" in parameters else 1.0)


# Figures 1 and 3: 30 → 3 → 30. The residual teacher can be learned from few samples, the fully-connected one, which is
# the paper's, not.
_TEACHER = MappingProxyType({"name": "teacher", "dimensions": [30, 3, 30], "kind": "residual", "seed": 0})
_SMALL_TEACHER = MappingProxyType({"name": "teacher", "dimensions": [4, 2, 4], "kind": "residual", "seed": 0})
# Beside the truth over L̃: a linear teacher asks for its three ranks at a number of samples that the optimizer can
# take. Of the seeds 0 to 9, number 6 has the largest third singular value: a weaker third rank is given up at a large
# L̃, by the truth too, because a path that folds the data into two dimensions is then the cheaper one.
_RANK_THREE = MappingProxyType({"name": "teacher", "dimensions": [5, 3, 5], "kind": "linear", "seed": 6})

_DEPTHS = MappingProxyType(
    {
        "small": (2.0, 4.0, 7.0, 10.0),
        "medium": (2.0, 4.0, 7.0, 10.0, 15.0, 20.0),
        "paper": (1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0),
    }
)
_NETWORKS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "small": {"width": 32, "layers": 20, "epochs": 1500, "samples": 100, "test_samples": 500, "rank_cost": 1.0},
        "medium": {"width": 32, "layers": 30, "epochs": 3000, "samples": 100, "test_samples": 1000, "rank_cost": 1.0},
        "paper": {
            "width": 100,
            "layers": 20,
            "epochs": 5000,
            "samples": 1000,
            "test_samples": 1000,
            "weight_decay": 0.03,
        },
    }
)
# A trained network enters the homotopy late, to stay in the basin that it has chosen, and ends next to the ReLU.
_LATE_SMOOTHINGS = (0.03, 0.01, 0.003, 0.001, 3e-4, 1e-4)


def _together(size: str, device: str, seeds: int | None = None) -> int | None:
    """How many seeds a task trains: at the paper's size one, unless a GPU is kept busy by all. None: all of a point."""
    return 1 if size == "paper" and device == "cpu" else seeds


def _depth_networks(size: str, seeds: tuple[int, ...], device: str, kind: str | None = None) -> Sweep:
    """Networks over L̃: figures 1 and 3 and the theorems share them. The teacher is the size's own, or of this kind."""
    chosen = dict(_NETWORKS[size])
    data = dict(_TEACHER) | {name: chosen.pop(name) for name in ("samples", "test_samples")}
    if size == "paper":
        data["kind"] = kind or "fully-connected"
    return Sweep(
        name="networks over L̃" if kind is None else f"networks over L̃, {kind} teacher",
        measure="networks",
        fixed={
            "data": data, **chosen, "projections": "learned", "layer_steps": "adaptive",
            "learning_rate": 0.05, "dtype": "float32", "device": device, "keep_weights": True,
        },
        # Equidistant steps, from which the adaptive ones begin, need L̃ < L.
        grid={"effective_depth": tuple(depth for depth in _DEPTHS[size] if depth < chosen["layers"])},
        seeds=seeds,
        batch=_together(size, device),
        effort=network_effort,
    )  # fmt: skip


def _depth_truths(size: str, seeds: tuple[int, ...], device: str) -> tuple[Sweep, Sweep]:
    """A data set small enough for the optimizer, over L̃: truths, and networks of the same width, L and projections.

    Both continue from a small L̃, and the networks end stationary: what is left is what L̃ does.
    """
    layers, starts, epochs = {"small": (30, 2, 2000), "medium": (40, 4, 2000), "paper": (80, 16, 5000)}[size]
    shared: dict[str, Any] = {
        "data": dict(_RANK_THREE) | {"samples": 24}, "width": 6, "layers": layers, "rank_cost": 0.1, "continued": True,
    }  # fmt: skip
    grid = {"effective_depth": _DEPTHS[size]}
    truths = Sweep("truth over L̃", "truth", {**shared, "starts": starts}, grid, (0,), 1, truth_effort)
    networks = Sweep(
        name="networks of the truth's size",
        measure="networks",
        fixed={
            **shared, "epochs": epochs, "projections": "fixed", "layer_steps": "equidistant", "newton": True,
            "smoothings": list(_LATE_SMOOTHINGS), "learning_rate": 0.05, "dtype": "float64", "device": device,
        },
        grid=grid,
        seeds=seeds,
        batch=None,
        effort=network_effort,
    )  # fmt: skip
    return truths, networks


def _from_random_weights(size: str, seeds: tuple[int, ...], device: str) -> Sweep:
    """The networks of the truth's size, trained at every L̃ from random weights by Adam alone: the usual way."""
    _, continued = _depth_truths(size, seeds, device)
    kept = {name: v for name, v in continued.fixed.items() if name not in ("continued", "newton", "smoothings")}
    return replace(continued, name="the same, from random weights", fixed=kept)


def _dearer_ranks(size: str, seeds: tuple[int, ...], device: str) -> Sweep:
    """The networks of the largest L̃ again, where a rank costs 1.75 times as much: do spare ranks go away?"""
    networks = _depth_networks(size, seeds, device)
    depth = networks.grid["effective_depth"][-1]
    fixed = {**networks.fixed, "effective_depth": depth, "epochs": networks.fixed["epochs"] * 5 // 3}
    cost = fixed.pop("rank_cost") if "rank_cost" in fixed else 0.5 * fixed.pop("weight_decay") * depth
    return Sweep(
        "dearer ranks", "networks", fixed, {"rank_cost": (1.75 * cost,)}, seeds, networks.batch, network_effort
    )  # fmt: skip


def figure_1(size: str, seeds: tuple[int, ...], device: str) -> Experiment:
    """Figure 1: rank estimates over L̃, spectra and energies along p, and every network's own rank."""
    residual = (_depth_networks(size, seeds, device, "residual"),) if size == "paper" else ()
    return Experiment(
        "fig1",
        "Do −(2/L̃)H and the cost of identity close in on the bottleneck rank as L̃ grows?",
        (
            _depth_networks(size, seeds, device), *_depth_truths(size, seeds, device),
            _from_random_weights(size, seeds, device), _dearer_ranks(size, seeds, device), *residual,
        ),
    )  # fmt: skip


_PROJECTIONS = ("fixed", "learned", "penalized")


def projections(size: str, seeds: tuple[int, ...], device: str) -> Experiment:
    """The networks of figure 1 with fixed, learned and penalized projections: by Adam alone, and stationary ones."""
    by_adam = _depth_networks(size, seeds, device)
    _, stationary = _depth_truths(size, seeds, device)
    sweeps = (
        replace(
            sweep,
            name=name,
            fixed={key: value for key, value in sweep.fixed.items() if key != "projections"},
            grid={"projections": _PROJECTIONS, **sweep.grid},
        )
        for sweep, name in ((by_adam, "networks by Adam"), (stationary, "stationary networks"))
    )
    return Experiment(
        "projections", "Does the paper's picture belong to fixed, learned or penalized projections?", tuple(sweeps)
    )


def figure_3(size: str, seeds: tuple[int, ...], device: str) -> Experiment:
    """Figure 3: the networks of figure 1, and on small data sets truths, networks, and these taken to stationarity."""
    truths, networks = _truths_over_depth(size, seeds, device)
    stationary = replace(
        networks, name="networks over L̃, to stationarity", fixed={**networks.fixed, "newton": True}
    )  # fmt: skip
    return Experiment(
        "fig3", "Do path length and momenta stay bounded as L̃ grows?",
        (_depth_networks(size, seeds, device), truths, networks, stationary),
    )  # fmt: skip


def theorems(size: str, seeds: tuple[int, ...], device: str) -> Experiment:
    """Theorem 4 and the propositions over L̃, from the networks and truths of figure 1."""
    same = figure_1(size, seeds, device)
    return Experiment("theorems", "How large must L̃ be before the theorem is quantitative?", same.sweeps[:3])


SCHEMES = ("equidistant", "irregular", "adaptive")
_STAGED = MappingProxyType({"name": "teacher", "dimensions": [30, 6, 3, 30], "kind": "residual", "seed": "member"})
# Of every data set: the training samples, and λ per output as in the paper, times its outputs.
_DATA: Mapping[str, tuple[Mapping[str, Any], int]] = MappingProxyType(
    {
        "30 → 3 → 30": (
            {"name": "teacher", "dimensions": [30, 3, 30], "kind": "fully-connected", "seed": "member"},
            30,
        ),
        "30 → 6 → 3 → 30": (_STAGED, 30),
        "residual 30 → 3 → 30": (
            {"name": "teacher", "dimensions": [30, 3, 30], "kind": "residual", "seed": "member"},
            30,
        ),
        "wine": ({"name": "wine", "samples": 90, "seed": "member"}, 3),
        "diabetes": ({"name": "diabetes", "samples": 220, "seed": "member"}, 1),
        "digits": ({"name": "digits", "samples": 200, "seed": "member"}, 10),
    }
)
_LAYERS = MappingProxyType({"small": [5, 8, 14], "medium": [5, 7, 10, 14, 18], "paper": [5, 7, 10, 14, 18, 24]})


def _step_schemes(name: str, size: str, seeds: tuple[int, ...], device: str) -> Sweep:
    """The three step schemes over L on one data set, at the paper's L̃ = 3, every seed with data of its own."""
    data, outputs = _DATA[name]
    width, samples, epochs = {"small": (20, 100, 600), "medium": (32, 200, 2000), "paper": (100, 1000, 5000)}[size]
    sizes = {"samples": samples, "test_samples": 1000} if data["name"] == "teacher" else {}
    return Sweep(
        name=name,
        measure="networks",
        fixed={
            "data": dict(data) | sizes, "width": width, "effective_depth": 3.0, "weight_decay": 0.001 * outputs,
            "projections": "learned", "epochs": epochs, "learning_rate": 0.05, "dtype": "float32", "device": device,
        },
        grid={"layers": _LAYERS[size], "layer_steps": SCHEMES},
        seeds=seeds,
        batch=_together(size, device, 5),
        effort=network_effort,
    )  # fmt: skip


def figure_2(size: str, seeds: tuple[int, ...], device: str) -> Experiment:
    """Figure 2: test error over L for the three step schemes, and paths of networks on one data set."""
    compared = _step_schemes("30 → 6 → 3 → 30", size, seeds, device)
    shown = Sweep(
        name="paths of the three schemes",
        measure="networks",
        fixed={**compared.fixed, "data": {**compared.fixed["data"], "seed": 0}, "keep_weights": True,
               "layers": 14 if size == "small" else 18},
        grid={"layer_steps": SCHEMES},
        seeds=seeds,
        batch=_together(size, device),
        effort=network_effort,
    )  # fmt: skip
    return Experiment("fig2", "Which layer steps generalize, and where do adaptive steps go?", (compared, shown))


def adaptivity(size: str, seeds: tuple[int, ...], device: str) -> Experiment:
    """The three step schemes on teachers and real data."""
    sweeps = tuple(_step_schemes(name, size, seeds, device) for name in _DATA)
    return Experiment("adaptivity", "Do adaptive layer steps help, in test error, in epochs, in time?", sweeps)


def _truths_over_depth(size: str, seeds: tuple[int, ...], device: str) -> tuple[Sweep, Sweep]:
    """Over L̃, for every seed a data set of its own: its truth, and a network of the same width, L and projections."""
    problem: dict[str, Any] = {
        "data": dict(_SMALL_TEACHER) | {"samples": 10, "seed": "member"}, "rank_cost": 0.1, "width": 6,
        "layers": {"small": 16, "medium": 30, "paper": 40}[size],
    }  # fmt: skip
    starts, epochs = {"small": (4, 1500), "medium": (16, 5000), "paper": (32, 10000)}[size]
    grid = {"effective_depth": _DEPTHS[size]}
    truths = Sweep("truths over L̃", "truth", {**problem, "starts": starts}, grid, seeds, 1, truth_effort)
    networks = Sweep(
        "networks over L̃, each with its truth", "networks",
        {**problem, "projections": "fixed", "layer_steps": "equidistant", "epochs": epochs, "learning_rate": 0.1,
         "dtype": "float64", "device": device},
        grid, seeds, 1, network_effort,
    )  # fmt: skip
    return truths, networks


def truth(size: str, seeds: tuple[int, ...], device: str) -> Experiment:
    """What only ground truth can tell, on problems that the optimizer solves in seconds."""
    widths, epochs, members, starts = {
        "small": ((4, 6, 8), 1500, 3, 8), "medium": ((4, 5, 6, 8, 10), 5000, 5, 16),
        "paper": ((4, 5, 6, 8, 10, 12), 10000, 10, 32),
    }[size]  # fmt: skip
    problem: dict[str, Any] = {
        "data": dict(_SMALL_TEACHER) | {"samples": 10, "seed": "member"}, "effective_depth": 4.0, "rank_cost": 0.1,
    }  # fmt: skip
    beside = Sweep(
        "networks beside their truth", "beside-truth",
        {**problem, "layers": 10, "starts": starts, "members": members, "epochs": epochs, "newton": True,
         "device": device},
        {"width": widths}, seeds, 1, truth_effort,
    )  # fmt: skip
    few = 4 if size == "small" else starts
    layers = {"small": (6, 10, 16), "medium": (6, 9, 14, 20, 30, 40), "paper": (6, 9, 14, 20, 30, 40, 60)}[size]
    gaps = Sweep(
        "discrete truths", "truth", {**problem, "width": 6, "starts": few},
        {"steps": SCHEMES, "layers": layers}, seeds, 1, truth_effort,
    )  # fmt: skip
    # The limit L → ∞ from 20, 40, 80 … layers.
    reference = Sweep(
        "continuous truths", "truth",
        {**problem, "width": 6, "starts": few, "doublings": {"small": 2, "medium": 3, "paper": 4}[size]},
        {"layers": (20,)}, seeds, 1, truth_effort,
    )  # fmt: skip
    onset_truths, onset_networks = _truths_over_depth(size, seeds, device)
    return Experiment(
        "truth", "How far are networks from the optimal path, and what decides it?",
        (beside, gaps, reference, onset_truths, onset_networks),
    )  # fmt: skip


MOST_SEEDS = 10_000
"""More are a slip of the hand: the paper's size has ten (chosen by hand)."""
EXPERIMENTS: Mapping[str, Callable[[str, tuple[int, ...], str], Experiment]] = MappingProxyType(
    {"fig1": figure_1, "fig2": figure_2, "fig3": figure_3}
    | {"projections": projections, "adaptivity": adaptivity, "truth": truth, "theorems": theorems}
    | {"motion": motion, "collapse": collapse, "chance": chance, "causes": causes}
)
"""By the name that the command calls it: from size, seeds and device to the experiment."""


def experiment(name: str, size: str = "small", seeds: int = 10, device: str = "cpu") -> Experiment:
    """Look an experiment of the paper up.

    Parameters
    ----------
    name : str
        One of EXPERIMENTS.
    size : str
        One of SIZES.
    seeds : int
        How many: 0, 1, 2, …
    device : str
        Where networks are trained.

    Raises
    ------
    ValidationError
        An unknown name or size, or a number of seeds that is none.
    """
    check_choice("experiment", name, tuple(EXPERIMENTS))
    check_choice("size", size, SIZES)
    return EXPERIMENTS[name](size, tuple(range(CHECKS.count("seeds", seeds, 1, MOST_SEEDS))), device)
