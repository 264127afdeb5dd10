"""geodepth compare: networks from files beside a truth from a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro


@dataclass(frozen=True, slots=True)
class Compare:
    """Hold trained networks against a ground truth, and write a report: verdict, evidence, every number as JSON.

    Exit code 0: compared, and no network lies below its truth; 1: one does, or, with --require-optimum, one is not at
    the global optimum; 2: an input that cannot be used; 3: a truth that could not be solved.
    """

    truth: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="TRUTH.npz")]
    """What `geodepth geodesic` saved, or a path of save_path."""
    networks: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="NETWORK")]
    """Folders of `geodepth train`, .safetensors files, or .npz paths."""
    out: Path = Path("results/compare")
    """Folder of report.html and report.json, and of the truths that are solved."""
    data: str | None = None
    """The data that the truth was solved with, as there, for labels and held-out errors."""
    samples: int | None = None
    """Training samples drawn from the data, as for the truth."""
    seed: int = 0
    """Of the draw of samples, and of the solver's starts."""
    starts: int = 4
    """Random starts where a network's layer steps ask for a truth of their own."""
    as_given: bool = False
    """Solve nothing: hold every network against the truth in the file."""
    require_optimum: bool = False
    """End with exit code 1 unless every network is at the global optimum."""
    workers: int = 2
    """Processes of the solver."""

    def run(self) -> int:
        from geodepth.validation import Verdict, load_dataset
        from geodepth.validation.argument_checks import check_count
        from geodepth.validation.pipeline.comparison_of_files import FileSettings, compare_files

        settings = FileSettings(
            starts=check_count("--starts", self.starts, 0), as_given=self.as_given,
            workers=check_count("--workers", self.workers), seed=check_count("--seed", self.seed, 0),
        )  # fmt: skip
        dataset = None if self.data is None else load_dataset(self.data, samples=self.samples, seed=self.seed)
        outcome = compare_files(self.truth, self.networks, self.out, settings, dataset, self._command())
        for network in outcome.data.networks:
            print(f"{network.name}: {network.comparison.sentence}")
        print(f"report: {outcome.report}")
        verdicts = {network.comparison.verdict for network in outcome.data.networks}
        wanted = not self.require_optimum or verdicts == {Verdict.GLOBAL_OPTIMUM}
        return 0 if wanted and Verdict.BELOW_TRUTH not in verdicts else 1

    def _command(self) -> str:
        """What was said on the command line, files by their names alone: their folders are nobody else's."""
        words = ["geodepth compare", self.truth.name, *(file.name for file in self.networks)]
        words += [] if self.data is None else [f"--data {self.data}"]
        words += [] if self.samples is None else [f"--samples {self.samples}"]
        words += [f"--seed {self.seed}", f"--starts {self.starts}"]
        return " ".join([*words, "--as-given"] if self.as_given else words)
