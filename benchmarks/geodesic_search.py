"""How often, and how fast, searches find the best path known of twelve instances.

    python benchmarks/geodesic_search.py --results results.jsonl
    python benchmarks/geodesic_search.py --results results.jsonl --only "iris 30" --methods default --seeds 20
    python benchmarks/geodesic_search.py --results results.jsonl --table       # of what is there, nothing is run
    python benchmarks/geodesic_search.py --results longer.jsonl --longer 10 --seeds 1 --store

A search succeeds if its exact cost is within 1e-4, relative, of the best known. Times are CPU seconds of one process
with one BLAS thread: of the whole call, and the share of them up to where the search first had its own best, to 1e-4.
Whoever knew the best would have stopped there; the default goes on until it can say whether it is settled. All
instances, methods and 20 seeds take more than a day: a run adds a line to the results for every search that ends, and
leaves out those that are there. Results are those of the code that made them: take a new file for new code. What the
code that stands has made so far is in geodesic_search.jsonl. `--longer` looks for better paths, so many times as
patient as the default, and `--store` keeps them in geodesic_best_known.json, each with the command that found it.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.control import GeodesicSolution, RepresentationGeodesic, Search, solve_geodesic
from geodepth.validation.data.named import load_dataset

SUCCESS = 1e-4
LOWER = 1e-7
"""Relative cost by which a path counts as better than the best known."""
BEST_KNOWN = Path(__file__).with_name("geodesic_best_known.json")


@dataclass(frozen=True, slots=True)
class Instance:
    """A geodesic of L equal layers."""

    name: str
    geodesic: Callable[[], RepresentationGeodesic]
    layers: int


def teacher(width: int, samples: int, depth: float) -> RepresentationGeodesic:
    """A 3 → 1 → 3 teacher, λ = 1e-3."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(3, samples))
    targets = rng.normal(size=(3, 1)) @ np.maximum(rng.normal(size=(1, 3)) @ inputs, 0.0)
    targets -= targets.mean(axis=1, keepdims=True)
    return RepresentationGeodesic(inputs, targets / targets.std(), width, depth, 1e-3)


def sine() -> RepresentationGeodesic:
    """The regression of a sine with a little noise, of one input."""
    rng = np.random.default_rng(0)
    inputs = np.linspace(-1.0, 1.0, 24)[None]
    targets = np.sin(np.pi * inputs) + 0.1 * rng.normal(size=inputs.shape)
    return RepresentationGeodesic(inputs / inputs.std(), targets / targets.std(), 4, 3.0, 1e-3)


def data_set(name: str, samples: int, width: int) -> RepresentationGeodesic:
    """A data set as the main job has it: L̃ = 3, λ = 1e-3."""
    data = load_dataset(name, samples=samples, seed=0)
    return RepresentationGeodesic(data.inputs, data.targets, width, 3.0, 1e-3)


def _teacher(width: int, samples: int, depth: float, layers: int) -> Instance:
    return Instance(f"teacher {width}, {samples}", partial(teacher, width, samples, depth), layers)


INSTANCES = (
    _teacher(4, 8, 3.0, 20),
    _teacher(4, 16, 2.0, 12),
    _teacher(5, 12, 4.0, 20),
    _teacher(8, 16, 3.0, 16),
    _teacher(6, 16, 5.0, 40),
    _teacher(7, 20, 4.0, 20),
    _teacher(5, 24, 3.0, 16),
    _teacher(6, 32, 3.0, 12),
    Instance("sine 24", sine, 16),
    Instance("iris 30", partial(data_set, "iris", 30, 5), 12),
    Instance("wine 60", partial(data_set, "wine", 60, 13), 12),
    Instance("iris 150", partial(data_set, "iris", 150, 6), 20),
)
SEARCHES: dict[str, dict[str, Any]] = {
    "random starts": {"starts": 128, "noise": 3.0},
    "hops": {"starts": 16, "hops": 64, "noise": 3.0},
    "one level": {"search": Search(levels=(0.03,), patience=(60,))},
    "one search": {"search": Search(searches=1)},
    "default": {},
}
NETWORKS, EPOCHS = 16, 5000
"""Of the ensemble that Adam trains."""
METHODS = (*SEARCHES, "trained networks")


def searched(instance: Instance, seed: int, arguments: dict[str, Any]) -> dict[str, Any]:
    """One search: its cost, and its words."""
    found = solve_geodesic(instance.geodesic(), instance.layers, seed=seed, progress=False, **arguments)
    return {"cost": found.cost, "words": found.certificate.search, "share": share_to_best(found)}


def share_to_best(found: GeodesicSolution) -> float:
    """Share of the work after which a path within 1e-4 of the best was known: of the starts, or of the processor
    seconds of searches that go on side by side."""
    enough = found.cost * (1.0 + SUCCESS)
    if "search" not in found.statistics:
        costs = list(found.statistics["start_costs"].values())
        return (1 + next(place for place, cost in enumerate(costs) if cost <= enough)) / len(costs)
    search = found.statistics["search"]
    whole, seconds = search["times"]["whole"], search["times"]["history"]
    known = [
        clock
        for times, history in zip(seconds, search["history"], strict=True)
        for clock, (_, cost) in zip(times, history, strict=True)
        if cost <= enough
    ]
    # What only the work after the searches found is known at their end.
    return float(sum(min(min(known, default=each), each) for each in whole) / sum(whole))


def trained(instance: Instance, seed: int) -> dict[str, Any]:
    """Networks trained by Adam, each polished by Newton's method to the exact minimum beside it."""
    import torch

    from geodepth.nets import LeakyResNet, TrainingConfig, train

    torch.set_num_threads(1)
    geodesic = instance.geodesic()
    network = LeakyResNet(
        inputs=geodesic.inputs.shape[0],
        outputs=geodesic.targets.shape[0],
        width=geodesic.width,
        layers=instance.layers,
        effective_depth=geodesic.effective_depth,
        members=NETWORKS,
        dtype=torch.float64,
        generator=torch.Generator().manual_seed(seed),
    )
    config = TrainingConfig(
        weight_decay=geodesic.weight_decay, epochs=EPOCHS, learning_rate=0.1, seed=seed, device="cpu", progress=False
    )
    x, y = (torch.from_numpy(np.ascontiguousarray(data.T)) for data in (geodesic.inputs, geodesic.targets))
    weights = train(network, x, y, config).network.weights.detach().cpu().numpy()
    found = searched(instance, seed, {"starts": 0, "warm_starts": tuple(weights)})
    del found["share"]  # the networks are trained before all of it
    return found


def read(file: Path) -> list[dict[str, Any]]:
    """The results so far; a last line that was cut off counts as none."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            print(f"left out, no JSON: {line[:60]}", file=sys.stderr)
    return found


def missing(asked: argparse.Namespace, known: list[dict[str, Any]]) -> Iterator[tuple[Instance, str, int]]:
    """What is asked for and not known yet: all instances with the first seed, then with the next."""
    methods = [f"{asked.longer} times"] if asked.longer else asked.methods
    done = {(row["instance"], row["method"], row["seed"]) for row in known}
    for seed in range(asked.seeds):
        for instance in INSTANCES:
            for method in methods:
                if instance.name in asked.only and (instance.name, method, seed) not in done:
                    yield instance, method, seed


def run(instance: Instance, method: str, seed: int, longer_by: int) -> dict[str, Any]:
    """One search, with its CPU seconds."""
    clock = time.process_time()
    if method == "trained networks":
        found = trained(instance, seed)
    else:
        found = searched(instance, seed, {"search": Search().longer(longer_by)} if longer_by else SEARCHES[method])
    seconds = round(time.process_time() - clock, 2)
    return {"instance": instance.name, "method": method, "seed": seed, "seconds": seconds, **found}


def store(rows: list[dict[str, Any]], best: dict[str, Any]) -> None:
    """Keep the paths that are better than the best known."""
    for row in rows:
        known = best.get(row["instance"], {"cost": np.inf})
        if row["cost"] < known["cost"] * (1.0 - LOWER):
            way = f"--longer {row['method'].split()[0]}" if row["method"].endswith(" times") else row["method"]
            if not way.startswith("--"):
                way = f'--methods "{way}"'
            command = f'python benchmarks/geodesic_search.py --only "{row["instance"]}" {way}, seed {row["seed"]}'
            best[row["instance"]] = {"cost": row["cost"], "found_by": command, "words": row["words"]}
    BEST_KNOWN.write_text(json.dumps(best, indent=2) + "\n", encoding="utf-8")


def print_table(rows: list[dict[str, Any]], best: dict[str, Any]) -> None:
    """One row for each instance and method."""
    heads = f"{'best known':>12} {'success':>9} {'worst':>8} {'median s':>9} {'to best':>8} {'s/success':>10}"
    print(f"{'instance':14} {'method':17} {heads}")
    for name in [instance.name for instance in INSTANCES]:
        of_instance = [row for row in rows if row["instance"] == name]
        least = min([row["cost"] for row in of_instance] + [best.get(name, {"cost": np.inf})["cost"]])
        for method in dict.fromkeys(row["method"] for row in of_instance):
            chosen = [row for row in of_instance if row["method"] == method]
            costs, seconds = np.array([[row["cost"], row["seconds"]] for row in chosen]).T
            hits = int((costs <= least * (1.0 + SUCCESS)).sum())
            each = f"{seconds.sum() / hits:10.1f}" if hits else f"{'-':>10}"
            shares = [row["share"] * row["seconds"] for row in chosen if "share" in row]
            early = f"{np.median(shares):8.1f}" if shares else f"{'-':>8}"
            print(
                f"{name:14} {method:17} {least:12.9f} {hits:3d} of {len(chosen):2d} {costs.max() / least - 1.0:8.1e} "
                f"{np.median(seconds):9.1f} {early} {each}"
            )


def main() -> None:
    """Run what is missing, and print a table of all results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, required=True, help="a file of JSON lines, made or gone on with")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--only", nargs="*", default=[i.name for i in INSTANCES], choices=[i.name for i in INSTANCES])
    parser.add_argument("--methods", nargs="*", default=list(METHODS), choices=METHODS)
    parser.add_argument("--longer", type=int, default=0, help="one method: the default, so many times as patient")
    parser.add_argument("--store", action="store_true", help="keep paths that are better than the best known")
    parser.add_argument("--table", action="store_true", help="run nothing")
    asked = parser.parse_args()
    best = json.loads(BEST_KNOWN.read_text(encoding="utf-8")) if BEST_KNOWN.exists() else {}
    rows = read(asked.results)
    for instance, method, seed in [] if asked.table else list(missing(asked, rows)):
        row = run(instance, method, seed, asked.longer)
        rows.append(row)
        with asked.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print(f"{instance.name}, {method}, seed {seed}: {row['cost']:.9f} in {row['seconds']:.1f} s  {row['words']}")
        sys.stdout.flush()
    if asked.store:
        store(rows, best)
    print_table(rows, best)


if __name__ == "__main__":
    main()
