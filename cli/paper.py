"""geodepth paper: the paper's figures, with seeds and error bars."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro


@dataclass(frozen=True, slots=True)
class PaperCommand:
    """Measure what a figure of the paper needs, over seeds, and draw it; what is there is not measured again.

    Results, tables, figures and a gallery (index.html) go into one folder, which all figures share. Interrupted, the
    same command goes on.
    """

    name: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="FIGURE")]
    """fig1, fig2, fig3, adaptivity, truth or theorems."""
    size: str = "small"
    """small (CPU minutes), medium (CPU, under an hour) or paper (the paper's size)."""
    seeds: int = 10
    """Seeds, 0, 1, 2, …"""
    out: Path = Path("results/paper")
    """Folder of everything."""
    device: str = "cpu"
    """Where to train: cpu, cuda, cuda:1, …; on a GPU all seeds of a point are one batch."""
    workers: int = 1
    """Processes, on this machine."""
    shard: str | None = None
    """i/n: measure the i-th of n parts only (job arrays); when all parts are there, run once more for the figures."""
    scheduler: str | None = None
    """Address of a Dask scheduler, such as tcp://host:8786 (needs geodepth[dask])."""
    again: bool = False
    """Measure anew what other code of geodepth has measured (a run says how many results that are)."""

    def run(self) -> int:
        from geodepth.validation.experiments import Paper, run_experiment

        done = run_experiment(
            Paper(
                self.name,
                self.size,
                self.seeds,
                self.out,
                self.device,
                self.workers,
                self.shard,
                self.scheduler,
                self.again,
            )
        )
        print(done.sentence)
        return 3 if done.run.failures else 0
