"""Time, memory and accuracy of the geodesic solvers: our own against IPOPT and fatrop, growth, real data, brackets.

    python benchmarks/geodesic_solvers.py [peers] [growth] [starts] [construction] [brackets] [more-brackets] [iris]
        [hops] [wine]

All parts without arguments. Times are CPU seconds of one process with one BLAS thread, but for the rows that say wall.
Peers get the same problem through CasADi with exact Hessians, the same start and the same tolerance at every ε, and
are stopped after CAP times our own time. Set OPENBLAS_NUM_THREADS=1.
"""

from __future__ import annotations

import itertools
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from geodepth.control import Mesh, RepresentationGeodesic, initial_weights, process_pool, solve_geodesic
from geodepth.control.geodesics.exact_relu.solve_exact import solve_exact
from geodepth.control.geodesics.newton.smoothing_homotopy import solve_homotopy
from geodepth.control.geodesics.newton.solve_structured import solve_structured
from geodepth.control.geodesics.statement.activations import SMOOTHINGS
from geodepth.control.geodesics.statement.array_layouts import stacked
from geodepth.control.geodesics.transcribed.compiled_programs import smoothed_program
from geodepth.control.solving.homotopy import follow
from geodepth.validation import load_dataset

TOLERANCE, LOOSE = 1e-9, 1e-3
CAP = 45.0


@dataclass(frozen=True, slots=True)
class Run:
    """One start: CPU seconds to the last ε, of the exact stage, iterations, and what came of it."""

    homotopy: float
    exact: float
    iterations: int
    factorizations: int
    cost: float
    bracket: float
    clarke: float
    strict: bool | None
    converged: bool


def teacher(width: int, samples: int, depth: float = 3.0, seed: int = 0) -> RepresentationGeodesic:
    """A 3 → 1 → 3 teacher, λ = 1e-3."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(3, samples))
    targets = rng.normal(size=(3, 1)) @ np.maximum(rng.normal(size=(1, 3)) @ inputs, 0.0)
    targets -= targets.mean(axis=1, keepdims=True)
    return RepresentationGeodesic(inputs, targets / targets.std(), width, depth, 1e-3)


def real(name: str, width: int) -> RepresentationGeodesic:
    data = load_dataset(name)
    return RepresentationGeodesic(data.inputs, data.targets, width, 3.0, 1e-3)


def start(geodesic: RepresentationGeodesic, layers: int, index: int) -> tuple[np.ndarray, np.ndarray]:
    steps = np.full(layers, 1.0 / layers)
    return steps, initial_weights(geodesic, steps, np.random.default_rng([0, index]))


def ours(geodesic: RepresentationGeodesic, layers: int, index: int, exact: bool = True) -> Run:
    steps, weights = start(geodesic, layers, index)
    clock = time.process_time()
    smooth = solve_homotopy(geodesic, steps, weights, tolerance=TOLERANCE, loose_tolerance=LOOSE)
    middle = time.process_time()
    cost, bracket, clarke, converged = smooth.cost, np.nan, np.nan, smooth.converged
    strict: bool | None = smooth.strict_minimum
    iterations, factorizations = smooth.iterations, smooth.factorizations
    if exact and converged:
        result = solve_exact(
            geodesic, steps, smooth.weights, smooth.momenta, smooth.representations, smoothing=smooth.smoothing
        )
        cost, bracket, clarke = result.cost, abs(result.bracket), result.clarke_residual
        strict, converged = result.strict_minimum, result.converged
        iterations, factorizations = iterations + result.iterations, factorizations + result.factorizations
    ended = time.process_time()
    return Run(middle - clock, ended - middle, iterations, factorizations, cost, bracket, clarke, strict, converged)


def peer(solver: str, width: int, samples: int, layers: int, index: int, cap: float, pipe: Any) -> None:
    """In a process of its own, ended after `cap` CPU seconds: the homotopy through CasADi, once it is compiled."""
    threadpool_limits(1)
    geodesic = teacher(width, samples)
    steps, weights = start(geodesic, layers, index)
    loose, tight = (smoothed_program(geodesic, layers, "euler", solver, tol) for tol in (LOOSE, TOLERANCE))
    layout, mesh = tight.transcription.layout, Mesh.from_steps(steps)
    path = geodesic.propagate(weights, steps, SMOOTHINGS[0])
    guess = layout.join(stacked(path), np.zeros((layers + 1, 0)), stacked(weights)[:, None])
    for program in (loose, tight):
        for warm in (False, True):
            program._compile(warm)
    most = int(np.ceil(time.process_time() + cap))
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + 5))
    clock = time.process_time()
    stages = follow(loose, [{"smoothing": e} for e in SMOOTHINGS[:-1]], guess, mesh)
    last = stages[-1].result
    stages += follow(tight, [{"smoothing": SMOOTHINGS[-1]}], last.iterate.variables, mesh)
    ended = stages[-1].result
    cost = geodesic.weight_decay * ended.objective
    pipe.send((time.process_time() - clock, sum(s.result.iterations for s in stages), cost, ended.status.name))


def capped(solver: str, sizes: tuple[int, int, int], index: int, cap: float) -> tuple[float, str]:
    """CPU seconds of a peer, and how it ended; infinite if it was stopped after `cap` of them."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=peer, args=(solver, *sizes, index, cap, there))
    process.start()
    there.close()
    try:
        seconds, iterations, cost, status = here.recv()
    except EOFError:
        return np.inf, "stopped"
    finally:
        process.join()
    return seconds, f"{iterations} iterations, smoothed J {cost:.7f}, {status.lower()}"


def peers() -> None:
    print("\nOne start to KKT 1e-9 at the last ε: ours, IPOPT and fatrop through CasADi, exact Hessians")
    for sizes in ((4, 8, 20), (6, 50, 20), (10, 30, 40)):
        geodesic = teacher(*sizes[:2])
        runs = [ours(geodesic, sizes[2], index, exact=False) for index in range(5)]
        times = [run.homotopy for run in runs]
        print(f"w={sizes[0]} N={sizes[1]} L={sizes[2]}  ours {_spread(times)} over 5 starts; start 0 {times[0]:.3f} s")
        if sizes == (10, 30, 40):
            continue  # neither peer ends in minutes
        cap = max(20.0, CAP * times[0])
        found = {name: capped(name, sizes, 0, cap) for name in ("ipopt", "fatrop")}
        for name, (seconds, words) in found.items():
            time_word = f"{seconds:.2f} s" if np.isfinite(seconds) else f"> {cap:.0f} s"
            ratio = min(seconds, cap) / times[0]
            sign = "" if np.isfinite(seconds) else "> "
            print(f"    {name:7}{time_word:>18}  {sign}{ratio:.1f} times ours  {words}")


def growth() -> None:
    """Seconds an iteration against N and L, and the exponents of a least-squares line in logarithms."""
    print("\nSeconds an iteration, all included: the median of iterations 5 to 15 of one solve at ε = 0.1, w = 6")
    for label, cases in (
        ("N", [(n, 20) for n in (8, 16, 32, 64, 128, 256)]),
        ("L", [(32, layers) for layers in (10, 20, 40, 80, 160)]),
    ):
        seconds = []
        for samples, layers in cases:
            steps, weights = start(teacher(6, samples), layers, 0)
            stamps: list[float] = []

            def note(_: Any, stamps: list[float] = stamps) -> None:
                stamps.append(time.process_time())

            solve_structured(teacher(6, samples), steps, 0.1, weights, max_iterations=15, callback=note)
            seconds.append(float(np.median(np.diff(stamps)[4:])))
        sizes = [case[0] if label == "N" else case[1] for case in cases]
        exponent = np.polyfit(np.log(sizes[1:]), np.log(seconds[1:]), 1)[0]
        steepest = np.max(np.diff(np.log(seconds)) / np.diff(np.log(sizes)))
        print(f"    {label}: " + "  ".join(f"{s}: {1e3 * t:.2f} ms" for s, t in zip(sizes, seconds, strict=True)))
        print(f"       fitted exponent {exponent:.2f}, steepest between neighbours {steepest:.2f}")


def starts() -> None:
    geodesic = teacher(4, 8)
    runs = [ours(geodesic, 20, index) for index in range(10)]
    whole = [run.homotopy + run.exact for run in runs]
    print(f"\nw=4 N=8 L=20: one start to the exact ReLU {_spread(whole)}; worst bracket {_worst(runs)}")
    with process_pool(2) as executor:
        clock = time.perf_counter()
        solution = solve_geodesic(geodesic, starts=40, executor=executor, progress=False)
        seconds = time.perf_counter() - clock
    print(f"40 starts over 2 processes: {seconds:.1f} s (wall, start-up of the processes in it)")
    print(f"{solution}\n{solution.coverage}")


def construction() -> None:
    geodesic = teacher(10, 30)
    clock = time.process_time()
    program = smoothed_program(geodesic, 40, "euler", "ipopt", TOLERANCE)
    middle = time.process_time()
    program._compile(False)
    compiled = time.process_time()
    size = program.transcription.variables.numel()
    print(
        f"\nCasADi construction at w=10 N=30 L=40, {size} variables: {middle - clock:.2f} s, "
        f"and {compiled - middle:.2f} s for IPOPT with its derivatives"
    )


def random_teacher(seed: int, case: int) -> tuple[RepresentationGeodesic, int]:
    """w 3…6, N 4…16, L 10…20, L̃ 1…6, and a teacher of its own."""
    rng = np.random.default_rng([seed, case])
    width, samples, layers = (int(rng.integers(*ends)) for ends in ((3, 7), (4, 17), (10, 21)))
    return teacher(width, samples, float(rng.uniform(1, 6)), case if seed == 7 else 1000 * seed + case), layers


def brackets(seeds: Sequence[int] = (7,)) -> None:
    print(f"\n{20 * len(seeds)} random teachers, w 3…6, N 4…16, L 10…20, L̃ 1…6: the best of 4 starts")
    worst, bounds = [0.0, 0.0], []
    for seed, case in itertools.product(seeds, range(20)):
        geodesic, layers = random_teacher(seed, case)
        clock = time.process_time()
        solution = solve_geodesic(geodesic, layers=layers, starts=4, progress=False)
        known = solution.certificate
        bounds.append((known.global_lower or 0.0) / solution.cost)
        print(
            f"    {geodesic.width} {geodesic.samples:2} {layers} {geodesic.effective_depth:.2f}  "
            f"J {solution.cost:.8f}  bracket {known.bracket:.1e}  Clarke {known.stationarity:.1e}  "
            f"inertia {known.inertia}  strict minimum {known.strict_minimum}  bound/J {bounds[-1]:.3f}  "
            f"failed {solution.statistics['failed_starts']}/4  {time.process_time() - clock:.2f} s",
            flush=True,
        )
        worst = [max(worst[0], known.bracket), max(worst[1], known.stationarity)]
    print(
        f"    worst bracket {worst[0]:.1e}, worst Clarke residual {worst[1]:.1e}, proven lower bound/J "
        f"{min(bounds):.2f} to {max(bounds):.2f}, median {np.median(bounds):.2f}, "
        f"of the first twelve {np.median(bounds[:12]):.2f}"
    )


def more_brackets() -> None:
    """40 instances more of the same distribution."""
    brackets((11, 12))


def iris(count: int = 10) -> None:
    geodesic = real("iris", 6)
    print("\nIris whole, w=6 N=150 L=20")
    runs = []
    for index in range(count):
        run = ours(geodesic, 20, index)
        runs.append(run)
        print(f"    {_row(index, run)}", flush=True)
    print(f"to the last ε {_spread([r.homotopy for r in runs])}; exact stage {_spread([r.exact for r in runs])}")
    print(f"best J {min(r.cost for r in runs):.8f}; worst bracket {_worst(runs)}; peak memory {_memory():.2f} GiB")


def hops(seeds: Sequence[int] = (0, 1, 2)) -> None:
    """Iris whole from 32 starts in all, 8 random ones of noise 3 and 24 hops from the best so far, a seed."""
    print("\nIris whole, w=6 N=150 L=20: 8 random starts and 24 hops, one process")
    for seed in seeds:
        clock = time.process_time()
        solution = solve_geodesic(real("iris", 6), starts=8, hops=24, noise=3.0, seed=seed, progress=False)
        seconds = time.process_time() - clock
        costs = solution.statistics["start_costs"]
        for name, cost in costs.items():
            print(f"    {name:24} J {cost:.8f}{'  failed' if name in solution.statistics['failures'] else ''}")
        random = min(cost for name, cost in costs.items() if name.startswith("start "))
        print(
            f"seed {seed}: best J {solution.cost:.8f} from {solution.origin}, of the random starts {random:.8f}; "
            f"bracket {solution.certificate.bracket:.1e}; {seconds:.1f} s",
            flush=True,
        )


def wine() -> None:
    geodesic = real("wine", 16)
    run = ours(geodesic, 12, 0)
    print(f"\nWine, w=16 N=178 L=12\n    {_row(0, run)}; peak memory {_memory():.2f} GiB")


def _row(index: int, run: Run) -> str:
    return (
        f"start {index}: {run.homotopy:.2f} s + {run.exact:.2f} s, {run.iterations} iterations, J {run.cost:.8f}, "
        f"bracket {run.bracket:.1e}, Clarke {run.clarke:.1e}, strict minimum {run.strict}"
    )


def _spread(times: Sequence[float]) -> str:
    return f"median {np.median(times):.3f} s ({min(times):.3f} to {max(times):.3f})"


def _worst(runs: Sequence[Run]) -> str:
    return f"{max(run.bracket for run in runs):.1e} ({sum(run.converged for run in runs)} of {len(runs)} settled)"


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


PARTS: dict[str, Callable[[], None]] = {
    "peers": peers,
    "growth": growth,
    "starts": starts,
    "construction": construction,
    "brackets": brackets,
    "more-brackets": more_brackets,
    "iris": iris,
    "hops": hops,
    "wine": wine,
}


if __name__ == "__main__":
    threadpool_limits(1)
    for part in sys.argv[1:] or list(PARTS):
        PARTS[part]()
