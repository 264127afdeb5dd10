"""geodepth validate: the main job."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro


@dataclass(frozen=True, slots=True)
class Validate:
    """Solve the ground truth, train networks, compare them, and write a report.

    Finished parts are kept in the folder of the report: interrupted, the same command goes on from them.
    """

    data: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="DATA")] = "iris"
    """iris, teacher, wine, diabetes or digits; a .npz or .csv file; or a .toml file of settings: data, samples, seed,
    width, layers, effective_depth, weight_decay, starts, schemes, members, epochs, learning_rate, device, workers."""
    out: Path | None = None
    """Folder of the report and of all parts; results/NAME by default."""
    seed: int | None = None
    """Of the data's split, the solver's starts and the networks; 0 by default."""
    device: str | None = None
    """Where to train: auto (the default), cpu, cuda, cuda:1, …"""
    quick: bool = False
    """A small version: fewer layers, starts, networks and epochs."""

    def run(self) -> int:
        from geodepth.validation.pipeline.main_job import run_validation
        from geodepth.validation.pipeline.settings import Settings

        path = Path(self.data)
        settings = Settings.from_toml(path) if path.suffix == ".toml" else Settings(data=self.data)
        if self.quick:
            settings = replace(settings, layers=8, starts=4, adaptive_starts=1, members=3, epochs=1500)
        if self.seed is not None:
            settings = replace(settings, seed=self.seed)
        if self.device is not None:
            settings = replace(settings, device=self.device)
        out = self.out if self.out is not None else Path("results") / path.stem
        command = " ".join(["geodepth validate", self.data, *self._options()])
        outcome = run_validation(settings, out, command)
        print(f"{outcome.sentence}; report: {outcome.report}")
        return 0

    def _options(self) -> list[str]:
        """What was said on the command line, without the folder, which is nobody else's."""
        options = [] if self.seed is None else [f"--seed {self.seed}"]
        options += [] if self.device is None else [f"--device {self.device}"]
        return [*options, "--quick"] if self.quick else options
