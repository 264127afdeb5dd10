"""Tiny geodesics whose global optimum branch-and-bound proves: does the search find each, and does nothing beat it?

    python benchmarks/proven_optima.py --results FILE              all of them; goes on where an earlier run stopped
    python benchmarks/proven_optima.py --results FILE --table      the table of docs/proven.md, from the file alone
    python benchmarks/proven_optima.py --search                    the search alone, held to proven_optima.jsonl

Needs the extra `certify`. Instance number k of a size is the same in every run: normal inputs and targets of dimension
w, L̃ uniform in [0.5, min(0.9L, 2.5)], λ = 1e-2, equal layers. The search is the default of `solve_geodesic`. Times are
processor seconds, one thread. Exit code 1 where a cost is beaten or not proven, or a search ends above a proven optimum
or below a proven bound.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.control import RepresentationGeodesic, prove_optimum, solve_geodesic
from geodepth.control.geodesics.certificate.proven import PRECISION

SIZES = {(1, 1, 2): 5, (1, 1, 3): 5, (1, 1, 4): 5, (1, 2, 2): 6, (1, 3, 2): 4, (1, 4, 2): 3, (1, 2, 3): 6, (2, 1, 2): 5}
"""(w, N, L) → how many instances."""
PROVEN = Path(__file__).with_suffix(".jsonl")
"""What a whole run left."""


def instance(width: int, samples: int, layers: int, number: int) -> RepresentationGeodesic:
    """Instance `number` of a size."""
    random = np.random.default_rng([5, number, width, samples, layers])
    inputs, targets = random.normal(size=(width, samples)), random.normal(size=(width, samples))
    return RepresentationGeodesic(inputs, targets, width, float(random.uniform(0.5, min(0.9 * layers, 2.5))), 1e-2)


def solved(name: str, seconds: float) -> dict[str, Any]:
    """The record of one instance: what the search found, and what was proven of it."""
    width, samples, layers, number = (int(part) for part in name.split())
    geodesic = instance(width, samples, layers, number)
    clock = time.process_time()
    found = solve_geodesic(geodesic, layers, progress=False)
    searched = time.process_time() - clock
    shown = prove_optimum(geodesic, layers, found.cost, seconds)
    return {
        "name": name,
        "cost": found.cost,
        "search_seconds": searched,
        "lower": shown.lower,
        "beaten_by": shown.beaten_by,
        "proven": shown.proven,
        "proof_seconds": shown.seconds,
        "nodes": shown.nodes,
        "global_lower": found.certificate.global_lower,
    }


def searched_again(record: dict[str, Any]) -> tuple[float, float]:
    """The cost that the search finds today over the proven one, and its processor seconds."""
    width, samples, layers, number = (int(part) for part in record["name"].split())
    clock = time.process_time()
    found = solve_geodesic(instance(width, samples, layers, number), layers, progress=False)
    return found.cost / record["cost"], time.process_time() - clock


def search_all() -> int:
    """One line per instance; the number of those missed, or below what is proven."""
    records = [json.loads(line) for line in PROVEN.read_text(encoding="utf-8").splitlines()]
    wrong, total = 0, 0.0
    for record in records:
        ratio, seconds = searched_again(record)
        wrong += not record["lower"] / record["cost"] <= ratio <= 1.0 + PRECISION
        total += seconds
        print(f"{record['name']}: {ratio - 1.0:+.1e} from {record['cost']:.9f}, {seconds:.1f} s", flush=True)
    print(f"{len(records) - wrong} of {len(records)} found; {total:.0f} s")
    return wrong


def table(records: dict[str, dict[str, Any]]) -> int:
    """One row per size; the number of costs that are beaten or not proven."""
    sizes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records.values():
        sizes[" ".join(record["name"].split()[:3])].append(record)
    print("| w, N, L | instances | proven | beaten | proof, s: median, most | nodes, most | search, s | bound/J |")
    print("|---|---|---|---|---|---|---|---|")
    for size, rows in sizes.items():
        proofs = [r["proof_seconds"] for r in rows]
        print(
            f"| {size.replace(' ', ', ')} | {len(rows)} | {sum(r['proven'] for r in rows)} "
            f"| {sum(r['beaten_by'] is not None for r in rows)} | {np.median(proofs):.2f}, {max(proofs):.2f} "
            f"| {max(r['nodes'] for r in rows)} | {np.median([r['search_seconds'] for r in rows]):.1f} "
            f"| {np.median([r['global_lower'] / r['cost'] for r in rows]):.2f} |"
        )
    return sum(not r["proven"] for r in records.values())


def main() -> int:
    """Run what is missing, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--results", type=Path, help="a file of JSON lines")
    chosen.add_argument("--search", action="store_true", help="prove nothing")
    parser.add_argument("--seconds", type=float, default=60.0, help="processor time of one proof")
    parser.add_argument("--table", action="store_true", help="run nothing")
    asked = parser.parse_args()
    if asked.search:
        return 1 if search_all() else 0
    lines = asked.results.read_text(encoding="utf-8").splitlines() if asked.results.exists() else []
    records = {record["name"]: record for record in map(json.loads, lines)}
    wanted = [f"{w} {n} {depth} {k}" for (w, n, depth), count in SIZES.items() for k in range(count)]
    for name in wanted:
        if name in records or asked.table:
            continue
        records[name] = solved(name, asked.seconds)
        with asked.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(records[name]) + "\n")
        print(records[name], flush=True)
    return 1 if table(records) else 0


if __name__ == "__main__":
    sys.exit(main())
