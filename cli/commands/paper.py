"""geodepth paper: the paper's figures, with seeds and error bars."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from geodepth.cli.answers import answer
from geodepth.validation.experiments.paper import Paper, run_experiment


@dataclass(frozen=True, slots=True)
class PaperCommand(Paper):
    """Measure what a figure of the paper needs, over seeds, and draw it; what is there is not measured again.

    Results, tables, figures and a gallery (index.html) go into one folder, which all figures share. Interrupted, the
    same command goes on.

    Example: geodepth paper fig1 --size small --seeds 5 --workers 2
    """

    name: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="FIGURE")]
    """fig1, fig2, fig3, adaptivity, truth, theorems, motion, collapse or chance; or a .toml file with options."""
    json: bool = False
    """Print what was found as one JSON object instead of lines, for other programs."""

    def run(self) -> int:
        """Measure and draw."""
        done = run_experiment(self)
        numbers = {
            "figures": done.figures,
            "gallery": done.gallery,
            "missing": done.missing,
            "failures": done.run.failures,
        }
        answer(numbers, lambda: print(done.sentence), self.json)
        return 3 if done.run.failures else 0
