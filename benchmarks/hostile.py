"""Many hostile draws, counted by class: random problems, files and command lines, geodesics.

    python benchmarks/hostile.py problems 10000 --workers 2    random problems, solved twice and simulated again
    python benchmarks/hostile.py geodesics 1000                random geodesics against a forward pass of their own
    python benchmarks/hostile.py inputs 2000                   corrupted files and command lines
    python benchmarks/hostile.py problems 10000 --results f    goes on where an earlier run into the file f was stopped

Draw number k is the same in every run (`tests/hostile`). Each runs in a forked worker, with a limit of time and one of
4 GiB of memory. Printed are the counts by class, and of every class in capitals the numbers of its draws. Exit code 1
where there are such.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The tests are found from the root; beside this file, bottleneck.py would stand for a library that pandas looks for.
sys.path[0] = str(Path(__file__).parent.parent)

KINDS: dict[str, tuple[str, float]] = {
    "problems": ("tests.hostile.problems.random_problems", 60.0),
    "geodesics": ("tests.hostile.random_geodesics", 120.0),
    "inputs": ("tests.hostile.random_inputs", 30.0),
}
"""Every kind by name: the module whose `judged` makes a record of a draw, and the seconds of work that one may take."""


def main() -> int:
    """Run the draws, print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("draws", type=int, help="how many")
    parser.add_argument("--first", type=int, default=0, help="number of the first draw")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--results", type=Path, help="a file of JSON lines; draws that it holds are not run again")
    arguments = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # before NumPy is imported
        os.environ.setdefault(name, "1")
    from tests.hostile.forked_draws import done, run

    module, limit = KINDS[arguments.kind]
    judged: Callable[[int], dict[str, Any]] = importlib.import_module(module).judged
    wanted = range(arguments.first, arguments.first + arguments.draws)
    records = {k: r for k, r in done(arguments.results).items() if k in wanted} if arguments.results else {}
    missing, began = [k for k in wanted if k not in records], time.perf_counter()
    for i, record in enumerate(run(judged, missing, arguments.workers, limit), 1):
        records[record["seed"]] = record
        if arguments.results:
            with arguments.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record, default=str) + "\n")
        if sys.stderr.isatty():
            pace = (time.perf_counter() - began) / i
            failed = sum(r["class"].isupper() for r in records.values())
            print(f"\r{len(records)} of {len(wanted)}, {failed} failed, {pace * (len(missing) - i) / 60:.1f} min left ",
                  end="", file=sys.stderr, flush=True)  # fmt: skip
    return report(records)


def report(records: dict[int, dict[str, Any]]) -> int:
    """The counts by class, and the draws of every class in capitals."""
    counts, failed = Counter(r["class"] for r in records.values()), defaultdict(list)
    print(f"\n{len(records)} draws, {sum(r.get('cpu', 0.0) for r in records.values()):.0f} CPU seconds")
    for name, count in counts.most_common():
        print(f"{count:6} {100 * count / len(records):6.2f} %  {name}")
    for seed, record in sorted(records.items()):
        if record["class"].isupper():
            failed[record["class"]].append((seed, record))
    for name, draws in failed.items():
        print(f"\n{name}:")
        for seed, record in draws:
            print(f"  {seed} ({record.get('family', '')}): {record.get('why', '')}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
