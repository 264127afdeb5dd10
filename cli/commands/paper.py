"""geodepth paper: the paper's figures, with seeds and error bars."""

import os
import subprocess
import sys
from dataclasses import dataclass, fields
from typing import Annotated

import tyro

from geodepth.cli.answers import answer
from geodepth.cli.output_files import check_folder
from geodepth.validation.experiments.paper import Paper, chosen_tasks, run_experiment


@dataclass(frozen=True, slots=True)
class PaperCommand(Paper):
    """Measure what a figure of the paper needs, over seeds, and draw it; what is there is not measured again.

    Results, tables, figures and a gallery (index.html) go into one folder, which all figures share. Interrupted, the
    same command goes on. What is long says beforehand what it will take, and can be cut.

    Example: geodepth paper fig1 --size small --seeds 5 --workers 2
    """

    name: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="FIGURE")]
    """fig1, fig2, fig3, projections, adaptivity, truth, theorems, motion, collapse, chance or causes; or a .toml file
    with options."""
    json: bool = False
    """Print what was found as one JSON object instead of lines, for other programs."""

    detach: bool = False
    """Go on in the background, also after you log out; what would be said goes to log.txt in the folder."""

    def run(self) -> int:
        """Measure and draw."""
        if self.detach:
            return self._run_detached()
        done = run_experiment(self)
        numbers = {
            "figures": done.figures,
            "gallery": done.gallery,
            "missing": done.missing,
            "failures": done.run.failures,
        }
        answer(numbers, lambda: print(done.sentence), self.json)
        return 3 if done.run.failures else 0

    def _run_detached(self) -> int:
        chosen_tasks(self)
        check_folder("out", self.out)
        self.out.mkdir(parents=True, exist_ok=True)
        place = self.out / "log.txt"
        with place.open("a", encoding="utf-8") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "geodepth.cli", "paper", *self._words()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        said = {"process": child.pid, "log": place}
        answer(
            said,
            lambda: print(f"process {child.pid} goes on; it writes to {place}. kill -INT {child.pid} ends it, and the "
                          "same command goes on from there"),
            self.json,
        )  # fmt: skip
        return 0

    def _words(self) -> list[str]:
        """What was said, but for `detach`, as words of a command line."""
        words = [self.name]
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("name", "detach") or value == field.default:
                continue
            said = [] if value is True else [str(each) for each in value] if isinstance(value, tuple) else [str(value)]
            words += ["--" + field.name.replace("_", "-"), *said]
        return words
