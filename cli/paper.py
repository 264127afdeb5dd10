"""geodepth paper: the paper's figures, with seeds and error bars."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from geodepth.validation.experiments.paper import Paper, run_experiment


@dataclass(frozen=True)
class PaperCommand(Paper):
    """Measure what a figure of the paper needs, over seeds, and draw it; what is there is not measured again.

    Results, tables, figures and a gallery (index.html) go into one folder, which all figures share. Interrupted, the
    same command goes on.
    """

    name: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="FIGURE")]
    """fig1, fig2, fig3, adaptivity, truth or theorems."""

    def run(self) -> int:
        """Measure and draw."""
        done = run_experiment(self)
        print(done.sentence)
        return 3 if done.run.failures else 0
