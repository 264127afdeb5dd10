"""What the verdict costs: comparison, report, JSON and page of 24 networks, on iris and on two teachers.

    python benchmarks/verdict.py            the three problems (about ten minutes on two cores)
    python benchmarks/verdict.py iris       one of them: iris, teacher-0 or teacher-1
    python benchmarks/verdict.py --quick    the first teacher alone

Truths and networks are those of the main job with fewer starts and epochs, and are kept in results/verdict: what is
timed is all that comes after them. The limits are 60 seconds and 5 MB; exit code 1 where one is missed.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from geodepth.validation.pipeline.main_job import run_validation
from geodepth.validation.pipeline.settings import Settings

SECONDS, BYTES = 60.0, 5_000_000
PROBLEMS = {
    "teacher-0": Settings(data="teacher", starts=8, adaptive_starts=1, epochs=1500),
    "teacher-1": Settings(data="teacher", seed=1, samples=12, starts=8, adaptive_starts=1, epochs=1500),
    "iris": Settings(data="iris", starts=8, adaptive_starts=1, epochs=1500),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PROBLEMS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="the first teacher alone")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in PROBLEMS]
    if unknown:
        parser.error(f"NAME is {unknown[0]}; expected one of {', '.join(PROBLEMS)}")
    chosen = arguments.names or (list(PROBLEMS)[:1] if arguments.quick else list(PROBLEMS))
    problems = {name: PROBLEMS[name] for name in chosen}
    missed = 0
    print("problem     networks  comparison and report  page     JSON     least excess")
    for name, settings in problems.items():
        outcome = run_validation(settings, Path("results/verdict") / name, say=lambda line: None)
        clock = time.perf_counter()
        outcome = run_validation(settings, Path("results/verdict") / name, say=lambda line: None)
        whole = time.perf_counter() - clock  # all parts are there: reading them is in it too
        page, numbers = (outcome.report.with_suffix(end).stat().st_size for end in (".html", ".json"))
        least = min(network.comparison.relative_excess for network in outcome.data.networks)
        missed += whole > SECONDS or page > BYTES or least < -1e-6
        print(
            f"{name:11} {len(outcome.data.networks):8}  {whole:18.1f} s  {page / 1e6:4.2f} MB  {numbers / 1e6:4.2f} MB"
            f"  {least:.2e}", flush=True,
        )  # fmt: skip
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
