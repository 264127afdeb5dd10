"""Theorem 4 on truths and on stationary networks: do both inequalities hold, and from which L̃ on do they say anything?

    python benchmarks/theorem_four.py            L̃ from 1 to 20 (about twenty minutes on one core), then the tables
    python benchmarks/theorem_four.py --quick    three effective depths

A truth is the geodesic of the exact ReLU; a stationary network is one of a random initialization, trained by Adam and
then by Newton's method to a stationary point of the smoothed ReLU, for which the theorem holds just so. What is solved
is kept in results/theorem_four, so that the command goes on where it was broken off.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from geodepth.control import GeodesicSolution, RepresentationGeodesic, solve_geodesic
from geodepth.nets import LeakyResNet, NewtonConfig, TrainingConfig, train, train_to_stationarity
from geodepth.validation import RepresentationPath, load_path, save_path, teacher
from geodepth.validation.bridge.paths import path_of_geodesic
from geodepth.validation.physics.momenta import settle_momenta
from geodepth.validation.theory.check import Status
from geodepth.validation.theory.theorem_four import theorem_4, theorem_table

DEPTHS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0, 16.0, 20.0)
WIDTH, DECAY, MEMBERS = 4, 1e-3, 2
KEPT = Path("results/theorem_four")


def problem(depth: float, folder: Path) -> tuple[RepresentationGeodesic, int, Path]:
    """The teacher's geodesic at this L̃, its layers (ρL̃ ≤ 1/2), and where its parts are kept."""
    data = teacher((3, 1, 3), samples=6, seed=1, kind="linear", test_samples=0)
    return (
        RepresentationGeodesic(data.inputs, data.targets, WIDTH, depth, DECAY), max(12, round(2 * depth)),
        folder / f"depth-{depth:g}",
    )  # fmt: skip


def truth(depth: float, folder: Path = KEPT) -> RepresentationPath:
    """The geodesic with the momenta that fit its weights best at the kinks."""
    geodesic, layers, place = problem(depth, folder)
    file = place / "truth.npz"
    if not file.exists():
        solution = solve_geodesic(geodesic, layers=layers, starts=4, progress=False)
        place.mkdir(parents=True, exist_ok=True)
        solution.save(file)
    return settle_momenta(path_of_geodesic(GeodesicSolution.load(file), f"truth, L̃ = {depth:g}"))


def networks(depth: float, folder: Path = KEPT, members: int = MEMBERS) -> list[RepresentationPath]:
    """Networks at stationary points."""
    geodesic, layers, place = problem(depth, folder)
    files = [place / f"network-{member}.npz" for member in range(members)]
    if not all(file.exists() for file in files):
        network = LeakyResNet(
            3, 3, WIDTH, layers, depth, members=members, dtype=torch.float64,
            generator=torch.Generator().manual_seed(0),
        )  # fmt: skip
        x, y = geodesic.inputs.T, geodesic.targets.T
        train(network, x, y, TrainingConfig(DECAY, epochs=1500, layer_steps="equidistant", device="cpu"))
        newton = train_to_stationarity(network, x, y, NewtonConfig(DECAY))
        for member, file in enumerate(files):
            save_path(
                RepresentationPath.from_weights(
                    network.weights[member].detach().numpy(), network.layer_steps[member].numpy(), geodesic.inputs,
                    geodesic.targets, geodesic.embedding, geodesic.readout, depth, DECAY,
                    label=f"network {member}, L̃ = {depth:g}", smoothing=newton.smoothing,
                ),
                file,
            )  # fmt: skip
    return [load_path(file) for file in files]


def report(paths: Sequence[RepresentationPath]) -> int:
    """Print the table of one kind of path; returns on how many of them an inequality fails or is not applicable."""
    faults = 0
    print("path                   −(2/L̃)H   min‖A‖²   width   informative   residual   first     second    tolerance")
    for path, row in zip(paths, theorem_table(paths), strict=True):
        checks = theorem_4(path, row["gamma"])
        faults += any(check.status is not Status.HOLDS for check in checks)
        marks = "  ".join(f"{check.status.value} {check.margin:.1e}" for check in checks)
        print(
            f"{path.label:20} {row['estimate']:9.4f} {row['least_cost_of_identity']:9.4f} {row['width']:7.2f}   "
            f"{'yes' if row['informative'] else 'no':11}   {row['stationarity']:8.1e}   {marks}  "
            f"{max(check.tolerance for check in checks):.0e}"
        )
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three effective depths")
    depths = DEPTHS[::4] if parser.parse_args().quick else DEPTHS
    faults = report([truth(depth) for depth in depths])
    faults += report([network for depth in depths for network in networks(depth)])
    print(f"{faults} paths on which an inequality does not hold")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
