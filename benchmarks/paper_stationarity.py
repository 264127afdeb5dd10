"""Networks of the paper's size to a stationary point: J and residual against time, and what the path then measures.

    python benchmarks/paper_stationarity.py 3 7 15 --store results/paper --out results/stationarity
    python benchmarks/paper_stationarity.py 7 --name smoothing --smoothings 0.03 0.01 0.003
    python benchmarks/paper_stationarity.py 7 --name halved --start smoothing --halvings 1
    python benchmarks/paper_stationarity.py 7 --name deepened --start smoothing --deepen 15
    python benchmarks/paper_stationarity.py --draw docs/data/paper/stationarity    # the figure, from what is kept there

Takes the networks of these effective depths (w = 100, N = 1000, L = 20) from the folder that `geodepth paper fig1
--size paper` wrote, as Adam left them, and descends in one thread, with the ReLU smoothed by ε, to the tolerance or for
so many processor seconds. With several ε each has an equal share of the seconds. Projections stay as Adam left them.
The weights are saved now and then, and the same command goes on from there. With --start, a network that another name
has taken down goes on, every layer halved or at a larger L̃ on layers of the same size L̃/L. In --out: a CSV of J and
residual against processor seconds for each network, its weights, and ends.csv, with what is measured of the paths
before and after.
"""

import argparse
import csv
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from geodepth.nets import LeakyResNet, NewtonConfig, train_to_stationarity
from geodepth.validation import Dataset
from geodepth.validation.errors import ValidationError
from geodepth.validation.experiments import Store, experiment, write_csv
from geodepth.validation.experiments.figures.drawing import plain_log, ticks_at
from geodepth.validation.experiments.measures.causes import averaged_hamiltonian, carried, smoothed_path
from geodepth.validation.experiments.measures.networks import ensemble
from geodepth.validation.experiments.measures.path_numbers import measure_path, spread
from geodepth.validation.experiments.measures.problems import NetworksProblem
from geodepth.validation.figures.rank_axis import rank_axis
from geodepth.validation.figures.style import MARKERS, colour, legend_below, panels, style, to_png

MEASURED = (
    *("cost", "residual", "hamiltonian", "hamiltonian_min", "hamiltonian_max", "stable", "stable_min", "stable_max"),
    *("least_cost_of_identity", "rank", "path_length", "momentum", "momentum_activation", "test_error"),
)
LEVELS = (1e-1, 1e-2, 1e-3)
"""Of the residual, whose times are noted."""
LAYERS, SAMPLES = 20, 1000
"""Of the paper's size."""
ENDS: tuple[dict[str, str], ...] = (
    {
        "stable": r"$-(2/\tilde{L})\mathcal{H}$, stable",
        "hamiltonian": r"$-(2/\tilde{L})\mathcal{H}$, from momenta",
        "least_cost_of_identity": "least cost of identity",
    },
    {
        "path_length": "path length of a sample",
        "momentum": r"largest $\|B\|$",
        "momentum_activation": r"largest $\|B\sigma(A)^T\|$",
    },
)
"""What `--ends` draws, of Figure 1a and of Figure 3."""
Row = dict[str, Any]


def trained(depth: float, given: argparse.Namespace) -> tuple[LeakyResNet, Dataset, float]:
    """The network that Adam and gradient descent made, its data, and λ."""
    sweep = experiment("fig1", "paper", given.seed + 1).sweeps[0]
    tasks = {t.parameters["effective_depth"]: t for t in sweep.tasks if t.parameters["seeds"] == [given.seed]}
    if depth not in tasks:
        raise SystemExit(f"depths is {depth:g}; give some of {', '.join(f'{known:g}' for known in sorted(tasks))}")
    task = tasks[depth]
    try:
        arrays = Store(Path(given.store) / "data").load(task).arrays
    except ValidationError as error:
        raise SystemExit(str(error)) from None
    if "weights" not in arrays:
        wanted = f"geodepth paper fig1 --size paper --seeds {given.seed + 1} --out ..."
        raise SystemExit(f"--store {given.store} keeps no weights; give the folder that `{wanted}` wrote")
    problem = NetworksProblem(**task.parameters)
    data = problem.dataset(0)
    network = ensemble(problem, data, [0], "learned")
    with torch.no_grad():
        for name in ("weights", "layer_steps", "embedding", "readout"):
            getattr(network, name).copy_(torch.from_numpy(arrays[name]))
    return network, data, problem.decay


def measured(network: LeakyResNet, data: Dataset, weight_decay: float, smoothing: float) -> Row:
    """What is measured of the path of a network whose ReLU is smoothed by ε, or is the ReLU itself for ε = 0."""
    path = smoothed_path(network, data, weight_decay, smoothing)
    row = measure_path(path, data)
    averaged = spread("averaged", averaged_hamiltonian(path))
    return {"layers": network.layers, **{name: row[name] for name in MEASURED}, **averaged}


def descend(depth: float, given: argparse.Namespace) -> list[Row]:
    """One network to the end; rows of what its path measures before and after."""
    network, data, weight_decay = trained(depth, given)
    name, rows = given.name or given.method, []
    if given.start:
        network = started(network, data, weight_decay, given)
    else:
        first = {"method": "adam", "effective_depth": depth, "seed": given.seed}
        rows = [{**first, **measured(network, data, weight_decay, 0.0)}]
    depth = network.effective_depth
    curve_file, weights_file = (Path(given.out) / f"{name}-{depth:g}-{given.seed}.{kind}" for kind in ("csv", "npz"))
    curve = read_numbers(curve_file) if curve_file.exists() else []
    if curve:
        with torch.no_grad():
            network.weights.copy_(torch.from_numpy(np.load(weights_file)["weights"]))
    for stage, smoothing in enumerate(given.smoothings, 1):
        until = given.seconds * stage / len(given.smoothings)
        while not (curve and over(curve[-1], smoothing, until, given.tolerance)):
            curve += piece(network, data, weight_decay, smoothing, curve, given)
            write_csv(curve_file, curve)
            np.savez(weights_file, weights=network.weights.detach().numpy())
            print(f"{name}, L̃ = {depth:g}: {curve[-1]}", flush=True)
    last = {column: curve[-1][column] for column in ("seconds", "iteration", "smoothing")}
    for level in LEVELS:
        reached = [
            row["seconds"] for row in curve if row["stationarity"] <= level and row["smoothing"] == given.smoothings[-1]
        ]
        last[f"seconds_to_{level:g}"] = reached[0] if reached else None
    after = measured(network, data, weight_decay, curve[-1]["smoothing"])
    return [*rows, {"method": name, "effective_depth": depth, "seed": given.seed, **after, **last}]


def started(network: LeakyResNet, data: Dataset, weight_decay: float, given: argparse.Namespace) -> LeakyResNet:
    """The network that `--start` names, on finer layers or at a larger L̃."""
    file = Path(given.out) / f"{given.start}-{network.effective_depth:g}-{given.seed}.npz"
    if not file.exists():
        raise SystemExit(f"--start {given.start}: there is no {file}; take that network down first")
    with torch.no_grad():
        network.weights.copy_(torch.from_numpy(np.load(file)["weights"]))
    depth = given.deepen or network.effective_depth
    layers = round(network.layers * 2**given.halvings * depth / network.effective_depth)
    return carried(network, data, weight_decay, layers, depth)


def over(last: Row, smoothing: float, until: float, tolerance: float) -> bool:
    """Whether the stage of this ε is over, or was when the curve was saved."""
    if last["smoothing"] != smoothing:
        return bool(last["smoothing"] < smoothing)
    return bool(last["seconds"] >= until or last["stationarity"] <= tolerance)


def piece(
    network: LeakyResNet,
    data: Dataset,
    weight_decay: float,
    smoothing: float,
    curve: Sequence[Row],
    given: argparse.Namespace,
) -> list[Row]:
    """Descend until the next save; rows of the curve."""
    seconds, iterations = (curve[-1]["seconds"], curve[-1]["iteration"] + 1) if curve else (0.0, 0)
    rows: list[Row] = []
    began = time.process_time()

    def note(iteration: int, values: Row) -> None:
        spent = seconds + time.process_time() - began
        residual = float(f"{values['stationarity']:.5g}")
        row = {"iteration": iterations + iteration, "seconds": round(spent, 2), "smoothing": smoothing}
        rows.append({**row, "objective": values["objective"], "stationarity": residual})

    config = NewtonConfig(
        *(weight_decay, (smoothing,), given.tolerance),
        method=given.method,
        products=given.products,
        iterations=given.save_every,
        descent_iterations=given.save_every,
        callback=note,
    )
    train_to_stationarity(network, data.inputs.T, data.targets.T, config)
    kept = {*range(0, len(rows), given.every), len(rows) - 1}
    for level in LEVELS:
        kept.update([place for place, row in enumerate(rows) if row["stationarity"] <= level][:1])
    return [rows[place] for place in sorted(kept)]


def read_numbers(file: Path) -> list[Row]:
    """The rows of a CSV whose columns are numbers."""
    with file.open() as stream:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(stream)]


def note_ends(file: Path, rows: Sequence[Row]) -> None:
    """Put these rows into ends.csv, in place of those of the same networks and methods."""
    known: list[Row] = []
    if file.exists():
        with file.open() as stream:
            known = list(csv.DictReader(stream))
    keyed = {(row["method"], float(row["effective_depth"]), int(row["seed"])): row for row in [*known, *rows]}
    write_csv(file, [keyed[key] for key in sorted(keyed, key=lambda key: (key[1], key[2], key[0]))])


def draw(folder: Path, file: Path) -> None:
    """Residual and J above the least one of each L̃, against processor seconds, for every curve in a folder."""
    read = {tuple(path.stem.rsplit("-", 2)): read_numbers(path) for path in folder.glob("*-*-*.csv")}
    curves = dict(sorted(read.items(), key=lambda one: (float(one[0][1]), one[0])))
    depths = sorted({float(depth) for _, depth, _ in curves})
    methods = sorted({method for method, _, _ in curves})
    least = {
        d: min(row["objective"] for key, rows in curves.items() if float(key[1]) == d for row in rows) for d in depths
    }
    with style():
        figure, (axes,) = panels(1, 2, 3.9, 2.8)
        for (method, depth, _), rows in curves.items():
            shade, dashes = colour(depths.index(float(depth))), ("-", "--", ":")[methods.index(method)]
            seconds, residuals, objectives = (
                np.array([row[name] for row in rows]) for name in ("seconds", "stationarity", "objective")
            )
            axes[0].plot(seconds, residuals, color=shade, linestyle=dashes, alpha=0.2, linewidth=0.7)
            smoothings = ", ".join(f"{smoothing:g}" for smoothing in dict.fromkeys(row["smoothing"] for row in rows))
            label = f"$\\tilde L$ = {depth}, $\\epsilon$ = {smoothings}"
            axes[0].plot(seconds, np.minimum.accumulate(residuals), color=shade, linestyle=dashes, label=label)
            axes[1].plot(seconds, objectives - least[float(depth)], color=shade, linestyle=dashes)
        axes[0].set_ylabel("residual; full: the least so far")
        axes[1].set_ylabel(r"$J$ above the least of its $\tilde L$")
        for axis in axes:
            axis.set_xlabel("processor seconds")
            axis.set_yscale("log")
        axes[1].set_ylim(bottom=1e-6)
        legend_below(figure, *axes, columns=3)
        file.write_bytes(to_png(figure))


def draw_ends(folder: Path, file: Path) -> None:
    """Figures 1a and 3 over L̃ from ends.csv: networks of Adam, and the nearest to stationary of each L̃ beside them."""
    with (folder / "ends.csv").open() as stream:
        rows = [row for row in csv.DictReader(stream) if int(row["layers"]) == LAYERS]
    depths = sorted({float(row["effective_depth"]) for row in rows})
    with style():
        figure, (axes,) = panels(1, 2, 3.6, 3.0)
        for axis, quantities in zip(axes, ENDS, strict=True):
            for number, (column, words) in enumerate(quantities.items()):
                look: dict[str, Any] = {"marker": MARKERS[number], "color": colour(number), "markersize": 4.0}
                by_adam, nearest = ([end(rows, d, column, adam) for d in depths] for adam in (True, False))
                axis.plot(depths, by_adam, markerfacecolor="none", linestyle="--", **look)
                axis.plot(depths, nearest, label=words, **look)
            axis.set_yscale("log")
            ticks_at(axis, depths)
            axis.set_xlabel(r"effective depth $\tilde{L}$")
        axes[0].axhline(3.0, color="#777777", lw=0.9, ls=":", label="rank of the teacher")
        axes[0].set_ylabel("estimates of the rank")
        rank_axis(axes[0])
        axes[1].set_ylabel("length and momenta")
        plain_log(axes[1])
        axes[1].plot([], [], "--", color="#777777", label="dashed: as Adam left them")
        legend_below(figure, *axes, columns=2)
        file.write_bytes(to_png(figure))


def end(rows: Sequence[Row], depth: float, column: str, adam: bool) -> float:
    """What is measured of Adam's network at this L̃, or of that of the other methods whose residual is the least."""
    there = [row for row in rows if float(row["effective_depth"]) == depth and (row["method"] == "adam") == adam]
    nearest = min(there, key=lambda row: float(row["residual"]))
    return float(nearest[column]) / (SAMPLES**0.5 if column == "path_length" else 1.0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Take each network on, and print what is measured of it; or draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("depths", type=float, nargs="*", help="effective depths L̃")
    parser.add_argument("--store", default="results/paper", help="where geodepth paper fig1 --size paper has put them")
    parser.add_argument("--out", default="results/stationarity", help="folder of the curves")
    parser.add_argument("--start", help="name of a method in --out whose networks go on, in place of Adam's")
    parser.add_argument("--halvings", type=int, default=0, help="how often every layer of --start is halved")
    parser.add_argument("--deepen", type=float, help="L̃ to which --start is taken, on layers of the same size")
    parser.add_argument("--seed", type=int, default=0, help="of the network")
    parser.add_argument("--seconds", type=float, default=1500.0, help="processor seconds, about")
    parser.add_argument("--smoothings", type=float, nargs="+", default=[0.003], help="values of ε, falling")
    parser.add_argument("--method", default="quasi-newton", choices=("quasi-newton", "newton"))
    parser.add_argument("--name", help="of the method, in files; --method by default")
    parser.add_argument("--products", type=int, default=200, help="Hessian products per iteration of newton, at most")
    parser.add_argument("--save-every", type=int, default=1500, help="iterations; then the method starts anew")
    parser.add_argument("--every", type=int, default=20, help="iterations between rows of a curve")
    parser.add_argument("--tolerance", type=float, default=1e-3, help="of the residual, where to stop")
    parser.add_argument("--draw", type=Path, help="draw the curves of this folder")
    parser.add_argument("--figure", type=Path, default=Path("stationarity.png"), help="where --draw puts the figure")
    parser.add_argument("--ends", type=Path, help="where --draw puts Figures 1a and 3 of what is kept there")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    Path(given.out).mkdir(parents=True, exist_ok=True)
    for depth in given.depths:
        rows = descend(depth, given)
        note_ends(Path(given.out) / "ends.csv", rows)
        for key, value in rows[-1].items():
            print(f"{key:24} {rows[0].get(key)!s:>24} {value!s:>24}", flush=True)
    if given.draw:
        draw(given.draw, given.figure)
        if given.ends:
            draw_ends(given.draw, given.ends)


if __name__ == "__main__":
    main()
